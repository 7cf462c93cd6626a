/**
 * Webhooks: signed (scheme v1), several on their way at once and so in no order, tried again when they fail; on demand
 * held back, repeated, reversed. https://docs.stripe.com/webhooks
 */
import { createHmac } from 'node:crypto';
import type { StripeEvent } from './state.ts';

export interface Delivery {
  readonly event: string;
  readonly type: string;
  /** null: no answer. */
  readonly status: number | null;
}

export interface Deliveries {
  readonly done: readonly Delivery[];
  send(event: StripeEvent): void;
  /** Nothing is delivered until `release`. */
  hold(): void;
  /** Delivers what was held; `times` each; `reverse`: the last first, one after the other. */
  release(how?: Order): Promise<void>;
  /** The given events once more. */
  again(events: readonly StripeEvent[], how?: Order): Promise<void>;
  /** Resolves when nothing is on its way. */
  settled(): Promise<void>;
  target: string | null;
  close(): void;
}

export interface Order {
  readonly times?: number;
  readonly reverse?: boolean;
}

/** ms before the next try; Stripe goes on for three days, beginning with minutes. */
const RETRIES = [200, 500, 1_000, 2_000, 5_000, 10_000];
const TIMEOUT_MS = 20_000;
const KEPT = 500;

/** The `Stripe-Signature` header: HMAC-SHA-256 over time and body. `at`: s since the epoch. */
export const signatureOf = (body: string, secret: string, at: number): string =>
  `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`;

export const eventBody = ({ id, type, created, object }: StripeEvent): string =>
  JSON.stringify({
    id,
    object: 'event',
    api_version: '2026-10-28.endive',
    type,
    created,
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    data: { object },
  });

export function createDeliveries(secret: string, now: () => number): Deliveries {
  const done: Delivery[] = [];
  const held: StripeEvent[] = [];
  const underway = new Set<Promise<void>>();
  const closing = new AbortController();
  let holding = false;

  const post = async (event: StripeEvent): Promise<number | null> => {
    const body = eventBody(event);
    const signature = signatureOf(body, secret, Math.floor(now() / 1000));
    const headers = { 'Content-Type': 'application/json; charset=utf-8', 'Stripe-Signature': signature };
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const status = await fetch(deliveries.target ?? '', { method: 'POST', headers, body, signal }).then(
      (response) => response.body?.cancel().then(() => response.status) ?? response.status,
      () => null,
    );
    done.push({ event: event.id, type: event.type, status });
    if (done.length > KEPT) done.splice(0, done.length - KEPT);
    return status;
  };
  const deliver = async (event: StripeEvent): Promise<void> => {
    if (deliveries.target === null) return;
    for (const pause of [0, ...RETRIES]) {
      if (pause > 0 && !(await wait(pause, closing.signal))) return;
      const status = await post(event);
      if (closing.signal.aborted || (status !== null && status < 300)) return;
    }
  };
  const begin = (work: Promise<void>): Promise<void> => {
    underway.add(work);
    return work.finally(() => underway.delete(work));
  };
  const again: Deliveries['again'] = (events, { times = 1, reverse = false } = {}) => {
    const order = Array.from({ length: times }, () => (reverse ? events.toReversed() : events)).flat();
    const inOrder = async (): Promise<void> => {
      for (const event of order) await deliver(event);
    };
    return begin(reverse ? inOrder() : Promise.all(order.map(deliver)).then(() => undefined));
  };
  const deliveries: Deliveries = {
    target: null,
    done,
    send(event) {
      if (holding) held.push(event);
      else void begin(deliver(event));
    },
    hold() {
      holding = true;
    },
    release(how) {
      holding = false;
      return again(held.splice(0), how);
    },
    again,
    async settled() {
      while (underway.size > 0) await Promise.all(underway);
    },
    close: () => closing.abort(),
  };
  return deliveries;
}

/** False when ended early. */
function wait(ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const stop = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve(true);
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}
