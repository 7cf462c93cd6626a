/** What a user pays and gets for it, as the API tells it. */
import { z } from 'zod';

const instant = z.iso.datetime();

export const planLimitsSchema = z.object({
  mailboxes: z.int().min(0),
  /** Shortest time between two visits to a mailbox. */
  pollSeconds: z.int().min(1),
  /** Whether new mail is told of at once, where the mail server can. */
  idle: z.boolean(),
});
export type PlanLimits = z.infer<typeof planLimitsSchema>;

/**
 * `free` never subscribed; `trial` and `active` renew themselves; `ending` was cancelled and is paid until `endsAt`;
 * `past-due` a payment failed and nothing changes before `graceEndsAt`; `unpaid` that has passed; `confirming` the first
 * payment is under way; `cancelled` it has ended.
 */
export const BILLING_STATUSES = [
  'free',
  'confirming',
  'trial',
  'active',
  'ending',
  'past-due',
  'unpaid',
  'cancelled',
] as const;
export type BillingStatus = (typeof BILLING_STATUSES)[number];

export const billingSchema = z.discriminatedUnion('mode', [
  /** Nothing is limited and nothing is to be paid. */
  z.object({ mode: z.literal('self-hosted') }),
  z.object({
    mode: z.literal('stripe'),
    plan: z.enum(['free', 'paid']),
    status: z.enum(BILLING_STATUSES),
    plans: z.object({ free: planLimitsSchema, paid: planLimitsSchema }),
    /** `connected` counts against the limit; `waiting` are suspended until the plan allows them. */
    usage: z.object({ connected: z.int().min(0), waiting: z.int().min(0) }),
    /** Of the paid plan; `amount` in the currency's smallest unit; null: not known at the moment. */
    price: z
      .object({
        amount: z.int().min(0),
        currency: z.string(),
        interval: z.enum(['day', 'week', 'month', 'year']),
      })
      .nullable(),
    /** Days of trial that a first checkout comes with; 0: it has been used. */
    trialDays: z.int().min(0),
    trialEndsAt: instant.nullable(),
    renewsAt: instant.nullable(),
    endsAt: instant.nullable(),
    graceEndsAt: instant.nullable(),
    /** Whether there is a customer portal to open. */
    portal: z.boolean(),
  }),
]);
export type Billing = z.infer<typeof billingSchema>;
export type StripeBilling = Extract<Billing, { mode: 'stripe' }>;

/** Where the browser goes next; at Stripe. */
export const redirectSchema = z.object({ url: z.url() });
