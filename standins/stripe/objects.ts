/** Our records as Stripe's objects: the fields that an integration may look at. */
import type { CheckoutSession, Customer, Invoice, PortalSession, State, Subscription } from './state.ts';

const MONTH = { interval: 'month', interval_count: 1, usage_type: 'licensed', meter: null } as const;

export const priceObject = ({ settings }: State) => ({
  id: settings.priceId,
  object: 'price',
  active: true,
  currency: settings.currency,
  unit_amount: settings.amount,
  unit_amount_decimal: String(settings.amount),
  recurring: MONTH,
  type: 'recurring',
  livemode: false,
});

/** Of a deleted customer only this is left. */
export const customerObject = ({ id, email, created, deleted }: Customer) =>
  deleted
    ? { id, object: 'customer', deleted: true }
    : {
        id,
        object: 'customer',
        email,
        created,
        name: null,
        delinquent: false,
        livemode: false,
        metadata: {},
      };

export const subscriptionObject = (state: State, one: Subscription, expandInvoice = false) => {
  const invoice = one.latestInvoice === null ? undefined : state.invoices.get(one.latestInvoice);
  return {
    id: one.id,
    object: 'subscription',
    customer: one.customer,
    status: one.status,
    created: one.created,
    start_date: one.created,
    currency: state.settings.currency,
    cancel_at_period_end: one.cancelAtPeriodEnd,
    cancel_at: one.cancelAtPeriodEnd ? one.periodEnd : null,
    canceled_at: one.canceledAt,
    ended_at: one.endedAt,
    trial_start: one.trialStart,
    trial_end: one.trialEnd,
    latest_invoice: expandInvoice && invoice ? invoiceObject(state, invoice) : one.latestInvoice,
    collection_method: 'charge_automatically',
    livemode: false,
    metadata: {},
    items: {
      object: 'list',
      url: `/v1/subscription_items?subscription=${one.id}`,
      has_more: false,
      data: [
        {
          id: one.itemId,
          object: 'subscription_item',
          subscription: one.id,
          quantity: 1,
          price: priceObject(state),
          // Since 2025 here and no longer on the subscription.
          current_period_start: one.periodStart,
          current_period_end: one.periodEnd,
        },
      ],
    },
  };
};

export const invoiceObject = (state: State, one: Invoice) => ({
  id: one.id,
  object: 'invoice',
  number: one.number,
  customer: one.customer,
  status: one.status,
  created: one.created,
  currency: state.settings.currency,
  amount_due: one.amount,
  amount_paid: one.status === 'paid' ? one.amount : 0,
  amount_remaining: one.status === 'open' ? one.amount : 0,
  attempted: one.attempts > 0,
  attempt_count: one.attempts,
  billing_reason: 'subscription_cycle',
  hosted_invoice_url: null,
  parent: {
    type: 'subscription_details',
    quote_details: null,
    subscription_details: { subscription: one.subscription, metadata: {} },
  },
  status_transitions: {
    finalized_at: one.finalizedAt,
    paid_at: one.paidAt,
    voided_at: null,
    marked_uncollectible_at: null,
  },
  livemode: false,
  metadata: {},
});

export const checkoutObject = (state: State, one: CheckoutSession) => ({
  id: one.id,
  object: 'checkout.session',
  mode: 'subscription',
  customer: one.customer,
  subscription: one.subscription,
  status: one.status,
  payment_status: one.status === 'complete' ? (one.trialDays > 0 ? 'no_payment_required' : 'paid') : 'unpaid',
  created: one.created,
  expires_at: one.expiresAt,
  success_url: one.successUrl,
  cancel_url: one.cancelUrl,
  url: one.status === 'open' ? `${state.origin}/pay/${one.id}` : null,
  livemode: false,
  metadata: {},
});

export const portalObject = (state: State, one: PortalSession) => ({
  id: one.id,
  object: 'billing_portal.session',
  customer: one.customer,
  return_url: one.returnUrl,
  url: `${state.origin}/portal/${one.id}`,
  livemode: false,
});
