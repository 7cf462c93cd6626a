/** Ending a customer while things end at Stripe by themselves. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, it } from 'node:test';
import { createBiller } from '../../../src/stripe/client.ts';

const MISSING = {
  status: 404,
  body: { error: { type: 'invalid_request_error', code: 'resource_missing', message: 'No such thing' } },
};
let answers: Record<string, { status: number; body: object }> = {};
let asked: string[] = [];
const stripe = createServer((req, res) => {
  const call = `${req.method} ${new URL(req.url ?? '', 'http://localhost').pathname}`;
  asked.push(call);
  req.resume();
  const { status, body } = answers[call] ?? { status: 200, body: { object: 'list', data: [] } };
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
});
stripe.listen(0, '127.0.0.1');
await once(stripe, 'listening');
after(() => {
  stripe.closeAllConnections();
  stripe.close();
});
const apiUrl = `http://127.0.0.1:${(stripe.address() as AddressInfo).port}`;
const biller = createBiller({ secretKey: 'sk_test', priceId: 'price_1', apiUrl });
const subscriptions = { status: 200, body: { object: 'list', data: [{ id: 'sub_1' }, { id: 'sub_2' }] } };

it('deletes the customer although a subscription has ended meanwhile', async () => {
  asked = [];
  answers = { 'GET /v1/subscriptions': subscriptions, 'DELETE /v1/subscriptions/sub_1': MISSING };
  await biller.endCustomer('cus_1');
  assert.ok(asked.includes('DELETE /v1/subscriptions/sub_2'), asked.join());
  assert.ok(asked.includes('DELETE /v1/customers/cus_1'), asked.join());
});

it('counts a customer that is gone already as ended', async () => {
  answers = { 'DELETE /v1/customers/cus_1': MISSING };
  await biller.endCustomer('cus_1');
  answers = { 'GET /v1/checkout/sessions': MISSING, 'GET /v1/subscriptions': MISSING, ...answers };
  await biller.endCustomer('cus_1');
});

it('says nothing of what Stripe said but its code', async () => {
  const body = {
    error: { type: 'invalid_request_error', code: 'odd', message: 'about someone@example.com' },
  };
  answers = { 'DELETE /v1/customers/cus_1': { status: 400, body } };
  await assert.rejects(biller.endCustomer('cus_1'), (error: Error) => {
    const told = `${error.message} ${(error.cause as Error).message}`;
    assert.match(told, /400 odd/);
    assert.doesNotMatch(told, /someone/);
    return true;
  });
});
