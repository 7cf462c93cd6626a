/** Webhooks over time: digests, being switched off, many workers, the log's end, the account's end. */
import assert from 'node:assert/strict';
import * as test from 'node:test';
import type { UserId } from '../../../src/core/mailbox.ts';
import { openQueue } from '../../../src/db/queue.ts';
import { sweepExpired } from '../../../src/db/sweep.ts';
import { claimDeliveries } from '../../../src/db/webhook-deliveries.ts';
import { findWebhook } from '../../../src/db/webhooks.ts';
import type { NewWebhook, NoticesPage, WebhookDeliveries } from '../../../src/http/api.ts';
import { deliver, dispatchDeliveries } from '../../../workers/jobs/webhook.ts';
import type { Browser } from '../../browser.ts';
import { untilSome } from '../../service.ts';
import { HOOK_HOST, hookOf, logOf, ping, startWebhookStage } from '../../webhook-stage.ts';

const stage = await startWebhookStage(test);
const { web, db, deps, receiver, ownerOf, work, told, setMailbox } = stage;
test.beforeEach(() => receiver.received.splice(0));
test.afterEach(() => web.test.asOwner('DELETE FROM users'));

test.test('410 switches a webhook off, with a notice that ends when it is on again', async () => {
  const { browser, hook, mailboxId } = await ownerOf('gone', ['mailbox.state']);
  await ping(browser, hook.id);
  receiver.behave(410);
  await work();
  const off = await hookOf(browser, hook.id);
  assert.deepEqual([off.enabled, off.offReason], [false, 'gone']);
  const notices = async () => (await browser.json<NoticesPage>('GET', '/api/v1/notices', 200)).notices;
  const [notice] = await notices();
  assert.deepEqual([notice?.kind, notice?.detail], ['webhook-off', { host: HOOK_HOST, reason: 'gone' }]);
  await setMailbox(mailboxId, "state = 'paused'");
  await work();
  assert.equal(receiver.received.length, 1, 'nothing is told while it is off');
  await browser.json('POST', `/api/v1/webhooks/${hook.id}/test`, 409);
  await browser.json('PATCH', `/api/v1/webhooks/${hook.id}`, 200, { body: { enabled: true } });
  assert.notEqual((await notices())[0]?.closedAt, null);
  await ping(browser, hook.id);
  await work();
  assert.equal(receiver.received.length, 2);
});

test.test('five days of failures switch a webhook off; one success in between does not', async () => {
  const { browser, hook } = await ownerOf('failing', ['mailbox.state']);
  const age = () =>
    web.test.asOwner("UPDATE webhooks SET failing_since = failing_since - interval '121 hours'");
  const fail = async () => {
    await ping(browser, hook.id);
    receiver.behave(500);
    await work();
  };
  await fail();
  await age();
  await ping(browser, hook.id);
  await work();
  assert.equal((await hookOf(browser, hook.id)).failingSince, null);
  await fail();
  assert.equal((await hookOf(browser, hook.id)).enabled, true);
  await age();
  const elsewhere = { body: { url: `${hook.url}/elsewhere` } };
  await browser.json('PATCH', `/api/v1/webhooks/${hook.id}`, 200, elsewhere);
  assert.equal((await hookOf(browser, hook.id)).failingSince, null, 'the new address has not failed yet');
  await fail();
  assert.equal((await hookOf(browser, hook.id)).enabled, true);
  await age();
  await fail();
  assert.equal((await hookOf(browser, hook.id)).offReason, 'failing');
  const { notices } = await browser.json<NoticesPage>('GET', '/api/v1/notices', 200);
  assert.deepEqual(notices[0]?.detail, { host: HOOK_HOST, reason: 'failing' });
  await browser.send('DELETE', `/api/v1/webhooks/${hook.id}`);
  const after = await browser.json<NoticesPage>('GET', '/api/v1/notices', 200);
  assert.notEqual(after.notices[0]?.closedAt, null, 'ends with the webhook');
});

const minuteLater = () =>
  web.test.asOwner(
    "UPDATE webhooks SET digested_at = digested_at - interval '61 seconds', looked_at = looked_at - interval '61 seconds'",
  );
const secondsLater = () =>
  web.test.asOwner("UPDATE webhooks SET looked_at = looked_at - interval '11 seconds'");

test.test(
  'a digest counts what was settled since the last one, once a minute, and only when something was',
  async () => {
    const { userId, mailboxId, browser } = await ownerOf('digest-before', ['mailbox.state']);
    await setMailbox(mailboxId, 'delivered = 1000, bytes = 5000, failed = 2');
    const body = { url: stage.urlOf('digest'), events: ['deliveries.digest'] };
    await browser.json<NewWebhook>('POST', '/api/v1/webhooks', 201, { body });
    await minuteLater();
    await work();
    assert.deepEqual(told('digest'), [], 'what was before is not told, and nothing is no news');
    await setMailbox(mailboxId, 'delivered = 1003, bytes = 5600, rejected = 1');
    const second = await web.test.addMailbox(userId, 'pop3');
    await setMailbox(second, 'delivered = 7, bytes = 70');
    await secondsLater();
    await work();
    const none = { delivered: 0, rejected: 0, failed: 0, uncertain: 0, skipped: 0 };
    const expected = [
      { id: mailboxId, bytes: 600, counts: { ...none, delivered: 3, rejected: 1 } },
      { id: second, bytes: 70, counts: { ...none, delivered: 7 } },
    ].sort((a, b) => (a.id < b.id ? -1 : 1));
    assert.equal(told('digest').length, 1);
    assert.deepEqual(told('digest')[0].data.mailboxes, expected);
    assert.match(told('digest')[0].data.since, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    await setMailbox(second, 'delivered = 8, bytes = 80');
    await secondsLater();
    await work();
    assert.equal(told('digest').length, 1, 'not within the minute');
    await minuteLater();
    await work();
    await minuteLater();
    await work();
    assert.equal(told('digest').length, 2);
    assert.deepEqual(told('digest')[1].data.mailboxes, [
      { id: second, bytes: 10, counts: { ...none, delivered: 1 } },
    ]);
    // A retry takes what failed back; its success is news, the count that went down is none.
    await setMailbox(mailboxId, 'failed = 1, delivered = 1004');
    await minuteLater();
    await work();
    assert.deepEqual(told('digest')[2].data.mailboxes[0].counts, { ...none, delivered: 1 });
  },
);

test.test('a change is told although a digest or its owner holds the webhook at that moment', async () => {
  const { mailboxId, browser, hook } = await ownerOf('held', ['mailbox.state', 'deliveries.digest']);
  await setMailbox(mailboxId, 'delivered = 3');
  await minuteLater();
  await db.asNobody(async (tx) => {
    await claimDeliveries(tx, 100);
    await setMailbox(mailboxId, "state = 'unreachable'");
  });
  await web.database.withTenant(await userOf(browser), async (tx) => {
    await findWebhook(tx, hook.id, true);
    await setMailbox(mailboxId, "state = 'active'");
  });
  const events = (await logOf(browser, hook.id)).map(({ event }) => event).sort();
  assert.deepEqual(events, ['deliveries.digest', 'mailbox.state', 'mailbox.state']);
});

const userOf = async (browser: Browser): Promise<UserId> =>
  (await browser.json<{ id: UserId }>('GET', '/api/v1/account', 200)).id;

test.test('what is claimed is nobody else’s; what a dead worker had comes again', async () => {
  const { browser, hook } = await ownerOf('claims', ['mailbox.state']);
  for (let i = 0; i < 9; i += 1) await ping(browser, hook.id);
  const first = await db.asNobody((tx) => claimDeliveries(tx, 100));
  assert.equal(first.length, 4, 'of one user four at once');
  assert.deepEqual(await db.asNobody((tx) => claimDeliveries(tx, 100)), []);
  const neighbour = await ownerOf('neighbour', ['mailbox.state']);
  await ping(neighbour.browser, neighbour.hook.id);
  assert.equal(
    (await db.asNobody((tx) => claimDeliveries(tx, 100))).length,
    1,
    'others need not wait for them',
  );
  await web.test.asOwner(
    "UPDATE webhook_deliveries SET claimed_until = now() - interval '1 second' WHERE claimed_until IS NOT NULL",
  );
  await work();
  assert.equal(told('claims').length, 9);
  assert.equal(new Set(told('claims').map(({ id }) => id)).size, 9);
});

test.test('workers take what is due from the queue', async () => {
  const queue = await openQueue(db, {
    onError: (error) => assert.fail(String(error)),
    handlers: {
      probe: async () => {},
      revoke: async () => {},
      discover: async () => {},
      endCustomer: async () => {},
      preview: async () => {},
      sweep: async () => {},
      notify: async () => {},
      deliver: (job, stop) => deliver(job, deps, stop),
    },
  });
  try {
    const { browser, hook } = await ownerOf('queued', ['mailbox.state']);
    await ping(browser, hook.id);
    assert.equal(await dispatchDeliveries(db, queue), 1);
    await untilSome(
      async () => (await logOf(browser, hook.id)).find(({ state }) => state === 'delivered') ?? null,
    );
    assert.equal(told('queued').length, 1);
  } finally {
    await queue.stop();
  }
});

test.test('a secret that nobody can open is a failure with a name', async () => {
  const { browser, hook } = await ownerOf('broken', ['mailbox.state']);
  await ping(browser, hook.id);
  await web.test.asOwner("UPDATE webhook_secrets SET sealed = 'nonsense'");
  await work();
  assert.equal((await logOf(browser, hook.id))[0]?.failure?.code, 'seal-broken');
  assert.equal(receiver.received.length, 0);
});

test.test('the log is swept: 30 days, and the last 1,000 of a webhook', async () => {
  const { browser, hook, userId } = await ownerOf('swept', ['mailbox.state']);
  const fill = (owner: UserId, id: string, many: number, age: string) =>
    web.test.asOwner(
      `INSERT INTO webhook_deliveries (user_id, webhook_id, event, data, at, next_try_at)
       SELECT $1, $2, 'ping', '{}', now() - $4::interval, NULL FROM generate_series(1, $3::int)`,
      [owner, id, many, age],
    );
  const other = await ownerOf('kept', ['mailbox.state']);
  await fill(other.userId, other.hook.id, 3, '29 days');
  await fill(userId, hook.id, 5, '31 days');
  await fill(userId, hook.id, 1010, '1 hour');
  await sweepExpired(db);
  const counts = await web.test.asOwner<{ n: number }>(
    'SELECT count(*)::int AS n FROM webhook_deliveries GROUP BY webhook_id ORDER BY 1',
  );
  assert.deepEqual(
    counts.map(({ n }) => n),
    [3, 1000],
  );
  const page = await browser.json<WebhookDeliveries>(
    'GET',
    `/api/v1/webhooks/${hook.id}/deliveries?limit=100`,
    200,
  );
  const next = await browser.json<WebhookDeliveries>(
    'GET',
    `/api/v1/webhooks/${hook.id}/deliveries?limit=100&cursor=${page.nextCursor}`,
    200,
  );
  assert.equal(new Set([...page.deliveries, ...next.deliveries].map(({ id }) => id)).size, 200);
});

test.test('with the account everything is gone, and the log of the process names nobody', async () => {
  const { browser, hook, userId } = await ownerOf('leaver', ['mailbox.state', 'deliveries.digest']);
  await ping(browser, hook.id);
  await work();
  await browser.json('DELETE', '/api/v1/account', 200);
  const [left] = await web.test.asOwner(
    `SELECT (SELECT count(*) FROM webhooks WHERE user_id = $1) + (SELECT count(*) FROM webhook_secrets WHERE user_id = $1)
       + (SELECT count(*) FROM webhook_marks WHERE user_id = $1) + (SELECT count(*) FROM webhook_deliveries WHERE user_id = $1) AS n`,
    [userId],
  );
  assert.equal(Number(left?.n), 0);
  assert.ok(stage.logged().includes('webhook told'));
  for (const secret of [HOOK_HOST, 'whsec_', hook.secret.slice(6)])
    assert.ok(!stage.logged().includes(secret), secret);
});
