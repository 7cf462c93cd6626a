/**
 * One message's passage, as the ledger knows it. A message with no row and outside the cursor is new.
 *
 *   new ──intend──▶ open ──settle──▶ (delivered | repaired | rejected | uncertain | failed | skipped)
 *    │               │  ▲
 *    │               └──┘ asked again after the grace period
 *    ├──repair────▶ waiting, with the repair that Gmail's refusal named; from open as well, whose session is over then
 *    └──postpone──▶ waiting ──intend──▶ open
 *                      └──settle──▶ failed, after MAX_TRIES
 *
 * A delivered, repaired or skipped message leaves only its cursor and audit entry; rejected, failed and uncertain keep
 * their row so that the owner can ask for another try.
 */
import type { AuditReason, AuditStatus } from './audit.ts';
import type { MessageKey, MessageRef } from './message.ts';
import type { Flaws, Repair } from './repair.ts';

/** A resumable upload session's URI: works without credentials, so it is a secret. */
export type SessionUri = string & { readonly __brand: 'SessionUri' };

/** Written before the last chunk is sent (step 8). All bytes but the last chunk are at Gmail by then. */
export interface Intent extends Flaws {
  readonly ref: MessageRef;
  readonly key: MessageKey;
  /** The session URI, AES-256-GCM under the run key `runKeyId`. */
  readonly session: Uint8Array;
  readonly runKeyId: string;
  /** What the upload session gets is a copy, repaired like this; null: the message as it is. */
  readonly repair: Repair | null;
  /** Bytes of the whole message, as the session gets it. */
  readonly total: number;
  /** HMAC-SHA256 under the run key of the whole message as the session gets it, to recognise the same bytes when refetched. */
  readonly digest: Uint8Array;
  readonly senderDomain: string;
  /** What its entry says when it is delivered as it is; null: nothing. */
  readonly disclosed: AuditReason | null;
  /** True when the header block holds exactly one Message-ID: what Gmail merges by. */
  readonly hasMessageId: boolean;
  /** As in Settlement. */
  readonly fingerprint: Uint8Array;
  /** As in Settlement. */
  readonly content: Uint8Array | null;
  readonly arrivedAt: number | null;
  readonly backlog: boolean;
}

export interface OpenTransfer extends Intent {
  readonly state: 'open';
  readonly tries: number;
  /** Why the last try since the intent did not settle it; null: there was none. */
  readonly reason: AuditReason | null;
  /** Database time, ms since the epoch. */
  readonly intendedAt: number;
  /** When to ask the session again; ms since the epoch. */
  readonly retryAt: number;
  /** The run key that sealed `session`, itself still sealed to the workers. */
  readonly sealedRunKey: Uint8Array;
}

export interface WaitingTransfer {
  readonly state: 'waiting';
  /** Gmail has refused the message as it is; the repair that this asks for. */
  readonly repair: Repair | null;
  readonly ref: MessageRef;
  readonly key: MessageKey;
  readonly tries: number;
  readonly retryAt: number;
  readonly reason: AuditReason;
  readonly size: number | null;
  readonly arrivedAt: number | null;
  readonly backlog: boolean;
}

export type Transfer = OpenTransfer | WaitingTransfer;

/** A try that did not settle: the message gets a retry time of its own and blocks nobody. */
export interface Postponement {
  readonly ref: MessageRef;
  readonly key: MessageKey;
  readonly reason: AuditReason;
  readonly tries: number;
  readonly retryAt: number;
  readonly size: number | null;
  readonly arrivedAt: number | null;
  readonly backlog: boolean;
}

/** Gmail has refused the message: its upload session is over, and a repaired copy is to be sent. */
export interface RepairOrder extends Omit<Postponement, 'reason'> {
  readonly repair: Repair;
}

export interface Settlement {
  readonly ref: MessageRef;
  readonly key: MessageKey;
  readonly status: AuditStatus;
  readonly reason: AuditReason | null;
  readonly senderDomain: string;
  readonly sizeBytes: number;
  /** Rejected, and its owner wants to be told of it by a message in Gmail. */
  readonly notice?: boolean;
  readonly arrivedAt: number | null;
  readonly backlog: boolean;
  /** Keyed digest (16 bytes) of header block and size at the source, to recognise the message should the source re-number; null when nothing was read. */
  readonly fingerprint: Uint8Array | null;
  /** Bytes as the source claimed when it listed the message, to notice another one under its id. */
  readonly size?: number | null;
  /** Keyed digest (16 bytes) of what names the message in its header block, for the same purpose; null when nothing was read. */
  readonly identity?: Uint8Array | null;
  /** Keyed digest (16 bytes) of the whole message, by which copies are told; absent or null: not known. */
  readonly content?: Uint8Array | null;
}
