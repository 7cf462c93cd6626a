/** What happens to subscriptions: they begin, renew, fail to be paid, end. Each step emits the events that Stripe's does. */
import { newId } from './answer.ts';
import { checkoutObject, customerObject, invoiceObject, subscriptionObject } from './objects.ts';
import type { Card, CheckoutSession, Customer, Invoice, State, Subscription } from './state.ts';

const DAY = 86_400;
const MONTH = 30 * DAY;

export const seconds = ({ settings }: State): number => Math.floor(settings.now() / 1000);

export function emit(state: State, type: string, object: unknown): void {
  const event = { id: newId('evt'), type, created: seconds(state), object: structuredClone(object) };
  state.events.push(event);
  state.emitted(event);
}

const changed = (state: State, one: Subscription, what: 'created' | 'updated' | 'deleted'): void =>
  emit(state, `customer.subscription.${what}`, subscriptionObject(state, one));

/** The customer has paid, or begun a trial, with a card. */
export function complete(state: State, session: CheckoutSession, card: Card): void {
  const customer = state.customers.get(session.customer);
  if (!customer || session.status !== 'open') return;
  customer.card = card;
  const now = seconds(state);
  const trialEnd = session.trialDays > 0 ? now + session.trialDays * DAY : null;
  const subscription: Subscription = {
    id: newId('sub'),
    itemId: newId('si'),
    customer: customer.id,
    created: now,
    trialStart: trialEnd === null ? null : now,
    trialEnd,
    status: trialEnd === null ? 'active' : 'trialing',
    periodStart: now,
    periodEnd: trialEnd ?? now + MONTH,
    cancelAtPeriodEnd: false,
    canceledAt: null,
    endedAt: null,
    latestInvoice: null,
  };
  state.subscriptions.set(subscription.id, subscription);
  session.status = 'complete';
  session.subscription = subscription.id;
  const invoice = bill(state, subscription, now, trialEnd === null ? state.settings.amount : 0);
  settle(invoice, now);
  changed(state, subscription, 'created');
  emit(state, 'invoice.finalized', invoiceObject(state, invoice));
  emit(state, 'invoice.paid', invoiceObject(state, invoice));
  emit(state, 'checkout.session.completed', checkoutObject(state, session));
}

function bill(state: State, subscription: Subscription, at: number, amount: number): Invoice {
  const invoice: Invoice = {
    id: newId('in'),
    number: `STANDIN-${String(state.invoices.size + 1).padStart(4, '0')}`,
    customer: subscription.customer,
    subscription: subscription.id,
    created: at,
    finalizedAt: at,
    amount,
    status: 'open',
    attempts: 0,
    paidAt: null,
  };
  state.invoices.set(invoice.id, invoice);
  subscription.latestInvoice = invoice.id;
  return invoice;
}

function settle(invoice: Invoice, at: number): void {
  invoice.status = 'paid';
  invoice.attempts += 1;
  invoice.paidAt = at;
}

/**
 * The period (or the trial) is over: the next begins and is charged, unless the subscription was cancelled. The charge
 * is declined by a failing card. `daysAgo`: when that was, for tests of what takes time.
 */
export function renew(state: State, subscription: Subscription, daysAgo = 0): void {
  if (subscription.status === 'canceled') return;
  if (subscription.cancelAtPeriodEnd) {
    end(state, subscription);
    return;
  }
  const at = seconds(state) - daysAgo * DAY;
  subscription.periodStart = at;
  subscription.periodEnd = at + MONTH;
  if (subscription.trialEnd !== null) subscription.trialEnd = Math.min(subscription.trialEnd, at);
  const invoice = bill(state, subscription, at, state.settings.amount);
  emit(state, 'invoice.created', invoiceObject(state, invoice));
  emit(state, 'invoice.finalized', invoiceObject(state, invoice));
  charge(state, subscription, invoice);
}

/** Tries to collect an open invoice. */
export function charge(state: State, subscription: Subscription, invoice: Invoice): void {
  if (invoice.status !== 'open') return;
  if (state.customers.get(subscription.customer)?.card === 'works') {
    settle(invoice, seconds(state));
    const owing = openInvoices(state, subscription).length > 0;
    if (subscription.status !== 'canceled') subscription.status = owing ? 'past_due' : 'active';
    emit(state, 'invoice.paid', invoiceObject(state, invoice));
  } else {
    invoice.attempts += 1;
    if (subscription.status !== 'canceled') subscription.status = 'past_due';
    emit(state, 'invoice.payment_failed', invoiceObject(state, invoice));
  }
  if (subscription.status !== 'canceled') changed(state, subscription, 'updated');
}

export const openInvoices = (state: State, { id }: Subscription): Invoice[] =>
  [...state.invoices.values()].filter((one) => one.subscription === id && one.status === 'open');

/** Cancelled or taken up again; it runs to the end of the period. */
export function setCancelAtPeriodEnd(state: State, subscription: Subscription, on: boolean): void {
  if (subscription.status === 'canceled') return;
  subscription.cancelAtPeriodEnd = on;
  subscription.canceledAt = on ? seconds(state) : null;
  changed(state, subscription, 'updated');
}

/** Ends at once. */
export function end(state: State, subscription: Subscription): void {
  if (subscription.status === 'canceled') return;
  subscription.status = 'canceled';
  subscription.endedAt = seconds(state);
  subscription.canceledAt ??= subscription.endedAt;
  changed(state, subscription, 'deleted');
}

/** Ends the customer's subscriptions too, as at Stripe. */
export function deleteCustomer(state: State, customer: Customer): void {
  for (const one of subscriptionsOf(state, customer.id)) end(state, one);
  customer.deleted = true;
  emit(state, 'customer.deleted', customerObject({ ...customer, deleted: false }));
}

/** Newest first. */
export const subscriptionsOf = (state: State, customer: string): Subscription[] =>
  [...state.subscriptions.values()].filter((one) => one.customer === customer).toReversed();

export function setCard(state: State, customer: Customer, card: Card): void {
  customer.card = card;
  emit(state, 'customer.updated', customerObject(customer));
}
