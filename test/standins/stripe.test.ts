/** The stand-in for Stripe, asked by Stripe's own library and by hand. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { Stripe } from 'stripe';
import { startStripe } from '../../standins/stripe/server.ts';

const standin = await startStripe();
const { STRIPE_SECRET_KEY: key = '', STRIPE_PRICE_ID: price = '' } = standin.environment;
const { hostname, port } = new URL(standin.origin);
const connect = (secret: string) =>
  new Stripe(secret, { host: hostname, port, protocol: 'http', maxNetworkRetries: 0, telemetry: false });
const stripe = connect(key);

const received: { readonly body: string; readonly signature: string }[] = [];
let answer = 200;
const receiver = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  received.push({ body, signature: String(request.headers['stripe-signature']) });
  response.writeHead(answer).end();
}).listen(0, '127.0.0.1');
await once(receiver, 'listening');
standin.deliverTo(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`);
after(async () => {
  await standin.close();
  receiver.close();
  receiver.closeAllConnections();
});

const typesOf = (from: number): string[] => received.slice(from).map(({ body }) => JSON.parse(body).type);
const order = (customer: string, trial = 0) => ({
  mode: 'subscription' as const,
  customer,
  line_items: [{ price, quantity: 1 }],
  success_url: 'http://localhost/done',
  cancel_url: 'http://localhost/left',
  ...(trial > 0 && { subscription_data: { trial_period_days: trial } }),
});
const payWith = (url: string | null, card: string) =>
  fetch(url ?? '', { method: 'POST', body: new URLSearchParams({ card }), redirect: 'manual' });

async function subscribe(email: string, trial: number, card = 'works') {
  const customer = await stripe.customers.create({ email });
  const session = await stripe.checkout.sessions.create(order(customer.id, trial));
  const paid = await payWith(session.url, card);
  assert.equal(paid.headers.get('location'), 'http://localhost/done');
  return customer.id;
}

test('refuses what Stripe refuses, in its words', async () => {
  await assert.rejects(connect('sk_test_other').customers.retrieve('cus_1'), { statusCode: 401 });
  await assert.rejects(stripe.customers.retrieve('cus_unknown'), {
    statusCode: 404,
    code: 'resource_missing',
    message: "No such customer: 'cus_unknown'",
  });
  await assert.rejects(stripe.prices.retrieve('price_unknown'), { statusCode: 404 });
  await assert.rejects(stripe.subscriptions.list({ customer: 'cus_unknown' }), {
    statusCode: 400,
    code: 'resource_missing',
  });
  await assert.rejects(stripe.customers.create({ balance: 5 }), { code: 'parameter_unknown' });
  await assert.rejects(stripe.refunds.create({ charge: 'ch_1' }), { statusCode: 404 });
  const customer = await stripe.customers.create({ email: 'a@example.com' });
  const wrong = { ...order(customer.id), line_items: [{ price: 'price_other', quantity: 1 }] };
  await assert.rejects(stripe.checkout.sessions.create(wrong), { code: 'resource_missing' });
  await stripe.customers.del(customer.id);
  assert.equal((await stripe.customers.retrieve(customer.id)).deleted, true);
  await assert.rejects(stripe.checkout.sessions.create(order(customer.id)), { code: 'resource_missing' });
});

test('honours idempotency keys', async () => {
  const options = { idempotencyKey: 'once' };
  const one = await stripe.customers.create({ email: 'once@example.com' }, options);
  const two = await stripe.customers.create({ email: 'once@example.com' }, options);
  assert.equal(one.id, two.id);
  await assert.rejects(stripe.customers.create({ email: 'other@example.com' }, options), {
    type: 'StripeIdempotencyError',
  });
});

test('a checkout is paid once, with a card that works; the trial is not charged', async () => {
  const customer = await stripe.customers.create({ email: 'payer@example.com' });
  const session = await stripe.checkout.sessions.create(order(customer.id, 14));
  const declined = await payWith(session.url, 'declined');
  assert.equal(declined.status, 402);
  assert.match(await declined.text(), /Your card was declined/);
  assert.equal((await payWith(session.url, 'works')).status, 303);
  assert.equal((await payWith(session.url, 'works')).status, 410);
  const { data } = await stripe.subscriptions.list({
    customer: customer.id,
    expand: ['data.latest_invoice'],
  });
  const [subscription] = data;
  assert.equal(subscription?.status, 'trialing');
  assert.equal(subscription.items.data[0]?.current_period_end, subscription.trial_end);
  const invoice = subscription.latest_invoice;
  assert.ok(invoice !== null && typeof invoice === 'object');
  assert.deepEqual([invoice.status, invoice.amount_due], ['paid', 0]);
  assert.equal((await stripe.checkout.sessions.list({ customer: customer.id })).data[0]?.status, 'complete');
});

test('without a trial the card is charged at once', async () => {
  const customer = await stripe.customers.create({ email: 'now@example.com' });
  const session = await stripe.checkout.sessions.create(order(customer.id));
  assert.equal((await payWith(session.url, 'fails-later')).status, 402);
  assert.equal((await payWith(session.url, 'works')).status, 303);
  const { data } = await stripe.subscriptions.list({ customer: customer.id });
  assert.equal(data[0]?.status, 'active');
});

test('an expired checkout cannot be paid', async () => {
  const customer = await stripe.customers.create({ email: 'late@example.com' });
  const session = await stripe.checkout.sessions.create(order(customer.id));
  await stripe.checkout.sessions.expire(session.id);
  assert.equal((await payWith(session.url, 'works')).status, 410);
  await assert.rejects(stripe.checkout.sessions.expire(session.id), { statusCode: 400 });
});

test('webhooks are signed, tried again, repeated and reversed', async () => {
  await standin.deliveries.settled();
  const secret = standin.environment.STRIPE_WEBHOOK_SECRET ?? '';
  let from = received.length;
  answer = 500;
  standin.deliveries.hold();
  const customer = await subscribe('hooked@example.com', 0);
  const failing = standin.deliveries.release();
  while (received.length < from + 5) await new Promise((resolve) => setImmediate(resolve));
  answer = 200;
  await failing;
  assert.ok(received.length > from + 5, 'tried again');
  for (const { body, signature } of received.slice(from))
    assert.ok(await stripe.webhooks.constructEventAsync(body, signature, secret));
  from = received.length;
  const last = standin.events.slice(-2);
  await standin.again(last, { times: 2, reverse: true });
  const [first = '', second = ''] = last.map(({ type }) => type);
  assert.deepEqual(typesOf(from), [second, first, second, first]);
  await stripe.customers.del(customer);
  await standin.deliveries.settled();
});

test('a payment fails, is made up for in the portal, and the subscription ends', async () => {
  const id = await subscribe('lapsing@example.com', 0);
  const statusNow = async () =>
    (await stripe.subscriptions.list({ customer: id, status: 'all' })).data[0]?.status;
  standin.act('lapsing@example.com', 'fail', 3);
  assert.equal(await statusNow(), 'past_due');
  const [owed] = (await stripe.invoices.list({ customer: id })).data;
  assert.equal(owed?.status, 'open');
  assert.ok(Number(owed.status_transitions.finalized_at) * 1000 < Date.now() - 2 * 86_400_000);
  const portal = await stripe.billingPortal.sessions.create({
    customer: id,
    return_url: 'http://localhost/b',
  });
  assert.match(await (await fetch(portal.url)).text(), /Pay now/);
  await fetch(portal.url, { method: 'POST', body: new URLSearchParams({ pay: owed.id }) });
  assert.equal(await statusNow(), 'past_due', 'the card is still a bad one');
  await payWith(portal.url, 'works');
  await fetch(portal.url, { method: 'POST', body: new URLSearchParams({ pay: owed.id }) });
  assert.equal(await statusNow(), 'active');
  const subscription = (await stripe.subscriptions.list({ customer: id })).data[0]?.id ?? '';
  const act = (form: Record<string, string>) =>
    fetch(portal.url, { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' });
  await act({ cancel: subscription });
  await act({ resume: subscription });
  await act({ cancel: subscription });
  const [ending] = (await stripe.subscriptions.list({ customer: id })).data;
  assert.equal(ending?.cancel_at, ending?.items.data[0]?.current_period_end);
  standin.act(id, 'renew');
  assert.equal(await statusNow(), 'canceled');
  await standin.deliveries.settled();
  assert.ok(typesOf(0).includes('customer.subscription.deleted'));
});

test('nobody acts on another customer’s things through a portal', async () => {
  const victim = await subscribe('victim@example.com', 0);
  const other = await subscribe('other@example.com', 0);
  const portal = await stripe.billingPortal.sessions.create({
    customer: other,
    return_url: 'http://localhost/b',
  });
  const target = (await stripe.subscriptions.list({ customer: victim })).data[0]?.id ?? '';
  await fetch(portal.url, { method: 'POST', body: new URLSearchParams({ cancel: target }) });
  assert.equal((await stripe.subscriptions.list({ customer: victim })).data[0]?.cancel_at_period_end, false);
});
