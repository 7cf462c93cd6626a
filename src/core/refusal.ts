/** Which of the messages that Gmail refuses for good get a message of their own that says so. Pure. */
import type { AuditReason } from './audit.ts';
import type { MessageKey } from './message.ts';

/** A mailbox's on one UTC day; one more says that the others of that day are in the Glass Box only. */
export const NOTICES_PER_DAY = 20;

/** A message that stays at the source: all that is told of it. */
export interface Refusal {
  readonly key: MessageKey;
  readonly reason: AuditReason;
  readonly sizeBytes: number;
  /** As in an audit entry. */
  readonly senderDomain: string;
  /** ms since the epoch; null: not known. */
  readonly arrivedAt: number | null;
}

/** Who was told of which message that Gmail refused. */
export interface RefusalBooks {
  /** Up to `limit` that nobody was told of yet, oldest first, and how many were told of on this UTC day. */
  due(limit: number): Promise<{ readonly refusals: readonly Refusal[]; readonly toldToday: number }>;
  /** For good. Changes nothing when another worker has the mailbox by now. */
  told(keys: readonly MessageKey[]): Promise<void>;
}

export interface NoticePlan {
  readonly each: readonly Refusal[];
  /** Nobody is told of these one by one. */
  readonly rest: readonly Refusal[];
  /** Whether that has still to be said today. */
  readonly summary: boolean;
}

/** `toldToday`: how many were told of on this UTC day, by a notice or by the summary. */
export function planNotices(refusals: readonly Refusal[], toldToday: number): NoticePlan {
  const free = Math.max(0, NOTICES_PER_DAY - toldToday);
  const rest = refusals.slice(free);
  return {
    each: refusals.slice(0, free),
    rest,
    summary: rest.length > 0 && toldToday <= NOTICES_PER_DAY,
  };
}
