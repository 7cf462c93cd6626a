/** Webhooks as their owner keeps them. All in the tenant's transaction. */
import type { UserId } from '../core/mailbox.ts';
import type { OffReason } from '../core/webhook.ts';
import type { WebhookEvent } from '../core/webhook-events.ts';
import type { Tx } from './pool.ts';

export interface WebhookRow {
  readonly id: string;
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  /** null: it is on. */
  readonly offReason: OffReason | null;
  /** null: what came last was taken, or nothing has come. */
  readonly failingSince: Date | null;
  readonly createdAt: Date;
}

const COLUMNS = `id, url, events, off_reason AS "offReason", failing_since AS "failingSince", created_at AS "createdAt"`;

/** Until the transaction ends nobody else makes a webhook for the tenant. */
export async function lockWebhooks(tx: Tx): Promise<void> {
  await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('webhooks ' || current_tenant(), 0))");
}

/** Oldest first. */
export const listWebhooks = (tx: Tx): Promise<WebhookRow[]> =>
  tx.query<WebhookRow>(
    `SELECT ${COLUMNS} FROM webhooks WHERE user_id = current_tenant() ORDER BY created_at, id`,
  );

/** null: the tenant has no such webhook. `forChange`: nobody else changes it until the transaction ends. */
export async function findWebhook(tx: Tx, id: string, forChange = false): Promise<WebhookRow | null> {
  const [row] = await tx.query<WebhookRow>(
    `SELECT ${COLUMNS} FROM webhooks WHERE user_id = current_tenant() AND id = $1
     ${forChange ? 'FOR NO KEY UPDATE' : ''}`,
    [id],
  );
  return row ?? null;
}

export interface NewWebhook {
  readonly id: string;
  readonly userId: UserId;
  readonly url: string;
  readonly events: readonly WebhookEvent[];
}

/** What mailboxes have counted so far is not told. */
export async function createWebhook(tx: Tx, { id, userId, url, events }: NewWebhook): Promise<void> {
  await tx.query('INSERT INTO webhooks (id, user_id, url, events) VALUES ($1, $2, $3, $4)', [
    id,
    userId,
    url,
    events,
  ]);
  await markCounts(tx, id);
}

export interface WebhookChange {
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  readonly offReason: OffReason | null;
}

/** Switched on, or led elsewhere, it starts with a clean slate: it has not failed yet. */
export async function changeWebhook(tx: Tx, before: WebhookRow, change: WebhookChange): Promise<void> {
  await tx.query(
    `UPDATE webhooks SET url = $2, events = $3, off_reason = $4,
       failing_since = CASE WHEN $5::boolean THEN NULL ELSE failing_since END WHERE id = $1`,
    [
      before.id,
      change.url,
      change.events,
      change.offReason,
      change.url !== before.url || (before.offReason !== null && change.offReason === null),
    ],
  );
  const wants = (events: readonly WebhookEvent[]) => events.includes('deliveries.digest');
  if (wants(change.events) && !wants(before.events)) await markCounts(tx, before.id);
}

/** A digest begins here: what has been counted until now is not in it. */
async function markCounts(tx: Tx, id: string): Promise<void> {
  await tx.query('DELETE FROM webhook_marks WHERE webhook_id = $1', [id]);
  await tx.query(
    `INSERT INTO webhook_marks (user_id, webhook_id, mailbox_id, counts)
     SELECT m.user_id, $1, m.id, webhook_counts(m) FROM mailboxes m WHERE m.user_id = current_tenant()`,
    [id],
  );
  await tx.query('UPDATE webhooks SET digested_at = now() WHERE id = $1', [id]);
}

/** False when the tenant has no such webhook. */
export async function deleteWebhook(tx: Tx, id: string): Promise<boolean> {
  const rows = await tx.query(
    'DELETE FROM webhooks WHERE id = $1 AND user_id = current_tenant() RETURNING id',
    [id],
  );
  return rows.length > 0;
}

export interface NewSecret {
  readonly id: string;
  readonly userId: UserId;
  readonly webhookId: string;
  /** For src/core/place.ts's webhookSecretPlace. */
  readonly sealed: Uint8Array;
}

/** The secret before signs beside the new one for `graceHours` more; what was before that one no longer does. */
export async function replaceSecret(tx: Tx, secret: NewSecret, graceHours: number): Promise<void> {
  const { id, userId, webhookId, sealed } = secret;
  await tx.query('DELETE FROM webhook_secrets WHERE webhook_id = $1 AND expires_at IS NOT NULL', [webhookId]);
  await tx.query(
    'UPDATE webhook_secrets SET expires_at = now() + make_interval(hours => $2) WHERE webhook_id = $1',
    [webhookId, graceHours],
  );
  await tx.query('INSERT INTO webhook_secrets (id, user_id, webhook_id, sealed) VALUES ($1, $2, $3, $4)', [
    id,
    userId,
    webhookId,
    Buffer.from(sealed),
  ]);
}
