/** The API: the calls that an integration of Checkout, the portal and subscriptions makes. https://docs.stripe.com/api */
import {
  type Answer,
  invalid,
  listOf,
  missing,
  newId,
  ok,
  type Params,
  refuse,
  refuseUnknown,
} from './answer.ts';
import { deleteCustomer, emit, end, seconds, subscriptionsOf } from './lifecycle.ts';
import {
  checkoutObject,
  customerObject,
  invoiceObject,
  portalObject,
  priceObject,
  subscriptionObject,
} from './objects.ts';
import type { CheckoutSession, Customer, State } from './state.ts';

const SESSION_SECONDS = 86_400;

interface Request {
  readonly state: State;
  readonly params: Params;
  /** What the path names after the collection; empty: nothing. */
  readonly id: string;
}

interface Route {
  readonly known: readonly string[];
  readonly answer: (request: Request) => Answer;
}

const LIST = ['customer', 'limit', 'status', 'expand[*]'];

const ROUTES: Readonly<Record<string, Route>> = {
  'GET /v1/prices/:id': {
    known: [],
    answer: ({ state, id }) =>
      id === state.settings.priceId ? ok(priceObject(state)) : missing('price', id, null),
  },
  'POST /v1/customers': { known: ['email', 'name'], answer: createCustomer },
  'GET /v1/customers/:id': {
    known: [],
    answer: (request) => withCustomer(request, (one) => ok(customerObject(one))),
  },
  'DELETE /v1/customers/:id': {
    known: [],
    answer: (request) =>
      withCustomer(request, (one) => {
        if (one.deleted) return missing('customer', one.id, null);
        deleteCustomer(request.state, one);
        return ok(customerObject(one));
      }),
  },
  'GET /v1/subscriptions': { known: LIST, answer: listSubscriptions },
  'DELETE /v1/subscriptions/:id': { known: [], answer: cancelSubscription },
  'GET /v1/invoices': { known: LIST, answer: listInvoices },
  'GET /v1/checkout/sessions': { known: LIST, answer: listCheckouts },
  'POST /v1/checkout/sessions': {
    known: [
      'mode',
      'customer',
      'success_url',
      'cancel_url',
      'line_items[*][price]',
      'line_items[*][quantity]',
      'subscription_data[trial_period_days]',
    ],
    answer: createCheckout,
  },
  'POST /v1/checkout/sessions/:id/expire': { known: [], answer: expireCheckout },
  'POST /v1/billing_portal/sessions': { known: ['customer', 'return_url'], answer: createPortal },
};

const WITH_ID = /^(\/v1\/(?:prices|customers|subscriptions|checkout\/sessions)\/)([^/]+)/;

/** What this call answers. */
export function answerApi(state: State, method: string, path: string, params: Params): Answer {
  const id = WITH_ID.exec(path)?.[2] ?? '';
  const route = ROUTES[`${method} ${path.replace(WITH_ID, '$1:id')}`];
  if (!route) {
    const message = `Unrecognized request URL (${method}: ${path}).`;
    return refuse(404, { type: 'invalid_request_error', message });
  }
  return refuseUnknown(params, route.known) ?? route.answer({ state, params, id });
}

function createCustomer({ state, params }: Request): Answer {
  const customer: Customer = {
    id: newId('cus'),
    email: params.get('email') ?? null,
    created: seconds(state),
    card: null,
    deleted: false,
  };
  state.customers.set(customer.id, customer);
  emit(state, 'customer.created', customerObject(customer));
  return ok(customerObject(customer));
}

function withCustomer({ state, id }: Request, answer: (customer: Customer) => Answer): Answer {
  const customer = state.customers.get(id);
  return customer ? answer(customer) : missing('customer', id, null);
}

/** The customer a parameter names, or why not. */
function namedCustomer({ state, params }: Request, mayBeDeleted: boolean): Customer | Answer {
  const id = params.get('customer');
  if (!id) return invalid('customer', 'Missing required param: customer.');
  const customer = state.customers.get(id);
  return customer && (mayBeDeleted || !customer.deleted) ? customer : missing('customer', id, 'customer');
}

const isAnswer = (value: Customer | Answer): value is Answer => 'body' in value;

const limitOf = (params: Params): number => Math.min(100, Math.max(1, Number(params.get('limit') ?? 10)));

function listSubscriptions(request: Request): Answer {
  const { state, params } = request;
  const customer = namedCustomer(request, true);
  if (isAnswer(customer)) return customer;
  const status = params.get('status');
  const expand = [...params].some(
    ([name, value]) => name.startsWith('expand') && value === 'data.latest_invoice',
  );
  const found = subscriptionsOf(state, customer.id).filter((one) =>
    status === undefined ? one.status !== 'canceled' : status === 'all' || one.status === status,
  );
  const data = found.map((one) => subscriptionObject(state, one, expand));
  return listOf('/v1/subscriptions', data, limitOf(params));
}

function cancelSubscription({ state, id }: Request): Answer {
  const one = state.subscriptions.get(id);
  if (!one || one.status === 'canceled') return missing('subscription', id, null);
  end(state, one);
  return ok(subscriptionObject(state, one));
}

function listInvoices(request: Request): Answer {
  const customer = namedCustomer(request, true);
  if (isAnswer(customer)) return customer;
  const own = [...request.state.invoices.values()].filter((one) => one.customer === customer.id).toReversed();
  const data = own.map((one) => invoiceObject(request.state, one));
  return listOf('/v1/invoices', data, limitOf(request.params));
}

function listCheckouts(request: Request): Answer {
  const { state, params } = request;
  const customer = namedCustomer(request, true);
  if (isAnswer(customer)) return customer;
  const status = params.get('status');
  const own = [...state.checkouts.values()]
    .filter((one) => one.customer === customer.id)
    .map((one) => expireInTime(state, one))
    .filter((one) => status === undefined || one.status === status)
    .toReversed();
  const data = own.map((one) => checkoutObject(state, one));
  return listOf('/v1/checkout/sessions', data, limitOf(params));
}

export function expireInTime(state: State, session: CheckoutSession): CheckoutSession {
  if (session.status === 'open' && session.expiresAt <= seconds(state)) session.status = 'expired';
  return session;
}

function createCheckout(request: Request): Answer {
  const { state, params } = request;
  const customer = namedCustomer(request, false);
  if (isAnswer(customer)) return customer;
  if (params.get('mode') !== 'subscription') return invalid('mode', 'Only subscriptions are sold here.');
  const price = params.get('line_items[0][price]') ?? '';
  if (price !== state.settings.priceId) return missing('price', price, 'line_items[0][price]');
  const successUrl = params.get('success_url') ?? '';
  const cancelUrl = params.get('cancel_url') ?? successUrl;
  for (const url of [successUrl, cancelUrl])
    if (!/^https?:\/\//.test(url)) return invalid('success_url', 'Not a valid URL');
  const trialDays = Number(params.get('subscription_data[trial_period_days]') ?? 0);
  if (!Number.isInteger(trialDays) || trialDays < 0 || trialDays > 730)
    return invalid('subscription_data[trial_period_days]', 'Invalid integer');
  const created = seconds(state);
  const session: CheckoutSession = {
    id: newId('cs_test'),
    customer: customer.id,
    created,
    expiresAt: created + SESSION_SECONDS,
    trialDays,
    successUrl,
    cancelUrl,
    status: 'open',
    subscription: null,
  };
  state.checkouts.set(session.id, session);
  return ok(checkoutObject(state, session));
}

function expireCheckout({ state, id }: Request): Answer {
  const session = state.checkouts.get(id);
  if (!session) return missing('checkout.session', id, null);
  if (expireInTime(state, session).status !== 'open')
    return invalid('session', 'Only Checkout Sessions with a status in ["open"] can be expired.');
  session.status = 'expired';
  emit(state, 'checkout.session.expired', checkoutObject(state, session));
  return ok(checkoutObject(state, session));
}

function createPortal(request: Request): Answer {
  const customer = namedCustomer(request, false);
  if (isAnswer(customer)) return customer;
  const returnUrl = request.params.get('return_url') ?? '';
  if (!/^https?:\/\//.test(returnUrl)) return invalid('return_url', 'Not a valid URL');
  const session = { id: newId('bps'), customer: customer.id, returnUrl };
  request.state.portals.set(session.id, session);
  return ok(portalObject(request.state, session));
}
