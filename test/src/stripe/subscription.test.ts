import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Stripe } from 'stripe';
import { subscriptionOf } from '../../../src/stripe/subscription.ts';

/** As much of Stripe's object as is looked at. */
const stripes = (fields: Record<string, unknown>): Stripe.Subscription =>
  ({
    id: 'sub_1',
    status: 'active',
    created: 100,
    trial_end: null,
    cancel_at: null,
    cancel_at_period_end: false,
    ended_at: null,
    latest_invoice: null,
    items: { data: [{ current_period_end: 1000 }] },
    ...fields,
  }) as unknown as Stripe.Subscription;

test('none', () => {
  assert.equal(subscriptionOf([]), null);
});

test('one that is paid for counts before one that is not, whatever came last', () => {
  const statuses = [
    'incomplete_expired',
    'canceled',
    'incomplete',
    'unpaid',
    'past_due',
    'trialing',
    'active',
  ];
  for (const [at, better] of statuses.entries())
    for (const worse of statuses.slice(0, at)) {
      if (better === 'canceled') continue;
      const all = [
        stripes({ id: 'b', status: better, created: 1 }),
        stripes({ id: 'w', status: worse, created: 9 }),
      ];
      assert.equal(subscriptionOf(all)?.id, 'b', `${better} before ${worse}`);
      assert.equal(subscriptionOf(all.toReversed())?.id, 'b', `${better} before ${worse}`);
    }
  const ended = [
    stripes({ id: 'old', status: 'canceled', created: 1 }),
    stripes({ id: 'new', status: 'canceled', created: 2 }),
  ];
  assert.equal(subscriptionOf(ended)?.id, 'new');
});

test('the period’s end is the item’s; a cancellation ends then or at its own time', () => {
  assert.equal(subscriptionOf([stripes({})])?.periodEndsAt, 1_000_000);
  assert.equal(subscriptionOf([stripes({})])?.cancelsAt, null);
  assert.equal(subscriptionOf([stripes({ cancel_at_period_end: true })])?.cancelsAt, 1_000_000);
  assert.equal(subscriptionOf([stripes({ cancel_at: 700 })])?.cancelsAt, 700_000);
  assert.equal(subscriptionOf([stripes({ items: { data: [] } })])?.periodEndsAt, null);
});

test('a payment is outstanding since its invoice was made final, and only while the status says so', () => {
  const invoice = { created: 50, status_transitions: { finalized_at: 60 } };
  const since = (fields: Record<string, unknown>) => subscriptionOf([stripes(fields)])?.unpaidSince;
  assert.equal(since({ status: 'past_due', latest_invoice: invoice }), 60_000);
  assert.equal(since({ status: 'unpaid', latest_invoice: invoice }), 60_000);
  assert.equal(since({ status: 'active', latest_invoice: invoice }), null);
  const draft = { created: 50, status_transitions: { finalized_at: null } };
  assert.equal(since({ status: 'past_due', latest_invoice: draft }), 50_000);
  assert.equal(since({ status: 'past_due', latest_invoice: 'in_1' }), null, 'when it was not expanded');
});
