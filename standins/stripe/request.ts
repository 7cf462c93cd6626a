/** What a call of the API brings, and whom it is about. */
import { type Answer, invalid, missing, type Params } from './answer.ts';
import type { Customer, State } from './state.ts';

export interface Request {
  readonly state: State;
  readonly params: Params;
  /** What the path names after the collection; empty: nothing. */
  readonly id: string;
}

/** The customer a parameter names, or why not. */
export function namedCustomer({ state, params }: Request, mayBeDeleted: boolean): Customer | Answer {
  const id = params.get('customer');
  if (!id) return invalid('customer', 'Missing required param: customer.');
  const customer = state.customers.get(id);
  return customer && (mayBeDeleted || !customer.deleted) ? customer : missing('customer', id, 'customer');
}

export const isAnswer = (value: Customer | Answer): value is Answer => 'body' in value;

export const limitOf = (params: Params): number =>
  Math.min(100, Math.max(1, Number(params.get('limit') ?? 10)));
