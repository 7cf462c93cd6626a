/** What the stand-in for Stripe knows. Times in s since the epoch, amounts in cents, as Stripe has them. */
export interface Settings {
  readonly secretKey: string;
  readonly webhookSecret: string;
  readonly priceId: string;
  /** Of the one price there is. */
  readonly amount: number;
  readonly currency: string;
  /** ms since the epoch. */
  readonly now: () => number;
}

/** `fails-later`: good enough to subscribe, declined at every charge. */
export type Card = 'works' | 'fails-later';

export interface Customer {
  readonly id: string;
  readonly email: string | null;
  readonly created: number;
  card: Card | null;
  deleted: boolean;
}

export type SubscriptionStatus = 'trialing' | 'active' | 'past_due' | 'canceled';

export interface Subscription {
  readonly id: string;
  readonly itemId: string;
  readonly customer: string;
  readonly created: number;
  readonly trialStart: number | null;
  trialEnd: number | null;
  status: SubscriptionStatus;
  periodStart: number;
  periodEnd: number;
  cancelAtPeriodEnd: boolean;
  canceledAt: number | null;
  endedAt: number | null;
  latestInvoice: string | null;
}

export interface Invoice {
  readonly id: string;
  readonly number: string;
  readonly customer: string;
  readonly subscription: string;
  readonly created: number;
  readonly finalizedAt: number;
  readonly amount: number;
  status: 'open' | 'paid' | 'void';
  attempts: number;
  paidAt: number | null;
}

export interface CheckoutSession {
  readonly id: string;
  readonly customer: string;
  readonly created: number;
  readonly expiresAt: number;
  readonly trialDays: number;
  readonly successUrl: string;
  readonly cancelUrl: string;
  status: 'open' | 'complete' | 'expired';
  subscription: string | null;
}

export interface PortalSession {
  readonly id: string;
  readonly customer: string;
  readonly returnUrl: string;
}

export interface StripeEvent {
  readonly id: string;
  readonly type: string;
  readonly created: number;
  /** The object as it was then: what a receiver must not rely on. */
  readonly object: unknown;
}

/** A POST that was answered, by its Idempotency-Key. */
export interface Answered {
  readonly path: string;
  readonly body: string;
  readonly status: number;
  readonly answer: unknown;
}

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly status: number;
}

export interface State {
  readonly settings: Settings;
  readonly origin: string;
  readonly customers: Map<string, Customer>;
  readonly subscriptions: Map<string, Subscription>;
  readonly invoices: Map<string, Invoice>;
  readonly checkouts: Map<string, CheckoutSession>;
  readonly portals: Map<string, PortalSession>;
  readonly answered: Map<string, Answered>;
  readonly events: StripeEvent[];
  readonly log: Call[];
  /** Tells whoever delivers them that there is a new event. */
  emitted: (event: StripeEvent) => void;
  /** Every API call answers 503. */
  outage: boolean;
}
