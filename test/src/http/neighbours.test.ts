/** What the neighbour owns, named by its real ids wherever a call takes one: in paths, bodies, filters and streams. */
import assert from 'node:assert/strict';
import * as test from 'node:test';
import { addMailboxes, billingOf, giveGrant, startBillingWeb, subscribe } from '../../billing.ts';
import { sessionFor } from '../../http.ts';

const web = await startBillingWeb(test);
const { browser: owner, userId } = await sessionFor(web, 'owner');
await giveGrant(web, userId);
await subscribe(web, owner);
const [mailbox = ''] = await addMailboxes(web, userId, 1);

async function put(sql: string): Promise<string> {
  const [row] = await web.test.asOwner<{ id: string }>(sql, [userId, mailbox]);
  return row?.id ?? '';
}
const entry = await put(
  `INSERT INTO audit_entries (user_id, mailbox_id, at, sender_domain, status, size_bytes)
   VALUES ($1, $2, now() - interval '3 hours', 'secret-sender.test', 'failed', 1) RETURNING id::text`,
);
await put(
  `INSERT INTO transfers (user_id, mailbox_id, key, state, backlog, audit_id) VALUES ($1, $2, 'pop3:a', 'failed', false, ${entry})`,
);
const notice = await put(
  `INSERT INTO notices (user_id, mailbox_id, kind, detail) VALUES ($1, $2, 'wipe-soon', '{"wipeAt":"2099-01-01"}') RETURNING id::text`,
);
await put(
  `INSERT INTO probe_reports (user_id, mailbox_id, revision, step, folders)
   VALUES ($1, $2, 0, 'folders', '[{"path":"secret-folder","specialUse":null,"aside":false,"messages":1,"bytes":1}]')`,
);
await put(
  `INSERT INTO reconciliations (user_id, mailbox_id, day, at, listed, delivered, rejected, failed, uncertain, waiting, skipped, missing)
   VALUES ($1, $2, '2026-01-01', now(), 1, 1, 0, 0, 0, 0, 0, 0)`,
);
const session = await put('SELECT id FROM sessions WHERE user_id = $1 AND $2::uuid IS NOT NULL');
const [customer] = await web.test.asOwner<{ id: string }>('SELECT customer_id AS id FROM subscriptions');

assert.ok(session && customer && entry && notice);

const everything = () =>
  web.test.asOwner(
    `SELECT (SELECT json_agg(t ORDER BY id) FROM mailboxes t WHERE user_id = $1) AS mailboxes,
       (SELECT json_agg(t) FROM transfers t WHERE user_id = $1) AS transfers,
       (SELECT json_agg(t ORDER BY id) FROM notices t WHERE user_id = $1) AS notices,
       (SELECT json_agg(t) FROM notice_settings t WHERE user_id = $1) AS settings,
       (SELECT json_agg(t) FROM reconciliations t WHERE user_id = $1) AS reconciliations,
       (SELECT json_agg(t) FROM sessions t WHERE user_id = $1) AS sessions,
       (SELECT json_agg(t) FROM subscriptions t WHERE user_id = $1) AS subscriptions`,
    [userId],
  );
const marks = [
  mailbox,
  notice && `"id":"${notice}"`,
  session,
  customer?.id ?? '',
  'secret-',
  'owner@example.com',
];

test.test('the ids of a neighbour’s things are as unknown as any', async () => {
  const { browser } = await sessionFor(web, 'stranger');
  const before = await everything();
  for (const [method, path, body] of [
    ['POST', `/api/v1/audit/${entry}/retry`],
    ['POST', `/api/v1/mailboxes/${mailbox}/retry`, { status: 'failed' }],
    ['POST', `/api/v1/mailboxes/${mailbox}/sync`],
    ['POST', `/api/v1/mailboxes/${mailbox}/preview`, { history: 'all', folders: 'all' }],
    ['POST', `/api/v1/mailboxes/${mailbox}/preview`, { history: 'new', folders: 'all' }],
    ['GET', `/api/v1/mailboxes/${mailbox}/probe`],
    ['GET', `/api/v1/mailboxes/${mailbox}/stats`],
    ['GET', `/api/v1/audit/stats?mailbox=${mailbox}`],
    ['GET', `/api/v1/reconciliation?mailbox=${mailbox}`],
    ['DELETE', `/api/v1/sessions/${session}`],
  ] as const) {
    const answer = await browser.send(method, path, body === undefined ? {} : { body });
    assert.equal(answer.status, 404, path);
    assert.doesNotMatch(await answer.text(), /secret-/);
  }
  for (const [method, path, body] of [
    ['POST', '/api/v1/notices/read', { ids: [notice] }],
    ['POST', '/api/v1/notices/read', {}],
    ['GET', `/api/v1/notices?cursor=${BigInt(notice) + 1n}`],
    ['GET', '/api/v1/audit/domains?prefix=secret'],
    ['GET', '/api/v1/audit?domain=secret-sender.test'],
    ['GET', '/api/v1/audit/stats?domain=secret-sender.test'],
    ['GET', '/api/v1/audit.csv'],
    ['GET', '/api/v1/reconciliation'],
    ['GET', '/api/v1/sessions'],
    ['GET', '/api/v1/account/export'],
    ['DELETE', '/api/v1/sessions'],
  ] as const) {
    const answer = await browser.send(method, path, body === undefined ? {} : { body });
    assert.ok(answer.ok, `${path} ${answer.status}`);
    const text = await answer.text();
    for (const mark of marks) assert.ok(!text.includes(mark), `${path} shows ${mark}`);
  }
  assert.deepEqual(await everything(), before);
});

test.test('a stranger’s stream tells nothing of a neighbour', async () => {
  const { browser } = await sessionFor(web, 'listener');
  const abort = new AbortController();
  const answer = await browser.send('GET', '/api/v1/events', { signal: abort.signal });
  const reader = answer.body?.getReader();
  assert.ok(reader);
  await put(
    `INSERT INTO audit_entries (user_id, mailbox_id, sender_domain, status, size_bytes) VALUES ($1, $2, 'secret-live.test', 'delivered', 1)`,
  );
  // Its own notice comes at a later poll than the neighbour's entry would.
  await web.test.asOwner(
    "INSERT INTO notices (user_id, kind, detail) SELECT id, 'payment-failed', '{\"graceUntil\":null}' FROM users WHERE email = 'listener@example.com'",
  );
  let told = '';
  while (!told.includes('event: notice')) told += new TextDecoder().decode((await reader.read()).value);
  abort.abort();
  for (const mark of marks) assert.ok(!told.includes(mark), mark);
});

test.test('neither checkout nor portal takes a customer from outside', async () => {
  const { browser } = await sessionFor(web, 'payer');
  const before = web.stripe.log.length;
  for (const path of ['checkout', 'portal'])
    await browser.send('POST', `/api/v1/billing/${path}?customer=${customer?.id}`, {
      body: { customer: customer?.id, customerId: customer?.id },
    });
  await browser.send('GET', '/billing?checkout=done&session_id=cs_1&customer=x');
  assert.equal((await billingOf(browser)).status, 'free');
  const asked = JSON.stringify(web.stripe.log.slice(before));
  assert.ok(!asked.includes(customer?.id ?? '?'), asked);
});
