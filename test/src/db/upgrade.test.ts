/** A database that has been at work before the latest migrations goes on where it was. */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it, type TestContext } from 'node:test';
import pg from 'pg';
import type { MailboxId, UserId } from '../../../src/core/mailbox.ts';
import { hashUidl, keyOf } from '../../../src/core/message.ts';
import { createSizeBooks } from '../../../src/db/claimed-sizes.ts';
import { createLedger } from '../../../src/db/ledger.ts';
import { migrate } from '../../../src/db/migrate.ts';
import { type Database, openDatabase } from '../../../src/db/pool.ts';
import { createDisposals } from '../../../src/db/source-actions.ts';
import { imapRef, pop3Ref, settlementOf } from '../../contract/ledger-samples.ts';
import { openTestDatabase } from '../../database.ts';

const database = await openTestDatabase({ after });
const migrations = new URL('../../../migrations', import.meta.url).pathname;

/** The last one of the first release. */
const BEFORE = 15;
const print = Buffer.alloc(16, 1);
const openPrint = Buffer.alloc(16, 2);
const content = Buffer.alloc(16, 3);

type Ask = (sql: string, values?: unknown[]) => Promise<Record<string, unknown>[]>;

/** A database as it was then, and what brings it up to date and opens it. */
async function createOld(t: TestContext) {
  const name = `old_${randomBytes(4).toString('hex')}`;
  await database.asOwner(`CREATE DATABASE ${name}`);
  const opened: Database[] = [];
  t.after(async () => {
    for (const db of opened) await db.close();
    await database.asOwner(`DROP DATABASE ${name} WITH (FORCE)`);
  });
  const at = (url: string) => Object.assign(new URL(url), { pathname: name }).href;
  const directory = await mkdtemp(join(tmpdir(), 'migrations-'));
  t.after(() => rm(directory, { recursive: true }));
  for (const file of await readdir(migrations))
    if (Number(file.slice(0, 4)) <= BEFORE) await cp(join(migrations, file), join(directory, file));
  const urls = { ownerUrl: at(database.ownerUrl), runtimeUrls: [at(database.webUrl)] };
  await migrate({ ...urls, directory });
  const ask: Ask = async (sql, values) => {
    const client = new pg.Client(urls.ownerUrl);
    await client.connect();
    try {
      return (await client.query(sql, values)).rows;
    } finally {
      await client.end();
    }
  };
  const update = async () => {
    await migrate(urls);
    const db = await openDatabase({ url: at(database.workerUrl), role: 'worker', max: 2 });
    opened.push(db);
    return db;
  };
  return { ask, update };
}

async function addMailbox(ask: Ask, protocol: 'imap' | 'pop3') {
  const [user] = await ask(
    "INSERT INTO users (google_sub, email) VALUES ($1, $1 || '@example.com') RETURNING id",
    [protocol],
  );
  const workerId = randomUUID();
  const [mailbox] = await ask(
    `INSERT INTO mailboxes (user_id, protocol, host, port, security, username, sealed_password, sealed_fingerprint_key,
       options, state, leased_by, epoch)
     VALUES ($1, $2, 'mail.example.com', 993, 'tls', 'someone', 'sealed', 'sealed', '{"afterImport":"delete"}', 'active',
       $3, 1) RETURNING id`,
    [user?.id, protocol, workerId],
  );
  return { userId: user?.id as UserId, mailboxId: mailbox?.id as MailboxId, workerId, epoch: 1n };
}

it('what was open, known or to be done at the source of an IMAP mailbox', async (t) => {
  const { ask, update } = await createOld(t);
  const lease = await addMailbox(ask, 'imap');
  const own = [lease.userId, lease.mailboxId];
  const runKey = randomUUID();
  await ask(
    "INSERT INTO folder_cursors (user_id, mailbox_id, folder, uid_validity, baseline, settled) VALUES ($1, $2, 'INBOX', 7, 1, '{[1,5)}')",
    own,
  );
  await ask(
    "INSERT INTO fingerprints (user_id, mailbox_id, fingerprint, generation, folder) VALUES ($1, $2, $3, 0, 'INBOX')",
    [...own, print],
  );
  await ask("INSERT INTO run_keys (user_id, mailbox_id, id, sealed) VALUES ($1, $2, $3, 'k')", [
    ...own,
    runKey,
  ]);
  await ask(
    `INSERT INTO transfers (user_id, mailbox_id, key, state, retry_at, size_bytes, backlog, sender_domain, session, run_key_id,
       digest, has_message_id, fingerprint, generation, intended_at, from_headers, has_nul)
     VALUES ($1, $2, $3, 'open', now(), 9, false, 'example.org', 's', $4, 'd', true, $5, 0, now(), 1, false)`,
    [...own, keyOf(imapRef(5)), runKey, openPrint],
  );
  await ask(
    `INSERT INTO source_actions (user_id, mailbox_id, key, action, fingerprint, size_bytes, delivered_at)
     VALUES ($1, $2, $3, 'delete', $4, 9, now())`,
    [...own, keyOf(imapRef(4)), print],
  );
  const db = await update();
  const ledger = createLedger(db, lease);
  const [open] = (await ledger.load()).transfers;
  assert.ok(open?.state === 'open');
  assert.deepEqual([open.key, open.disclosed, open.content], [keyOf(imapRef(5)), null, null]);
  await ledger.settle({ ...settlementOf(imapRef(5)), fingerprint: openPrint, content: null });
  const wanted = [print, openPrint].map((fingerprint) => ({ fingerprint, content }));
  assert.deepEqual(await ledger.deliveredElsewhere('Work', wanted, []), [true, true]);
  assert.deepEqual(await ledger.deliveredElsewhere('INBOX', wanted, []), [false, false]);
  const disposals = createDisposals(db, lease);
  const due = await disposals.due(9);
  assert.deepEqual(due.map(({ key }) => key).toSorted(), [keyOf(imapRef(4)), keyOf(imapRef(5))].toSorted());
  await disposals.settle(new Map(due.map(({ key }) => [key, 'done'])), null);
  // The first is from before its entry was known.
  assert.deepEqual(await ask('SELECT action, outcome FROM source_outcomes'), [
    { action: 'delete', outcome: 'done' },
  ]);
});

it('what a maildrop has had imported', async (t) => {
  const { ask, update } = await createOld(t);
  const lease = await addMailbox(ask, 'pop3');
  const own = [lease.userId, lease.mailboxId];
  await ask(
    "INSERT INTO folder_cursors (user_id, mailbox_id, folder, uid_validity, baseline) VALUES ($1, $2, 'INBOX', 0, 0)",
    own,
  );
  for (const [uidl, settled] of [
    ['a', true],
    ['b', true],
    ['c', false],
  ] as const)
    await ask('INSERT INTO uidls (user_id, mailbox_id, hash, settled) VALUES ($1, $2, $3, $4)', [
      ...own,
      Buffer.from(hashUidl(uidl), 'hex'),
      settled,
    ]);
  const db = await update();
  const ledger = createLedger(db, lease);
  await ledger.settle({ ...settlementOf(pop3Ref('c')), size: 30 });
  const sizes = createSizeBooks(db, lease);
  const before = await sizes.state();
  assert.deepEqual(before, { comparedAt: null, total: null, doubt: 0, restUntil: 0 });
  assert.deepEqual([...(await sizes.sizes())], [[hashUidl('c'), 30]]);
  const state = { ...before, comparedAt: 1_000, total: { count: 3, octets: 60 } };
  const learnt = new Map([
    [hashUidl('a'), 10],
    [hashUidl('b'), 20],
  ]);
  await sizes.note({ reused: [], sizes: learnt, identities: new Map(), state });
  assert.deepEqual(await sizes.state(), state);
  assert.equal((await sizes.sizes()).size, 3);
});
