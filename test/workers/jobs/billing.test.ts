/** What happens to plans without a click or a webhook. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import * as test from 'node:test';
import { DEFAULT_PLANS } from '../../../src/core/plan.ts';
import { setBilling } from '../../../src/db/billing.ts';
import { createLeases } from '../../../src/db/leases.ts';
import { createLog } from '../../../src/log.ts';
import { createBiller } from '../../../src/stripe/client.ts';
import { type BillingDeps, endCustomer, sweepBilling } from '../../../workers/jobs/billing.ts';
import {
  addMailboxes,
  billingOf,
  checkout,
  giveGrant,
  pay,
  startBillingWeb,
  statesOf,
  subscribe,
} from '../../billing.ts';
import { sessionFor } from '../../http.ts';

const web = await startBillingWeb(test);
const { stripe } = web;
const db = await web.test.open('worker');
const {
  STRIPE_SECRET_KEY: secretKey = '',
  STRIPE_PRICE_ID: priceId = '',
  STRIPE_API_URL: apiUrl = '',
} = stripe.environment;
const deps: BillingDeps = {
  db,
  log: createLog({ level: 'silent', name: 'test' }),
  biller: createBiller({ secretKey, priceId, apiUrl }),
  plans: DEFAULT_PLANS,
};

async function subscriber(name: string, mailboxes: number) {
  const { browser, userId } = await sessionFor(web, name);
  await giveGrant(web, userId);
  await subscribe(web, browser);
  await addMailboxes(web, userId, mailboxes);
  const shift = (column: string, interval: string) =>
    web.test.asOwner(`UPDATE subscriptions SET ${column} = now() - $2::interval WHERE user_id = $1`, [
      userId,
      interval,
    ]);
  const states = () => statesOf(web, userId);
  return { browser, userId, shift, states, email: `${name}@example.com` };
}

test.test('grace that is over, and only that, makes mailboxes wait; whoever holds them is told', async () => {
  const { email, shift, states, userId } = await subscriber('graceless', 2);
  stripe.act(email, 'fail');
  await stripe.deliveries.settled();
  await shift('past_due_since', '13 days 23 hours');
  await sweepBilling(deps);
  assert.deepEqual(await states(), ['active', 'active']);
  const leases = createLeases(db, randomUUID());
  await leases.register([]);
  const held = await leases.claim(10);
  assert.deepEqual(
    held.filter((lease) => lease.userId === userId).map(({ mayWatch }) => mayWatch),
    [true, true],
  );
  await shift('past_due_since', '14 days 1 minute');
  await sweepBilling(deps);
  assert.deepEqual(await states(), ['active', 'suspended plan-limit']);
  assert.equal((await leases.beat())?.length, 2, 'both: the one that goes on is on another plan');
  await leases.unregister();
});

test.test('a run has the interval of the plan, and no watch on the free one', async () => {
  const { userId } = await sessionFor(web, 'slow');
  await giveGrant(web, userId);
  await addMailboxes(web, userId, 1);
  const claim = async () => {
    const leases = createLeases(db, randomUUID());
    await leases.register([]);
    const own = (await leases.claim(100)).find((lease) => lease.userId === userId);
    await leases.unregister();
    return [own?.options.pollSeconds, own?.mayWatch];
  };
  assert.deepEqual(await claim(), [900, false]);
  await web.database.asNobody((tx) => setBilling(tx, false));
  assert.deepEqual(await claim(), [300, true]);
  await web.database.asNobody((tx) => setBilling(tx, true));
});

test.test('switched off, billing limits nobody; switched on, it does again', async () => {
  const { userId } = await sessionFor(web, 'many');
  await addMailboxes(web, userId, 3);
  const states = () => statesOf(web, userId);
  await sweepBilling(deps);
  const limited = ['active', 'suspended plan-limit', 'suspended plan-limit'];
  assert.deepEqual(await states(), limited);
  await web.database.asNobody((tx) => setBilling(tx, false));
  await sweepBilling(deps);
  assert.deepEqual(await states(), ['active', 'needs-consent grant-missing', 'needs-consent grant-missing']);
  await web.database.asNobody((tx) => setBilling(tx, true));
  await sweepBilling(deps);
  assert.deepEqual(await states(), limited);
});

test.test('a lost webhook is made up for', async () => {
  const { browser, email, shift } = await subscriber('unheard', 1);
  stripe.deliveries.hold();
  stripe.act(email, 'end');
  await sweepBilling(deps);
  assert.equal((await billingOf(browser)).status, 'trial', 'asked only a while ago');
  await shift('checked_at', '25 hours');
  stripe.outage(true);
  await sweepBilling(deps);
  assert.equal((await billingOf(browser)).status, 'trial');
  stripe.outage(false);
  await sweepBilling(deps);
  assert.equal((await billingOf(browser)).status, 'cancelled');
  await stripe.deliveries.release();
});

test.test('a period that is over for days without a word is not paid for', async () => {
  const { browser, shift } = await subscriber('silent', 1);
  await shift('period_ends_at', '2 days 23 hours');
  assert.equal((await billingOf(browser)).plan, 'paid');
  await shift('period_ends_at', '3 days 1 hour');
  assert.deepEqual(
    [(await billingOf(browser)).plan, (await billingOf(browser)).status],
    ['free', 'confirming'],
  );
  await shift('checked_at', '2 hours');
  await sweepBilling(deps);
  assert.equal((await billingOf(browser)).status, 'trial', 'Stripe was asked');
});

test.test('the customer of a deleted account is ended, however often', async () => {
  const { browser, email } = await subscriber('ended', 0);
  const customer = [...stripe.customers.values()].find((one) => one.email === email);
  assert.ok(customer);
  await browser.json('DELETE', '/api/v1/account', 200);
  const job = { customerId: customer.id };
  stripe.outage(true);
  await assert.rejects(endCustomer(job, deps), { code: 'stripe-unavailable' });
  stripe.outage(false);
  await assert.rejects(endCustomer(job, { ...deps, biller: null }), /STRIPE_SECRET_KEY/);
  await endCustomer(job, deps);
  await endCustomer(job, deps);
  assert.equal(customer.deleted, true);
  const own = [...stripe.subscriptions.values()].filter((one) => one.customer === customer.id);
  assert.deepEqual(
    own.map(({ status }) => status),
    ['canceled'],
  );
  await stripe.deliveries.settled();
});

test.test('an open checkout ends with its customer', async () => {
  const { browser } = await sessionFor(web, 'undecided');
  const url = await checkout(browser);
  const customer = [...stripe.customers.values()].at(-1);
  assert.ok(customer);
  await endCustomer({ customerId: customer.id }, deps);
  assert.equal(customer.deleted, true);
  assert.equal((await pay(url)).status, 410);
});

test.test('what goes wrong with one user’s mailboxes keeps no other user’s waiting', async (t) => {
  const broken = await subscriber('broken', 2);
  const fine = await subscriber('fine', 2);
  await web.test.asOwner(`CREATE FUNCTION break() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken'; END $$;
    CREATE TRIGGER broken BEFORE UPDATE ON mailboxes FOR EACH ROW WHEN (OLD.user_id = '${broken.userId}') EXECUTE FUNCTION break()`);
  t.after(() => web.test.asOwner('DROP FUNCTION break() CASCADE'));
  for (const { shift } of [broken, fine]) await shift('period_ends_at', '4 days');
  await web.test.asOwner('UPDATE subscriptions SET checked_at = now()');
  await sweepBilling(deps);
  assert.deepEqual(await fine.states(), ['active', 'suspended plan-limit']);
  assert.deepEqual(await broken.states(), ['active', 'active']);
});
