/** Ids of the webhooks that have been dealt with. For nobody's transaction. */
import type { Tx } from './pool.ts';

export type WebhookSource = 'stripe' | 'google';

export async function isKnownEvent(tx: Tx, source: WebhookSource, id: string): Promise<boolean> {
  const rows = await tx.query('SELECT FROM webhook_events WHERE source = $1 AND id = $2', [source, id]);
  return rows.length > 0;
}

/** Keeps the id; once, however often. */
export async function keepEvent(tx: Tx, source: WebhookSource, id: string): Promise<void> {
  await tx.query('INSERT INTO webhook_events (source, id) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    source,
    id,
  ]);
}
