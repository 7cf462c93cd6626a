/** Plan, payment, and the way to Stripe and back. What is known comes from Stripe, never from a webhook's own words. */
import { type Notes, type Synced, syncSubscription } from '../core/billing.ts';
import type { UserId } from '../core/mailbox.ts';
import { GRACE_DAYS, type PlanName, TRIAL_DAYS } from '../core/plan.ts';
import { DAY } from '../core/schedule.ts';
import {
  applyPlan,
  findCustomerUser,
  keepCustomer,
  readPlan,
  readSubscription,
  type SubscriptionRow,
  storeSubscription,
} from '../db/billing.ts';
import { listMailboxes } from '../db/mailboxes.ts';
import { findUser } from '../db/users.ts';
import { isKnownEvent, keepEvent } from '../db/webhook-events.ts';
import type { StripeEvent } from '../stripe/webhook.ts';
import type { BillingParts } from './billing-parts.ts';
import type { Billing, BillingStatus, StripeBilling } from './contract/billing.ts';
import { HttpError } from './errors.ts';
import type { Parts } from './parts.ts';

export async function readBilling(parts: Parts, userId: UserId): Promise<Billing> {
  if (parts.billing === null) return { mode: 'self-hosted' };
  const price = await parts.billing.price();
  const [row, plan, mailboxes] = await parts.database.withTenant(userId, (tx) =>
    Promise.all([readSubscription(tx), readPlan(tx), listMailboxes(tx)]),
  );
  const waiting = mailboxes.filter(({ faultCode }) => faultCode === 'plan-limit').length;
  return {
    mode: 'stripe',
    plans: parts.settings.plans,
    usage: { connected: mailboxes.length, waiting },
    price,
    ...standing(row, plan ?? 'free'),
  };
}

type Standing = Omit<StripeBilling, 'mode' | 'plans' | 'usage' | 'price'>;

function standing(row: SubscriptionRow | null, plan: PlanName): Standing {
  const status = statusOf(row, plan);
  const instant = (when: boolean, date: Date | null | undefined): string | null =>
    when && date ? date.toISOString() : null;
  const failed = row?.pastDueSince ?? null;
  return {
    plan,
    status,
    trialDays: row?.status ? 0 : TRIAL_DAYS,
    trialEndsAt: instant(row?.status === 'trialing', row?.trialEndsAt),
    renewsAt: instant(status === 'active' || status === 'trial', row?.periodEndsAt),
    endsAt: instant(status === 'ending', row?.cancelsAt) ?? instant(status === 'cancelled', row?.endedAt),
    graceEndsAt: failed && new Date(failed.getTime() + GRACE_DAYS * DAY).toISOString(),
    portal: row?.status != null,
  };
}

function statusOf(row: SubscriptionRow | null, plan: PlanName): BillingStatus {
  switch (row?.status ?? null) {
    case null:
    case 'incomplete_expired':
      return 'free';
    case 'incomplete':
      return 'confirming';
    case 'trialing':
    case 'active':
      // Its period is over and Stripe has not said how it goes on.
      if (plan === 'free') return 'confirming';
      if (row?.cancelsAt) return 'ending';
      return row?.status === 'active' ? 'active' : 'trial';
    case 'past_due':
    case 'unpaid':
      return plan === 'paid' ? 'past-due' : 'unpaid';
    default:
      return 'cancelled';
  }
}

/** Stripe's words for subscriptions that the portal manages; beside one of them there must be no second. */
const LIVE = ['trialing', 'active', 'past_due', 'unpaid', 'paused'];

/** Refused as `already-subscribed` where the portal is the way. */
export async function startCheckout(parts: Parts, userId: UserId): Promise<{ url: string }> {
  const billing = mustBill(parts);
  const synced = await refresh(parts, billing, userId);
  const known = synced?.customer.state === 'known' ? synced.customer : null;
  if (known?.subscription && LIVE.includes(known.subscription.status))
    throw new HttpError('already-subscribed');
  const customerId =
    synced && known
      ? synced.customerId
      : await newCustomer(parts, billing, userId, synced?.customerId ?? null);
  const row = await parts.database.withTenant(userId, readSubscription);
  const page = `${parts.settings.publicUrl}/billing`;
  const url = await billing.biller.checkout({
    customerId,
    trialDays: row?.status ? 0 : TRIAL_DAYS,
    successUrl: `${page}?checkout=done`,
    cancelUrl: `${page}?checkout=left`,
  });
  return { url };
}

/** In place of `former`, which is gone; whoever else has put one there first wins. */
async function newCustomer(
  parts: Parts,
  { biller }: BillingParts,
  userId: UserId,
  former: string | null,
): Promise<string> {
  const user = await parts.database.withTenant(userId, findUser);
  if (user === null) throw new HttpError('unauthorized');
  const id = await biller.createCustomer(user.email, `${userId}-${former ?? 'first'}`);
  try {
    return await parts.database.withTenant(userId, (tx) => keepCustomer(tx, userId, id, former));
  } catch (error) {
    // The account may have been deleted meanwhile, and nobody would delete this customer.
    await biller.endCustomer(id);
    throw error;
  }
}

export async function openPortal(parts: Parts, userId: UserId): Promise<{ url: string }> {
  const billing = mustBill(parts);
  const row = await parts.database.withTenant(userId, readSubscription);
  if (row === null) throw new HttpError('not-subscribed');
  return { url: await billing.biller.portal(row.customerId, `${parts.settings.publicUrl}/billing`) };
}

function mustBill({ billing }: Parts): BillingParts {
  if (billing === null) throw new HttpError('self-hosted');
  return billing;
}

/** Each event counts once; its id is kept when all that follows from it is durable. Fault `stripe-unavailable`. */
export async function receiveStripeEvent(
  parts: Parts,
  billing: BillingParts,
  { id, customerId }: StripeEvent,
): Promise<void> {
  const { database } = parts;
  if (await database.asNobody((tx) => isKnownEvent(tx, 'stripe', id))) return;
  const userId =
    customerId === null ? null : await database.asNobody((tx) => findCustomerUser(tx, customerId));
  if (userId !== null) await refresh(parts, billing, userId);
  await database.asNobody((tx) => keepEvent(tx, 'stripe', id));
}

/** Asks Stripe and brings the mailboxes in line with what it says. Null when the user is no customer. */
async function refresh(
  { database, settings }: Parts,
  { biller }: BillingParts,
  userId: UserId,
): Promise<Synced | null> {
  const notes: Notes = {
    load: () => database.withTenant(userId, readSubscription),
    store: (customer, revision) =>
      database.withTenant(userId, (tx) => storeSubscription(tx, customer, revision)),
  };
  const synced = await syncSubscription(biller, notes);
  if (synced !== null) await database.withTenant(userId, (tx) => applyPlan(tx, settings.plans));
  return synced;
}
