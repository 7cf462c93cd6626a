import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, it } from 'node:test';
import { keyOf } from '../../../src/core/message.ts';
import type { RefusalBooks } from '../../../src/core/refusal.ts';
import { createLedger } from '../../../src/db/ledger.ts';
import { createRefusalBooks } from '../../../src/db/refusals.ts';
import { imapRef, intentOf, RUN_KEY, repairOf, SEALED, settlementOf } from '../../contract/ledger-samples.ts';
import { openTestDatabase } from '../../database.ts';

const database = await openTestDatabase({ after });
const db = await database.open('worker');

async function hold(name: string) {
  const userId = await database.addUser(name);
  const mailboxId = await database.addMailbox(userId, 'imap');
  const workerId = randomUUID();
  await database.asOwner('UPDATE mailboxes SET leased_by = $2, epoch = 1 WHERE id = $1', [
    mailboxId,
    workerId,
  ]);
  const lease = { userId, mailboxId, workerId, epoch: 1n };
  return { lease, ledger: createLedger(db, lease), books: createRefusalBooks(db, lease) };
}

const uidsDue = async (books: RefusalBooks, limit = 10): Promise<string[]> =>
  (await books.due(limit)).refusals.map(({ key }) => key);
const keys = (...uids: number[]) => uids.map((uid) => keyOf(imapRef(uid)));

it('names what was rejected while its owner wanted notices, oldest first, once', async () => {
  const { ledger, books } = await hold('wanted');
  await ledger.keepRunKey(RUN_KEY, SEALED);
  await ledger.intend(intentOf(imapRef(2)));
  await ledger.settle({ ...settlementOf(imapRef(2), 'rejected'), notice: true });
  await ledger.settle({ ...settlementOf(imapRef(1), 'rejected'), notice: true });
  await ledger.settle(settlementOf(imapRef(3), 'rejected'));
  await ledger.settle(settlementOf(imapRef(4), 'failed'));
  assert.deepEqual(await uidsDue(books), keys(2, 1));
  const { refusals, toldToday } = await books.due(1);
  assert.deepEqual(refusals, [
    {
      key: keyOf(imapRef(2)),
      reason: 'message-refused',
      sizeBytes: 1000,
      senderDomain: 'example.org',
      arrivedAt: 1_700_000_000_000,
    },
  ]);
  assert.equal(toldToday, 0);
  await books.told(keys(2));
  await books.told(keys(2));
  const after = await books.due(10);
  assert.deepEqual([after.refusals.map(({ key }) => key), after.toldToday], [keys(1), 1]);
});

it('does not name again what was tried again and rejected again', async () => {
  const { ledger, books, lease } = await hold('again');
  await ledger.settle({ ...settlementOf(imapRef(1), 'rejected'), notice: true });
  await books.told(keys(1));
  await database.asOwner("UPDATE transfers SET state = 'waiting', retry_at = now() WHERE mailbox_id = $1", [
    lease.mailboxId,
  ]);
  await ledger.repair(repairOf(imapRef(1)));
  await ledger.settle({ ...settlementOf(imapRef(1), 'rejected'), notice: true });
  assert.deepEqual(await uidsDue(books), []);
  const [row] = await database.asOwner('SELECT state, repair FROM transfers WHERE mailbox_id = $1', [
    lease.mailboxId,
  ]);
  assert.deepEqual(row, { state: 'rejected', repair: 'from-header-several' });
});

it('sees no other mailbox, and writes nothing once another worker has it', async () => {
  const { ledger, books, lease } = await hold('fenced');
  const stranger = await hold('stranger');
  await ledger.settle({ ...settlementOf(imapRef(1), 'rejected'), notice: true });
  assert.deepEqual(await uidsDue(stranger.books), []);
  await createRefusalBooks(db, { ...stranger.lease, mailboxId: lease.mailboxId }).told(keys(1));
  await createRefusalBooks(db, { ...lease, epoch: 2n }).told(keys(1));
  await createRefusalBooks(db, { ...lease, workerId: randomUUID() }).told(keys(1));
  assert.deepEqual(await uidsDue(books), keys(1));
});
