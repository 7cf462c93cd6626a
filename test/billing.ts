/** The web process with the stand-in for Stripe behind it, and a person who subscribes. */
import assert from 'node:assert/strict';
import type { UserId } from '../src/core/mailbox.ts';
import { type Billing, DEFAULT_OPTIONS, type StripeBilling } from '../src/http/api.ts';
import { type StripeStandin, startStripe } from '../standins/stripe/server.ts';
import type { Browser } from './browser.ts';
import type { Scope } from './database.ts';
import { MAILBOX, startWeb, type Web } from './http.ts';

export interface BillingWeb extends Web {
  readonly stripe: StripeStandin;
}

export async function startBillingWeb(scope: Scope): Promise<BillingWeb> {
  const stripe = await startStripe();
  const web = await startWeb(scope, {}, stripe.environment);
  scope.after(() => stripe.close());
  stripe.deliverTo(`${web.base}/webhooks/stripe`);
  return { ...web, stripe };
}

export async function billingOf(browser: Browser): Promise<StripeBilling> {
  const billing = await browser.json<Billing>('GET', '/api/v1/billing', 200);
  assert.equal(billing.mode, 'stripe');
  return billing as StripeBilling;
}

export const checkout = async (browser: Browser): Promise<string> =>
  (await browser.json<{ url: string }>('POST', '/api/v1/billing/checkout', 200)).url;

/** Pays at the stand-in's page. */
export const pay = (url: string, card = 'works'): Promise<Response> =>
  fetch(url, { method: 'POST', body: new URLSearchParams({ card }), redirect: 'manual' });

/** From the free plan to the trial, webhooks included. */
export async function subscribe(web: BillingWeb, browser: Browser, card = 'works'): Promise<void> {
  const paid = await pay(await checkout(browser), card);
  assert.match(paid.headers.get('location') ?? '', /\/billing\?checkout=done$/);
  await web.stripe.deliveries.settled();
}

/** Active mailboxes made behind the scenes, oldest first. */
export async function addMailboxes(web: Web, userId: UserId, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n++) {
    const id = await web.test.addMailbox(userId);
    await web.test.asOwner(
      `UPDATE mailboxes SET options = $3, created_at = now() - interval '1 day' + $2 * interval '1 minute'
       WHERE id = $1`,
      [id, n, JSON.stringify({ ...DEFAULT_OPTIONS, pollSeconds: 300 })],
    );
    ids.push(id);
  }
  return ids;
}

/** State and fault code, oldest mailbox first. */
export async function statesOf(web: Web, userId: UserId): Promise<string[]> {
  const rows = await web.test.asOwner<{ state: string }>(
    "SELECT concat_ws(' ', state, fault_code) AS state FROM mailboxes WHERE user_id = $1 ORDER BY created_at",
    [userId],
  );
  return rows.map(({ state }) => state);
}

export const giveGrant = (web: Web, userId: UserId): Promise<unknown> =>
  web.test.asOwner(
    "INSERT INTO grants (user_id, sealed_refresh_token, refresh_token_hash, scopes) VALUES ($1, 'x', $1::uuid::text, '{}')",
    [userId],
  );

export const connect = (browser: Browser, name: string): Promise<Response> =>
  browser.send('POST', '/api/v1/mailboxes', { body: { ...MAILBOX, username: name } });
