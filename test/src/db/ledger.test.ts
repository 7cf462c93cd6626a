import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, it } from 'node:test';
import { Fault, isFault } from '../../../src/core/fault.ts';
import type { MailboxId, UserId } from '../../../src/core/mailbox.ts';
import { createLedger } from '../../../src/db/ledger.ts';
import type { Database } from '../../../src/db/pool.ts';
import { describeLedger } from '../../contract/ledger.ts';
import { imapRef, intentOf, settlementOf } from '../../contract/ledger-samples.ts';
import { openTestDatabase } from '../../database.ts';

const database = await openTestDatabase({ after });
const db = await database.open('worker');
let users = 0;

interface Held {
  readonly userId: UserId;
  readonly mailboxId: MailboxId;
  readonly workerId: string;
}

async function hold(protocol: 'imap' | 'pop3'): Promise<Held> {
  const userId = await database.addUser(`user${++users}`);
  const mailboxId = await database.addMailbox(userId, protocol);
  const workerId = randomUUID();
  await database.asOwner('UPDATE mailboxes SET leased_by = $2, epoch = 1 WHERE id = $1', [
    mailboxId,
    workerId,
  ]);
  return { userId, mailboxId, workerId };
}

describeLedger('PostgreSQL', async (protocol) => {
  const held = await hold(protocol);
  let epoch = 1n;
  return {
    open: () => createLedger(db, { ...held, epoch }),
    handOver: async () => {
      epoch += 1n;
      await database.asOwner('UPDATE mailboxes SET epoch = $2 WHERE id = $1', [
        held.mailboxId,
        String(epoch),
      ]);
    },
    audit: () =>
      database.asOwner(
        'SELECT status, sender_domain AS "senderDomain" FROM audit_entries WHERE mailbox_id = $1 ORDER BY id',
        [held.mailboxId],
      ),
    waiting: async () => Number((await mailboxRow(held.mailboxId)).waiting),
  };
});

async function mailboxRow(id: MailboxId): Promise<Record<string, unknown>> {
  const [row] = await database.asOwner('SELECT * FROM mailboxes WHERE id = $1', [id]);
  assert.ok(row);
  return row;
}

const counters = (row: Record<string, unknown>): number[] =>
  ['delivered', 'rejected', 'failed', 'uncertain', 'skipped', 'waiting', 'bytes'].map((name) =>
    Number(row[name]),
  );

it('counts a message that is tried again on request once, under its last outcome', async () => {
  const held = await hold('imap');
  const ledger = createLedger(db, { ...held, epoch: 1n });
  await ledger.observe(null, 1, false);
  await ledger.settle(settlementOf(imapRef(5), 'rejected'));
  assert.deepEqual(counters(await mailboxRow(held.mailboxId)), [0, 1, 0, 0, 0, 0, 0]);
  // What "retry now" does.
  await database.asOwner("UPDATE transfers SET state = 'waiting', retry_at = now() WHERE mailbox_id = $1", [
    held.mailboxId,
  ]);
  await database.asOwner('UPDATE mailboxes SET rejected = 0, waiting = 1 WHERE id = $1', [held.mailboxId]);
  await ledger.settle(settlementOf(imapRef(5)));
  assert.deepEqual(counters(await mailboxRow(held.mailboxId)), [1, 0, 0, 0, 0, 0, 1000]);
  const entries = await database.asOwner(
    'SELECT status FROM audit_entries WHERE mailbox_id = $1 ORDER BY id',
    [held.mailboxId],
  );
  assert.deepEqual(entries, [{ status: 'rejected' }, { status: 'delivered' }]);
});

it('measures the delay of new mail only, and never below zero', async () => {
  const held = await hold('imap');
  const ledger = createLedger(db, { ...held, epoch: 1n });
  const now = Date.now();
  await ledger.settle({ ...settlementOf(imapRef(1)), arrivedAt: now - 90_000 });
  await ledger.settle({ ...settlementOf(imapRef(2)), arrivedAt: now + 900_000 });
  await ledger.settle({ ...settlementOf(imapRef(3)), arrivedAt: now, backlog: true });
  await ledger.settle({ ...settlementOf(imapRef(4)), arrivedAt: null });
  const rows = await database.asOwner<{ delay_ms: string | null }>(
    'SELECT delay_ms FROM audit_entries WHERE mailbox_id = $1 ORDER BY id',
    [held.mailboxId],
  );
  const [first, ...rest] = rows.map((row) => row.delay_ms);
  assert.ok(Number(first) >= 90_000 && Number(first) < 150_000);
  assert.deepEqual(rest, ['0', null, null]);
});

it('starts counting bytes anew on another UTC day', async () => {
  const held = await hold('imap');
  const ledger = createLedger(db, { ...held, epoch: 1n });
  await database.asOwner("INSERT INTO allowances (user_id, day, bytes) VALUES ($1, '2020-01-01', 5)", [
    held.userId,
  ]);
  assert.equal((await ledger.load()).bytesToday, 0);
  await ledger.settle(settlementOf(imapRef(1)));
  assert.equal((await ledger.load()).bytesToday, 1000);
});

it('drops run keys that no open transfer needs', async () => {
  const held = await hold('imap');
  const ledger = createLedger(db, { ...held, epoch: 1n });
  const idle = randomUUID();
  await ledger.keepRunKey(intentOf(imapRef(1)).runKeyId, new Uint8Array([1]));
  await ledger.keepRunKey(idle, new Uint8Array([2]));
  await ledger.intend(intentOf(imapRef(1)));
  await ledger.load();
  const rows = await database.asOwner('SELECT id FROM run_keys WHERE mailbox_id = $1', [held.mailboxId]);
  assert.deepEqual(rows, [{ id: intentOf(imapRef(1)).runKeyId }]);
});

it('does not let one entry that the database refuses spoil its neighbours', async () => {
  const held = await hold('imap');
  const ledger = createLedger(db, { ...held, epoch: 1n });
  const results = await Promise.allSettled([
    ledger.settle(settlementOf(imapRef(1))),
    ledger.settle({ ...settlementOf(imapRef(2)), senderDomain: 'x'.repeat(300) }),
    ledger.settle(settlementOf(imapRef(3))),
  ]);
  assert.deepEqual(
    results.map((result) => result.status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
});

it('writes a batch again, with one result, when the answer to COMMIT is lost', async () => {
  const held = await hold('imap');
  let lose = true;
  const losing: Database = {
    ...db,
    withTenant: async (userId, fn) => {
      const result = await db.withTenant(userId, fn);
      if (!lose) return result;
      lose = false;
      throw new Fault('database-unavailable');
    },
  };
  const ledger = createLedger(losing, { ...held, epoch: 1n });
  await ledger.settle(settlementOf(imapRef(1)));
  assert.deepEqual(counters(await mailboxRow(held.mailboxId)), [1, 0, 0, 0, 0, 0, 1000]);
});

it('says that the database is unavailable, and goes on when it is back', async () => {
  const held = await hold('imap');
  let down = true;
  const flaky: Database = {
    ...db,
    withTenant: (userId, fn) =>
      db.withTenant(userId, async (tx) => {
        const [backend] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
        if (down) await database.asOwner('SELECT pg_terminate_backend($1, 5000)', [backend?.pid]);
        return fn(tx);
      }),
  };
  const ledger = createLedger(flaky, { ...held, epoch: 1n });
  await assert.rejects(ledger.settle(settlementOf(imapRef(1))), (error) =>
    isFault(error, 'database-unavailable'),
  );
  down = false;
  await ledger.settle(settlementOf(imapRef(1)));
  assert.equal((await mailboxRow(held.mailboxId)).delivered, '1');
});

it('takes a listed source for a sound one, but leaves what its owner decided', async () => {
  const held = await hold('imap');
  const ledger = createLedger(db, { ...held, epoch: 1n });
  const put = (state: string) =>
    database.asOwner(
      "UPDATE mailboxes SET state = $2, fault_code = 'connect-timeout', failures = 4 WHERE id = $1",
      [held.mailboxId, state],
    );
  const told = async () => {
    const { state, fault_code, failures, last_sync_at } = await mailboxRow(held.mailboxId);
    return [state, fault_code, failures, last_sync_at !== null];
  };
  await put('unreachable');
  await ledger.observe(null, 0, false);
  assert.deepEqual(await told(), ['active', null, 0, true]);
  await put('paused');
  await ledger.observe(null, 0, false);
  assert.deepEqual(await told(), ['paused', 'connect-timeout', 4, true]);
});

it('ties a message that keeps its row to its newest audit entry, in a batch of several too', async () => {
  const held = await hold('imap');
  const ledger = createLedger(db, { ...held, epoch: 1n });
  const settle = (uid: number, status: 'delivered' | 'failed' | 'uncertain') =>
    ledger.settle({ ...settlementOf(imapRef(uid)), status, senderDomain: `${uid}.example.org` });
  await Promise.all([
    settle(1, 'delivered'),
    settle(2, 'failed'),
    settle(3, 'delivered'),
    settle(4, 'uncertain'),
  ]);
  const tied = () =>
    database.asOwner<{ key: string; domain: string }>(
      `SELECT t.key, a.sender_domain AS domain, a.status FROM transfers t
       LEFT JOIN audit_entries a ON a.user_id = t.user_id AND a.id = t.audit_id
       WHERE t.mailbox_id = $1 ORDER BY t.key`,
      [held.mailboxId],
    );
  assert.deepEqual(
    (await tied()).map(({ domain }) => domain),
    ['2.example.org', '4.example.org'],
  );
  await database.asOwner("UPDATE transfers SET state = 'waiting', retry_at = now() WHERE mailbox_id = $1", [
    held.mailboxId,
  ]);
  await settle(2, 'uncertain');
  const entries = await database.asOwner<{ id: string }>(
    "SELECT id FROM audit_entries WHERE mailbox_id = $1 AND sender_domain = '2.example.org' ORDER BY id DESC",
    [held.mailboxId],
  );
  const [row] = await database.asOwner<{ audit_id: string }>(
    'SELECT audit_id FROM transfers WHERE mailbox_id = $1 AND sender_domain = $2',
    [held.mailboxId, '2.example.org'],
  );
  assert.equal(entries.length, 2);
  assert.equal(row?.audit_id, entries[0]?.id);
});
