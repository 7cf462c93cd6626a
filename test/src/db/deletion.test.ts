/** Deleting a mailbox or an account wipes every row at once, and a run under way writes nothing back. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, it } from 'node:test';
import { isFault } from '../../../src/core/fault.ts';
import type { MailboxId, UserId } from '../../../src/core/mailbox.ts';
import { createLedger } from '../../../src/db/ledger.ts';
import { deleteMailbox } from '../../../src/db/mailboxes.ts';
import type { Tx } from '../../../src/db/pool.ts';
import { deleteUser } from '../../../src/db/users.ts';
import { imapRef, intentOf, postponementOf, settlementOf } from '../../contract/ledger-samples.ts';
import { openTestDatabase } from '../../database.ts';

const database = await openTestDatabase({ after });
const web = await database.open('web');
const worker = await database.open('worker', 8);

/** Rows that mention the id, by table; every table of ours and of the job queue. */
async function traces(id: string): Promise<string[]> {
  const tables = await database.asOwner<{ name: string }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname IN ('public', 'pgboss') AND c.relkind IN ('r', 'p') ORDER BY 1`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await database.asOwner(
      `SELECT 1 FROM ${name} t WHERE t::text LIKE '%' || $1 || '%' LIMIT 1`,
      [id],
    );
    if (rows.length > 0) found.push(name);
  }
  return found;
}

interface Writer {
  /** Resolves when the first write is durable. */
  readonly begun: Promise<void>;
  /** Resolves with how the writing ended. */
  readonly ended: Promise<unknown>;
}

/** Writes of every kind without a pause, until one fails. */
function writeOn(userId: UserId, mailboxId: MailboxId, workerId: string): Writer {
  const ledger = createLedger(worker, { userId, mailboxId, workerId, epoch: 1n });
  const begun = Promise.withResolvers<void>();
  const write = async (): Promise<unknown> => {
    for (let uid = 1; ; uid += 3) {
      try {
        await Promise.all([
          ledger.keepRunKey(intentOf(imapRef(uid)).runKeyId, new Uint8Array([1])),
          ledger.intend(intentOf(imapRef(uid))),
          ledger.postpone(postponementOf(imapRef(uid + 1))),
          ledger.settle({
            ...settlementOf(imapRef(uid + 2)),
            fingerprint: new Uint8Array(16).fill(uid % 256),
          }),
        ]);
        begun.resolve();
      } catch (error) {
        begun.resolve();
        return error;
      }
    }
  };
  return { begun: begun.promise, ended: write() };
}

async function addHeldMailbox(userId: UserId, workerId: string): Promise<MailboxId> {
  const mailboxId = await database.addMailbox(userId);
  await database.asOwner('UPDATE mailboxes SET leased_by = $2, epoch = 1 WHERE id = $1', [
    mailboxId,
    workerId,
  ]);
  return mailboxId;
}

for (const round of [1, 2, 3, 4, 5]) {
  it(`leaves nothing of an account whose mailboxes are being written to (${round})`, async () => {
    const userId = await database.addUser(`account${round}`);
    const workerId = randomUUID();
    const mailboxes = [await addHeldMailbox(userId, workerId), await addHeldMailbox(userId, workerId)];
    const writers = mailboxes.map((id) => writeOn(userId, id, workerId));
    await Promise.all(writers.map(({ begun }) => begun));
    assert.ok((await traces(userId)).length > 5);
    await web.withTenant(userId, deleteUser);
    for (const { ended } of writers) assert.ok(isFault(await ended, 'lease-lost'));
    assert.deepEqual(await traces(userId), []);
    for (const id of mailboxes) assert.deepEqual(await traces(id), []);
  });
}

it('leaves nothing of a mailbox that is being written to, and its neighbour whole', async () => {
  const userId = await database.addUser('mailbox');
  const workerId = randomUUID();
  const doomed = await addHeldMailbox(userId, workerId);
  const neighbour = await addHeldMailbox(userId, workerId);
  const writers = [writeOn(userId, doomed, workerId), writeOn(userId, neighbour, workerId)] as const;
  await Promise.all(writers.map(({ begun }) => begun));
  await web.withTenant(userId, (tx) => deleteMailbox(tx, doomed));
  assert.ok(isFault(await writers[0].ended, 'lease-lost'));
  assert.deepEqual(await traces(doomed), []);
  assert.ok((await traces(neighbour)).length > 5);
  await web.withTenant(userId, (tx) => deleteMailbox(tx, neighbour));
  assert.ok(isFault(await writers[1].ended, 'lease-lost'));
});

it('has ten minutes for each statement, for millions of rows can go in one', async () => {
  const userId = await database.addUser('large');
  const mailboxId = await database.addMailbox(userId);
  const patience = (remove: (tx: Tx) => Promise<unknown>) =>
    web.withTenant(userId, async (tx) => {
      await remove(tx);
      return tx.query("SELECT current_setting('statement_timeout') AS patience");
    });
  for (const remove of [(tx: Tx) => deleteMailbox(tx, mailboxId), deleteUser])
    assert.deepEqual(await patience(remove), [{ patience: '10min' }]);
});
