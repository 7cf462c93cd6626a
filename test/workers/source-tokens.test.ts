/** Access tokens for sources: kept, renewed, rotated and ended, whatever happens in between. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault, isFault } from '../../src/core/fault.ts';
import type { Credentials, MailboxId, UserId } from '../../src/core/mailbox.ts';
import { passwordPlace, sourceTokenPlace } from '../../src/core/place.ts';
import type { RefreshedToken, SourceGrant, SourceGrants } from '../../src/core/source-grant.ts';
import { generateKeys } from '../../src/keys.ts';
import { createSeal } from '../../src/seal.ts';
import { logIn } from '../../workers/source-login.ts';
import { createSourceTokens } from '../../workers/source-tokens.ts';
import { createUnseal } from '../../workers/unseal.ts';

const userId = '11111111-1111-4111-8111-111111111111' as UserId;
const mailboxId = '22222222-2222-4222-8222-222222222222' as MailboxId;
const server = { protocol: 'imap', host: 'imap.example.com', port: 993, security: 'tls' } as const;
const mailbox = { userId, mailboxId, server, username: 'nora@example.com', sealedPassword: null };
const never = new AbortController().signal;
const keys = generateKeys();
const seal = createSeal(keys.SEAL_PUBLIC_KEY);
const unseal = createUnseal(keys.UNSEAL_PRIVATE_KEYS.split(','));
const place = sourceTokenPlace(userId, mailboxId);
const bytes = (text: string) => new TextEncoder().encode(text);

/** A row of the books, and a provider that gives out `access-1` with `refresh-1` and so on. */
async function stage(first = 'refresh-0') {
  let row: SourceGrant | null = {
    provider: 'microsoft',
    sealedRefreshToken: await seal(bytes(first), place),
    consent: 1,
  };
  let count = 0;
  const world = {
    now: 1_000_000,
    redeemed: [] as string[],
    allows: true,
    /** What the next call does instead. */
    trouble: null as (() => Promise<RefreshedToken>) | null,
    /** Happens just before the next write. */
    meanwhile: null as (() => Promise<void>) | null,
    stored: async () =>
      row?.sealedRefreshToken ? Buffer.from(await unseal(row.sealedRefreshToken, place)).toString() : null,
    set: (change: Partial<SourceGrant>) => {
      row = row && { ...row, ...change };
    },
    lose: () => {
      row = null;
    },
  };
  const grants: SourceGrants = {
    load: async () => row,
    replace: async (_user, _mailbox, known, next) => {
      const happens = world.meanwhile;
      world.meanwhile = null;
      await happens?.();
      if (!row || row.consent !== known.consent || row.sealedRefreshToken !== known.sealedRefreshToken)
        return false;
      row = { ...row, sealedRefreshToken: next };
      return true;
    },
  };
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const tokens = createSourceTokens({
    grants,
    seal,
    unseal,
    log,
    now: () => world.now,
    signIns: {
      allows: () => world.allows,
      refresh: async (_provider, refreshToken) => {
        world.redeemed.push(refreshToken);
        if (world.trouble) return world.trouble();
        count += 1;
        return {
          accessToken: `access-${count}`,
          expiresAt: world.now + 3_600_000,
          refreshToken: `refresh-${count}`,
        };
      },
    },
  });
  return { world, tokens, take: (refused?: string) => tokens.take(mailbox, never, refused) };
}

const fault = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error) => (isFault(error) ? error.code : String(error)),
  );

test('one token serves until five minutes before its end, and all who wait share one renewal', async () => {
  const { world, take } = await stage();
  assert.deepEqual(await Promise.all([take(), take(), take()]), ['access-1', 'access-1', 'access-1']);
  assert.deepEqual(world.redeemed, ['refresh-0']);
  world.now += 3_600_000 - 300_001;
  assert.equal(await take(), 'access-1');
  world.now += 1;
  assert.equal(await take(), 'access-2');
  assert.deepEqual(world.redeemed, ['refresh-0', 'refresh-1']);
  assert.equal(await world.stored(), 'refresh-2');
});

test('the new refresh token is stored before its access token is used', async () => {
  const { world, take } = await stage();
  world.meanwhile = async () => {
    throw new Error('killed');
  };
  await assert.rejects(take(), /killed/);
  assert.equal(await world.stored(), 'refresh-0', 'the old one is still there');
  assert.equal(await take(), 'access-2', 'and honoured, as Microsoft does');
});

test('killed between receiving and storing at a provider that is strict: its owner is asked, nothing hangs', async () => {
  const { world, take } = await stage();
  world.meanwhile = async () => {
    throw new Error('killed');
  };
  await assert.rejects(take(), /killed/);
  world.trouble = () => Promise.reject(new Fault('source-consent-gone'));
  assert.equal(await fault(take()), 'source-consent-gone');
  assert.equal(await world.stored(), null);
});

test('keys that are rotated meanwhile cost no token', async () => {
  const { world, take } = await stage();
  world.meanwhile = async () => world.set({ sealedRefreshToken: await seal(bytes('refresh-0'), place) });
  assert.equal(await take(), 'access-1');
  assert.equal(await world.stored(), 'refresh-1');
});

test('what another worker has stored meanwhile stays', async () => {
  const { world, take } = await stage();
  world.meanwhile = async () => world.set({ sealedRefreshToken: await seal(bytes('of-another'), place) });
  assert.equal(await take(), 'access-1');
  assert.equal(await world.stored(), 'of-another');
});

test('a consent given meanwhile is not overwritten by a token of the one before', async () => {
  const { world, take } = await stage();
  world.meanwhile = async () =>
    world.set({ consent: 2, sealedRefreshToken: await seal(bytes('of-new-consent'), place) });
  assert.equal(await take(), 'access-2', 'the new one is used instead');
  assert.deepEqual(world.redeemed, ['refresh-0', 'of-new-consent']);
  assert.equal(await world.stored(), 'refresh-2');
});

test('a new consent ends what was held of the one before', async () => {
  const { world, take } = await stage();
  assert.equal(await take(), 'access-1');
  world.set({ consent: 2, sealedRefreshToken: await seal(bytes('new'), place) });
  assert.equal(await take(), 'access-2');
});

test('a token that is no longer honoured is destroyed, unless another has come since', async () => {
  const { world, take } = await stage();
  world.trouble = () => Promise.reject(new Fault('source-consent-gone'));
  assert.equal(await fault(take()), 'source-consent-gone');
  assert.equal(await world.stored(), null);
  assert.equal(await fault(take()), 'source-consent-gone');
  assert.deepEqual(world.redeemed, ['refresh-0'], 'nothing is left to be asked with');

  const other = await stage();
  const { world: busy } = other;
  busy.trouble = async () => {
    busy.trouble = null;
    busy.set({ sealedRefreshToken: await seal(bytes('rotated-elsewhere'), place) });
    throw new Fault('source-consent-gone');
  };
  assert.equal(await other.take(), 'access-1');
  assert.deepEqual(busy.redeemed, ['refresh-0', 'rotated-elsewhere']);
});

test('a passing trouble leaves everything as it is, and is not remembered', async () => {
  const { world, take } = await stage();
  world.trouble = () => Promise.reject(new Fault('source-sign-in-unavailable', { retryAt: 5 }));
  assert.equal(await fault(take()), 'source-sign-in-unavailable');
  assert.equal(await world.stored(), 'refresh-0');
  world.trouble = null;
  assert.equal(await take(), 'access-1');
});

test('no token for a server that is none of the provider’s, nor without a consent', async () => {
  const { world, take } = await stage();
  assert.equal(await take(), 'access-1');
  world.allows = false;
  assert.equal(await fault(take()), 'source-host-foreign');
  world.allows = true;
  world.set({ consent: 0, sealedRefreshToken: null });
  assert.equal(await fault(take()), 'source-consent-missing');
  world.lose();
  assert.equal(await fault(take()), 'source-consent-missing');
  assert.equal(world.redeemed.length, 1);
});

test('a ciphertext of another place is as good as none', async () => {
  const { world, take } = await stage();
  world.set({ sealedRefreshToken: await seal(bytes('x'), passwordPlace(userId, mailboxId)) });
  assert.equal(await fault(take()), 'source-consent-gone');
  assert.deepEqual(world.redeemed, []);
});

test('whoever stops waiting does not end the renewal that others wait for', async () => {
  const { world, tokens, take } = await stage();
  const gate = Promise.withResolvers<RefreshedToken>();
  world.trouble = () => gate.promise;
  const stop = new AbortController();
  const impatient = tokens.take(mailbox, stop.signal);
  const patient = take();
  while (world.redeemed.length === 0) await new Promise(setImmediate);
  stop.abort(new Error('enough'));
  await assert.rejects(impatient, /enough/);
  gate.resolve({ accessToken: 'late', expiresAt: world.now + 3_600_000, refreshToken: null });
  assert.equal(await patient, 'late');
  assert.equal(await world.stored(), 'refresh-0', 'no new one: the old one goes on');
});

test('a refused token is renewed once; refused again it is a fault of its own, and no password is tried', async () => {
  const { tokens } = await stage();
  const seen: Credentials[] = [];
  const deps = { unseal, sourceTokens: tokens };
  const refuse = (times: number) => async (credentials: Credentials) => {
    seen.push(credentials);
    if (seen.length <= times) throw new Fault('login-refused');
    return 'in';
  };
  assert.equal(await logIn(mailbox, deps, never, refuse(1)), 'in');
  assert.deepEqual(
    seen.splice(0).map(({ accessToken, password }) => [accessToken, password]),
    [
      ['access-1', undefined],
      ['access-2', undefined],
    ],
  );
  assert.equal(await fault(logIn(mailbox, deps, never, refuse(9))), 'source-token-refused');
  assert.equal(seen.splice(0).length, 2);
  const busy = logIn(mailbox, deps, never, () => Promise.reject(new Fault('source-busy')));
  assert.equal(await fault(busy), 'source-busy', 'other faults pass as they are');
  for (const code of ['login-disabled', 'credentials-invalid'] as const) {
    const refused = logIn(mailbox, deps, never, () => Promise.reject(new Fault(code)));
    assert.equal(await fault(refused), 'source-token-refused', `${code} speaks of a password`);
  }
});

test('a password goes its old way', async () => {
  const { tokens, world } = await stage();
  const sealedPassword = await seal(bytes('päss'), passwordPlace(userId, mailboxId));
  const deps = { unseal, sourceTokens: tokens };
  const got = await logIn({ ...mailbox, sealedPassword }, deps, never, async ({ password }) => password);
  assert.equal(got, 'päss');
  const refused = logIn({ ...mailbox, sealedPassword }, deps, never, () =>
    Promise.reject(new Fault('login-refused')),
  );
  assert.equal(await fault(refused), 'login-refused');
  assert.deepEqual(world.redeemed, []);
});
