/** Every refusal of the contract: its status and its sentence. */
import { FAULTS } from '../core/fault.ts';

export const ERRORS = {
  'invalid-request': [400, 'The request is not valid.'],
  'invalid-json': [400, 'The body is not valid JSON.'],
  'credentials-invalid': [400, FAULTS['credentials-invalid'].message],
  'signature-invalid': [400, 'The signature does not fit.'],
  unauthorized: [401, 'Sign in, or send a valid API key.'],
  'plan-limit': [402, 'Your plan does not allow this. The page Billing (/billing) shows the plans.'],
  'origin-refused': [403, 'This request must come from the service’s own pages.'],
  'scope-missing': [403, 'This API key lacks a scope that this call takes.'],
  'not-found': [404, 'There is nothing here.'],
  'method-not-allowed': [405, 'This address does not take that kind of request.'],
  'mailbox-exists': [409, 'This mailbox is connected already.'],
  'too-many': [409, 'There are as many of these as an account may have. Delete one first.'],
  'sign-in-not-offered': [409, 'This installation does not offer the sign-in of this provider.'],
  'state-conflict': [409, 'The mailbox is in a state that does not allow this.'],
  'webhook-off': [409, 'This webhook is off. Switch it on first.'],
  'delivery-pending': [409, 'This delivery is under way already.'],
  'nothing-to-retry': [409, 'There is nothing left to try again for this entry.'],
  'self-hosted': [409, 'This installation is self-hosted: there is nothing to pay.'],
  'already-subscribed': [409, 'You have a subscription already. Manage it instead.'],
  'not-subscribed': [409, 'There is no subscription to manage yet.'],
  'too-large': [413, 'The body is too large.'],
  'unsupported-media-type': [415, 'Send the body as application/json.'],
  'rate-limited': [429, 'Too many requests. Try again in a minute.'],
  'dashboard-not-built': [503, 'The dashboard is not built on this installation: npm run build.'],
  'count-unfinished': [503, 'Counting took too long. Try again, or go on without a count.'],
  'count-failed': [503, 'The messages could not be counted.'],
  'database-unavailable': [503, FAULTS['database-unavailable'].message],
  'google-unavailable': [503, FAULTS['google-unavailable'].message],
  'stripe-unavailable': [503, FAULTS['stripe-unavailable'].message],
  internal: [500, 'Something went wrong on our side.'],
} as const satisfies Record<string, readonly [number, string]>;

export type ErrorCode = keyof typeof ERRORS;
