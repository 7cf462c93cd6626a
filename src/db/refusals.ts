/** Messages that Gmail refused for good and whose owner wants a message about each: who was told of which. */
import type { AuditReason } from '../core/audit.ts';
import type { MessageKey } from '../core/message.ts';
import type { RefusalBooks } from '../core/refusal.ts';
import type { LedgerLease } from './ledger.ts';
import type { Database } from './pool.ts';

interface Row {
  key: MessageKey;
  reason: AuditReason;
  size_bytes: number | null;
  sender_domain: string | null;
  arrived_at: Date | null;
}

/** Where it is the day's first summary that tells of many at once, each of them counts. */
const TOLD_TODAY = `SELECT count(*) AS told FROM transfers
  WHERE mailbox_id = $1 AND notice AND noticed_at >= date_trunc('day', now(), 'UTC')`;

/** For one run; writes are fenced by its lease. Faults: `database-unavailable`. */
export function createRefusalBooks(
  db: Database,
  { userId, mailboxId, epoch, workerId }: LedgerLease,
): RefusalBooks {
  return {
    due: (limit) =>
      db.withTenant(userId, async (tx) => {
        const rows = await tx.query<Row>(
          `SELECT key, reason, size_bytes, sender_domain, arrived_at FROM transfers
           WHERE mailbox_id = $1 AND notice AND noticed_at IS NULL AND state = 'rejected' ORDER BY audit_id LIMIT $2`,
          [mailboxId, limit],
        );
        const [today] = rows.length > 0 ? await tx.query<{ told: number }>(TOLD_TODAY, [mailboxId]) : [];
        return {
          toldToday: today?.told ?? 0,
          refusals: rows.map((row) => ({
            key: row.key,
            reason: row.reason,
            sizeBytes: row.size_bytes ?? 0,
            senderDomain: row.sender_domain ?? 'invalid',
            arrivedAt: row.arrived_at?.getTime() ?? null,
          })),
        };
      }),
    told: (keys) =>
      db.withTenant(userId, async (tx) => {
        await tx.query(
          `UPDATE transfers t SET noticed_at = now() FROM mailboxes m
           WHERE m.id = $1 AND m.epoch = $2 AND m.leased_by = $3 AND t.mailbox_id = m.id AND t.key = ANY($4)
             AND t.noticed_at IS NULL`,
          [mailboxId, String(epoch), workerId, [...keys]],
        );
      }),
  };
}
