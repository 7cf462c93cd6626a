import assert from 'node:assert/strict';
import * as test from 'node:test';
import type { Billing } from '../../../src/http/api.ts';
import {
  addMailboxes,
  billingOf,
  checkout,
  connect,
  giveGrant,
  pay,
  startBillingWeb,
  statesOf,
  subscribe,
} from '../../billing.ts';
import { sessionFor, startWeb } from '../../http.ts';

const web = await startBillingWeb(test);
const selfHosted = await startWeb(test);
const errorOf = async (answer: Response) =>
  ((await answer.json()) as { error: { code: string; message: string } }).error;

test.test('self-hosted: nothing is limited and nothing to be paid', async () => {
  const { browser, userId } = await sessionFor(selfHosted, 'host');
  assert.deepEqual(await browser.json<Billing>('GET', '/api/v1/billing', 200), { mode: 'self-hosted' });
  for (const what of ['checkout', 'portal']) {
    const refused = await browser.send('POST', `/api/v1/billing/${what}`);
    assert.equal(refused.status, 409);
    assert.equal((await errorOf(refused)).code, 'self-hosted');
  }
  assert.equal((await browser.send('POST', '/webhooks/stripe', { body: {} })).status, 404);
  for (const name of ['one', 'two', 'three']) assert.equal((await connect(browser, name)).status, 201);
  assert.deepEqual(await statesOf(selfHosted, userId), ['probing', 'probing', 'probing']);
});

test.test('free: one mailbox; the second is refused with the way to the plans', async () => {
  const { browser } = await sessionFor(web, 'free');
  const billing = await billingOf(browser);
  assert.deepEqual(billing.plans.free, { mailboxes: 1, pollSeconds: 900, idle: false });
  assert.deepEqual(billing.plans.paid, { mailboxes: 20, pollSeconds: 60, idle: true });
  assert.deepEqual(billing.price, { amount: 300, currency: 'eur', interval: 'month' });
  assert.deepEqual(
    [billing.plan, billing.status, billing.trialDays, billing.portal, billing.usage],
    ['free', 'free', 14, false, { connected: 0, waiting: 0 }],
  );
  assert.equal((await connect(browser, 'one')).status, 201);
  const refused = await connect(browser, 'two');
  assert.equal(refused.status, 402);
  const { code, message } = await errorOf(refused);
  assert.equal(code, 'plan-limit');
  assert.match(message, /one mailbox.*\/billing/);
  assert.equal((await browser.send('POST', '/api/v1/billing/portal')).status, 409);
});

test.test('the trial begins when Stripe says so, not when the browser comes back', async () => {
  const { browser } = await sessionFor(web, 'trial');
  web.stripe.deliveries.hold();
  const paid = await pay(await checkout(browser));
  assert.equal(paid.status, 303);
  assert.equal((await billingOf(browser)).status, 'free');
  await web.stripe.deliveries.release();
  const billing = await billingOf(browser);
  assert.deepEqual(
    [billing.plan, billing.status, billing.trialDays, billing.portal],
    ['paid', 'trial', 0, true],
  );
  const days = (Date.parse(billing.trialEndsAt ?? '') - Date.now()) / 86_400_000;
  assert.ok(days > 13.9 && days <= 14);
  assert.equal(billing.renewsAt, billing.trialEndsAt);
  for (const name of ['one', 'two']) assert.equal((await connect(browser, name)).status, 201);
});

test.test('Stripe is told an e-mail address, and nothing else about the user', async () => {
  const { browser, userId } = await sessionFor(web, 'discreet');
  const before = web.stripe.log.length;
  await subscribe(web, browser);
  const sent = web.stripe.log.slice(before);
  assert.ok(sent.length > 2);
  const created = sent.find(({ method, path }) => method === 'POST' && path === '/v1/customers');
  assert.equal(created?.body, 'email=discreet%40example.com');
  assert.ok(sent.every(({ body, path }) => !`${path}${body}`.includes(userId)));
});

test.test('one checkout at a time, and none beside a subscription', async () => {
  const { browser } = await sessionFor(web, 'clicker');
  const urls = await Promise.all([checkout(browser), checkout(browser), checkout(browser)]);
  assert.equal(new Set([...urls, await checkout(browser)]).size, 1);
  assert.equal(
    [...web.stripe.customers.values()].filter(({ email }) => email === 'clicker@example.com').length,
    1,
  );
  web.stripe.deliveries.hold();
  await pay(urls[0] ?? '');
  const refused = await browser.send('POST', '/api/v1/billing/checkout');
  assert.equal((await errorOf(refused)).code, 'already-subscribed');
  assert.equal((await billingOf(browser)).status, 'trial', 'what was learnt on the way counts');
  await web.stripe.deliveries.release();
});

test.test('a payment fails: nothing changes for 14 days, then the newest mailboxes wait', async () => {
  const { browser, userId } = await sessionFor(web, 'lapse');
  await giveGrant(web, userId);
  await subscribe(web, browser);
  const [oldest = ''] = await addMailboxes(web, userId, 3);
  web.stripe.act('lapse@example.com', 'fail', 13);
  await web.stripe.deliveries.settled();
  const failing = await billingOf(browser);
  assert.deepEqual([failing.plan, failing.status], ['paid', 'past-due']);
  const { notices } = await browser.json<{ notices: { kind: string; detail: unknown }[] }>(
    'GET',
    '/api/v1/notices',
    200,
  );
  assert.deepEqual(
    notices.map(({ kind, detail }) => [kind, detail]),
    [['payment-failed', { graceUntil: failing.graceEndsAt }]],
  );
  const left = (Date.parse(failing.graceEndsAt ?? '') - Date.now()) / 86_400_000;
  assert.ok(left > 0.9 && left <= 1);
  assert.deepEqual(await statesOf(web, userId), ['active', 'active', 'active']);
  // A later invoice fails too: grace goes on from the first.
  web.stripe.act('lapse@example.com', 'fail', 0);
  await web.stripe.deliveries.settled();
  assert.equal((await billingOf(browser)).graceEndsAt, failing.graceEndsAt);
  await web.test.asOwner(
    "UPDATE subscriptions SET past_due_since = past_due_since - interval '2 days' WHERE user_id = $1",
    [userId],
  );
  await web.stripe.again(web.stripe.events.slice(-1).map((event) => ({ ...event, id: 'evt_again' })));
  const over = await billingOf(browser);
  assert.deepEqual([over.plan, over.status, over.usage], ['free', 'unpaid', { connected: 3, waiting: 2 }]);
  assert.deepEqual(await statesOf(web, userId), ['active', 'suspended plan-limit', 'suspended plan-limit']);
  // Which one runs is the owner's to say.
  await browser.json('POST', `/api/v1/mailboxes/${oldest}/pause`, 200);
  assert.deepEqual(await statesOf(web, userId), ['paused', 'active', 'suspended plan-limit']);
  const refused = await browser.send('POST', `/api/v1/mailboxes/${oldest}/resume`);
  assert.deepEqual([refused.status, (await errorOf(refused)).code], [402, 'plan-limit']);
  // Paid at last: all of it goes on by itself.
  const { url } = await browser.json<{ url: string }>('POST', '/api/v1/billing/portal', 200);
  await pay(url);
  for (const [, id] of (await (await fetch(url)).text()).matchAll(/name="pay" value="(\w+)"/g))
    await fetch(url, { method: 'POST', body: new URLSearchParams({ pay: id ?? '' }) });
  await web.stripe.deliveries.settled();
  assert.equal((await billingOf(browser)).status, 'active');
  assert.equal((await billingOf(browser)).graceEndsAt, null);
  assert.deepEqual(await statesOf(web, userId), ['paused', 'active', 'active']);
});

test.test('cancelled, resumed, cancelled, ended, subscribed again without a second trial', async () => {
  const { browser, userId } = await sessionFor(web, 'back');
  await giveGrant(web, userId);
  await subscribe(web, browser);
  await addMailboxes(web, userId, 2);
  const { url } = await browser.json<{ url: string }>('POST', '/api/v1/billing/portal', 200);
  const press = async (name: string): Promise<void> => {
    const id = new RegExp(`name="${name}" value="(\\w+)"`).exec(await (await fetch(url)).text())?.[1] ?? '';
    await fetch(url, { method: 'POST', body: new URLSearchParams({ [name]: id }) });
    await web.stripe.deliveries.settled();
  };
  await press('cancel');
  const ending = await billingOf(browser);
  assert.deepEqual([ending.plan, ending.status, ending.renewsAt], ['paid', 'ending', null]);
  assert.ok(ending.endsAt);
  await press('resume');
  assert.equal((await billingOf(browser)).status, 'trial');
  await press('cancel');
  web.stripe.act('back@example.com', 'renew');
  await web.stripe.deliveries.settled();
  const ended = await billingOf(browser);
  assert.deepEqual([ended.plan, ended.status, ended.trialDays], ['free', 'cancelled', 0]);
  assert.deepEqual(await statesOf(web, userId), ['active', 'suspended plan-limit']);
  await subscribe(web, browser);
  assert.equal((await billingOf(browser)).status, 'active');
  assert.deepEqual(await statesOf(web, userId), ['active', 'active']);
});

test.test('events in any order, any number of times, and old ones late: the state is Stripe’s', async () => {
  const { browser } = await sessionFor(web, 'shuffled');
  const before = web.stripe.events.length;
  await subscribe(web, browser);
  web.stripe.deliveries.hold();
  web.stripe.act('shuffled@example.com', 'renew');
  web.stripe.act('shuffled@example.com', 'fail', 1);
  web.stripe.act('shuffled@example.com', 'end');
  await web.stripe.deliveries.release({ times: 2, reverse: true });
  assert.equal((await billingOf(browser)).status, 'cancelled');
  const all = web.stripe.events.slice(before);
  await Promise.all([web.stripe.again(all, { times: 3 }), web.stripe.again(all, { reverse: true })]);
  assert.equal((await billingOf(browser)).status, 'cancelled');
  const kept = await web.test.asOwner<{ n: number }>(
    'SELECT count(*)::int AS n FROM webhook_events WHERE id = ANY ($1)',
    [all.map(({ id }) => id)],
  );
  assert.equal(kept[0]?.n, all.length);
  // Known ids do not even make us ask.
  const asked = web.stripe.log.length;
  await web.stripe.again(all);
  assert.equal(web.stripe.log.length, asked);
});

test.test('while Stripe is out, calls say so, nothing changes, and the webhook comes again', async () => {
  const { browser } = await sessionFor(web, 'outage');
  web.stripe.deliveries.hold();
  await pay(await checkout(browser));
  web.stripe.outage(true);
  const refused = await browser.send('POST', '/api/v1/billing/portal');
  assert.deepEqual([refused.status, (await errorOf(refused)).code], [503, 'stripe-unavailable']);
  const released = web.stripe.deliveries.release();
  assert.equal((await billingOf(browser)).status, 'free');
  web.stripe.outage(false);
  await released;
  assert.equal((await billingOf(browser)).status, 'trial');
  assert.doesNotMatch(web.logged(), /sk_test|whsec|cus_/);
});

test.test('a customer deleted at Stripe is free again, and may subscribe again', async () => {
  const { browser } = await sessionFor(web, 'vanished');
  await subscribe(web, browser);
  const id =
    [...web.stripe.customers.values()].find(({ email }) => email === 'vanished@example.com')?.id ?? '';
  await fetch(`${web.stripe.origin}/v1/customers/${id}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${web.stripe.environment.STRIPE_SECRET_KEY}` },
  });
  await web.stripe.deliveries.settled();
  assert.equal((await billingOf(browser)).status, 'cancelled');
  await subscribe(web, browser);
  assert.equal((await billingOf(browser)).status, 'active', 'no second trial');
});

test.test(
  'the export tells of the subscription; deletion leaves no row and hands the customer over',
  async () => {
    const { browser, userId } = await sessionFor(web, 'leaver');
    await subscribe(web, browser);
    const customer = [...web.stripe.customers.values()].find(({ email }) => email === 'leaver@example.com');
    const all = await browser.json<{ subscription: { customerId: string } }>(
      'GET',
      '/api/v1/account/export',
      200,
    );
    assert.equal(all.subscription.customerId, customer?.id);
    await browser.json('DELETE', '/api/v1/account', 200);
    const rows = await web.test.asOwner(
      "SELECT 1 FROM subscriptions s WHERE s::text LIKE '%' || $1 || '%' OR customer_id = $2",
      [userId, customer?.id],
    );
    assert.deepEqual(rows, []);
    const jobs = await web.test.asOwner<{ data: unknown }>(
      "SELECT data FROM pgboss.job WHERE name = 'end-customer'",
    );
    assert.deepEqual(jobs.at(-1)?.data, { customerId: customer?.id });
  },
);
