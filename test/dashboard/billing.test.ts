/** Billing in a real browser: from the free plan through trial, failed payments and cancellation, and back. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { createAuthority } from '../../standins/authority.ts';
import { type Pop3Server, startPop3Server } from '../../standins/pop3.ts';
import { type StripeStandin, startStripe } from '../../standins/stripe/server.ts';
import { untilSome } from '../service.ts';
import {
  assertAccessible,
  eventually,
  openStage,
  type Stage,
  takeScreenshots,
  type Visitor,
} from './stage.ts';

const OWNER = 'payer@gmail.example';
const USERS = ['first@isp.example', 'second@isp.example'] as const;
const PASSWORD = 'a legacy password';

let stage: Stage;
let pop3: Pop3Server;
let stripe: StripeStandin;

before(async () => {
  const authority = await createAuthority();
  pop3 = await startPop3Server({
    leaf: await authority.issue(['localhost']),
    security: 'tls',
    accounts: USERS.map((username) => ({ username, password: PASSWORD })),
  });
  stripe = await startStripe();
  stage = await openStage({ authority, env: stripe.environment });
  stripe.deliverTo(`${stage.service.url}/webhooks/stripe`);
});
after(async () => {
  await stage?.[Symbol.asyncDispose]();
  await stripe?.close();
  await pop3?.close();
});

const connect = async (visitor: Visitor, username: string): Promise<number> => {
  const response = await visitor.context.request.post('/api/v1/mailboxes', {
    headers: { origin: stage.service.url },
    data: {
      protocol: 'pop3',
      host: 'localhost',
      port: pop3.port,
      security: 'tls',
      username,
      password: PASSWORD,
    },
  });
  return response.status();
};

const heading = (page: Page, name: string) => page.getByRole('heading', { name, level: 2 });
const press = (page: Page, name: string) => page.getByRole('button', { name }).click();

async function look(page: Page, name: string): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, `billing-${name}`);
}

/** In the portal, then back to us. */
async function inPortal(page: Page, opener: string, ...presses: string[]): Promise<void> {
  await press(page, opener);
  await page.getByRole('heading', { name: 'Your billing' }).waitFor();
  for (const one of presses) {
    await page.getByRole('button', { name: one }).first().click();
    await page.getByRole('heading', { name: 'Your billing' }).waitFor();
  }
  await page.getByRole('link', { name: 'Return' }).click();
}

test('free: how often is looked is told as the plan has it, in the wizard and afterwards', async () => {
  await using visitor = await stage.open({ email: 'rare@gmail.example' });
  const { page } = visitor;
  const draft = { protocol: 'pop3', host: 'localhost', port: pop3.port, security: 'tls', start: false };
  const made = await visitor.context.request.post('/api/v1/mailboxes', {
    headers: { origin: stage.service.url },
    data: { ...draft, username: USERS[0], password: PASSWORD },
  });
  const { id } = (await made.json()) as { id: string };
  await page.goto(`/connect/${id}?step=choose`);
  await page.getByText('On your plan a mailbox is looked at every 15 min at most.').waitFor();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByText('Every 15 min', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Start importing' }).click();
  await page.getByRole('link', { name: 'Show the mailbox' }).click();
  const interval = page.locator('dt', { hasText: 'Check interval' }).locator('xpath=following-sibling::dd');
  await eventually(() => interval.innerText(), '15 min');
});

test('free, trial, past due, grace over, paid, ending, ended, and subscribed again', async () => {
  await using visitor = await stage.open({ email: OWNER });
  const { page } = visitor;
  const waiting = page.getByText('1 mailbox waits because');

  await page.goto('/billing');
  await heading(page, 'You are on the free plan').waitFor();
  await page.getByText('€3.00 per month').first().waitFor();
  await look(page, 'free');
  assert.equal(await connect(visitor, USERS[0]), 201);
  assert.equal(await connect(visitor, USERS[1]), 402);
  await page.getByText('1 of 1').waitFor();

  // Not paid, declined, paid; and our page waits for Stripe's word, not for the browser's.
  await press(page, 'Try it for 14 days');
  await page.getByRole('link', { name: 'Back without paying' }).click();
  await page.getByText('You left the checkout').waitFor();
  await assertAccessible(page);
  stripe.deliveries.hold();
  await press(page, 'Try it for 14 days');
  await page.getByLabel(/is declined now/).check();
  await press(page, 'Start trial');
  await page.getByRole('alert').getByText('Your card was declined.').waitFor();
  await page.getByLabel(/: works$/).check();
  await press(page, 'Start trial');
  await page.getByText('We are confirming your payment').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Try it' }).count(), 0);
  await look(page, 'confirming');
  visitor.takeErrors();
  await stripe.deliveries.release();
  await page.getByText('Thank you. Your subscription is confirmed.', { exact: true }).first().waitFor();
  await heading(page, 'You are trying the paid plan').waitFor();
  assert.equal(new URL(page.url()).search, '');
  await assertAccessible(page);
  assert.equal(await connect(visitor, USERS[1]), 201);
  await page.getByText('2 of 20').waitFor();

  stripe.act(OWNER, 'fail', 3);
  await heading(page, 'Your last payment failed').waitFor();
  await look(page, 'past-due');
  await page
    .getByRole('navigation', { name: 'Main' })
    .getByRole('link', { name: 'Mailboxes' })
    .first()
    .click();
  await page.getByText(/^Your last payment failed\. Nothing changes until/).waitFor();
  await page.getByRole('heading', { level: 1 }).waitFor();
  await assertAccessible(page);
  await page.getByRole('link', { name: 'See billing' }).click();

  stripe.act(OWNER, 'fail', 15);
  await heading(page, 'Your subscription is not paid').waitFor();
  await page.getByText('2 of 1').waitFor();
  await page.getByRole('heading', { level: 1 }).waitFor();
  await assertAccessible(page);
  await page.goto('/mailboxes');
  await page.getByText('Suspended', { exact: true }).waitFor();
  await assertAccessible(page);
  await page.goto('/billing');
  await inPortal(page, 'Update card or pay', 'Use a card that works', 'Pay now');
  await heading(page, 'You are on the paid plan').waitFor();
  await page.getByText('2 of 20').waitFor();
  await assertAccessible(page);

  await inPortal(page, 'Manage subscription', 'Cancel subscription');
  await heading(page, 'Your subscription is ending').waitFor();
  await assertAccessible(page);
  await inPortal(page, 'Keep the subscription', 'Do not cancel');
  await heading(page, 'You are on the paid plan').waitFor();
  await inPortal(page, 'Manage subscription', 'Cancel subscription');
  await heading(page, 'Your subscription is ending').waitFor();
  stripe.act(OWNER, 'renew');
  await heading(page, 'Your subscription has ended').waitFor();
  await waiting.waitFor();
  await look(page, 'cancelled');

  await press(page, 'Subscribe again');
  await press(page, 'Subscribe');
  await heading(page, 'You are on the paid plan').waitFor();
  await waiting.waitFor({ state: 'detached' });
  const { mailboxes } = await visitor.api<{ mailboxes: { state: string }[] }>('/api/v1/mailboxes');
  assert.deepEqual(
    mailboxes.filter(({ state }) => state === 'suspended'),
    [],
  );

  // A worker ends the customer of an account that is gone.
  const origin = stage.service.url;
  const deleted = await visitor.context.request.delete('/api/v1/account', { headers: { origin } });
  assert.equal(deleted.status(), 200);
  const customer = [...stripe.customers.values()].find(({ email }) => email === OWNER);
  await untilSome(() => (customer?.deleted ? true : null));
  assert.ok([...stripe.subscriptions.values()].every(({ status }) => status === 'canceled'));
});

test('loading, an error, and Stripe out of reach', async () => {
  await using visitor = await stage.open({ email: 'errors@gmail.example' });
  const { page } = visitor;
  const held = Promise.withResolvers<void>();
  await page.route('**/api/v1/billing', async (route) => {
    await held.promise;
    await route.fulfill({
      status: 503,
      json: { error: { code: 'database-unavailable', message: 'Not now.' } },
    });
  });
  await page.goto('/billing');
  await page.getByRole('status').getByText('Loading…').waitFor();
  await page.getByRole('heading', { level: 1 }).waitFor();
  await assertAccessible(page);
  held.resolve();
  await page.getByText('Code: database-unavailable').waitFor();
  await look(page, 'error');
  await page.getByRole('button', { name: 'Try again' }).waitFor();
  // By a press or by itself: the page goes on looking.
  await page.unroute('**/api/v1/billing');
  await heading(page, 'You are on the free plan').waitFor();
  stripe.outage(true);
  await press(page, 'Try it for 14 days');
  await page.getByText('The payment service has a temporary problem.', { exact: true }).first().waitFor();
  stripe.outage(false);
  visitor.takeErrors();
});

test('self-hosted: no limits, nothing to pay, no banner', async () => {
  await using hosted = await openStage();
  await using visitor = await hosted.open({ email: 'host@gmail.example' });
  await visitor.page.goto('/billing');
  await visitor.page.getByRole('heading', { name: 'Self-hosted, no limits' }).waitFor();
  await look(visitor.page, 'self-hosted');
});
