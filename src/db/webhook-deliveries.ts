/** Deliveries to webhooks: the owner's log of them, and what workers need to make them. */
import type { UserId } from '../core/mailbox.ts';
import { type DeliveredEvent, FAILING_DAYS, type OffReason, type Told } from '../core/webhook.ts';
import type { Database, Tx } from './pool.ts';

export interface DeliveryRow {
  readonly id: string;
  readonly number: string;
  readonly event: DeliveredEvent;
  readonly at: Date;
  readonly tries: number;
  /** null: there is no further try. */
  readonly nextTryAt: Date | null;
  readonly deliveredAt: Date | null;
  /** Of the last try. */
  readonly triedAt: Date | null;
  readonly status: number | null;
  readonly failure: string | null;
  readonly durationMs: number | null;
}

const COLUMNS = `id, number::text, event, at, tries, next_try_at AS "nextTryAt", delivered_at AS "deliveredAt",
  tried_at AS "triedAt", status, failure, duration_ms AS "durationMs"`;

/** The tenant's deliveries to a webhook with numbers below `before`, newest first. */
export const listDeliveries = (
  tx: Tx,
  webhookId: string,
  limit: number,
  before: string | null,
): Promise<DeliveryRow[]> =>
  tx.query<DeliveryRow>(
    `SELECT ${COLUMNS} FROM webhook_deliveries d WHERE user_id = current_tenant() AND webhook_id = $1
       AND d.number < COALESCE($3::bigint, 9223372036854775807) ORDER BY d.number DESC LIMIT $2`,
    [webhookId, limit, before],
  );

export interface ExportedDelivery extends DeliveryRow {
  readonly webhookId: string;
  readonly data: Told['data'];
}

/** The tenant's deliveries to all webhooks with what they say, newest first. */
export const listAllDeliveries = (tx: Tx): Promise<ExportedDelivery[]> =>
  tx.query<ExportedDelivery>(
    `SELECT ${COLUMNS}, webhook_id AS "webhookId", data FROM webhook_deliveries d
     WHERE d.webhook_id = ANY (ARRAY(SELECT w.id FROM webhooks w WHERE w.user_id = current_tenant()))
     ORDER BY d.number DESC`,
  );

/** A delivery of nothing, for its owner to see that it arrives. */
export async function addPing(tx: Tx, userId: UserId, webhookId: string): Promise<DeliveryRow> {
  const [row] = await tx.query<DeliveryRow>(
    `INSERT INTO webhook_deliveries (user_id, webhook_id, event, data) VALUES ($1, $2, 'ping', '{}') RETURNING ${COLUMNS}`,
    [userId, webhookId],
  );
  if (!row) throw new Error('INSERT returned no row');
  return row;
}

/** Has it made again, from the first try; null when there is none, 'pending' when that is under way. */
export async function replayDelivery(
  tx: Tx,
  webhookId: string,
  id: string,
): Promise<DeliveryRow | 'pending' | null> {
  const [known] = await tx.query<{ pending: boolean }>(
    `SELECT next_try_at IS NOT NULL AS pending FROM webhook_deliveries
     WHERE user_id = current_tenant() AND webhook_id = $1 AND id = $2 FOR UPDATE`,
    [webhookId, id],
  );
  if (known === undefined) return null;
  if (known.pending) return 'pending';
  const [row] = await tx.query<DeliveryRow>(
    `UPDATE webhook_deliveries SET tries = 0, next_try_at = now(), claimed_until = NULL, delivered_at = NULL
     WHERE id = $1 RETURNING ${COLUMNS}`,
    [id],
  );
  return row ?? null;
}

export interface DeliveryJob {
  readonly userId: UserId;
  readonly deliveryId: string;
}

/** What is due now; for nobody's transaction. Each comes again after two minutes unless it is settled. */
export async function claimDeliveries(tx: Tx, limit: number): Promise<DeliveryJob[]> {
  const statement = {
    name: 'webhooks-claim',
    text: 'SELECT user_id AS "userId", id AS "deliveryId" FROM claim_webhook_deliveries($1)',
  };
  return tx.query<DeliveryJob>(statement, [limit]);
}

export interface DueDelivery extends Told {
  readonly userId: UserId;
  readonly webhookId: string;
  readonly url: string;
  readonly tries: number;
  /** For src/core/place.ts's webhookSecretPlace, the current one first. */
  readonly secrets: readonly { readonly id: string; readonly sealed: Uint8Array }[];
}

/** null: it has been made, its webhook is off, or it is gone. */
export async function loadDelivery(
  db: Database,
  { userId, deliveryId }: DeliveryJob,
): Promise<DueDelivery | null> {
  return db.withTenant(userId, async (tx) => {
    const [row] = await tx.query<Omit<DueDelivery, 'userId' | 'secrets'>>(
      `SELECT d.id, d.event, d.at, d.data, d.tries, w.url, w.id AS "webhookId" FROM webhook_deliveries d
       JOIN webhooks w ON w.id = d.webhook_id AND w.off_reason IS NULL
       WHERE d.user_id = current_tenant() AND d.id = $1 AND d.next_try_at <= now()`,
      [deliveryId],
    );
    if (!row) return null;
    const secrets = await tx.query<{ id: string; sealed: Uint8Array }>(
      `SELECT id, sealed FROM webhook_secrets WHERE webhook_id = $1 AND (expires_at IS NULL OR expires_at > now())
       ORDER BY expires_at NULLS FIRST`,
      [row.webhookId],
    );
    return { ...row, userId, secrets };
  });
}

/** How a try went: taken, or not, with the status it was answered with or a code of ours. */
export interface Outcome {
  readonly taken: boolean;
  readonly status: number | null;
  readonly failure: string | null;
  readonly durationMs: number;
}

/** `pauseMs` null: there is no further try. Returns why the webhook is off from now on; null: it is not because of this. */
export async function settleDelivery(
  tx: Tx,
  { id, webhookId }: DueDelivery,
  { taken, status, failure, durationMs }: Outcome,
  pauseMs: number | null,
): Promise<OffReason | null> {
  await tx.query(
    `UPDATE webhook_deliveries SET tries = tries + 1, tried_at = now(), status = $2, failure = $3, duration_ms = $4,
       claimed_until = NULL, delivered_at = CASE WHEN $5::boolean THEN now() END,
       next_try_at = now() + make_interval(secs => $6::double precision / 1000)
     WHERE id = $1`,
    [id, status, failure, durationMs, taken, pauseMs],
  );
  if (taken) {
    await tx.query('UPDATE webhooks SET failing_since = NULL WHERE id = $1 AND failing_since IS NOT NULL', [
      webhookId,
    ]);
    return null;
  }
  const [row] = await tx.query<{ reason: OffReason | null }>(
    `UPDATE webhooks SET failing_since = COALESCE(failing_since, now()), off_reason = CASE
         WHEN $2::boolean THEN 'gone' WHEN failing_since < now() - make_interval(days => $3) THEN 'failing' END
     WHERE id = $1 AND off_reason IS NULL RETURNING off_reason AS reason`,
    [webhookId, status === 410, FAILING_DAYS],
  );
  return row?.reason ?? null;
}
