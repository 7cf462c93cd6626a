import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import * as test from 'node:test';
import type { MailboxId, UserId } from '../../../src/core/mailbox.ts';
import { createLedger } from '../../../src/db/ledger.ts';
import type {
  AuditEntryView,
  AuditStats,
  Mailbox,
  MailboxStats,
  Reconciliation,
} from '../../../src/http/api.ts';
import { bucketSecondsFor } from '../../../src/http/audit-stats.ts';
import type { Browser } from '../../browser.ts';
import { imapRef, repairOf, settlementOf } from '../../contract/ledger-samples.ts';
import { MAILBOX, sessionFor, startWeb } from '../../http.ts';

const web = await startWeb(test);
const worker = await web.test.open('worker');

async function ownerOf(name: string): Promise<{ browser: Browser; userId: UserId; mailbox: Mailbox }> {
  const { browser, userId } = await sessionFor(web, name);
  const mailbox = await browser.json<Mailbox>('POST', '/api/v1/mailboxes', 201, { body: MAILBOX });
  return { browser, userId, mailbox };
}

/** Entries from a SELECT of at, domain, status, size, delay. */
const addEntries = (userId: string, mailboxId: string, select: string) =>
  web.test.asOwner(
    `INSERT INTO audit_entries (user_id, mailbox_id, at, sender_domain, status, size_bytes, delay_ms)
     SELECT $1, $2, at::timestamptz, domain, status, size, delay FROM (${select}) AS v (at, domain, status, size, delay)`,
    [userId, mailboxId],
  );

const messages = ({ total }: AuditStats): number =>
  Object.values(total).reduce((sum, tally) => sum + tally.messages, 0);

test.test('totals by bucket and status agree with the entries, whatever is added up already', async () => {
  const { browser, userId, mailbox } = await ownerOf('totals');
  await addEntries(
    userId,
    mailbox.id,
    `SELECT now() - n * interval '37 minutes', 'd' || n % 3 || '.test', (ARRAY['delivered', 'failed', 'skipped'])[1 + n % 3],
       n, NULL::int FROM generate_series(1, 600) n`,
  );
  const stats = (query = '') => browser.json<AuditStats>('GET', `/api/v1/audit/stats?${query}`, 200);
  const all = await stats();
  assert.equal(messages(all), 600);
  assert.equal(all.total.failed.messages, 200);
  assert.equal(all.total.delivered.bytes + all.total.failed.bytes + all.total.skipped.bytes, (600 * 601) / 2);
  const summed = all.buckets.reduce((sum, bucket) => sum + bucket.delivered.messages, 0);
  assert.equal(summed, all.total.delivered.messages);
  assert.ok(all.buckets.length <= 200);
  // A day and a bit that begins and ends in the middle of an hour.
  const from = new Date(Date.now() - 30 * 3_600_000 - 17 * 60_000);
  const to = new Date(Date.now() - 3 * 3_600_000 - 11 * 60_000);
  const query = `from=${from.toISOString()}&to=${to.toISOString()}`;
  const [counted] = await web.test.asOwner<{ n: number }>(
    'SELECT count(*)::int AS n FROM audit_entries WHERE user_id = $1 AND at >= $2 AND at < $3',
    [userId, from, to],
  );
  assert.equal(messages(await stats(query)), counted?.n);
  assert.equal(messages(await stats('domain=d1.test')), 200);
  assert.equal(messages(await stats('status=skipped')), 200);
  assert.equal(messages(await stats(`mailbox=${mailbox.id}&status=failed&domain=d1.test`)), 200);
  // What comes after the hours were added up counts at once.
  await addEntries(userId, mailbox.id, "VALUES (now(), 'd9.test', 'rejected', 5, NULL::int)");
  const after = await stats();
  assert.equal(after.total.rejected.messages, 1);
  assert.equal(messages(after), 601);
  // So does what others write into hours that were added up, as who restores a backup does.
  await addEntries(
    userId,
    mailbox.id,
    "SELECT now() - n * interval '1 day', 'd9.test', 'rejected', 5, NULL::int FROM generate_series(1, 3) n",
  );
  const restored = await stats();
  assert.deepEqual(restored.total.rejected, { messages: 4, bytes: 20 });
  assert.deepEqual((await stats()).total, restored.total);
  await browser.json('GET', '/api/v1/audit/stats?status=x', 400);
  await browser.json('GET', '/api/v1/audit/stats?mailbox=x', 404);
});

test.test('totals of nobody are empty, and go with their mailbox', async () => {
  const { browser, userId, mailbox } = await ownerOf('gone');
  const nothing = await browser.json<AuditStats>('GET', '/api/v1/audit/stats', 200);
  assert.deepEqual([nothing.from, nothing.buckets], [null, []]);
  await addEntries(
    userId,
    mailbox.id,
    "VALUES (now() - interval '3 hours', 'a.test', 'delivered', 5, NULL::int)",
  );
  assert.equal(messages(await browser.json<AuditStats>('GET', '/api/v1/audit/stats', 200)), 1);
  assert.equal((await browser.send('DELETE', `/api/v1/mailboxes/${mailbox.id}`)).status, 204);
  assert.equal(
    messages({ ...nothing, ...(await browser.json<AuditStats>('GET', '/api/v1/audit/stats', 200)) }),
    0,
  );
});

test.test('a bucket is as wide as the period needs', () => {
  for (let seconds = 60; seconds < 2000 * 86_400; seconds *= 1.7)
    assert.ok(seconds / bucketSecondsFor(seconds) <= 200, `${seconds} s`);
});

test.test('suggests sender domains, those that begin with the text first', async () => {
  const { browser, userId, mailbox } = await ownerOf('domains');
  await addEntries(
    userId,
    mailbox.id,
    `SELECT now() - interval '2 days', CASE WHEN n < 5 THEN 'news.example.com' WHEN n < 20 THEN 'the-news.test' ELSE 'other.test' END,
       'delivered', 1, NULL::int FROM generate_series(1, 40) n`,
  );
  await browser.json('GET', '/api/v1/audit/stats', 200);
  const suggest = async (prefix: string) =>
    (await browser.json<{ domains: string[] }>('GET', `/api/v1/audit/domains?prefix=${prefix}`, 200)).domains;
  for (const prefix of ['%00', '%1b', 'x'.repeat(254)])
    await browser.json('GET', `/api/v1/audit/domains?prefix=${prefix}`, 400);
  assert.deepEqual(await suggest('NEWS'), ['news.example.com', 'the-news.test']);
  assert.deepEqual(await suggest(''), ['other.test', 'the-news.test', 'news.example.com']);
  assert.deepEqual(await suggest('%25'), []);
});

test.test('a mailbox’s delay, movement and backlog', async () => {
  const { browser, userId, mailbox } = await ownerOf('stats');
  const stats = () => browser.json<MailboxStats>('GET', `/api/v1/mailboxes/${mailbox.id}/stats`, 200);
  const nothing = await stats();
  assert.deepEqual(nothing.delay, { messages: 0, medianMs: null, p95Ms: null });
  assert.equal(nothing.series.length, 28);
  assert.equal(nothing.backlog, null);
  await addEntries(
    userId,
    mailbox.id,
    `SELECT now() - interval '1 day', 'a.test', 'delivered', 1000, CASE WHEN n <= 100 THEN n * 1000 END
       FROM generate_series(1, 150) n
     UNION ALL SELECT now() - interval '8 days', 'a.test', 'delivered', 1000, 999999999
     UNION ALL SELECT now() - n * interval '1 second', 'a.test', 'delivered', 1000, NULL FROM generate_series(1, 120) n`,
  );
  await web.test.asOwner(
    "UPDATE mailboxes SET waiting = 480, delivered = 271, bytes = 271000, state = 'active' WHERE id = $1",
    [mailbox.id],
  );
  const some = await stats();
  assert.deepEqual(some.delay, { messages: 100, medianMs: 50_000, p95Ms: 95_000 });
  assert.equal(
    some.series.reduce((sum, step) => sum + step.messages, 0),
    270,
  );
  assert.equal(some.series.filter(({ medianMs }) => medianMs !== null).length, 1);
  assert.ok(some.messagesPerMinute > 50 && some.messagesPerMinute <= 60, `${some.messagesPerMinute}`);
  assert.equal(some.backlog?.estimatedBytes, 480_000);
  assert.equal(some.backlog?.limitedBy, 'pace');
  assert.ok(Math.abs((some.backlog?.remainingSeconds ?? 0) - 480) < 60, `${some.backlog?.remainingSeconds}`);
  await browser.json('GET', `/api/v1/mailboxes/${randomUUID()}/stats`, 404);
});

test.test('one entry is tried again, once, and a foreign one is not there', async () => {
  const { browser, userId, mailbox } = await ownerOf('retry');
  const stranger = await sessionFor(web, 'retry-stranger');
  const workerId = randomUUID();
  await web.test.asOwner('UPDATE mailboxes SET leased_by = $2, epoch = 1 WHERE id = $1', [
    mailbox.id,
    workerId,
  ]);
  const ledger = createLedger(worker, { userId, mailboxId: mailbox.id as MailboxId, workerId, epoch: 1n });
  await Promise.all([
    ledger.settle(settlementOf(imapRef(1), 'failed')),
    ledger.settle(settlementOf(imapRef(2), 'uncertain')),
    ledger.settle(settlementOf(imapRef(3), 'rejected')),
    ledger.settle(settlementOf(imapRef(4), 'delivered')),
  ]);
  const { entries } = await browser.json<{ entries: AuditEntryView[] }>('GET', '/api/v1/audit', 200);
  const idOf = (status: string) => entries.find((entry) => entry.status === status)?.id;
  const retry = (id: string | undefined, status: number, by = browser) =>
    by.json<{ retried: number; error?: { code: string } }>('POST', `/api/v1/audit/${id}/retry`, status);
  assert.deepEqual(await retry(idOf('failed'), 200), { retried: 1 });
  assert.deepEqual(await retry(idOf('uncertain'), 200), { retried: 1 });
  for (const status of ['failed', 'uncertain', 'rejected', 'delivered'])
    assert.equal((await retry(idOf(status), 409)).error?.code, 'nothing-to-retry', status);
  await retry(idOf('failed'), 404, stranger.browser);
  for (const id of ['999999999', 'x', '0', '-1', mailbox.id, '9'.repeat(19)]) await retry(id, 404);
  const { progress } = await browser.json<Mailbox>('GET', `/api/v1/mailboxes/${mailbox.id}`, 200);
  assert.deepEqual([progress.failed, progress.uncertain, progress.waiting], [0, 0, 2]);
  const rows = await web.test.asOwner(
    'SELECT state, tries, retry_at <= now() AS due FROM transfers WHERE mailbox_id = $1 ORDER BY key',
    [mailbox.id],
  );
  assert.deepEqual(rows.slice(0, 2), [
    { state: 'waiting', tries: 0, due: true },
    { state: 'waiting', tries: 0, due: true },
  ]);
});

test.test('a rejected message is tried again where its mailbox allows a repair that could help', async () => {
  const { browser, userId, mailbox } = await ownerOf('mend');
  const workerId = randomUUID();
  await web.test.asOwner('UPDATE mailboxes SET leased_by = $2, epoch = 1 WHERE id = $1', [
    mailbox.id,
    workerId,
  ]);
  const ledger = createLedger(worker, { userId, mailboxId: mailbox.id as MailboxId, workerId, epoch: 1n });
  await ledger.repair(repairOf(imapRef(3)));
  for (const [uid, reason] of [
    [1, 'null-byte'],
    [2, 'message-too-large'],
    [3, 'from-header-several'],
  ] as const)
    await ledger.settle({ ...settlementOf(imapRef(uid), 'rejected'), reason });
  const { entries } = await browser.json<{ entries: AuditEntryView[] }>('GET', '/api/v1/audit', 200);
  const retry = (reason: string, status: number) =>
    browser.json<{ retried: number; error?: { code: string } }>(
      'POST',
      `/api/v1/audit/${entries.find((entry) => entry.reason === reason)?.id}/retry`,
      status,
    );
  assert.equal((await retry('null-byte', 409)).error?.code, 'nothing-to-retry', 'not allowed');
  await browser.json('PATCH', `/api/v1/mailboxes/${mailbox.id}`, 200, {
    body: { options: { repair: true } },
  });
  assert.equal((await retry('message-too-large', 409)).error?.code, 'nothing-to-retry', 'no repair helps');
  assert.equal((await retry('from-header-several', 409)).error?.code, 'nothing-to-retry', 'refused as well');
  assert.deepEqual(await retry('null-byte', 200), { retried: 1 });
  await retry('null-byte', 409);
  const { progress } = await browser.json<Mailbox>('GET', `/api/v1/mailboxes/${mailbox.id}`, 200);
  assert.deepEqual([progress.rejected, progress.waiting], [2, 1]);
});

test.test('reconciliations by mailbox and day', async () => {
  const { browser, userId, mailbox } = await ownerOf('reconciled');
  await web.test.asOwner(
    `INSERT INTO reconciliations (user_id, mailbox_id, day, at, listed, delivered, rejected, failed, uncertain, waiting,
       skipped, missing)
     SELECT $1, $2, '2026-03-01'::date + n, '2026-03-01T12:00Z'::timestamptz + n * interval '1 day', 10, 9, 0, 0, 0, 0, 0, 1
     FROM generate_series(0, 4) n`,
    [userId, mailbox.id],
  );
  const list = async (query: string) =>
    (await browser.json<{ reconciliations: Reconciliation[] }>('GET', `/api/v1/reconciliation?${query}`, 200))
      .reconciliations;
  const all = await list('');
  assert.deepEqual(
    all.map(({ day }) => day),
    ['2026-03-05', '2026-03-04', '2026-03-03', '2026-03-02', '2026-03-01'],
  );
  assert.equal(all[0]?.missing, 1);
  assert.equal((await list(`mailbox=${mailbox.id}&from=2026-03-02&to=2026-03-03`)).length, 2);
  for (const day of ['yesterday', '0000-01-01', '2026-02-30'])
    for (const end of ['from', 'to']) await browser.json('GET', `/api/v1/reconciliation?${end}=${day}`, 400);
  assert.deepEqual(await list('from=9999-12-31&to=0001-01-01'), []);
  await browser.json('GET', `/api/v1/reconciliation?mailbox=${randomUUID()}`, 404);
  // Asked to sync now, the next visit counts again.
  await web.test.asOwner("UPDATE mailboxes SET state = 'active' WHERE id = $1", [mailbox.id]);
  await browser.json('POST', `/api/v1/mailboxes/${mailbox.id}/sync`, 200);
  const wanted = await web.test.asOwner<{ day: string }>(
    'SELECT day::text FROM reconciliations WHERE wanted',
  );
  assert.deepEqual(wanted, [{ day: '2026-03-05' }]);
});
