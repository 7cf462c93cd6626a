/** Statements that are asked again and again must not take longer the more there is that they do not want. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, it } from 'node:test';
import { hashUidl, type UidlHash } from '../../../src/core/message.ts';
import { createLedger } from '../../../src/db/ledger.ts';
import { createDisposals, readWaitingAtSource } from '../../../src/db/source-actions.ts';
import { sweepExpired } from '../../../src/db/sweep.ts';
import { claimDeliveries } from '../../../src/db/webhook-deliveries.ts';
import { openTestDatabase } from '../../database.ts';

const database = await openTestDatabase({ after });
const db = await database.open('worker');

/** The quickest of some tries, in ms. */
async function quickest(work: () => Promise<unknown>, tries = 5): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let n = 0; n < tries; n += 1) {
    const began = performance.now();
    await work();
    best = Math.min(best, performance.now() - began);
  }
  return best;
}

it('what is due at a source, or was begun, is found without counting what waits', async () => {
  const userId = await database.addUser('many');
  const mailboxId = await database.addMailbox(userId, 'pop3');
  const workerId = randomUUID();
  await database.asOwner(
    `UPDATE mailboxes SET leased_by = $2, epoch = 1,
       options = options || '{"afterImport":"delete","moveTo":null,"deleteAfterDays":30}' WHERE id = $1`,
    [mailboxId, workerId],
  );
  await database.asOwner(
    `INSERT INTO source_actions (user_id, mailbox_id, key, action, fingerprint, size_bytes, delivered_at, tries)
     SELECT $2, $1, 'pop3:' || n, 'delete', '\\x000102030405060708090a0b0c0d0e0f', 100,
       now() - interval '20 seconds' * n, CASE WHEN n > 199990 THEN 1 ELSE 0 END FROM generate_series(1, 200000) n`,
    [mailboxId, userId],
  );
  await database.asOwner('ANALYZE source_actions');
  const disposals = createDisposals(db, { userId, mailboxId, workerId, epoch: 1n });
  const counting = await quickest(() =>
    db.withTenant(userId, (tx) => readWaitingAtSource(tx, mailboxId, 'delete', 30)),
  );
  const due = await quickest(async () => assert.equal((await disposals.due(100)).length, 100));
  const begun = await quickest(async () => assert.equal((await disposals.begun(100)).length, 10));
  assert.ok(due < counting && begun < counting, `${due} and ${begun} ms, ${counting} ms to count them`);
});

it('a maildrop of many messages is renumbered in little more time than it was learnt in', async () => {
  const userId = await database.addUser('renumbered');
  const mailboxId = await database.addMailbox(userId, 'pop3');
  const workerId = randomUUID();
  await database.asOwner('UPDATE mailboxes SET leased_by = $2, epoch = 1 WHERE id = $1', [
    mailboxId,
    workerId,
  ]);
  const one = await database.open('worker', 1);
  const ledger = createLedger(one, { userId, mailboxId, workerId, epoch: 1n });
  const idsOf = (name: string, count: number) =>
    new Set(Array.from({ length: count }, (_, n) => hashUidl(`${name}-${n}`)));
  const observe = (settled: ReadonlySet<UidlHash>, renumbered: boolean) =>
    ledger.observe({ protocol: 'pop3', settled, backlog: new Set() }, 0, renumbered);
  // From the sixth time on PostgreSQL may plan for arrays of any length.
  for (let n = 0; n < 8; n += 1) await observe(idsOf('small', 3), n === 7);
  const learnt = await quickest(() => observe(idsOf('old', 30_000), false), 1);
  const renumbered = await quickest(() => observe(idsOf('new', 30_000), true), 1);
  const [cursor] = (await ledger.load()).cursors;
  assert.ok(
    cursor?.protocol === 'pop3' &&
      cursor.settled.size === 30_000 &&
      cursor.settled.isSubsetOf(idsOf('new', 30_000)),
  );
  assert.ok(renumbered < 10 * learnt, `${renumbered} ms, ${learnt} ms to learn them`);
});

it('the logs of webhooks are cut to their last thousand in less time than they took to be written', async () => {
  const userId = await database.addUser('logs');
  await database.asOwner(
    `INSERT INTO webhooks (user_id, url, events) SELECT $1, 'https://hooks.example.com/' || n, '{mailbox.state}'
     FROM generate_series(1, 40) n`,
    [userId],
  );
  const began = performance.now();
  await database.asOwner(
    `INSERT INTO webhook_deliveries (user_id, webhook_id, event, data, next_try_at)
     SELECT user_id, id, 'ping', '{}', NULL FROM webhooks, generate_series(1, 1500)`,
  );
  const written = performance.now() - began;
  await database.asOwner('ANALYZE webhook_deliveries');
  const swept = await quickest(() => sweepExpired(db), 1);
  const [left] = await database.asOwner<{ n: number }>('SELECT count(*)::int AS n FROM webhook_deliveries');
  assert.equal(left?.n, 40_000);
  assert.ok(swept < written, `${swept} ms, ${written} ms to write them`);
});

it('of many webhooks whose owners have no news a hundred are looked at a time, and none is forgotten', async () => {
  await database.asOwner('DELETE FROM users');
  const userId = await database.addUser('digests');
  const mailboxId = await database.addMailbox(userId);
  await database.asOwner(
    `INSERT INTO webhooks (user_id, url, events, digested_at)
     SELECT $1, 'https://hooks.example.com/' || n, '{deliveries.digest}', now() - interval '2 minutes'
     FROM generate_series(1, 250) n`,
    [userId],
  );
  await database.asOwner(
    `INSERT INTO webhook_marks (user_id, webhook_id, mailbox_id, counts)
     SELECT w.user_id, w.id, m.id, webhook_counts(m) FROM webhooks w, mailboxes m`,
  );
  const look = async (): Promise<{ looked: number; told: number } | undefined> => {
    await db.asNobody((tx) => claimDeliveries(tx, 1));
    const [row] = await database.asOwner<{ looked: number; told: number }>(
      `SELECT count(*) FILTER (WHERE isfinite(looked_at))::int AS looked,
         (SELECT count(DISTINCT webhook_id)::int FROM webhook_deliveries) AS told FROM webhooks`,
    );
    return row;
  };
  for (const looked of [100, 200, 250, 250]) assert.deepEqual(await look(), { looked, told: 0 });
  await database.asOwner('UPDATE mailboxes SET delivered = 1 WHERE id = $1', [mailboxId]);
  assert.equal((await look())?.told, 0, 'not again within ten seconds');
  await database.asOwner("UPDATE webhooks SET looked_at = looked_at - interval '11 seconds'");
  for (const told of [100, 200, 250]) assert.equal((await look())?.told, told);
});
