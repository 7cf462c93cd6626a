/** From a row of `transfers` to what the engine knows of it. */
import type { AuditReason } from '../core/audit.ts';
import { type MessageKey, refOf } from '../core/message.ts';
import type { Repair } from '../core/repair.ts';
import type { Transfer } from '../core/transfer.ts';

/** The table's CHECK constraints say which columns are there in which state. */
interface Common {
  key: MessageKey;
  tries: number;
  retry_at: Date;
  arrived_at: Date | null;
  backlog: boolean;
  repair: Repair | null;
}

export type TransferRow =
  | (Common & {
      state: 'open';
      reason: AuditReason | null;
      session: Buffer;
      run_key_id: string;
      sealed_run_key: Buffer;
      size_bytes: number;
      digest: Buffer;
      sender_domain: string;
      has_message_id: boolean;
      fingerprint: Buffer;
      content: Buffer | null;
      disclosed: AuditReason | null;
      from_headers: number;
      has_nul: boolean;
      intended_at: Date;
    })
  | (Common & { state: 'waiting'; reason: AuditReason; size_bytes: number | null });

export function transferOf(row: TransferRow): Transfer {
  const common = {
    ref: refOf(row.key),
    key: row.key,
    tries: row.tries,
    retryAt: row.retry_at.getTime(),
    arrivedAt: row.arrived_at?.getTime() ?? null,
    backlog: row.backlog,
    repair: row.repair,
  };
  if (row.state === 'waiting')
    return { ...common, state: 'waiting', reason: row.reason, size: row.size_bytes };
  return {
    ...common,
    state: 'open',
    reason: row.reason,
    session: row.session,
    runKeyId: row.run_key_id,
    sealedRunKey: row.sealed_run_key,
    total: row.size_bytes,
    digest: row.digest,
    senderDomain: row.sender_domain,
    hasMessageId: row.has_message_id,
    fingerprint: row.fingerprint,
    content: row.content,
    disclosed: row.disclosed,
    fromHeaders: row.from_headers,
    hasNul: row.has_nul,
    intendedAt: row.intended_at.getTime(),
  };
}
