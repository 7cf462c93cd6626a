/** What is remembered of maildrops' sizes, in PostgreSQL. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, it } from 'node:test';
import { isFault } from '../../../src/core/fault.ts';
import { hashUidl, keyOf } from '../../../src/core/message.ts';
import { createSizeBooks } from '../../../src/db/claimed-sizes.ts';
import { createLedger } from '../../../src/db/ledger.ts';
import { createReconciler } from '../../../src/db/reconciliations.ts';
import { findAtSource } from '../../../src/db/source-outcomes.ts';
import { describeSizes } from '../../contract/claimed-sizes.ts';
import { pop3Cursor, pop3Ref, settlementOf } from '../../contract/ledger-samples.ts';
import { openTestDatabase } from '../../database.ts';

const database = await openTestDatabase({ after });
const db = await database.open('worker');
let users = 0;

async function hold() {
  const userId = await database.addUser(`user${++users}`);
  const mailboxId = await database.addMailbox(userId, 'pop3');
  const workerId = randomUUID();
  await database.asOwner("UPDATE mailboxes SET leased_by = $2, epoch = 1, state = 'active' WHERE id = $1", [
    mailboxId,
    workerId,
  ]);
  return { userId, mailboxId, workerId };
}

describeSizes('PostgreSQL', async () => {
  const held = await hold();
  let epoch = 1n;
  return {
    ledger: () => createLedger(db, { ...held, epoch }),
    sizes: () => createSizeBooks(db, { ...held, epoch }),
    handOver: async () => {
      epoch += 1n;
      await database.asOwner('UPDATE mailboxes SET epoch = $2 WHERE id = $1', [
        held.mailboxId,
        String(epoch),
      ]);
    },
  };
});

const DONE = { comparedAt: 0, total: null, doubt: 0, restUntil: 0 };
const again = (...uidls: string[]) => ({
  reused: uidls.map((uidl) => ({ hash: hashUidl(uidl), key: keyOf(pop3Ref(uidl)) })),
  sizes: new Map(),
  identities: new Map(),
  state: DONE,
});

it('what the history left out is not what has its id now', async () => {
  const lease = { ...(await hold()), epoch: 1n };
  const ledger = createLedger(db, lease);
  const reconciler = createReconciler(db, lease);
  await ledger.observe(pop3Cursor(['a', 'b'], []), 0, false);
  const hashes = [hashUidl('a'), hashUidl('b')];
  await reconciler.notePassedOver('INBOX', { uidValidity: 0, absent: [], leftOut: { uids: [], hashes } });
  await createSizeBooks(db, lease).note(again('b'));
  await ledger.settle(settlementOf(pop3Ref('b')));
  const books = (await reconciler.load()).folders.get('INBOX');
  assert.deepEqual(books?.leftOut?.hashes, new Set([hashUidl('a')]));
  assert.ok(books?.cursor.protocol === 'pop3' && books.cursor.settled.has(hashUidl('b')));
});

it('what waited to be deleted is said to be another message now, once that is delivered', async () => {
  const held = await hold();
  const lease = { ...held, epoch: 1n };
  await database.asOwner(
    `UPDATE mailboxes SET options = options || '{"afterImport": "delete"}' WHERE id = $1`,
    [held.mailboxId],
  );
  const ledger = createLedger(db, lease);
  const deliver = (fill: number) =>
    ledger.settle({ ...settlementOf(pop3Ref('a')), fingerprint: new Uint8Array(16).fill(fill) });
  await deliver(1);
  await createSizeBooks(db, lease).note(again('a'));
  await deliver(2);
  const entries = await database.asOwner('SELECT id FROM audit_entries WHERE mailbox_id = $1 ORDER BY id', [
    held.mailboxId,
  ]);
  const web = await database.open('web');
  const told = await Promise.all(
    entries.map(({ id }) =>
      web.withTenant(held.userId, (tx) => findAtSource(tx, held.mailboxId, String(id))),
    ),
  );
  assert.deepEqual(
    told.map((one) => one?.outcome),
    ['changed', 'waiting'],
  );
});

it('learns more sizes than fit into one statement, and comes to its state last', async () => {
  const lease = { ...(await hold()), epoch: 1n };
  const uidls = Array.from({ length: 45_000 }, (_, n) => `${n}`);
  await createLedger(db, lease).observe(pop3Cursor(uidls, []), 0, false);
  const books = createSizeBooks(db, lease);
  const sizes = new Map(uidls.map((uidl, n) => [hashUidl(uidl), n]));
  const state = { ...DONE, comparedAt: 1, total: { count: 45_000, octets: 7 } };
  await books.note({ ...again(), sizes, state });
  const kept = await books.sizes();
  assert.ok(kept.size === 45_000 && [...kept].every(([hash, size]) => sizes.get(hash) === size));
  assert.deepEqual(await books.state(), state);
});

it('another tenant reads and writes nothing', async () => {
  const mine = await hold();
  const theirs = { ...(await hold()), epoch: 1n };
  await createLedger(db, theirs).settle({ ...settlementOf(pop3Ref('a')), size: 7 });
  const forged = createSizeBooks(db, { ...theirs, userId: mine.userId });
  assert.deepEqual(await forged.sizes(), new Map());
  await assert.rejects(forged.note(again('a')), (error) => isFault(error, 'lease-lost'));
  assert.deepEqual(await createSizeBooks(db, theirs).sizes(), new Map([[hashUidl('a'), 7]]));
});
