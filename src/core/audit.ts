/** The Glass Box: one immutable metadata fact about one transfer. */
import type { MailboxId } from './mailbox.ts';

export const AUDIT_STATUSES = [
  'delivered',
  'repaired', // as delivered, but a repaired copy, because Gmail refused the message as it is
  'rejected',
  'failed',
  'uncertain',
  'skipped',
] as const;
export type AuditStatus = (typeof AUDIT_STATUSES)[number];

/** Whether Gmail has stored it, as it is or repaired. */
export const isInGmail = (status: AuditStatus): boolean => status === 'delivered' || status === 'repaired';

/** Why, where the status alone does not say: our words, never the server's. null on a plain delivery. */
export const AUDIT_REASONS = [
  'recovered', // delivered: a crashed worker's upload turned out to be complete, or was completed
  'reimported', // delivered: Gmail had lost the session; imported again, Gmail merges by Message-ID
  'already-delivered', // skipped: the source re-numbered its messages and this one is known
  'message-gone', // skipped: removed at the source before the transfer
  'in-another-folder', // skipped: the mailbox has the same message in another folder, and that one was delivered
  'sender-skipped', // skipped: a rule of its owner names the sender
  'over-size-limit', // skipped: larger than the mailbox's own limit
  'date-unreadable', // delivered: the Date header is missing or unreadable, so Gmail was told to use the topmost Received header
  'label-missing', // delivered: without the label that its owner wants, or with that of a folder above only
  'date-unreadable-label-missing', // delivered: both
  // Rejected: what Gmail refused the message for. Repaired: what it refused the original for.
  'from-header-several',
  'null-byte',
  'message-too-large',
  'from-header-missing',
  'from-header-invalid',
  'message-refused',
  'upload-bad-request',
  'label-refused', // failed: Gmail refused the message's label again and again
  'message-truncated',
  'message-unreadable',
  'message-changed',
  'upload-interrupted',
  'upload-lost',
  'source-disconnected',
  'source-timeout',
  'source-protocol',
] as const;
export type AuditReason = (typeof AUDIT_REASONS)[number];

/** What the entry of a delivered message says that goes without its label, and would say `reason` with it. */
export const unlabelled = (reason: AuditReason | null): AuditReason =>
  reason === 'date-unreadable' ? 'date-unreadable-label-missing' : (reason ?? 'label-missing');

export interface AuditEntry {
  readonly id: string;
  readonly at: Date;
  readonly mailboxId: MailboxId;
  /** A-label, at most 253 characters; `invalid` when the header names none. */
  readonly senderDomain: string;
  readonly status: AuditStatus;
  readonly reason: AuditReason | null;
  /** Bytes that were sent to Gmail, or that the source announced when nothing was sent or too much. */
  readonly sizeBytes: number;
  /** From arrival at the source to Gmail's answer; null for backlog and where the arrival is unknown. */
  readonly delayMs: number | null;
  /** Its place in its mailbox's chain: 1, 2, 3 … */
  readonly seq: number;
  /** SHA-256 over the entry and the hash of the one before it, in hexadecimal: docs/audit-chain.md. */
  readonly hash: string;
}
