/**
 * Stripe, behind the Biller port. https://docs.stripe.com/api; the API version is the library's own.
 * Stripe is told an e-mail address, for its receipts, and nothing else about a user.
 */
import { Stripe } from 'stripe';
import type { Biller, Customer } from '../core/billing.ts';
import { Fault } from '../core/fault.ts';
import { subscriptionOf } from './subscription.ts';

export interface StripeOptions {
  readonly secretKey: string;
  /** What the paid plan costs. */
  readonly priceId: string;
  readonly apiUrl: string;
}

const TIMEOUT_MS = 10_000;
const RETRIES = 2;
/** Customers with more subscriptions than this in their past do not exist. */
const PAGE = 100;

export function createBiller({ secretKey, priceId, apiUrl }: StripeOptions): Biller {
  const stripe = connect(secretKey, apiUrl);
  return {
    createCustomer: (email, attempt) =>
      translated(async () => {
        const customer = await stripe.customers.create({ email }, { idempotencyKey: `customer-${attempt}` });
        return customer.id;
      }),
    readCustomer: (customerId) => translated(() => readCustomer(stripe, customerId)),
    checkout: ({ customerId, trialDays, successUrl, cancelUrl }) =>
      translated(async () => {
        const [last] = (await stripe.checkout.sessions.list({ customer: customerId, limit: 1 })).data;
        if (last?.status === 'open' && last.url) return last.url;
        const session = await stripe.checkout.sessions.create(
          {
            mode: 'subscription',
            customer: customerId,
            line_items: [{ price: priceId, quantity: 1 }],
            success_url: successUrl,
            cancel_url: cancelUrl,
            ...(trialDays > 0 && { subscription_data: { trial_period_days: trialDays } }),
          },
          // Two clicks at once see the same last session and so open one checkout.
          { idempotencyKey: `checkout-${customerId}-${last?.id ?? 'first'}` },
        );
        if (!session.url) throw new Error('a checkout without a page');
        return session.url;
      }),
    portal: (customerId, returnUrl) =>
      translated(async () => {
        const session = await stripe.billingPortal.sessions.create({
          customer: customerId,
          return_url: returnUrl,
        });
        return session.url;
      }),
    endCustomer: (customerId) => translated(() => endCustomer(stripe, customerId)),
    readPrice: () =>
      translated(async () => {
        const { unit_amount: amount, currency, recurring } = await stripe.prices.retrieve(priceId);
        const interval = INTERVALS.find((one) => one === recurring?.interval);
        if (amount === null || interval === undefined) throw new Error('not a plain recurring price');
        return { amount, currency, interval };
      }),
  };
}

const INTERVALS = ['day', 'week', 'month', 'year'] as const;

function connect(secretKey: string, apiUrl: string): Stripe {
  const { hostname, port, protocol } = new URL(apiUrl);
  return new Stripe(secretKey, {
    host: hostname,
    protocol: protocol === 'http:' ? 'http' : 'https',
    port: port || (protocol === 'http:' ? '80' : '443'),
    timeout: TIMEOUT_MS,
    maxNetworkRetries: RETRIES,
    telemetry: false,
  });
}

async function readCustomer(stripe: Stripe, id: string): Promise<Customer> {
  try {
    if ((await stripe.customers.retrieve(id)).deleted) return { state: 'gone' };
  } catch (error) {
    if (isMissing(error)) return { state: 'gone' };
    throw error;
  }
  const { data } = await stripe.subscriptions.list({
    customer: id,
    status: 'all',
    limit: PAGE,
    expand: ['data.latest_invoice'],
  });
  return { state: 'known', subscription: subscriptionOf(data) };
}

/** What ends by itself meanwhile is ended, and no reason to leave the rest. */
async function endCustomer(stripe: Stripe, customer: string): Promise<void> {
  // A checkout that is still open could otherwise be paid for nobody.
  const open = await unlessMissing(() =>
    stripe.checkout.sessions.list({ customer, status: 'open', limit: PAGE }),
  );
  for (const { id } of open?.data ?? []) await unlessMissing(() => stripe.checkout.sessions.expire(id));
  const current = await unlessMissing(() => stripe.subscriptions.list({ customer, limit: PAGE }));
  for (const { id } of current?.data ?? []) await unlessMissing(() => stripe.subscriptions.cancel(id));
  await unlessMissing(() => stripe.customers.del(customer));
}

async function unlessMissing<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing';

/** The library's error is not kept as a cause: its message may quote what was sent. */
async function translated<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const status = error instanceof Stripe.errors.StripeError ? error.statusCode : undefined;
    const code = error instanceof Stripe.errors.StripeError ? (error.code ?? error.type) : 'unexpected';
    throw new Fault('stripe-unavailable', { cause: new Error(`Stripe: ${status ?? 'no answer'} ${code}`) });
  }
}
