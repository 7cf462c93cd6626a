/**
 * A stand-in for Stripe: customers, Checkout, subscriptions, invoices, the customer portal and signed webhooks, for the
 * demo and the tests. It refuses what Stripe refuses and knows one price.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readBody } from '../google/answer.ts';
import { answerCall } from './calls.ts';
import { type Act, act, controlPage } from './controls.ts';
import { createDeliveries, type Deliveries, type Order } from './deliveries.ts';
import { actInPortal, pay, type Shown, showCheckout, showPortal } from './pages.ts';
import type { Call, Customer, Settings, State, StripeEvent, Subscription } from './state.ts';

export interface StripeOptions extends Partial<Settings> {
  /** 0, the default: any free port. Always on 127.0.0.1. */
  readonly port?: number;
  /** Where webhooks go; null, the default: nowhere yet. */
  readonly webhookUrl?: string | null;
}

export interface StripeStandin {
  readonly origin: string;
  /** What the service's STRIPE_… environment must be to use this stand-in. */
  readonly environment: Readonly<Record<string, string>>;
  readonly customers: ReadonlyMap<string, Customer>;
  readonly subscriptions: ReadonlyMap<string, Subscription>;
  /** Everything that has happened, oldest first. */
  readonly events: readonly StripeEvent[];
  /** API calls. */
  readonly log: readonly Call[];
  readonly deliveries: Pick<Deliveries, 'done' | 'hold' | 'release' | 'settled'>;
  deliverTo(url: string): void;
  /** Delivers events that were delivered before. */
  again(events: readonly StripeEvent[], how?: Order): Promise<void>;
  act(customer: string, what: Act, daysAgo?: number): void;
  /** Whether every API call answers 503. */
  outage(on: boolean): void;
  close(): Promise<void>;
}

const DEFAULTS: Settings = {
  secretKey: 'sk_test_standin0000000000000000',
  webhookSecret: 'whsec_standin000000000000000000',
  priceId: 'price_standin1month',
  amount: 300,
  currency: 'eur',
  now: Date.now,
};

const BODY_LIMIT = 65_536;

export async function startStripe(options: StripeOptions = {}): Promise<StripeStandin> {
  const server = createServer({ noDelay: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const settings: Settings = { ...DEFAULTS, ...options };
  const deliveries = createDeliveries(settings.webhookSecret, settings.now);
  deliveries.target = options.webhookUrl ?? null;
  const state: State = {
    settings,
    origin: `http://127.0.0.1:${port}`,
    customers: new Map(),
    subscriptions: new Map(),
    invoices: new Map(),
    checkouts: new Map(),
    portals: new Map(),
    answered: new Map(),
    events: [],
    log: [],
    emitted: (event) => deliveries.send(event),
    outage: false,
  };
  server.on('request', (request, response) => void handle({ state, deliveries }, request, response));
  return standin(state, deliveries, server);
}

function standin(state: State, deliveries: Deliveries, server: Server): StripeStandin {
  const { settings, origin, customers, subscriptions, events, log } = state;
  return {
    origin,
    environment: {
      STRIPE_SECRET_KEY: settings.secretKey,
      STRIPE_WEBHOOK_SECRET: settings.webhookSecret,
      STRIPE_PRICE_ID: settings.priceId,
      STRIPE_API_URL: origin,
    },
    customers,
    subscriptions,
    events,
    log,
    deliveries,
    deliverTo(url) {
      deliveries.target = url;
    },
    again: (chosen, how) => deliveries.again(chosen, how),
    act: (customer, what, daysAgo) => act(state, customer, what, daysAgo),
    outage(on) {
      state.outage = on;
    },
    close: () =>
      new Promise((resolve) => {
        deliveries.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Shop {
  readonly state: State;
  readonly deliveries: Deliveries;
}

async function handle(shop: Shop, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', shop.state.origin);
  const method = request.method ?? '';
  request.on('error', () => undefined);
  try {
    const body = (await readBody(request, BODY_LIMIT)).toString();
    if (url.pathname.startsWith('/v1/')) answerCall(shop.state, request, response, url, body);
    else show(response, await pageOf(shop, method, url.pathname, new URLSearchParams(body)));
  } catch {
    if (!response.headersSent) response.writeHead(400).end();
  }
}

async function pageOf(
  { state, deliveries }: Shop,
  method: string,
  path: string,
  form: URLSearchParams,
): Promise<Shown> {
  const [, place = '', id = '', customer = ''] = path.split('/');
  switch (`${method} ${place}`) {
    case 'GET ':
      return { status: 200, html: controlPage(state, deliveries.done) };
    case 'GET pay':
      return showCheckout(state, id);
    case 'POST pay':
      return pay(state, id, form);
    case 'GET portal':
      return showPortal(state, id);
    case 'POST portal':
      return actInPortal(state, id, form);
    case 'POST standin':
      if (id === 'again') await deliveries.again(state.events.slice(-10), { times: 2, reverse: true });
      else actOn(state, customer, form.get('do') ?? '');
      return { location: '/' };
    default:
      return { status: 404, html: '' };
  }
}

const actOn = (state: State, customer: string, what: string): void =>
  what === 'fail-15' ? act(state, customer, 'fail', 15) : act(state, customer, what as Act);

function show(response: ServerResponse, shown: Shown): void {
  if ('location' in shown) response.writeHead(303, { Location: shown.location, 'Content-Length': 0 }).end();
  else
    response
      .writeHead(shown.status, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' })
      .end(shown.html);
}
