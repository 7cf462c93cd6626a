/** Stripe's hosted pages as far as a customer meets them: checkout and portal. */
import { escapeHtml } from '../google/answer.ts';
import { expireInTime } from './hosted.ts';
import {
  charge,
  complete,
  openInvoices,
  setCancelAtPeriodEnd,
  setCard,
  subscriptionsOf,
} from './lifecycle.ts';
import { button, day, money, page } from './look.ts';
import type { CheckoutSession, Customer, Invoice, PortalSession, State, Subscription } from './state.ts';

/** A page, or where to go next. */
export type Shown = { readonly status: number; readonly html: string } | { readonly location: string };

const gone: Shown = { status: 404, html: page('Not found', '<h1>There is no such page</h1>') };

export function showCheckout(state: State, id: string, declined = false): Shown {
  const found = state.checkouts.get(id);
  const session = found && expireInTime(state, found);
  if (!session) return gone;
  if (session.status !== 'open') {
    const html = `<h1>This checkout is ${session.status}</h1><p><a href="${escapeHtml(session.cancelUrl)}">Back</a></p>`;
    return { status: 410, html: page('Checkout', html) };
  }
  return { status: declined ? 402 : 200, html: page('Checkout', checkoutBody(state, session, declined)) };
}

function checkoutBody(state: State, session: CheckoutSession, declined: boolean): string {
  const price = `${money(state, state.settings.amount)} per month`;
  const { trialDays } = session;
  const email = state.customers.get(session.customer)?.email ?? '';
  const action = `/pay/${session.id}`;
  return `<h1>${trialDays > 0 ? `Try it for ${trialDays} days, then ${price}` : `Subscribe for ${price}`}</h1>
<p>${escapeHtml(email)}</p>
<div class="box"><form method="post" action="${action}">
${declined ? '<p class="bad" role="alert">Your card was declined.</p>' : ''}
<fieldset><legend>Card</legend>
<label><input type="radio" name="card" value="works" checked>4242 4242 4242 4242: works</label>
<label><input type="radio" name="card" value="declined">4000 0000 0000 0002: is declined now</label>
<label><input type="radio" name="card" value="fails-later">4000 0000 0000 0341: is accepted now, declined at the next charge</label></fieldset>
<button class="main">${trialDays > 0 ? 'Start trial' : 'Subscribe'}</button></form>
<a href="${escapeHtml(session.cancelUrl)}">Back without paying</a></div>`;
}

export function pay(state: State, id: string, form: URLSearchParams): Shown {
  const session = state.checkouts.get(id);
  const card = form.get('card');
  if (session?.status !== 'open') return showCheckout(state, id);
  if (card !== 'works' && card !== 'fails-later') return showCheckout(state, id, true);
  // Without a trial the first charge is made at once.
  if (card === 'fails-later' && session.trialDays === 0) return showCheckout(state, id, true);
  complete(state, session, card);
  return { location: session.successUrl };
}

export function showPortal(state: State, id: string): Shown {
  const portal = state.portals.get(id);
  const customer = portal && state.customers.get(portal.customer);
  if (!portal || !customer || customer.deleted) return gone;
  return { status: 200, html: page('Billing', portalBody(state, portal, customer)) };
}

function portalBody(state: State, portal: PortalSession, customer: Customer): string {
  const action = `/portal/${portal.id}`;
  const subscriptions = subscriptionsOf(state, customer.id).map((one) => described(action, one));
  const invoices = [...state.invoices.values()].filter((one) => one.customer === customer.id).toReversed();
  const rows = invoices.map(
    (one) =>
      `<tr><td>${one.number}<td>${day(one.created)}<td>${money(state, one.amount)}<td>${one.status}<td>${
        one.status === 'open' ? button(action, 'pay', one.id, 'Pay now') : ''
      }`,
  );
  const card = customer.card === 'works' ? 'works' : 'is declined when it is charged';
  return `<p><a href="${escapeHtml(portal.returnUrl)}">Return</a></p><h1>Your billing</h1><p>${escapeHtml(customer.email ?? '')}</p>
<div class="box"><h2>Subscription</h2>${subscriptions.join('') || '<p>None</p>'}
<h2>Card</h2><p>The card on file ${card}.</p>
${button(action, 'card', 'works', 'Use a card that works')}${button(action, 'card', 'fails-later', 'Use a card that will fail')}
<h2>Invoices</h2><table><tr><th>Number<th>Date<th>Amount<th>Status<th></tr>${rows.join('')}</table></div>`;
}

function described(action: string, one: Subscription): string {
  if (one.status === 'canceled') return `<p>Ended ${one.endedAt === null ? '' : day(one.endedAt)}</p>`;
  return one.cancelAtPeriodEnd
    ? `<p>Ends on ${day(one.periodEnd)}</p>${button(action, 'resume', one.id, 'Do not cancel')}`
    : `<p>${one.status}, renews on ${day(one.periodEnd)}</p>${button(action, 'cancel', one.id, 'Cancel subscription')}`;
}

export function actInPortal(state: State, id: string, form: URLSearchParams): Shown {
  const customer = state.customers.get(state.portals.get(id)?.customer ?? '');
  if (!customer || customer.deleted) return gone;
  const own = <T extends Subscription | Invoice>(
    all: ReadonlyMap<string, T>,
    name: string,
  ): T | undefined => {
    const one = all.get(form.get(name) ?? '');
    return one?.customer === customer.id ? one : undefined;
  };
  const cancelled = own(state.subscriptions, 'cancel');
  if (cancelled) setCancelAtPeriodEnd(state, cancelled, true);
  const resumed = own(state.subscriptions, 'resume');
  if (resumed) setCancelAtPeriodEnd(state, resumed, false);
  const card = form.get('card');
  if (card === 'works' || card === 'fails-later') setCard(state, customer, card);
  const invoice = own(state.invoices, 'pay');
  const payer = invoice && state.subscriptions.get(invoice.subscription);
  // Who pays one pays what is owed.
  if (invoice && payer) for (const one of openInvoices(state, payer)) charge(state, payer, one);
  return { location: `/portal/${id}` };
}
