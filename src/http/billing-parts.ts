/** What the web process needs to bill; made once, at its start. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { WebConfig } from '../config.ts';
import type { Biller, Price } from '../core/billing.ts';
import { setBilling } from '../db/billing.ts';
import type { Database } from '../db/pool.ts';
import { createBiller } from '../stripe/client.ts';

export interface BillingParts {
  readonly biller: Biller;
  readonly webhookSecret: string;
  /** What the paid plan costs; null while Stripe does not say. Never waits for long. */
  price(): Promise<Price | null>;
}

const FRESH_MS = 3_600_000;
const RETRY_MS = 30_000;
const PATIENCE_MS = 2_000;

/** Says in the database whether this installation bills. null: it does not, and everything is allowed. */
export async function openBilling(
  { stripe, stripeWebhookSecret }: Pick<WebConfig, 'stripe' | 'stripeWebhookSecret'>,
  database: Database,
): Promise<BillingParts | null> {
  await database.asNobody((tx) => setBilling(tx, stripe !== null));
  if (stripe === null) return null;
  const biller = createBiller(stripe);
  return { biller, webhookSecret: stripeWebhookSecret, price: keepPrice(biller) };
}

/** Prices change so seldom that one asked for an hour ago will do, and an old one does while Stripe is silent. */
function keepPrice({ readPrice }: Biller): () => Promise<Price | null> {
  let known: Price | null = null;
  let askAt = 0;
  let asking: Promise<void> | null = null;
  const ask = async (): Promise<void> => {
    try {
      known = await readPrice();
      askAt = performance.now() + FRESH_MS;
    } catch {
      askAt = performance.now() + RETRY_MS;
    }
    asking = null;
  };
  return async () => {
    if (performance.now() >= askAt) asking ??= ask();
    if (asking && known === null) await Promise.race([asking, sleep(PATIENCE_MS, undefined, { ref: false })]);
    return known;
  };
}
