/** What it costs on this installation: the plans as the server enforces them, or none. */
import { type Plans, TRIAL_DAYS } from '../../core/plan.ts';
import { type Html, html } from '../html.ts';
import type { Installation } from '../installation.ts';

export const price = ({ billing, plans }: Installation): Html => (billing ? planCards(plans) : SELF_HOSTED);

const SELF_HOSTED = html`<p class="max-w-3xl leading-relaxed text-muted">This installation is <strong class="font-medium text-ink">self-hosted</strong>: there are no plans, no payments, and no limits but Gmail’s own.</p>`;

/** How often, in words. */
export const interval = (seconds: number): string => {
  if (seconds % 60 !== 0) return seconds === 1 ? 'every second' : `every ${seconds} seconds`;
  return seconds === 60 ? 'every minute' : `every ${seconds / 60} minutes`;
};

const plan = (
  name: string,
  note: string,
  items: readonly string[],
): Html => html`<li class="rounded-xl border border-line bg-surface p-5">
<h3 class="font-semibold">${name}</h3><p class="text-sm text-muted">${note}</p>
<ul class="mt-3 list-disc space-y-1.5 pl-5 text-sm leading-relaxed text-muted marker:text-line-strong">${items.map((item) => html`<li>${item}</li>`)}</ul></li>`;

const planCards = ({ free, paid }: Plans): Html => html`<ul class="grid gap-4 sm:grid-cols-2">
${plan('Free', 'For as long as you like', [
  free.mailboxes === 1 ? 'One mailbox' : `${free.mailboxes} mailboxes`,
  `Visited ${interval(free.pollSeconds)}`,
  'The whole Glass Box',
])}
${plan('Paid', `Begins with ${TRIAL_DAYS} days of trial`, [
  `Up to ${paid.mailboxes} mailboxes`,
  `Visited as often as ${interval(paid.pollSeconds)}`,
  'New mail at once, where an IMAP server announces it',
])}
</ul>
<p class="mt-4 max-w-3xl text-sm leading-relaxed text-muted">The price is shown under “Billing” before you decide. Payment is at Stripe; your card number never reaches us. When a subscription ends, the limits of the free plan apply again: mailboxes beyond them rest, and are wiped only after the time that the privacy policy states.</p>`;
