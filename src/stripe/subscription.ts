/** Which of a customer's subscriptions counts, and what of it. Pure. https://docs.stripe.com/api/subscriptions/object */
import type { Stripe } from 'stripe';
import type { Subscription } from '../core/billing.ts';

/** Better ones first; statuses that are not here come last. */
const RANK: readonly string[] = ['active', 'trialing', 'past_due', 'unpaid', 'paused', 'incomplete'];

/** The best of them, the newest of equals; null when there are none. `latest_invoice` must be expanded. */
export function subscriptionOf(all: readonly Stripe.Subscription[]): Subscription | null {
  const [best] = all.toSorted((a, b) => rankOf(a) - rankOf(b) || b.created - a.created);
  if (!best) return null;
  const periodEnd = best.items.data[0]?.current_period_end;
  return {
    id: best.id,
    status: best.status,
    trialEndsAt: ms(best.trial_end),
    periodEndsAt: ms(periodEnd ?? null),
    cancelsAt: ms(best.cancel_at ?? (best.cancel_at_period_end ? (periodEnd ?? null) : null)),
    endedAt: ms(best.ended_at),
    unpaidSince: unpaidSince(best),
  };
}

const rankOf = ({ status }: Stripe.Subscription): number => {
  const rank = RANK.indexOf(status);
  return rank < 0 ? RANK.length : rank;
};

/** An invoice is charged when it is made final: that is when the payment failed first. */
function unpaidSince({ status, latest_invoice: invoice }: Stripe.Subscription): number | null {
  if (status !== 'past_due' && status !== 'unpaid') return null;
  if (invoice === null || typeof invoice === 'string') return null;
  return ms(invoice.status_transitions.finalized_at ?? invoice.created);
}

const ms = (seconds: number | null): number | null => (seconds === null ? null : seconds * 1000);
