/** How one mailbox is doing: delay, movement, what waits. */
import type { MailboxId } from '../core/mailbox.ts';
import type { Tx } from './pool.ts';

export interface DelayStats {
  readonly messages: number;
  readonly medianMs: number | null;
  readonly p95Ms: number | null;
}

/** The newest of the last seven days that have a delay: backlog has none. */
const DELAYS = `SELECT at, delay_ms FROM audit_entries
  WHERE user_id = current_tenant() AND mailbox_id = $1 AND delay_ms IS NOT NULL AND at > $2
  ORDER BY at DESC LIMIT 10000`;

/** From arrival at the source to Gmail's answer, since `from`. */
export async function delayOf(tx: Tx, mailboxId: MailboxId, from: Date): Promise<DelayStats> {
  const [row] = await tx.query<DelayStats>(
    `SELECT count(*) AS messages, (percentile_disc(0.5) WITHIN GROUP (ORDER BY delay_ms)) AS "medianMs",
       (percentile_disc(0.95) WITHIN GROUP (ORDER BY delay_ms)) AS "p95Ms" FROM (${DELAYS}) d`,
    [mailboxId, from],
  );
  return row ?? { messages: 0, medianMs: null, p95Ms: null };
}

/** The same in stretches of `bucketSeconds`: the median by the number of the stretch since the epoch. */
export async function medianDelays(
  tx: Tx,
  mailboxId: MailboxId,
  from: Date,
  bucketSeconds: number,
): Promise<ReadonlyMap<number, number>> {
  const rows = await tx.query<{ bucket: number; median: number }>(
    `SELECT floor(extract(epoch FROM at) / $3)::bigint AS bucket,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY delay_ms) AS median FROM (${DELAYS}) d GROUP BY 1`,
    [mailboxId, from, bucketSeconds],
  );
  return new Map(rows.map(({ bucket, median }) => [bucket, median]));
}

/** Entries since `from`, and when the first of them was written. */
export async function movementOf(
  tx: Tx,
  mailboxId: MailboxId | null,
  from: Date,
): Promise<{ messages: number; firstAt: Date | null }> {
  const [row] = await tx.query<{ messages: number; firstAt: Date | null }>(
    `SELECT count(*) AS messages, min(at) AS "firstAt" FROM audit_entries
     WHERE user_id = current_tenant() AND ($1::uuid IS NULL OR mailbox_id = $1) AND at > $2`,
    [mailboxId, from],
  );
  return row ?? { messages: 0, firstAt: null };
}

/** Bytes delivered for the tenant on this UTC day. */
export async function bytesToday(tx: Tx): Promise<number> {
  const [row] = await tx.query<{ bytes: number }>(
    "SELECT bytes FROM allowances WHERE user_id = current_tenant() AND day = (now() AT TIME ZONE 'UTC')::date",
  );
  return row?.bytes ?? 0;
}
