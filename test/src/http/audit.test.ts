import assert from 'node:assert/strict';
import * as test from 'node:test';
import type { AuditEntryView, Mailbox } from '../../../src/http/api.ts';
import { csvRow } from '../../../src/http/csv.ts';
import { MAILBOX, sessionFor, startWeb } from '../../http.ts';

const web = await startWeb(test);

interface Page {
  readonly entries: AuditEntryView[];
  readonly nextCursor: string | null;
}

const addEntries = (userId: string, mailboxId: string, values: string) =>
  web.test.asOwner(
    `INSERT INTO audit_entries (user_id, mailbox_id, at, sender_domain, status, reason, size_bytes, delay_ms)
     SELECT $1, $2, at::timestamptz, domain, status, reason, size, delay FROM (${values})
       AS v (at, domain, status, reason, size, delay)`,
    [userId, mailboxId],
  );

test.test('pages run newest first through everything, once each', async () => {
  const { browser, userId } = await sessionFor(web, 'pages');
  const { id } = await browser.json<Mailbox>('POST', '/api/v1/mailboxes', 201, { body: MAILBOX });
  // More than ten, so that ids as text would sort wrongly.
  await addEntries(
    userId,
    id,
    "SELECT '2026-03-01'::date + n, 'd' || n || '.test', 'delivered', NULL, n, n FROM generate_series(1, 120) n",
  );
  const seen: number[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const page: Page = await browser.json<Page>('GET', `/api/v1/audit?limit=50${query}`, 200);
    seen.push(...page.entries.map(({ sizeBytes }) => sizeBytes));
    cursor = page.nextCursor;
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 120 }, (_, i) => 120 - i),
  );
  const first = (await browser.json<Page>('GET', '/api/v1/audit', 200)).entries[0];
  assert.deepEqual(Object.keys(first ?? {}).sort(), [
    'at',
    'delayMs',
    'id',
    'mailboxId',
    'reason',
    'senderDomain',
    'sizeBytes',
    'status',
  ]);
  const exact = await browser.json<Page>('GET', '/api/v1/audit?limit=120', 200);
  assert.equal(exact.nextCursor, null);
});

test.test('filters', async () => {
  const { browser, userId } = await sessionFor(web, 'filters');
  const { id } = await browser.json<Mailbox>('POST', '/api/v1/mailboxes', 201, { body: MAILBOX });
  await addEntries(
    userId,
    id,
    `VALUES ('2026-03-01T00:00Z', 'a.test', 'delivered', NULL, 1, NULL::int),
       ('2026-03-01T23:59:59Z', 'a.test', 'failed', 'message-truncated', 2, 5),
       ('2026-03-02T00:00Z', 'b.test', 'rejected', 'message-refused', 3, 5)`,
  );
  const sizes = async (query: string) =>
    (await browser.json<Page>('GET', `/api/v1/audit?${query}`, 200)).entries.map((entry) => entry.sizeBytes);
  assert.deepEqual(await sizes(`mailbox=${id}`), [3, 2, 1]);
  assert.deepEqual(await sizes('domain=A.test'), [2, 1]);
  assert.deepEqual(await sizes('status=failed'), [2]);
  assert.deepEqual(await sizes('from=2026-03-02'), [3]);
  assert.deepEqual(await sizes('to=2026-03-01'), [2, 1]);
  assert.deepEqual(await sizes('from=2026-03-01&to=2026-03-02&domain=b.test'), [3]);
  assert.deepEqual(await sizes('to=2026-03-01T23:59:59Z'), [1]);
  assert.deepEqual(await sizes('from=2026-03-02T02:00:00%2B02:00'), [3]);
  for (const query of [
    'status=x',
    'from=yesterday',
    'limit=0',
    'limit=501',
    'cursor=-1',
    'foo=1',
    'limit=1&limit=2',
  ])
    await browser.json('GET', `/api/v1/audit?${query}`, 400);
  await browser.json('GET', '/api/v1/audit?mailbox=x', 404);
  await browser.json('GET', `/api/v1/audit?domain=${'%00'}`, 400);
});

test.test('CSV follows RFC 4180 and runs nothing in a spreadsheet', async () => {
  const { browser, userId } = await sessionFor(web, 'csv');
  const { id } = await browser.json<Mailbox>('POST', '/api/v1/mailboxes', 201, { body: MAILBOX });
  await addEntries(
    userId,
    id,
    `VALUES ('2026-03-01T00:00Z', '=cmd|''/c calc''!A1', 'delivered', NULL, 1, NULL::int),
       ('2026-03-01T00:00Z', 'a"b,c.test', 'delivered', NULL, 2, -5)`,
  );
  const answer = await browser.send('GET', '/api/v1/audit.csv?status=delivered');
  assert.match(answer.headers.get('content-type') ?? '', /^text\/csv/);
  const lines = (await answer.text()).split('\r\n');
  assert.equal(lines[0], 'id,at,mailboxId,senderDomain,status,reason,sizeBytes,delayMs');
  assert.match(lines[1] ?? '', /,"a""b,c.test",delivered,,2,-5$/);
  assert.match(lines[2] ?? '', /,'=cmd\|'\/c calc'!A1,delivered,,1,$/);
  assert.equal(lines[3], '');
  for (const start of ['=', '+', '-', '@', '\t', '\r'])
    assert.match(csvRow([`${start}1`]), /^"?'/, JSON.stringify(start));
  assert.equal(csvRow(['a\nb', -1, null]), '"a\nb",-1,\r\n');
});

test.test('a CSV reader that stops reading stops the reading of the database', async () => {
  const { browser, userId } = await sessionFor(web, 'slow');
  const { id } = await browser.json<Mailbox>('POST', '/api/v1/mailboxes', 201, { body: MAILBOX });
  const rows = 60_000;
  await addEntries(
    userId,
    id,
    `SELECT '2026-03-01'::date, repeat('x', 250), 'delivered', NULL, n, n FROM generate_series(1, ${rows}) n`,
  );
  const answer = await browser.send('GET', '/api/v1/audit.csv');
  const reader = answer.body?.getReader();
  assert.ok(reader);
  let bytes = (await reader.read()).value?.length ?? 0;
  // While the reader sleeps others are served, long enough for a careless server to have read everything.
  for (let i = 0; i < 150; i++) await browser.json('GET', '/api/v1/audit?limit=1', 200);
  await web.test.asOwner('DELETE FROM audit_entries WHERE user_id = $1', [userId]);
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) bytes += chunk.value.length;
  assert.ok(bytes < (rows * 300) / 2, `${bytes} bytes had been read ahead`);
});
