/** Who holds a mailbox may change between any two statements: a write finds out before it counts. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, it } from 'node:test';
import { isFault } from '../../../src/core/fault.ts';
import type { Ledger } from '../../../src/core/ports.ts';
import { createLedger } from '../../../src/db/ledger.ts';
import {
  imapRef,
  intentOf,
  postponementOf,
  RUN_KEY,
  SEALED,
  settlementOf,
} from '../../contract/ledger-samples.ts';
import { openTestDatabase } from '../../database.ts';

const database = await openTestDatabase({ after });
const db = await database.open('worker');
const lost = (error: unknown): boolean => isFault(error, 'lease-lost');
let users = 0;

async function hold() {
  const userId = await database.addUser(`fence${++users}`);
  const mailboxId = await database.addMailbox(userId, 'imap');
  const workerId = randomUUID();
  await database.asOwner('UPDATE mailboxes SET leased_by = $2, epoch = 1 WHERE id = $1', [
    mailboxId,
    workerId,
  ]);
  return { userId, mailboxId, ledger: createLedger(db, { userId, mailboxId, workerId, epoch: 1n }) };
}

const WRITES: Readonly<Record<string, (ledger: Ledger) => Promise<void>>> = {
  observe: (ledger) => ledger.observe(null, 7, false),
  'keep-run-key': (ledger) => ledger.keepRunKey(RUN_KEY, SEALED),
  intend: (ledger) => ledger.intend(intentOf(imapRef(5))),
  postpone: (ledger) => ledger.postpone(postponementOf(imapRef(5))),
  settle: (ledger) => ledger.settle(settlementOf(imapRef(5))),
};

const written = (mailboxId: string) =>
  database.asOwner(
    `SELECT (SELECT count(*) FROM transfers WHERE mailbox_id = $1)::int AS transfers,
      (SELECT count(*) FROM audit_entries WHERE mailbox_id = $1)::int AS entries,
      (SELECT count(*) FROM run_keys WHERE mailbox_id = $1)::int AS keys, waiting::int FROM mailboxes WHERE id = $1`,
    [mailboxId],
  );

for (const [name, write] of Object.entries(WRITES)) {
  it(`refuses to ${name} for a run that has given its lease back, although nobody has taken it`, async () => {
    const { mailboxId, ledger } = await hold();
    await database.asOwner('UPDATE mailboxes SET leased_by = NULL WHERE id = $1', [mailboxId]);
    await assert.rejects(write(ledger), lost);
    assert.deepEqual(await written(mailboxId), [{ transfers: 0, entries: 0, keys: 0, waiting: 0 }]);
  });

  it(`waits with what it is to ${name} for a claim under way, and is refused behind it`, async () => {
    const { userId, mailboxId, ledger } = await hold();
    let done = false;
    let writing: Promise<void> = Promise.resolve();
    await db.withTenant(userId, async (tx) => {
      await tx.query('UPDATE mailboxes SET epoch = 2 WHERE id = $1', [mailboxId]);
      writing = write(ledger).finally(() => {
        done = true;
      });
      writing.catch(() => undefined);
      while (!done && !(await somebodyWaits())) await new Promise((resolve) => setImmediate(resolve));
    });
    await assert.rejects(writing, lost);
    assert.deepEqual(await written(mailboxId), [{ transfers: 0, entries: 0, keys: 0, waiting: 0 }]);
  });
}

async function somebodyWaits(): Promise<boolean> {
  const rows = await database.asOwner(
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
  );
  return rows.length > 0;
}
