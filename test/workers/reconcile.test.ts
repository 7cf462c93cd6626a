/** The reconciliation of a mailbox, by the engine on a real database: it balances, and a message that is lost shows. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, beforeEach, test } from 'node:test';
import { Fault } from '../../src/core/fault.ts';
import type { MailboxId } from '../../src/core/mailbox.ts';
import type { Source } from '../../src/core/ports.ts';
import type { Verdict } from '../../src/core/schedule.ts';
import { createLedger } from '../../src/db/ledger.ts';
import { createReconciler, listReconciliations, wantReconciliation } from '../../src/db/reconciliations.ts';
import { createDisposals } from '../../src/db/source-actions.ts';
import { openTestDatabase } from '../database.ts';
import { type Circumstances, createWorld, live, tenant, type World } from '../engine.ts';
import { Mortality } from '../gmail-model.ts';

const database = await openTestDatabase({ after });
const worker = await database.open('worker');
const web = await database.open('web');
const workerId = randomUUID();
const mailboxId = '22222222-2222-4222-8222-222222222222' as MailboxId;
await database.asOwner(
  "INSERT INTO users (id, google_sub, email) VALUES ($1, 'owner', 'owner@example.com')",
  [tenant],
);

beforeEach(async () => {
  await database.asOwner('DELETE FROM mailboxes');
  await database.asOwner(
    `INSERT INTO mailboxes (id, user_id, protocol, host, port, security, username, sealed_password,
       sealed_fingerprint_key, options, state, leased_by)
     VALUES ($1, $2, 'imap', 'mail.example.com', 993, 'tls', 'someone', 'x', 'x', '{}', 'active', $3)`,
    [mailboxId, tenant, workerId],
  );
});

const mail = (n: number): Buffer =>
  Buffer.from(`From: a@example.com\r\nMessage-ID: <${n}@example.com>\r\nSubject: ${n}\r\n\r\nbody ${n}\r\n`);
const mails = (count: number): Buffer[] => Array.from({ length: count }, (_, n) => mail(n + 1));

/** A visit on the real books. */
async function visit(world: World, different: Circumstances = {}): Promise<Verdict | null> {
  await database.asOwner('UPDATE mailboxes SET epoch = $1', [String(world.books.epoch + 1n)]);
  const { deps, ...rest } = different;
  return live(world, new Mortality(0), {
    ...rest,
    deps: {
      openLedger: (lease) => createLedger(worker, { ...lease, workerId }),
      openReconciler: (lease) => createReconciler(worker, { ...lease, workerId }),
      openDisposals: (lease) => createDisposals(worker, { ...lease, workerId }),
      ...deps,
    },
  });
}

async function lastCount() {
  const filter = { mailboxId, from: null, to: null };
  const rows = await web.withTenant(tenant, (tx) => listReconciliations(tx, filter));
  assert.ok(rows.length <= 1, 'one row a day');
  const row = rows[0];
  assert.ok(row, 'nothing was counted');
  const { listed, delivered, rejected, failed, uncertain, waiting, skipped, missing } = row;
  assert.equal(delivered + rejected + failed + uncertain + waiting + skipped + missing, listed);
  return { listed, delivered, rejected, failed, uncertain, waiting, skipped, missing };
}

/** The owner asks for another count. */
const want = () => web.withTenant(tenant, (tx) => wantReconciliation(tx, mailboxId));
const ALL_WELL = {
  listed: 0,
  delivered: 0,
  rejected: 0,
  failed: 0,
  uncertain: 0,
  waiting: 0,
  skipped: 0,
  missing: 0,
};

test('a visit that is complete ends with a count that balances', async () => {
  const world = createWorld(mails(5));
  await visit(world);
  assert.deepEqual(await lastCount(), { ...ALL_WELL, listed: 5, delivered: 5 });
});

test('what is removed at the source is no longer listed, and nothing is missing', async () => {
  const world = createWorld(mails(5));
  await visit(world);
  world.messages.delete(2);
  world.messages.set(6, mail(6));
  await want();
  await visit(world);
  assert.deepEqual(await lastCount(), { ...ALL_WELL, listed: 5, delivered: 5 });
});

test('what this service deletes at the source is no longer listed, and nothing is missing', async () => {
  const world = createWorld(mails(5));
  const options = { afterImport: 'delete' } as const;
  await database.asOwner('UPDATE mailboxes SET options = $1', [JSON.stringify(options)]);
  world.gmail.refuse = (bytes) => (bytes.equals(mail(2)) ? new Fault('message-refused') : null);
  world.obeys = (uid) => uid !== 3;
  await visit(world, { options });
  assert.deepEqual([...world.messages.keys()], [2, 3]);
  assert.deepEqual(await lastCount(), { ...ALL_WELL, listed: 2, delivered: 1, rejected: 1 });
});

test('a message that Gmail refuses is accounted for', async () => {
  const world = createWorld(mails(2));
  world.gmail.refuse = (bytes) => (bytes.equals(mail(2)) ? new Fault('message-refused') : null);
  await visit(world);
  assert.deepEqual(await lastCount(), { ...ALL_WELL, listed: 2, delivered: 1, rejected: 1 });
});

test('what a rule leaves out is skipped, and so is what another folder has, also after new ids', async () => {
  const world = createWorld([
    ...mails(3),
    Buffer.from('From: a@spam.example\r\nMessage-ID: <s@spam.example>\r\n\r\n'),
    Buffer.concat([mail(9), Buffer.alloc(600, 'x')]),
  ]);
  world.others.set('Work', { use: null, messages: new Map([2, 7].map((n) => [n, mail(n)])) });
  const options = { skipSenders: ['spam.example'], maxBytes: 500 };
  await visit(world, { options });
  const counted = { ...ALL_WELL, listed: 7, delivered: 4, skipped: 3 };
  assert.deepEqual(await lastCount(), counted);
  await want();
  await visit(world, { options });
  assert.deepEqual(await lastCount(), counted, 'and stays so');
  world.uidValidity += 1;
  await want();
  await visit(world, { options });
  const { delivered, skipped, ...others } = await lastCount();
  assert.deepEqual(others, { listed: 7, rejected: 0, failed: 0, uncertain: 0, waiting: 0, missing: 0 });
  assert.deepEqual([delivered, skipped], [4, 3], 'what is known from before was delivered');
  assert.equal(world.gmail.imported.length, 4);
});

test('a message that arrives after the listing waits', async () => {
  const world = createWorld(mails(3));
  world.habit = (source) => ({
    ...source,
    ids: async (...args) => {
      world.messages.set(9, mail(9));
      return source.ids(...args);
    },
  });
  await visit(world);
  assert.deepEqual(await lastCount(), { ...ALL_WELL, listed: 4, delivered: 3, waiting: 1 });
});

test('what the chosen history leaves out is skipped', async () => {
  const world = createWorld(mails(4));
  const leavesOut = (source: Source): Source => ({
    ...source,
    list: async (folder, cursor, history, signal) => {
      const listing = await source.list(folder, cursor, history, signal);
      if (cursor !== null || listing.cursor.protocol !== 'imap') return listing;
      return { ...listing, messages: [], cursor: { ...listing.cursor, settled: [[1, 4]] } };
    },
  });
  world.habit = leavesOut;
  const options = { history: 'new' } as const;
  await visit(world, { options });
  assert.deepEqual(await lastCount(), { ...ALL_WELL, listed: 4, skipped: 4 });
  world.messages.set(5, mail(5));
  await want();
  await visit(world, { options });
  assert.deepEqual(await lastCount(), { ...ALL_WELL, listed: 5, delivered: 1, skipped: 4 });
});

test('a message that a cursor row claims without a delivery is missing', async () => {
  const world = createWorld(mails(4));
  await visit(world);
  await database.asOwner("UPDATE folder_cursors SET settled = settled + '{[5,6)}'");
  world.messages.set(5, mail(5));
  await want();
  await visit(world);
  assert.equal(world.gmail.imported.length, 4, 'it was lost');
  assert.deepEqual(await lastCount(), { ...ALL_WELL, listed: 5, delivered: 4, missing: 1 });
});

test('a message that a listing hid is missing, although others were removed meanwhile', async () => {
  const world = createWorld(mails(6));
  const hides = (source: Source): Source => ({
    ...source,
    list: async (folder, cursor, history, signal) => {
      const hidden = world.messages.get(3);
      world.messages.delete(3);
      const listing = await source.list(folder, cursor, history, signal);
      if (hidden) world.messages.set(3, hidden);
      return listing;
    },
  });
  world.habit = hides;
  await visit(world);
  assert.equal(world.gmail.imported.length, 5, 'it was lost');
  assert.deepEqual(await lastCount(), { ...ALL_WELL, listed: 6, delivered: 5, missing: 1 });
  world.messages.delete(1);
  world.messages.delete(2);
  await want();
  await visit(world);
  assert.deepEqual(await lastCount(), { ...ALL_WELL, listed: 4, delivered: 3, missing: 1 });
});

test('counts at most once an hour, unless its owner wants one', async () => {
  const world = createWorld(mails(2));
  let asked = 0;
  world.habit = (source) => ({
    ...source,
    ids: (...args) => {
      asked += 1;
      return source.ids(...args);
    },
  });
  world.now = Date.now();
  await visit(world);
  await visit(world);
  assert.equal(asked, 1);
  await want();
  await visit(world);
  assert.equal(asked, 2);
  world.now = Date.now() + 3_601_000;
  await visit(world);
  assert.equal(asked, 3);
});

test('a source that cannot answer the count fails no visit', async () => {
  const world = createWorld(mails(2));
  world.habit = (source) => ({
    ...source,
    ids: () => Promise.reject(new Fault('source-timeout')),
    watch: () => Promise.reject(new Error('the session is over')),
  });
  const verdict = await visit(world);
  assert.equal(verdict?.faultCode, null);
  assert.equal(verdict?.synced, true);
  assert.equal(world.gmail.imported.length, 2);
});
