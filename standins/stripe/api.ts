/** The API: the calls that an integration of Checkout, the portal and subscriptions makes. https://docs.stripe.com/api */
import { type Answer, listOf, missing, newId, ok, type Params, refuse, refuseUnknown } from './answer.ts';
import { createCheckout, createPortal, expireCheckout, listCheckouts } from './hosted.ts';
import { deleteCustomer, emit, end, seconds, subscriptionsOf } from './lifecycle.ts';
import { customerObject, invoiceObject, priceObject, subscriptionObject } from './objects.ts';
import { isAnswer, limitOf, namedCustomer, type Request } from './request.ts';
import type { Customer, State } from './state.ts';

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
