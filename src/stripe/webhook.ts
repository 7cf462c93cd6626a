/**
 * Stripe's webhooks: signed, in no order, more than once. All that is taken from one is which customer to look at.
 * https://docs.stripe.com/webhooks
 */
import { Stripe } from 'stripe';

export interface StripeEvent {
  readonly id: string;
  /** null: it is about no customer. */
  readonly customerId: string | null;
}

/**
 * Null when the signature (scheme v1, HMAC-SHA-256 over time and raw body, at most five minutes old) does not fit, or
 * what was signed is no event.
 */
export async function readStripeEvent(
  body: Buffer,
  signature: string,
  secret: string,
): Promise<StripeEvent | null> {
  try {
    const event = await Stripe.webhooks.constructEventAsync(body, signature, secret);
    if (typeof event.id !== 'string' || !/^[\w-]{1,255}$/.test(event.id)) return null;
    return { id: event.id, customerId: customerOf(event.data?.object) };
  } catch {
    return null;
  }
}

/** Every object of ours names its customer, and a customer is one. */
function customerOf(object: unknown): string | null {
  if (typeof object !== 'object' || object === null) return null;
  const { object: type, id, customer } = object as Record<string, unknown>;
  if (type === 'customer') return typeof id === 'string' ? id : null;
  if (typeof customer === 'object' && customer !== null && 'id' in customer)
    return typeof customer.id === 'string' ? customer.id : null;
  return typeof customer === 'string' ? customer : null;
}
