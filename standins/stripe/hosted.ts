/** Sessions of the hosted pages, Checkout and the portal, as the API makes and shows them. */
import { type Answer, invalid, listOf, missing, newId, ok } from './answer.ts';
import { emit, seconds } from './lifecycle.ts';
import { checkoutObject, portalObject } from './objects.ts';
import { isAnswer, limitOf, namedCustomer, type Request } from './request.ts';
import type { CheckoutSession, State } from './state.ts';

const SESSION_SECONDS = 86_400;

export function listCheckouts(request: Request): Answer {
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

export function createCheckout(request: Request): Answer {
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

export function expireCheckout({ state, id }: Request): Answer {
  const session = state.checkouts.get(id);
  if (!session) return missing('checkout.session', id, null);
  if (expireInTime(state, session).status !== 'open')
    return invalid('session', 'Only Checkout Sessions with a status in ["open"] can be expired.');
  session.status = 'expired';
  emit(state, 'checkout.session.expired', checkoutObject(state, session));
  return ok(checkoutObject(state, session));
}

export function createPortal(request: Request): Answer {
  const customer = namedCustomer(request, false);
  if (isAnswer(customer)) return customer;
  const returnUrl = request.params.get('return_url') ?? '';
  if (!/^https?:\/\//.test(returnUrl)) return invalid('return_url', 'Not a valid URL');
  const session = { id: newId('bps'), customer: customer.id, returnUrl };
  request.state.portals.set(session.id, session);
  return ok(portalObject(request.state, session));
}
