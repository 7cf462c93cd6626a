/** Keeping our note of a subscription true to the biller's, whoever asks and however often. Times in ms since the epoch. */

/** The one of a customer's subscriptions that counts, in the biller's own word for its status. */
export interface Subscription {
  readonly id: string;
  readonly status: string;
  readonly trialEndsAt: number | null;
  readonly periodEndsAt: number | null;
  /** Ends then unless resumed; null: renews itself. */
  readonly cancelsAt: number | null;
  readonly endedAt: number | null;
  /** When the payment now outstanding was asked for first; null: none is. */
  readonly unpaidSince: number | null;
}

/** A customer as the biller has it now; `gone`: there is no such customer (any more). */
export type Customer =
  | { readonly state: 'gone' }
  | { readonly state: 'known'; readonly subscription: Subscription | null };

export interface Price {
  /** In the currency's smallest unit. */
  readonly amount: number;
  /** ISO 4217, lower case. */
  readonly currency: string;
  readonly interval: 'day' | 'week' | 'month' | 'year';
}

/** Who takes the money. Fault `stripe-unavailable`. */
export interface Biller {
  /** Returns the new customer's id. The same `attempt` makes one customer, however often it is called. */
  createCustomer(email: string, attempt: string): Promise<string>;
  readCustomer(customerId: string): Promise<Customer>;
  /** Where the customer subscribes. A checkout that was left open is gone on with. */
  checkout(order: CheckoutOrder): Promise<string>;
  /** Where the customer sees invoices, changes the card, cancels. */
  portal(customerId: string, returnUrl: string): Promise<string>;
  /** Ends open checkouts and subscriptions at once and deletes the customer. One that is gone already counts. */
  endCustomer(customerId: string): Promise<void>;
  readPrice(): Promise<Price>;
}

export interface CheckoutOrder {
  readonly customerId: string;
  /** 0: none. */
  readonly trialDays: number;
  readonly successUrl: string;
  readonly cancelUrl: string;
}

/** Our note of one user's subscription. */
export interface SubscriptionNote {
  readonly customerId: string;
  readonly revision: number;
}

export interface Notes {
  /** null: no customer. */
  load(): Promise<SubscriptionNote | null>;
  /** False when somebody else has written since `revision`: fetch again. */
  store(customer: Customer, revision: number): Promise<boolean>;
}

/** Which customer it was that the biller has so. */
export interface Synced {
  readonly customerId: string;
  readonly customer: Customer;
}

const MAX_ROUNDS = 10;

/**
 * Fetches the customer's subscription and notes it. What is noted was fetched after the note before it was written, so
 * no late answer ever replaces a newer one. Null when the user has no customer. Fault `stripe-unavailable`.
 */
export async function syncSubscription(biller: Biller, notes: Notes): Promise<Synced | null> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const note = await notes.load();
    if (note === null) return null;
    const customer = await biller.readCustomer(note.customerId);
    if (await notes.store(customer, note.revision)) return { customerId: note.customerId, customer };
  }
  throw new Error('the subscription kept changing');
}
