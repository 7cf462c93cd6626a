/** What is to be done at the sources, in PostgreSQL. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, it } from 'node:test';
import { isFault } from '../../../src/core/fault.ts';
import type { Protocol } from '../../../src/core/mailbox.ts';
import { keyOf } from '../../../src/core/message.ts';
import { createLedger } from '../../../src/db/ledger.ts';
import {
  cancelSourceActions,
  createDisposals,
  readSourceTotals,
  readWaitingAtSource,
} from '../../../src/db/source-actions.ts';
import { describeDisposals } from '../../contract/disposals.ts';
import { imapCursor, imapRef, pop3Cursor, pop3Ref, settlementOf } from '../../contract/ledger-samples.ts';
import { openTestDatabase } from '../../database.ts';

const database = await openTestDatabase({ after });
const db = await database.open('worker');
let users = 0;

async function hold(protocol: Protocol = 'imap') {
  const userId = await database.addUser(`user${++users}`);
  const mailboxId = await database.addMailbox(userId, protocol);
  const workerId = randomUUID();
  await database.asOwner("UPDATE mailboxes SET leased_by = $2, epoch = 1, state = 'active' WHERE id = $1", [
    mailboxId,
    workerId,
  ]);
  const choose = async (choice: object): Promise<void> => {
    await database.asOwner('UPDATE mailboxes SET options = options || $2::jsonb WHERE id = $1', [
      mailboxId,
      JSON.stringify(choice),
    ]);
  };
  return { userId, mailboxId, workerId, choose };
}

describeDisposals('PostgreSQL', async (protocol) => {
  const held = await hold(protocol);
  let epoch = 1n;
  return {
    ledger: () => createLedger(db, { ...held, epoch }),
    disposals: () => createDisposals(db, { ...held, epoch }),
    choose: held.choose,
    pass: async (ms) => {
      await database.asOwner(
        `UPDATE source_actions SET delivered_at = delivered_at - make_interval(secs => $2),
           retry_at = retry_at - make_interval(secs => $2) WHERE mailbox_id = $1`,
        [held.mailboxId, ms / 1000],
      );
    },
    handOver: async () => {
      epoch += 1n;
      await database.asOwner('UPDATE mailboxes SET epoch = $2 WHERE id = $1', [
        held.mailboxId,
        String(epoch),
      ]);
    },
    totals: async () => {
      const { deleted, gone, changed } = await db.withTenant(held.userId, (tx) =>
        readSourceTotals(tx, held.mailboxId),
      );
      return Object.fromEntries(
        Object.entries({ done: deleted, gone, changed }).filter(([, count]) => count > 0),
      );
    },
  };
});

const delivered = (uid: number) => ({
  ...settlementOf(imapRef(uid)),
  fingerprint: new Uint8Array(16).fill(3),
});

it('adds up what was done, and keeps what stands in the way until it is gone', async () => {
  const held = await hold();
  const lease = { ...held, epoch: 1n };
  await held.choose({ afterImport: 'delete', deleteAfterDays: 2 });
  const ledger = createLedger(db, lease);
  await ledger.observe(imapCursor([]), 0, false);
  for (const uid of [1, 2, 3, 4, 5]) await ledger.settle(delivered(uid));
  const read = () =>
    db.withTenant(held.userId, async (tx) => ({
      ...(await readSourceTotals(tx, held.mailboxId)),
      waiting: await readWaitingAtSource(tx, held.mailboxId, 'delete', 2),
    }));
  assert.equal((await read()).waiting.messages, 5);
  assert.equal((await read()).waiting.due, 0);
  const disposals = createDisposals(db, lease);
  await disposals.settle(new Map(), 'no-single-removal');
  assert.equal((await read()).problem, 'no-single-removal');
  const outcomes = ['done', 'gone', 'changed', 'renumbered'] as const;
  await disposals.settle(new Map(outcomes.map((outcome, at) => [keyOf(imapRef(at + 1)), outcome])), null);
  // An outcome of what is no longer there counts for nothing.
  await disposals.settle(new Map([[keyOf(imapRef(1)), 'done']]), null);
  const { waiting, ...totals } = await read();
  assert.deepEqual(totals, {
    deleted: 1,
    moved: 0,
    markedRead: 0,
    gone: 1,
    changed: 1,
    renumbered: 1,
    refused: 0,
    problem: null,
  });
  assert.equal(waiting.messages, 1);
  assert.ok(waiting.firstDeliveredAt instanceof Date);
});

it('does not begin anything while the mailbox is paused', async () => {
  const held = await hold();
  const lease = { ...held, epoch: 1n };
  await held.choose({ afterImport: 'delete' });
  const ledger = createLedger(db, lease);
  await ledger.settle(delivered(1));
  await database.asOwner("UPDATE mailboxes SET state = 'paused' WHERE id = $1", [held.mailboxId]);
  const begun = await createDisposals(db, lease).intend([keyOf(imapRef(1))], { kind: 'delete' });
  assert.equal(begun.size, 0);
});

it('cancels all but what a maildrop was told of', async () => {
  const web = await database.open('web');
  for (const [protocol, left] of [
    ['imap', 0],
    ['pop3', 1],
  ] as const) {
    const held = await hold(protocol);
    const lease = { ...held, epoch: 1n };
    await held.choose({ afterImport: 'delete' });
    const refs = protocol === 'imap' ? [imapRef(1), imapRef(2)] : [pop3Ref('1'), pop3Ref('2')];
    const ledger = createLedger(db, lease);
    await ledger.observe(protocol === 'imap' ? imapCursor([]) : pop3Cursor([], []), 0, false);
    for (const ref of refs)
      await ledger.settle({ ...settlementOf(ref), fingerprint: new Uint8Array(16).fill(3) });
    const disposals = createDisposals(db, lease);
    await disposals.intend(
      refs.slice(0, 1).map((ref) => keyOf(ref)),
      { kind: 'delete' },
    );
    await web.withTenant(held.userId, (tx) => cancelSourceActions(tx, held.mailboxId));
    assert.deepEqual(await disposals.due(9), []);
    assert.equal((await disposals.begun(9)).length, left, protocol);
  }
});

it('reaches no row of another mailbox', async () => {
  const [mine, theirs] = [await hold(), await hold()];
  await theirs.choose({ afterImport: 'delete' });
  await createLedger(db, { ...theirs, epoch: 1n }).settle(delivered(1));
  const forged = createDisposals(db, { ...theirs, userId: mine.userId, epoch: 1n });
  await assert.rejects(forged.due(1), (error) => isFault(error, 'lease-lost'));
  await mine.choose({ afterImport: 'delete' });
  const own = createDisposals(db, { ...mine, epoch: 1n });
  assert.equal((await own.intend([keyOf(imapRef(1))], { kind: 'delete' })).size, 0);
  await own.settle(new Map([[keyOf(imapRef(1)), 'done']]), null);
  assert.equal((await createDisposals(db, { ...theirs, epoch: 1n }).due(9)).length, 1);
});
