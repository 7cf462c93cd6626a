/** Calls that come at once: no limit is passed, no change is lost. */
import assert from 'node:assert/strict';
import * as test from 'node:test';
import pg from 'pg';
import { OPTIONAL_KINDS } from '../../../src/core/notice.ts';
import { unsubscribeUrl } from '../../../src/core/unsubscribe.ts';
import { addMailboxes, connect, giveGrant, startBillingWeb, statesOf, subscribe } from '../../billing.ts';
import { PUBLIC_URL, sessionFor } from '../../http.ts';

const web = await startBillingWeb(test);
const statuses = async (answers: readonly Promise<Response>[]): Promise<number[]> =>
  (await Promise.all(answers)).map(({ status }) => status).sort();

test.test('an account has 20 API keys, however many are asked for at once', async () => {
  const { browser } = await sessionFor(web, 'keys');
  const asked = Array.from({ length: 30 }, (_, n) =>
    browser.send('POST', '/api/v1/api-keys', { body: { name: `key ${n}` } }),
  );
  assert.deepEqual(await statuses(asked), [...Array(20).fill(201), ...Array(10).fill(409)]);
});

test.test('the free plan has one mailbox, however many are connected at once', async () => {
  const { browser, userId } = await sessionFor(web, 'connects');
  const asked = ['one', 'two', 'three'].map((name) => connect(browser, name));
  assert.deepEqual(await statuses(asked), [201, 402, 402]);
  assert.deepEqual(await statesOf(web, userId), ['probing']);
});

test.test('the free plan runs one mailbox, however many are resumed at once', async () => {
  const { browser, userId } = await sessionFor(web, 'resumes');
  await giveGrant(web, userId);
  const ids = await addMailboxes(web, userId, 4);
  await web.test.asOwner("UPDATE mailboxes SET state = 'paused' WHERE user_id = $1", [userId]);
  const asked = ids.map((id) => browser.send('POST', `/api/v1/mailboxes/${id}/resume`));
  assert.deepEqual(await statuses(asked), [200, 402, 402, 402]);
  assert.equal((await statesOf(web, userId)).filter((state) => state === 'active').length, 1);
});

test.test('a new password is no way around the plan', async () => {
  const { browser, userId } = await sessionFor(web, 'edits');
  await giveGrant(web, userId);
  const [, second = ''] = await addMailboxes(web, userId, 2);
  await web.test.asOwner("UPDATE mailboxes SET state = 'paused' WHERE id = $1", [second]);
  const body = { password: 'another' };
  assert.equal((await browser.send('PATCH', `/api/v1/mailboxes/${second}`, { body })).status, 402);
  assert.deepEqual(await statesOf(web, userId), ['active', 'paused']);
});

test.test('mails of several kinds are ended at once', async () => {
  const { browser, userId } = await sessionFor(web, 'mutes');
  const [row] = await web.test.asOwner<{ key: Uint8Array }>(
    'SELECT notice_key AS key FROM users WHERE id = $1',
    [userId],
  );
  assert.ok(row);
  const asked = OPTIONAL_KINDS.map((kind) =>
    web.browser().send('POST', unsubscribeUrl(PUBLIC_URL, row.key, userId, kind).slice(PUBLIC_URL.length)),
  );
  assert.deepEqual(
    await statuses(asked),
    OPTIONAL_KINDS.map(() => 200),
  );
  const { mailed } = await browser.json<{ mailed: Record<string, boolean> }>(
    'GET',
    '/api/v1/notice-settings',
    200,
  );
  assert.deepEqual(
    OPTIONAL_KINDS.filter((kind) => mailed[kind]),
    [],
  );
});

test.test('an account can be deleted while Stripe tells of it', async (t) => {
  const { browser, userId } = await sessionFor(web, 'leaver');
  await subscribe(web, browser);
  const webhook = new pg.Client({ connectionString: web.test.ownerUrl });
  await webhook.connect();
  t.after(() => webhook.end());
  // What storing a payment that failed does, step by step.
  await webhook.query('BEGIN');
  await webhook.query('UPDATE subscriptions SET revision = revision + 1 WHERE user_id = $1', [userId]);
  const deleted = browser.send('DELETE', '/api/v1/account');
  const waits =
    "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
  while ((await web.test.asOwner(waits)).length === 0);
  await webhook.query("INSERT INTO notices (user_id, kind, detail) VALUES ($1, 'payment-failed', '{}')", [
    userId,
  ]);
  await webhook.query('COMMIT');
  assert.equal((await deleted).status, 200);
});
