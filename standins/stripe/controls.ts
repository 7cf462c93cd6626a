/** What nobody has at Stripe: time that goes by at a click, cards that fail, webhooks in a bad order. For people and tests. */
import { escapeHtml } from '../google/answer.ts';
import type { Delivery } from './deliveries.ts';
import { end, renew, subscriptionsOf } from './lifecycle.ts';
import { button, day, page } from './look.ts';
import type { State, Subscription } from './state.ts';

/**
 * `renew`: the period or the trial is over and the next is charged; `fail`: the same with a card that is declined,
 * `daysAgo` days ago; `end`: cancelled at once, as by the operator.
 */
export type Act = 'renew' | 'fail' | 'end';

/** To the customer's newest subscription; `customer`: an id or an e-mail address. Throws when there is none. */
export function act(state: State, customer: string, what: Act, daysAgo = 0): void {
  const known = [...state.customers.values()].findLast(
    ({ id, email, deleted }) => !deleted && (id === customer || email === customer),
  );
  const subscription = known && subscriptionsOf(state, known.id)[0];
  if (!known || !subscription) throw new Error('no such subscription');
  if (what === 'fail') known.card = 'fails-later';
  if (what === 'end') end(state, subscription);
  else renew(state, subscription, daysAgo);
}

export function controlPage(state: State, deliveries: readonly Delivery[]): string {
  const customers = [...state.customers.values()].filter(({ deleted }) => !deleted);
  const rows = customers.map(({ id, email, card }) => {
    const subscription = subscriptionsOf(state, id)[0];
    return `<tr><td>${escapeHtml(email ?? id)}<td>${card ?? 'no card'}<td>${subscription ? stateOf(subscription) : 'no subscription'}<td>${
      subscription && subscription.status !== 'canceled' ? buttons(id) : ''
    }`;
  });
  const sent = deliveries
    .slice(-30)
    .toReversed()
    .map(({ type, event, status }) => `<tr><td>${type}<td>${event}<td>${status ?? 'no answer'}`);
  return page(
    'Stripe (stand-in)',
    `<h1>Stripe, as the stand-in sees it</h1>
<div class="box"><h2>Customers</h2><table><tr><th>Customer<th>Card<th>Subscription<th></tr>${rows.join('')}</table></div>
<div class="box"><h2>Webhooks</h2>${button('/standin/again', 'times', '2', 'Send the last ten again, twice, newest first')}
<table><tr><th>Type<th>Event<th>Answer</tr>${sent.join('')}</table></div>`,
    true,
  );
}

const stateOf = (one: Subscription): string =>
  one.status === 'canceled'
    ? 'ended'
    : `${one.status}, until ${day(one.periodEnd)}${one.cancelAtPeriodEnd ? ', then ends' : ''}`;

const buttons = (customer: string): string =>
  [
    button(`/standin/act/${customer}`, 'do', 'renew', 'Next payment'),
    button(`/standin/act/${customer}`, 'do', 'fail', 'Next payment fails'),
    button(`/standin/act/${customer}`, 'do', 'fail-15', '… failed 15 days ago'),
    button(`/standin/act/${customer}`, 'do', 'end', 'End at once'),
  ].join('');
