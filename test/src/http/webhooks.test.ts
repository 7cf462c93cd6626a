/** What strangers may post: only what is signed counts. */
import assert from 'node:assert/strict';
import * as test from 'node:test';
import { eventBody, signatureOf } from '../../../standins/stripe/deliveries.ts';
import { billingOf, startBillingWeb, subscribe } from '../../billing.ts';
import { MAILBOX, sessionFor } from '../../http.ts';

const web = await startBillingWeb(test);
const secret = web.stripe.environment.STRIPE_WEBHOOK_SECRET ?? '';
const now = (): number => Math.floor(Date.now() / 1000);
const event = (id: string) =>
  eventBody({ id, type: 'invoice.paid', created: now(), object: { object: 'invoice', customer: 'cus_1' } });

const postStripe = (body: string, signature?: string, type = 'application/json') =>
  fetch(`${web.base}/webhooks/stripe`, {
    method: 'POST',
    body,
    headers: { 'content-type': type, ...(signature !== undefined && { 'stripe-signature': signature }) },
  });
const keptEvents = (source: string) =>
  web.test.asOwner<{ id: string }>('SELECT id FROM webhook_events WHERE source = $1 ORDER BY id', [source]);

test.test('a Stripe event counts only with a fresh signature over these very bytes', async () => {
  const body = event('evt_1');
  const refused: [string, string | undefined][] = [
    [body, undefined],
    [body, ''],
    [body, 'nonsense'],
    [body, signatureOf(body, 'whsec_other', now())],
    [body, signatureOf(body, secret, now() - 3600)],
    [`${body} `, signatureOf(body, secret, now())],
    [event('evt_2'), signatureOf(body, secret, now())],
    ['{}', signatureOf('{}', secret, now())],
    ['not json', signatureOf('not json', secret, now())],
    ['', signatureOf('', secret, now())],
  ];
  for (const [sent, signature] of refused) {
    const answer = await postStripe(sent, signature);
    assert.equal(answer.status, 400, `${sent.slice(0, 20)} ${signature}`);
    assert.match(await answer.text(), /signature-invalid/);
  }
  assert.deepEqual(await keptEvents('stripe'), []);
  const asked = web.stripe.log.length;
  for (const type of ['application/json', 'text/plain'])
    assert.equal((await postStripe(body, signatureOf(body, secret, now()), type)).status, 200);
  assert.deepEqual(await keptEvents('stripe'), [{ id: 'evt_1' }], 'of nobody we know, and yet kept, once');
  assert.equal(web.stripe.log.length, asked);
});

test.test('what a signed event claims about an object is not believed', async () => {
  const { browser } = await sessionFor(web, 'claimed');
  await subscribe(web, browser);
  const customer = [...web.stripe.customers.values()].at(-1)?.id;
  const lie = eventBody({
    id: 'evt_lie',
    type: 'customer.subscription.deleted',
    created: now(),
    object: { object: 'subscription', id: 'sub_x', customer, status: 'canceled' },
  });
  assert.equal((await postStripe(lie, signatureOf(lie, secret, now()))).status, 200);
  assert.equal((await billingOf(browser)).status, 'trial');
});

const postRisc = (token: string) =>
  fetch(`${web.base}/webhooks/google/risc`, {
    method: 'POST',
    body: token,
    headers: { 'content-type': 'application/secevent+jwt' },
  });

async function member(name: string) {
  const email = `${name}@example.com`;
  const browser = await web.signedIn(name);
  const { id } = await browser.json<{ id: string }>('POST', '/api/v1/mailboxes', 201, {
    body: { ...MAILBOX, username: name },
  });
  const standing = async () => {
    const [row] = await web.test.asOwner<{ state: string; grants: number; sessions: number }>(
      `SELECT m.state, (SELECT count(*)::int FROM grants g WHERE g.user_id = m.user_id) AS grants,
         (SELECT count(*)::int FROM sessions s WHERE s.user_id = m.user_id) AS sessions
       FROM mailboxes m WHERE id = $1`,
      [id],
    );
    return row;
  };
  assert.deepEqual(await standing(), { state: 'probing', grants: 1, sessions: 1 });
  return { email, browser, standing };
}

for (const [name, left] of [
  ['tokens-revoked', { state: 'needs-consent', grants: 0, sessions: 0 }],
  ['account-disabled', { state: 'needs-consent', grants: 0, sessions: 0 }],
  ['token-revoked', { state: 'needs-consent', grants: 0, sessions: 1 }],
  ['sessions-revoked', { state: 'probing', grants: 1, sessions: 0 }],
  ['account-enabled', { state: 'probing', grants: 1, sessions: 1 }],
  ['verification', { state: 'probing', grants: 1, sessions: 1 }],
] as const) {
  test.test(`Google's ${name} does what it must, to the one it is about`, async () => {
    const { email, standing } = await member(`risc-${name}`);
    const other = await member(`other-${name}`);
    const before = await other.standing();
    const [token = '', ...more] = web.google.securityEvents({ name, email });
    assert.deepEqual(more, []);
    assert.equal((await postRisc(token)).status, 202);
    assert.deepEqual(await standing(), left);
    assert.deepEqual(await other.standing(), before);
  });
}

test.test('an event of Google’s counts once', async () => {
  const { email, browser, standing } = await member('once');
  const [token = ''] = web.google.securityEvents({ name: 'tokens-revoked', email });
  assert.equal((await postRisc(token)).status, 202);
  await browser.signIn(email);
  for (let n = 0; n < 3; n++) assert.equal((await postRisc(token)).status, 202);
  assert.deepEqual(await standing(), { state: 'active', grants: 1, sessions: 1 });
});

test.test('expired tokens count, as Google wants; foreign, changed and malformed ones do not', async () => {
  const { email, standing } = await member('honest');
  const kept = (await keptEvents('google')).length;
  const [token = ''] = web.google.securityEvents({ name: 'tokens-revoked', email });
  const [head = '', body = '', signature = ''] = token.split('.');
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = (claims: Record<string, unknown>) =>
    web.google.securityEvents({ name: 'tokens-revoked', email, claims })[0] ?? '';
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
  for (const [bad, err] of [
    ['', 'invalid_request'],
    ['a.b.c', 'invalid_request'],
    [`${head}.${body}`, 'invalid_key'],
    [`${head}.${encode({ ...claims, jti: 'other' })}.${signature}`, 'invalid_key'],
    [`${encode({ alg: 'none' })}.${body}.`, 'invalid_request'],
    [`${encode({ alg: 'HS256', kid: 'x' })}.${body}.${signature}`, 'invalid_request'],
    [`${encode({ alg: 'RS256', kid: 'unknown' })}.${body}.${signature}`, 'invalid_key'],
    [`${token}.more`, 'invalid_request'],
    [signed({ iss: 'https://accounts.example.com/' }), 'invalid_issuer'],
    [signed({ aud: 'another-client' }), 'invalid_audience'],
    [signed({ jti: undefined }), 'invalid_request'],
  ] as const) {
    const answer = await postRisc(bad);
    assert.equal(answer.status, 400, bad);
    assert.equal(((await answer.json()) as { err: string }).err, err);
  }
  // Of a user of another issuer, and without any events.
  const foreign = { x: { subject: { iss: 'https://other.example/', sub: '1' } } };
  for (const events of [foreign, {}, null, 'x', { y: null }])
    assert.equal((await postRisc(signed({ events }))).status, 202);
  assert.deepEqual(await standing(), { state: 'probing', grants: 1, sessions: 1 });
  const { iss } = claims as { iss: string };
  assert.equal(
    (await postRisc(signed({ exp: 1, iss: iss.replace(/\/$/, ''), aud: ['x', claims.aud] }))).status,
    202,
  );
  assert.deepEqual(await standing(), { state: 'needs-consent', grants: 0, sessions: 0 });
  assert.equal((await keptEvents('google')).length, kept + 6);
});
