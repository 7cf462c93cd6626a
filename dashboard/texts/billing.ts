/** Texts about plans and payment. */
import type { PlanLimits, StripeBilling } from '../../src/http/api.ts';
import { formatDay, formatNumber } from './format.ts';

const mailboxes = (count: number): string => (count === 1 ? '1 mailbox' : `${formatNumber(count)} mailboxes`);

/** `every minute`, `every 15 minutes`, `every 5 seconds`. */
function interval(seconds: number): string {
  const [count, unit] = seconds % 60 === 0 ? [seconds / 60, 'minute'] : [seconds, 'second'];
  return count === 1 ? `every ${unit}` : `every ${formatNumber(count)} ${unit}s`;
}

function money({ amount, currency }: NonNullable<StripeBilling['price']>): string {
  const format = new Intl.NumberFormat(undefined, { style: 'currency', currency });
  // Stripe counts in the smallest unit, of which there may be none below the whole one.
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

const price = (of: StripeBilling['price']): string | null => of && `${money(of)} per ${of.interval}`;

/** What a plan gives, or does not. */
export interface Gift {
  readonly text: string;
  readonly given: boolean;
}

export const billingTexts = {
  title: 'Billing',
  intro: 'Your plan, what it gives you, and what you use of it.',
  selfHosted: {
    title: 'Self-hosted, no limits',
    sentence:
      'This installation does not bill: no plan limits how many mailboxes you connect or how often they are looked at.',
  },
  plans: { free: 'Free', paid: 'Paid' },
  current: 'Your plan',
  status: {
    free: 'Free',
    confirming: 'Being confirmed',
    trial: 'Trial',
    active: 'Active',
    ending: 'Ending',
    'past-due': 'Payment failed',
    unpaid: 'Unpaid',
    cancelled: 'Ended',
  },
  statusTitle: (billing: StripeBilling): string => {
    switch (billing.status) {
      case 'free':
        return 'You are on the free plan';
      case 'confirming':
        return 'Stripe is confirming your payment';
      case 'trial':
        return 'You are trying the paid plan';
      case 'active':
        return 'You are on the paid plan';
      case 'ending':
        return 'Your subscription is ending';
      case 'past-due':
        return 'Your last payment failed';
      case 'unpaid':
        return 'Your subscription is not paid';
      case 'cancelled':
        return 'Your subscription has ended';
    }
  },
  statusSentence: (billing: StripeBilling): string => {
    const cost = price(billing.price);
    const day = (instant: string | null): string => (instant === null ? 'soon' : `on ${formatDay(instant)}`);
    const until = (instant: string | null): string =>
      instant === null ? 'for now' : `until ${formatDay(instant)}`;
    switch (billing.status) {
      case 'free':
        return billing.trialDays > 0
          ? `The paid plan is yours to try for ${billing.trialDays} days. You can cancel before it costs anything.`
          : 'You can subscribe to the paid plan at any time.';
      case 'confirming':
        return 'This takes a moment. The page shows the result by itself; there is nothing you need to do.';
      case 'trial':
        return `The trial lasts ${until(billing.trialEndsAt)}. Then the paid plan ${cost === null ? 'is charged' : `costs ${cost}`}, unless you cancel before.`;
      case 'active':
        return `It renews ${day(billing.renewsAt)}${cost === null ? '' : `, for ${cost}`}.`;
      case 'ending':
        return `You cancelled it. Everything stays as it is ${until(billing.endsAt)}, then the free plan begins. You can take it up again until then.`;
      case 'past-due':
        return `Nothing changes ${until(billing.graceEndsAt)}. Until then, please check your card or pay the open invoice. After that the limits of the free plan apply: mailboxes beyond them rest, and are not deleted for it.`;
      case 'unpaid':
        return `The time to pay ended ${day(billing.graceEndsAt)}, so the limits of the free plan apply. Nothing was deleted; everything goes on as soon as the open invoice is paid.`;
      case 'cancelled':
        return `It ended ${day(billing.endsAt)}, and you are on the free plan. Nothing was deleted. You can subscribe again at any time.`;
    }
  },
  actions: {
    trial: (days: number) => `Try it for ${days} days`,
    subscribe: 'Subscribe',
    again: 'Subscribe again',
    manage: 'Manage subscription',
    keep: 'Keep the subscription',
    pay: 'Update card or pay',
    invoices: 'Invoices',
  },
  atStripe: 'Payment, cards, invoices and cancellation are at Stripe. Your card number never reaches us.',
  usage: 'What you use',
  connected: 'Connected mailboxes',
  used: (value: number, max: number) => `${formatNumber(value)} of ${formatNumber(max)}`,
  waiting: (count: number) =>
    count === 1
      ? '1 mailbox waits because the plan does not allow it. It goes on by itself when the plan does, or when you pause or delete another.'
      : `${formatNumber(count)} mailboxes wait because the plan does not allow them. They go on by themselves when the plan does, or when you pause or delete others.`,
  compare: 'The plans',
  isCurrent: 'Your plan now',
  free: { price: 'Free of charge', note: 'For mail that is not in a hurry.' },
  paid: {
    price: (of: StripeBilling['price']) => price(of) ?? 'The price is shown at the checkout',
    note: (trialDays: number) =>
      trialDays > 0
        ? `Begins with ${trialDays} days of trial.`
        : 'For everything that should arrive at once.',
  },
  gives: ({ mailboxes: count, pollSeconds, idle }: PlanLimits): readonly Gift[] => [
    { text: `Up to ${mailboxes(count)}`, given: true },
    { text: `Looked at as often as ${interval(pollSeconds)}`, given: true },
    {
      text: idle
        ? 'New mail at once, where an IMAP server announces it'
        : 'New mail at the next look, not at once',
      given: idle,
    },
    { text: 'The whole Glass Box, and every message exactly as it was', given: true },
  ],
  confirming: {
    title: 'We are confirming your payment',
    sentence: 'Stripe tells us within seconds. You can stay here or go on; nothing is lost.',
    late: 'This takes longer than usual. You do not have to do anything: your plan changes as soon as Stripe tells us.',
  },
  confirmed: 'Thank you. Your subscription is confirmed.',
  left: {
    title: 'You left the checkout',
    sentence: 'Nothing was charged, and your plan is as it was.',
  },
  banner: {
    pastDue: (graceEndsAt: string | null) =>
      graceEndsAt === null
        ? 'Your last payment failed.'
        : `Your last payment failed. Nothing changes until ${formatDay(graceEndsAt)}; after that the limits of the free plan apply.`,
    unpaid: 'Your subscription is not paid, so the limits of the free plan apply. Nothing was deleted.',
    waiting: (count: number) =>
      count === 1
        ? '1 mailbox waits because your plan does not allow it.'
        : `${formatNumber(count)} mailboxes wait because your plan does not allow them.`,
    action: 'See billing',
  },
} as const;
