/** The calls about plans and payment. */
import * as api from '../contract/billing.ts';
import type { Operation } from './operation.ts';

export const BILLING_OPERATIONS = {
  readBilling: {
    method: 'get',
    path: '/api/v1/billing',
    scopes: ['account'],
    summary: 'Plan, usage and state of the payment',
    status: 200,
    answer: api.billingSchema,
  },
  startCheckout: {
    method: 'post',
    path: '/api/v1/billing/checkout',
    scopes: ['full'],
    summary: 'Subscribe to the paid plan: where to go at Stripe',
    refusals: ['self-hosted', 'already-subscribed', 'stripe-unavailable'],
    status: 200,
    answer: api.redirectSchema,
    dials: true,
  },
  openPortal: {
    method: 'post',
    path: '/api/v1/billing/portal',
    scopes: ['full'],
    summary: 'Invoices, card and cancellation: where to go at Stripe',
    refusals: ['self-hosted', 'not-subscribed', 'stripe-unavailable'],
    status: 200,
    answer: api.redirectSchema,
    dials: true,
  },
} as const satisfies Record<string, Operation>;
