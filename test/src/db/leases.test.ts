import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, beforeEach, it } from 'node:test';
import { isFault } from '../../../src/core/fault.ts';
import type { MailboxId, UserId } from '../../../src/core/mailbox.ts';
import type { Lease } from '../../../src/core/schedule.ts';
import { createGrants } from '../../../src/db/grant-faults.ts';
import { createLeases } from '../../../src/db/leases.ts';
import { createLedger } from '../../../src/db/ledger.ts';
import { openTestDatabase } from '../../database.ts';

const database = await openTestDatabase({ after });
const db = await database.open('worker');

beforeEach(async () => {
  await database.asOwner('TRUNCATE users, workers, recalls CASCADE');
});

async function addUserWithGrant(name: string): Promise<UserId> {
  const userId = await database.addUser(name);
  await database.asOwner(
    "INSERT INTO grants (user_id, sealed_refresh_token, refresh_token_hash, scopes) VALUES ($1, 'sealed', $2, '{}')",
    [userId, `hash of ${name}`],
  );
  return userId;
}

async function startWorker() {
  const id = randomUUID();
  const leases = createLeases(db, id);
  await leases.register([]);
  return { id, ...leases };
}

const takeForDead = (workerId: string) =>
  database.asOwner("UPDATE workers SET beat_at = now() - interval '16 seconds' WHERE id = $1", [workerId]);

const ids = (leases: readonly Lease[]): MailboxId[] => leases.map((lease) => lease.mailboxId).sort();

async function mailboxRow(id: MailboxId): Promise<Record<string, unknown>> {
  const [row] = await database.asOwner('SELECT * FROM mailboxes WHERE id = $1', [id]);
  assert.ok(row);
  return row;
}

function only(leases: readonly Lease[]): Lease {
  const [lease, ...more] = leases;
  assert.ok(lease);
  assert.deepEqual(more, []);
  return lease;
}

const verdict = {
  nextRunAt: Date.now() + 60_000,
  state: 'active',
  faultCode: null,
  failures: 0,
  synced: true,
} as const;

it('claims what is due, credentials still sealed, and not twice', async () => {
  const userId = await addUserWithGrant('one');
  const mailboxId = await database.addMailbox(userId, 'pop3');
  const later = await database.addMailbox(userId);
  await database.asOwner("UPDATE mailboxes SET next_run_at = now() + interval '1 hour' WHERE id = $1", [
    later,
  ]);
  const worker = await startWorker();
  const lease = only(await worker.claim(10));
  assert.equal(lease.mailboxId, mailboxId);
  assert.equal(lease.userId, userId);
  assert.equal(lease.epoch, 1n);
  assert.deepEqual(lease.server, { protocol: 'pop3', host: 'mail.example.com', port: 993, security: 'tls' });
  assert.equal(Buffer.from(lease.sealedPassword ?? []).toString(), 'sealed');
  assert.deepEqual(await worker.claim(10), []);
});

it('claims nothing that has no consent, is paused, or whose user Gmail asked to wait', async () => {
  const worker = await startWorker();
  const without = await database.addUser('without');
  await database.addMailbox(without);
  const paused = await database.addMailbox(await addUserWithGrant('paused'));
  await database.asOwner("UPDATE mailboxes SET state = 'paused' WHERE id = $1", [paused]);
  const waiting = await addUserWithGrant('waiting');
  await database.addMailbox(waiting);
  await createGrants(db).hold(waiting, Date.now() + 60_000);
  assert.deepEqual(await worker.claim(10), []);
  await createGrants(db).hold(waiting, 0);
  assert.deepEqual(await worker.claim(10), [], 'an earlier time does not shorten the wait');
});

it('keeps all mailboxes of a user with one worker', async () => {
  const userId = await addUserWithGrant('one');
  const first = await database.addMailbox(userId);
  const worker = await startWorker();
  assert.deepEqual(ids(await worker.claim(10)), [first]);
  const second = await database.addMailbox(userId);
  const other = await startWorker();
  assert.deepEqual(await other.claim(10), []);
  assert.deepEqual(ids(await worker.claim(10)), [second]);
});

it('gives no mailbox to two of several workers that claim at once', async () => {
  const wanted: MailboxId[] = [];
  for (let n = 0; n < 12; n++) wanted.push(await database.addMailbox(await addUserWithGrant(`user${n}`)));
  const workers = await Promise.all([startWorker(), startWorker(), startWorker(), startWorker()]);
  const claimed: MailboxId[] = [];
  // Who comes second gets nothing and asks again, as a tick does.
  while (claimed.length < wanted.length) {
    const rounds = await Promise.all(workers.map((worker) => worker.claim(2)));
    assert.ok(rounds.flat().length > 0);
    claimed.push(...rounds.flatMap(ids));
  }
  assert.deepEqual(claimed.sort(), wanted.sort());
});

it('skips a mailbox whose row is locked instead of waiting for it', async () => {
  const locked = await database.addMailbox(await addUserWithGrant('locked'));
  const free = await database.addMailbox(await addUserWithGrant('free'));
  const worker = await startWorker();
  const owner = await database.asOwner<{ user_id: UserId }>('SELECT user_id FROM mailboxes WHERE id = $1', [
    locked,
  ]);
  assert.ok(owner[0]);
  await db.withTenant(owner[0].user_id, async (tx) => {
    await tx.query('SELECT 1 FROM mailboxes WHERE id = $1 FOR UPDATE', [locked]);
    assert.deepEqual(ids(await worker.claim(10)), [free]);
  });
});

it('hands the mailboxes of a dead worker over and fences its runs out', async () => {
  const mailboxId = await database.addMailbox(await addUserWithGrant('one'));
  const dead = await startWorker();
  const before = only(await dead.claim(10));
  const heir = await startWorker();
  assert.deepEqual(await heir.claim(10), []);
  await takeForDead(dead.id);
  const after = only(await heir.claim(10));
  assert.equal(after.mailboxId, mailboxId);
  assert.equal(after.epoch, before.epoch + 1n);
  const ledger = createLedger(db, { ...before, workerId: dead.id });
  await assert.rejects(ledger.observe(null, 1, false), (error) => isFault(error, 'lease-lost'));
  await dead.release(before, verdict);
  assert.equal((await mailboxRow(mailboxId)).leased_by, heir.id);
  assert.equal(await dead.beat(), null);
});

it('tells the holder, once, which mailboxes to look at again', async () => {
  const mailboxId = await database.addMailbox(await addUserWithGrant('one'));
  const worker = await startWorker();
  await worker.claim(10);
  assert.deepEqual(await worker.beat(), []);
  await database.asOwner('INSERT INTO recalls (worker_id, mailbox_id) VALUES ($1, $2)', [
    worker.id,
    mailboxId,
  ]);
  assert.deepEqual(await worker.beat(), [mailboxId]);
  assert.deepEqual(await worker.beat(), []);
});

it('frees on registering what the worker does not know it holds', async () => {
  const kept = await database.addMailbox(await addUserWithGrant('kept'));
  const lost = await database.addMailbox(await addUserWithGrant('lost'));
  const worker = await startWorker();
  await worker.claim(10);
  await worker.register([kept]);
  assert.deepEqual(ids(await worker.claim(10)), [lost]);
  assert.equal((await mailboxRow(lost)).epoch, '3');
});

it('frees everything when a worker ends', async () => {
  await database.addMailbox(await addUserWithGrant('one'));
  const worker = await startWorker();
  await worker.claim(10);
  await worker.unregister();
  assert.equal(await worker.beat(), null);
  assert.equal((await (await startWorker()).claim(10)).length, 1);
});

it('keeps the verdict of a run, but not over what its owner chose meanwhile', async () => {
  const mailboxId = await database.addMailbox(await addUserWithGrant('one'));
  const worker = await startWorker();
  const lease = only(await worker.claim(10));
  await worker.release(lease, {
    ...verdict,
    state: 'unreachable',
    faultCode: 'connect-timeout',
    failures: 3,
  });
  const row = await mailboxRow(mailboxId);
  assert.deepEqual(
    [row.state, row.fault_code, row.failures, row.leased_by, (row.next_run_at as Date).getTime()],
    ['unreachable', 'connect-timeout', 3, null, verdict.nextRunAt],
  );
  assert.ok(row.last_sync_at);
  await database.asOwner('UPDATE mailboxes SET next_run_at = now() WHERE id = $1', [mailboxId]);
  const again = only(await worker.claim(10));
  await database.asOwner("UPDATE mailboxes SET state = 'paused', fault_code = NULL WHERE id = $1", [
    mailboxId,
  ]);
  await worker.release(again, { ...verdict, state: 'unreachable', faultCode: 'connect-timeout' });
  assert.deepEqual(
    [(await mailboxRow(mailboxId)).state, (await mailboxRow(mailboxId)).fault_code],
    ['paused', null],
  );
});

it('does not lose a wish for another visit that was made during one', async () => {
  const mailboxId = await database.addMailbox(await addUserWithGrant('one'));
  const worker = await startWorker();
  const lease = only(await worker.claim(10));
  await database.asOwner('UPDATE mailboxes SET next_run_at = clock_timestamp() WHERE id = $1', [mailboxId]);
  await worker.release(lease, verdict);
  assert.equal((await worker.claim(10)).length, 1);
});

it('destroys a grant: no token left, runs fenced out, mailboxes in need of consent unless paused', async () => {
  const userId = await addUserWithGrant('one');
  const active = await database.addMailbox(userId);
  const paused = await database.addMailbox(userId);
  await database.asOwner("UPDATE mailboxes SET state = 'paused' WHERE id = $1", [paused]);
  const worker = await startWorker();
  const lease = only(await worker.claim(10));
  await createGrants(db).destroy(userId, 'grant-revoked');
  assert.deepEqual(await database.asOwner('SELECT * FROM grants WHERE user_id = $1', [userId]), []);
  const row = await mailboxRow(active);
  assert.deepEqual([row.state, row.fault_code], ['needs-consent', 'grant-revoked']);
  assert.equal((await mailboxRow(paused)).state, 'paused');
  const ledger = createLedger(db, { ...lease, workerId: worker.id });
  await assert.rejects(ledger.observe(null, 1, false), (error) => isFault(error, 'lease-lost'));
});
