/** What costs the database time is nobody's to take from others. */
import assert from 'node:assert/strict';
import * as test from 'node:test';
import pg from 'pg';
import { sessionFor, startWeb } from '../../http.ts';

const web = await startWeb(test);

async function ownerOf(name: string) {
  const { browser, userId } = await sessionFor(web, name);
  const mailboxId = await web.test.addMailbox(userId);
  await web.test.asOwner(
    `INSERT INTO audit_entries (user_id, mailbox_id, at, sender_domain, status, size_bytes)
     VALUES ($1, $2, now() - interval '3 hours', 'example.org', 'delivered', 1)`,
    [userId, mailboxId],
  );
  await web.test.asOwner("INSERT INTO audit_rollups (user_id, until) VALUES ($1, '-infinity')", [userId]);
  return { browser, userId, mailboxId };
}

test.test('one user’s sums wait for one another, and keep nobody else waiting', async (t) => {
  const greedy = await ownerOf('greedy');
  const other = await sessionFor(web, 'other');
  const holder = new pg.Client({ connectionString: web.test.ownerUrl });
  await holder.connect();
  t.after(() => holder.end());
  await holder.query('BEGIN');
  await holder.query('SELECT FROM audit_rollups WHERE user_id = $1 FOR UPDATE', [greedy.userId]);
  const paths = [
    '/api/v1/audit/stats',
    `/api/v1/mailboxes/${greedy.mailboxId}/stats`,
    '/api/v1/audit/stats?domain=example.org',
  ];
  const asked = Array.from({ length: 12 }, (_, n) => greedy.browser.send('GET', paths[n % 3] ?? ''));
  // By the last of these the others have long taken what they get.
  const signal = AbortSignal.timeout(8_000);
  for (let n = 0; n < 10; n++)
    assert.equal((await other.browser.send('GET', '/api/v1/account', { signal })).status, 200);
  await holder.query('ROLLBACK');
  for (const one of await Promise.all(asked)) assert.equal(one.status, 200);
});

test.test('whoever lets more wait than any page asks for is refused', async (t) => {
  const { browser, userId } = await ownerOf('crowd');
  const holder = new pg.Client({ connectionString: web.test.ownerUrl });
  await holder.connect();
  t.after(() => holder.end());
  await holder.query('BEGIN');
  await holder.query('SELECT FROM audit_rollups WHERE user_id = $1 FOR UPDATE', [userId]);
  const asked = Array.from({ length: 160 }, () => browser.send('GET', '/api/v1/audit/stats'));
  const first = await Promise.race(asked);
  assert.equal(first.status, 429);
  await holder.query('ROLLBACK');
  const statuses = (await Promise.all(asked)).map(({ status }) => status);
  assert.equal(statuses.filter((status) => status === 200).length, 122);
});
