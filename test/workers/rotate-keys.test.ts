import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import nodeTest, { test } from 'node:test';
import { promisify } from 'node:util';
import type { MailboxId, UserId } from '../../src/core/mailbox.ts';
import {
  fingerprintKeyPlace,
  passwordPlace,
  refreshTokenPlace,
  runKeyPlace,
  sourceTokenPlace,
  webhookSecretPlace,
} from '../../src/core/place.ts';
import type { SealPlace } from '../../src/core/ports.ts';
import { replaceSealed } from '../../src/db/rotation.ts';
import { generateKeys } from '../../src/keys.ts';
import { createSeal } from '../../src/seal.ts';
import { rotateKeys } from '../../workers/rotate-keys.ts';
import { createUnseal, isCurrent } from '../../workers/unseal.ts';
import { openTestDatabase } from '../database.ts';

const books = await openTestDatabase(nodeTest);
const database = await books.open('worker', 2);
const old = generateKeys();
const seal = createSeal(old.SEAL_PUBLIC_KEY);

const READ = `
  SELECT user_id::text AS tenant, 'mailboxes' AS "table", 'sealed_password' AS "column", id::text AS "row", sealed_password AS sealed FROM mailboxes
  UNION ALL SELECT user_id::text, 'mailboxes', 'sealed_fingerprint_key', id::text, sealed_fingerprint_key FROM mailboxes
  UNION ALL SELECT user_id::text, 'grants', 'sealed_refresh_token', user_id::text, sealed_refresh_token FROM grants
  UNION ALL SELECT user_id::text, 'source_grants', 'sealed_refresh_token', mailbox_id::text, sealed_refresh_token
    FROM source_grants WHERE sealed_refresh_token IS NOT NULL
  UNION ALL SELECT user_id::text, 'run_keys', 'sealed', id::text, sealed FROM run_keys
  UNION ALL SELECT user_id::text, 'webhook_secrets', 'sealed', id::text, sealed FROM webhook_secrets`;

interface Stored extends SealPlace {
  readonly sealed: Buffer;
}
const readAll = () => books.asOwner<Stored & Record<string, unknown>>(READ);
const placeOf = ({ tenant, table, column, row }: Stored): SealPlace => ({ tenant, table, column, row });
/** What each secret says, so that a mix-up of rows would show. */
const textOf = (place: SealPlace): string => `${place.tenant} ${place.column} ${place.row}`;
const sealFor = async (place: SealPlace) => Buffer.from(await seal(Buffer.from(textOf(place)), place));

/** Two users with a grant, two mailboxes, a run key and a sign-in for each, and a webhook: 20 secrets under the old key. */
async function seed(): Promise<number> {
  await books.asOwner('DELETE FROM users');
  for (const name of ['one', 'two']) {
    const user = await books.addUser(name);
    await books.asOwner(
      'INSERT INTO grants (user_id, sealed_refresh_token, refresh_token_hash, scopes) VALUES ($1, $2, $3, $4)',
      [user, await sealFor(refreshTokenPlace(user)), 'hash', []],
    );
    for (const host of ['imap.example.org', 'imap.example.net']) await addMailbox(user, host);
    const secret = randomUUID();
    await books.asOwner(
      `WITH hook AS (INSERT INTO webhooks (user_id, url, events) VALUES ($1, 'https://a.example/', '{}') RETURNING id)
       INSERT INTO webhook_secrets (id, user_id, webhook_id, sealed) SELECT $2, $1, id, $3 FROM hook`,
      [user, secret, await sealFor(webhookSecretPlace(user, secret))],
    );
  }
  return 20;
}

async function addMailbox(user: UserId, host: string): Promise<void> {
  const id = randomUUID() as MailboxId;
  await books.asOwner(
    `INSERT INTO mailboxes (id, user_id, protocol, host, port, security, username, sealed_password, sealed_fingerprint_key, options)
     VALUES ($1, $2, 'imap', $3, 993, 'tls', 'user', $4, $5, '{}')`,
    [id, user, host, await sealFor(passwordPlace(user, id)), await sealFor(fingerprintKeyPlace(user, id))],
  );
  await books.asOwner(
    "INSERT INTO source_grants (user_id, mailbox_id, account_id, sealed_refresh_token) VALUES ($1, $2, 'a', $3)",
    [user, id, await sealFor(sourceTokenPlace(user, id))],
  );
  const key = randomUUID();
  await books.asOwner('INSERT INTO run_keys (id, user_id, mailbox_id, sealed) VALUES ($1, $2, $3, $4)', [
    key,
    user,
    id,
    await sealFor(runKeyPlace(user, key)),
  ]);
}

/** Every secret is under the ring's current key alone and says what it said. */
async function assertRotated(ring: readonly string[], expected: number): Promise<void> {
  const stored = await readAll();
  assert.equal(stored.length, expected);
  const unseal = createUnseal(ring.slice(0, 1));
  for (const value of stored) {
    assert.ok(isCurrent(ring, value.sealed));
    const place = placeOf(value);
    assert.equal(Buffer.from(await unseal(value.sealed, place)).toString(), textOf(place));
  }
}

test('killed at every row and run again, every secret ends under the current key, unharmed', async () => {
  const total = await seed();
  let ring: string[] = [old.UNSEAL_PRIVATE_KEYS];
  for (let death = 1; death <= total; death++) {
    ring = [generateKeys().UNSEAL_PRIVATE_KEYS, ...ring];
    const dying = rotateKeys({
      database,
      ring,
      onProgress: ({ resealed }) => {
        if (resealed === death) throw new Error('killed');
      },
    });
    await assert.rejects(dying, /killed/);
    const stored = await readAll();
    assert.equal(stored.filter(({ sealed }) => isCurrent(ring, sealed)).length, death);
    const unseal = createUnseal(ring);
    for (const value of stored) await unseal(value.sealed, placeOf(value));

    const rest = await rotateKeys({ database, ring });
    assert.deepEqual(rest, { resealed: total - death, overtaken: 0, broken: 0 });
    await assertRotated(ring, total);
  }
});

test('an edit made meanwhile is not overwritten, and found by the next pass', async () => {
  const total = await seed();
  const ring = [generateKeys().UNSEAL_PRIVATE_KEYS, old.UNSEAL_PRIVATE_KEYS];
  const [value] = (await readAll()).filter(({ column }) => column === 'sealed_password');
  assert.ok(value);
  const place = placeOf(value);
  const edited = await sealFor(place);
  await books.asOwner('UPDATE mailboxes SET sealed_password = $1 WHERE id = $2', [edited, place.row]);
  assert.equal(await replaceSealed(database, { place, sealed: value.sealed }, Buffer.from('stale')), false);
  const { resealed } = await rotateKeys({ database, ring });
  assert.equal(resealed, total);
  await assertRotated(ring, total);
});

test('what no key opens is counted and left alone', async () => {
  const total = await seed();
  const ring = [generateKeys().UNSEAL_PRIVATE_KEYS, old.UNSEAL_PRIVATE_KEYS];
  const plain = Buffer.from('a password in the clear');
  await books.asOwner('UPDATE mailboxes SET sealed_password = $1', [plain]);
  assert.deepEqual(await rotateKeys({ database, ring }), { resealed: total - 4, overtaken: 0, broken: 4 });
  const left = (await readAll()).filter(({ column }) => column === 'sealed_password');
  assert.ok(left.length === 4 && left.every(({ sealed }) => plain.equals(sealed)));
});

test('the command says how many it sealed and when old keys may go', async () => {
  const total = await seed();
  const ring = [generateKeys().UNSEAL_PRIVATE_KEYS, old.UNSEAL_PRIVATE_KEYS];
  const env = { PATH: process.env.PATH, DATABASE_URL: books.workerUrl, UNSEAL_PRIVATE_KEYS: ring.join(',') };
  const run = () => promisify(execFile)(process.execPath, ['workers/rotate-keys.ts'], { env });
  assert.match(
    (await run()).stdout,
    new RegExp(`^${total} secrets sealed again, 0 .*\nEvery secret .* may be dropped`),
  );
  assert.match((await run()).stdout, /^0 secrets sealed again/);
  await assertRotated(ring, total);

  await books.asOwner("UPDATE grants SET sealed_refresh_token = 'x'");
  await assert.rejects(run(), (error: Error & { stdout: string; code: number }) => {
    return (
      error.code === 1 && /2 cannot be opened/.test(error.stdout) && !/may be dropped/.test(error.stdout)
    );
  });
});
