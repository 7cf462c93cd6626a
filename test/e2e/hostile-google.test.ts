/**
 * Google misbehaves for one user after the other while the service runs as it does in production: each of their messages
 * arrives once, byte for byte, the books say so, and a neighbour notices nothing.
 */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import pg from 'pg';
import { findEmbedded } from '../../src/db/embedded.ts';
import type { Account } from '../../src/http/api.ts';
import { createAuthority } from '../../standins/authority.ts';
import type { FaultAction } from '../../standins/google/faults.ts';
import { sampleMail } from '../../standins/mail.ts';
import {
  assertPrompt,
  atGoogle,
  type Ground,
  imapTenant,
  pop3Tenant,
  type Tenant,
  tally,
} from '../hostile.ts';
import { type Service, startService, untilSome } from '../service.ts';

const FOREVER = Number.POSITIVE_INFINITY;
/** Slow enough that what happens meanwhile meets work under way. */
const SLOW: FaultAction = { kind: 'delay', ms: 40 };

let service: Service;
let database: pg.Pool;
let ground: Ground;
let neighbour: Tenant;
const tenants: Tenant[] = [];

async function join(name: string, make: typeof imapTenant | typeof pop3Tenant): Promise<Tenant> {
  const one = await make(ground, name);
  tenants.push(one);
  return one;
}

before(async () => {
  const authority = await createAuthority();
  service = await startService({ authority });
  ground = {
    google: service.google,
    leaf: await authority.issue(['localhost']),
    browser: () => service.browser(),
  };
  const urls = await findEmbedded(service.dir);
  database = new pg.Pool({ connectionString: urls?.ownerUrl, max: 2 });
  neighbour = await join('neighbour', imapTenant);
  neighbour.receiveSamples(2);
  await neighbour.connect();
  await neighbour.untilArrived(2);
});

after(async () => {
  await database?.end();
  await service?.stop();
  await Promise.all(tenants.map((one) => one.close()));
});

/** Seconds until Gmail may be asked again for the user; null: at once. */
async function heldFor({ email }: Tenant): Promise<number | null> {
  const { rows } = await database.query<{ seconds: number }>(
    `SELECT extract(epoch FROM resume_at - now())::float8 AS seconds FROM allowances JOIN users u ON u.id = user_id
     WHERE u.email = $1 AND resume_at > now()`,
    [email],
  );
  return rows[0]?.seconds ?? null;
}

/** As if that time had come. */
async function endHold(one: Tenant): Promise<void> {
  const whose = 'user_id = (SELECT id FROM users WHERE email = $1)';
  await database.query(`UPDATE allowances SET resume_at = now() WHERE ${whose}`, [one.email]);
  assert.equal((await one.act('POST', '/sync')).status, 200);
}

const refusal = (status: number, reason: string, message: string): FaultAction => ({
  kind: 'status',
  status,
  reason,
  message,
});

suite('while Google misbehaves', { concurrency: true }, () => {
  test('a temporary problem at every step costs a pause, not a message', async () => {
    const one = await join('unavailable', imapTenant);
    one.receiveSamples(6);
    for (const at of ['open', 'commit', 'status'] as const)
      atGoogle(ground, one, at, { kind: 'status', status: 503 });
    await one.connect();
    await assertPrompt(neighbour);
    const entries = await one.reconcile();
    assert.equal(tally(entries)['delivered recovered'], 1);
  });

  test('a user who is to slow down without a time is left alone for half a minute', async () => {
    const one = await join('throttled', pop3Tenant);
    one.receiveSamples(3);
    atGoogle(ground, one, 'open', refusal(429, 'rateLimitExceeded', 'Quota exceeded'));
    await one.connect();
    const seconds = await untilSome(() => heldFor(one));
    assert.ok(seconds > 20 && seconds <= 30, String(seconds));
    assert.equal((await one.mailbox()).state, 'active');
    await assertPrompt(neighbour);
    await endHold(one);
    await one.reconcile();
  });

  test('too many requests at once is a reason to wait, too', async () => {
    const one = await join('concurrent', imapTenant);
    one.receiveSamples(5);
    atGoogle(ground, one, 'open', refusal(429, 'rateLimitExceeded', 'Too many concurrent requests for user'));
    await one.connect();
    assert.ok((await untilSome(() => heldFor(one))) > 20);
    await endHold(one);
    await one.reconcile();
  });

  test('the time to come back is taken from Retry-After and from the message, whatever the status', async () => {
    const later = new Date(Date.now() + 3_600_000).toISOString();
    const text = `User-rate limit exceeded.  Retry after ${later}`;
    const told: readonly (readonly [string, FaultAction, number])[] = [
      ['after-429', { kind: 'status', status: 429, reason: 'rateLimitExceeded', retryAfter: '900' }, 900],
      ['text-429', refusal(429, 'rateLimitExceeded', text), 3_600],
      ['text-403', refusal(403, 'userRateLimitExceeded', text), 3_600],
      ['after-403', { kind: 'status', status: 403, reason: 'userRateLimitExceeded', retryAfter: '120' }, 120],
    ];
    const check = async ([name, action, expected]: (typeof told)[number]) => {
      const one = await join(name, pop3Tenant);
      one.receiveSamples(2);
      atGoogle(ground, one, 'commit', action);
      await one.connect();
      const seconds = await untilSome(() => heldFor(one));
      assert.ok(Math.abs(seconds - expected) < 20, `${name}: ${seconds}`);
      const { fault, state } = await one.until((mailbox) => mailbox.fault !== null);
      assert.deepEqual([fault?.code, state], ['gmail-rate-limited', 'active']);
      await endHold(one);
      await one.reconcile();
    };
    await Promise.all(told.map(check));
  });

  test('an access token that dies early is replaced, at every step', async () => {
    const one = await join('expired', imapTenant);
    one.receiveSamples(8);
    for (const at of ['open', 'commit'] as const)
      atGoogle(ground, one, at, refusal(401, 'authError', 'Invalid Credentials'), 3);
    await one.connect();
    await one.reconcile();
    assert.equal((await one.mailbox()).state, 'active');
  });

  test('an answer lost behind the last chunk is asked for, not repeated', async () => {
    const one = await join('lost-answer', imapTenant);
    one.receiveSamples(6);
    atGoogle(ground, one, 'commit', { kind: 'drop-after' }, 2);
    atGoogle(ground, one, 'commit', { kind: 'truncate' });
    await one.connect();
    assert.equal(tally(await one.reconcile())['delivered recovered'], 3);
  });

  test('a commit that happens long after its connection was cut happens once', async () => {
    const one = await join('held', imapTenant);
    one.receiveSamples(3);
    atGoogle(ground, one, 'commit', { kind: 'hold' });
    await one.connect();
    await one.until(({ progress }) => progress.delivered === 2 && progress.waiting === 1);
    assert.equal(one.arrived().length, 2);
    ground.google.order({ release: true });
    await one.reconcile();
  });

  test('large messages survive cuts and short counts at every chunk', async () => {
    const one = await join('chunks', imapTenant);
    for (const n of [1, 2, 3])
      one.receive(
        Buffer.from(`From: a@example.com\r\nMessage-ID: <${n}@example.com>\r\n\r\n${`${n}`.repeat(3e6)}\r\n`),
      );
    atGoogle(ground, one, 'put', { kind: 'short', bytes: 262_144 });
    atGoogle(ground, one, 'put', { kind: 'drop-during', bytes: 100_000 });
    atGoogle(ground, one, 'commit', { kind: 'short', bytes: 1000 });
    atGoogle(ground, one, 'commit', { kind: 'drop-during', bytes: 2000 });
    await one.connect();
    await one.reconcile();
  });

  test('a session that is gone before its commit: again where Gmail merges, else the owner is told', async () => {
    const one = await join('session-gone', imapTenant);
    const [first, second, third] = [0, 1, 7].map((n) => sampleMail('gone', n, new Date()).bytes);
    assert.ok(first && second && third);
    for (const mail of [first, second, third]) one.receive(mail);
    // Sample 7 has no Message-ID: whether it arrived nobody can say, so it is not sent again.
    one.forgo(third);
    atGoogle(ground, one, 'commit', { kind: 'forget' }, 3);
    atGoogle(ground, one, 'status', { kind: 'status', status: 410, reason: 'gone' });
    await one.connect();
    await one.until(({ progress }) => progress.uncertain === 1 && progress.delivered === 2);
    assert.deepEqual(tally(await one.reconcile()), {
      'delivered reimported': 2,
      'uncertain upload-lost': 1,
    });
    const retried = await one.act('POST', '/retry', { status: 'uncertain' });
    assert.deepEqual(await retried.json(), { retried: 1 });
    await one.untilArrived(3);
  });

  test('messages that Gmail refuses are rejected with a reason, and their neighbours go on', async () => {
    const one = await join('refused', pop3Tenant);
    const body = 'To: owner@example.org\r\nSubject: x\r\n\r\nText\r\n';
    one.receiveSamples(2);
    one.receive(Buffer.from(body), 'rejected');
    one.receive(Buffer.from(`From: a@example.com\r\nFrom: b@example.com\r\n${body}`), 'rejected');
    one.receiveSamples(1);
    one.receive(Buffer.from(`From: nobody\r\n${body}`), 'rejected');
    one.receive(Buffer.from(`From: a@example.com\r\n${body}\0\r\n`), 'rejected');
    one.receiveSamples(2);
    await one.connect();
    assert.deepEqual(tally(await one.reconcile()), {
      delivered: 5,
      'rejected from-header-missing': 1,
      'rejected from-header-several': 1,
      'rejected from-header-invalid': 1,
      'rejected null-byte': 1,
    });
  });

  test('a consent withdrawn in the middle stops all of the user’s mailboxes; a new one goes on', async () => {
    const one = await join('withdrawn', imapTenant);
    one.receiveSamples(20);
    atGoogle(ground, one, 'commit', SLOW, FOREVER);
    await one.connect();
    await one.untilArrived(4);
    ground.google.withdraw(one.email);
    const { fault } = await one.until(({ state }) => state === 'needs-consent');
    assert.equal(fault?.code, 'grant-revoked');
    assert.match(String(fault?.message), /Sign in again/);
    const { grant } = await one.browser.json<Account>('GET', '/api/v1/account', 200);
    assert.equal(grant.state, 'missing');
    await assertPrompt(neighbour);
    assert.ok(one.arrived().length < 20);
    assert.equal((await one.browser.signIn(one.email)).status, 303);
    await one.reconcile();
  });
});

test('a sign-in service in trouble delays who needs a new token, and nobody else', async () => {
  const one = await join('no-token', pop3Tenant);
  one.receiveSamples(3);
  const rules = (['status', 'drop-before', 'body'] as const).map((kind) => ({
    at: 'token' as const,
    action: { kind, status: 500, body: '<html>' } as FaultAction,
  }));
  ground.google.order({ rules });
  await one.connect();
  const { fault, state } = await one.until((mailbox) => mailbox.fault !== null);
  assert.deepEqual([fault?.code, state], ['google-unavailable', 'active']);
  await assertPrompt(neighbour);
  await one.reconcile();
});

test('the neighbour has had every message once, and no fault', async () => {
  assert.deepEqual(Object.keys(tally(await neighbour.reconcile())), ['delivered']);
  assert.equal((await neighbour.mailbox()).fault, null);
});

test('nothing was logged that nobody foresaw', () => {
  assert.doesNotMatch(service.output(), /"level":(50|"error")|run failed|transfer failed/);
});
