/**
 * What the engine needs from outside, in its own words. Adapters implement these; a contract suite under
 * test/contract holds every implementation to the same behaviour.
 */
import type { Maildrop } from './claimed-sizes.ts';
import type { Cursor, UidSet } from './cursor.ts';
import type { DisposalOrder, DisposalReport } from './disposal.ts';
import type { FaultCode } from './fault.ts';
import type { FolderUse } from './folder.ts';
import type { Credentials, MailboxOptions, Server, UserId } from './mailbox.ts';
import type { Likeness, Listed, MessageKey, UidlHash } from './message.ts';
import type { Tally, TransferState } from './reconciliation.ts';
import type { Intent, Postponement, RepairOrder, SessionUri, Settlement, Transfer } from './transfer.ts';

/** Time and patience, injected so that tests wait for signals, never for time. */
export interface Clock {
  /** ms since the epoch. */
  now(): number;
  /** Resolves after `ms`; rejects with `signal.reason` when aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export interface Listing {
  /** The cursor as this listing leaves it: baseline set, UIDs that cannot exist folded in. */
  readonly cursor: Cursor;
  /** True when the source has given its messages other ids than the given cursor knew. */
  readonly renumbered: boolean;
  /** Everything unsettled, new mail first (oldest first), then backlog (newest first). */
  readonly messages: readonly Listed[];
}

/** What the source knows of a message beside its bytes (RFC 3501 §2.3.2). */
export interface MessageFlags {
  readonly seen: boolean;
  readonly flagged: boolean;
}

/** A folder that is visited. */
export interface SourceFolder {
  readonly name: string;
  /** What it is for (RFC 6154), as the server or else its name says. */
  readonly use: FolderUse | null;
  /** Its name's parts, outermost first: `name` split at the server's hierarchy delimiter. */
  readonly path: readonly string[];
}

export interface Fetched {
  readonly message: Listed;
  /** As they are when the body is fetched; null: the source has none (POP3), or did not tell. */
  readonly flags: MessageFlags | null;
  /**
   * The message's bytes exactly as the source has them. Chunks belong to the consumer, who zeroes them. Must be read to its
   * end, or returned from early, before the next `Fetched` is produced — except that bodies which are already whole in
   * memory may be held longer. Throws `message-truncated`, `message-gone`, `message-unreadable` (the session lives on) or a
   * session Fault (it does not).
   */
  readonly body: AsyncIterable<Uint8Array>;
}

/** An open session on a mailbox's server. One call at a time. Every wait has a deadline of its own. */
export interface Source {
  /** Where ids may be given to other messages, what tells of it. Absent: they are not. */
  readonly maildrop?: Maildrop;
  /** The folders to visit for the chosen option; POP3 has the one, `INBOX`. Fault `folder-missing`. */
  folders(chosen: MailboxOptions['folders'], signal: AbortSignal): Promise<readonly SourceFolder[]>;
  /**
   * The ids of everything the folder holds now, asked for without regard to what is known. Numbers where the protocol has
   * them: 8 bytes a message.
   */
  ids(folder: string, signal: AbortSignal): Promise<FolderIds>;
  /** Messages the folder holds now; for the probe. */
  count(folder: string, signal: AbortSignal): Promise<number>;
  /** What is unsettled in `folder`. `cursor` null: first sight, where `history` decides what counts as settled. */
  list(folder: string, cursor: Cursor | null, history: History, signal: AbortSignal): Promise<Listing>;
  /**
   * Fetches messages of one folder, each once and in the order given, except that up to 4 MiB of small ones
   * may come in the server's order. Returned from early, the session stays usable. Changes nothing at the source.
   */
  fetch(messages: readonly Listed[], signal: AbortSignal): AsyncIterable<Fetched>;
  /**
   * Does at the source what its owner chose, to messages that Gmail has. The only call that changes anything there. Each is
   * looked up by its id and recognised again first; then `intend` is asked; then it is done, and looked at. At a POP3
   * server it counts from the end of the session on, so what was done is not among the outcomes before the next.
   * Repeating it is harmless. Session Faults.
   */
  dispose(order: DisposalOrder, signal: AbortSignal): Promise<DisposalReport>;
  /**
   * Waits in `folder` for news (IMAP IDLE), at most `ms`: `quiet` then, and the session lives on. `unsupported` at once
   * where the server cannot tell. Aborting it ends the session.
   */
  watch(folder: string, ms: number, signal: AbortSignal): Promise<'news' | 'quiet' | 'unsupported'>;
  /** Never throws; closes politely within a second, else hard. */
  close(): Promise<void>;
}

export type FolderIds =
  | { readonly protocol: 'imap'; readonly uidValidity: number; readonly uids: readonly number[] }
  | { readonly protocol: 'pop3'; readonly uidls: readonly string[] };

export type History =
  | { readonly kind: 'all' }
  /** Arrived at or after `from`, ms since the epoch, is wanted; for `new` that is when the mailbox was connected, used where ids cannot tell. */
  | { readonly kind: 'new'; readonly from: number }
  | { readonly kind: 'since'; readonly from: number };

/** Opens a session within one deadline. Session and mailbox Faults. */
export type OpenSource = (server: Server, credentials: Credentials, signal: AbortSignal) => Promise<Source>;

export interface Outgoing {
  /** Gmail's system labels, e.g. INBOX and UNREAD. */
  readonly labelIds: readonly string[];
  /** The user's own label that it is to have, by its name. What cannot be labelled goes without. */
  readonly label?: string | null;
  readonly neverMarkSpam: boolean;
  readonly internalDateSource: 'dateHeader' | 'receivedTime';
  /** Bytes: known for a message that is whole at hand, else as the source announces; servers err. null: not told. */
  readonly size: number | null;
}

export type UploadStatus =
  | { readonly state: 'committed'; readonly gmailId: string }
  /** Bytes `[0, stored)` are at Gmail; not committed. */
  | { readonly state: 'incomplete'; readonly stored: number }
  | { readonly state: 'gone' };

/** A resumable upload session at Gmail: the idempotency key of one message. */
export interface Upload {
  readonly uri: SessionUri;
  /** It has the label that was asked for: nothing less, and not that of a folder above. */
  readonly labelled?: boolean;
  /**
   * Sends bytes `[offset, offset + parts' length)`. Every put but the last is a multiple of 256 KiB with
   * `total` null; the last names the total and commits. Faults as Gmail's answers are classified; when the answer
   * did not arrive, `upload-interrupted`.
   */
  put(
    parts: readonly Uint8Array[],
    offset: number,
    total: number | null,
    signal: AbortSignal,
  ): Promise<UploadStatus>;
  /** Asks how far the session is. Never commits anything. */
  status(total: number, signal: AbortSignal): Promise<UploadStatus>;
}

/** Where messages go: one user's Gmail. */
export interface Sink {
  open(message: Outgoing, signal: AbortSignal): Promise<Upload>;
  /** The session a crashed run left behind; no I/O. Throws RangeError when the URI is not on the configured host. */
  resume(uri: SessionUri): Upload;
}

/** The labels that a user has made in Gmail, or somebody in the user's name. Faults of the grant and of the service. */
export interface LabelClient {
  /** All of them: id by name. */
  list(signal: AbortSignal): Promise<ReadonlyMap<string, string>>;
  /** The new one's id. `exists`: there is one of this name, perhaps of Gmail's own; `refused`: it may not have this name. */
  create(name: string, signal: AbortSignal): Promise<{ readonly id: string } | 'exists' | 'refused'>;
}

/** Which labels a mailbox's messages have been given: name as wanted, and the id at Gmail. */
export interface LabelNotes {
  load(): Promise<ReadonlyMap<string, string>>;
  keep(name: string, id: string): Promise<void>;
  forget(name: string): Promise<void>;
  /** Gmail says that the permission for labels is not there. */
  noteMissing(): Promise<void>;
}

/** What a run finds in the books when it starts. */
export interface LedgerState {
  readonly cursors: readonly Cursor[];
  /** Folders (POP3: `INBOX`) whose messages were given new ids at some time: `observe` was told so. */
  readonly renumbered: readonly string[];
  /** Bytes delivered for this user on this UTC day, by all mailboxes. */
  readonly bytesToday: number;
  readonly transfers: readonly Transfer[];
}

/**
 * The books of one mailbox for one run. Every write is fenced by the run's epoch and fails with `lease-lost` when another
 * worker has it or the mailbox is gone. A resolved promise means durable. Calls made meanwhile are committed together.
 */
export interface Ledger {
  load(): Promise<LedgerState>;
  /**
   * Saves the cursor a listing left (union with what is settled; replaced when `renumbered`, which stays on record) and
   * how many messages wait in the mailbox. `cursor` null: the listing said nothing new, or all of it has been dealt with.
   */
  observe(cursor: Cursor | null, waiting: number, renumbered: boolean): Promise<void>;
  /** Once a run, before its first intent. */
  keepRunKey(id: string, sealed: Uint8Array): Promise<void>;
  intend(intent: Intent): Promise<void>;
  /** Sets or moves the retry time; an open transfer stays open. */
  postpone(postponement: Postponement): Promise<void>;
  /** The message waits for its repair; an open transfer is open no more, for its session can complete nothing. */
  repair(order: RepairOrder): Promise<void>;
  /** Cursor, transfer and audit entry in one transaction. Settling a settled message again changes nothing. */
  settle(settlement: Settlement): Promise<void>;
  /**
   * Whether a message with this fingerprint was settled, or intended and settled since, before the folder (POP3: `INBOX`)
   * was renumbered for the last time. What was settled after that is another message that looks the same.
   */
  recognises(folder: string, fingerprint: Uint8Array): Promise<boolean>;
  /** Of each, whether a message like it was delivered, the last time from an IMAP folder but `own` and `except`. */
  deliveredElsewhere(own: string, of: readonly Likeness[], except: readonly string[]): Promise<boolean[]>;
}

/** What the reconciliation has to know of one folder (POP3: `INBOX`). */
export interface FolderBooks {
  readonly cursor: Cursor;
  /** UIDs that a listing took for ones that do not exist. */
  readonly absent: UidSet;
  /** What the chosen history left out; null: that was not kept. */
  readonly leftOut: { readonly uids: UidSet; readonly hashes: ReadonlySet<UidlHash> } | null;
  /** What was settled as skipped: by a rule of the owner's, or as another folder's copy. Absent: nothing. */
  readonly skipped?: { readonly uids: UidSet; readonly hashes: ReadonlySet<UidlHash> };
}

export interface ReconciliationBooks {
  readonly folders: ReadonlyMap<string, FolderBooks>;
  readonly transfers: ReadonlyMap<MessageKey, TransferState>;
  /** Messages that were ever settled as delivered or skipped. */
  readonly onRecord: number;
}

/** What a listing took for settled without a transfer. */
export interface PassedOver {
  readonly uidValidity: number;
  readonly absent: UidSet;
  /** null: the listing was not the first of these ids. */
  readonly leftOut: { readonly uids: UidSet; readonly hashes: readonly UidlHash[] } | null;
}

/** Whether everything a mailbox's source lists is accounted for. Nothing the engine does depends on it. */
export interface Reconciler {
  /** The last count; null: there was none. */
  last(): Promise<{ readonly at: number; readonly waiting: number; readonly wanted: boolean } | null>;
  notePassedOver(folder: string, passed: PassedOver): Promise<void>;
  load(): Promise<ReconciliationBooks>;
  /** As the count of the present UTC day, unless another worker has the mailbox by now. */
  save(tally: Tally): Promise<void>;
}

/** What a fault at Google means for all mailboxes of a user. */
export interface Grants {
  /** No run of this user before `until`, ms since the epoch. */
  hold(userId: UserId, until: number): Promise<void>;
  /** The consent is worth nothing any more: its token is destroyed, the user's mailboxes need consent. */
  destroy(userId: UserId, code: FaultCode): Promise<void>;
}

/** A place that a ciphertext is bound to. */
export interface SealPlace {
  readonly tenant: string;
  readonly table: string;
  readonly column: string;
  readonly row: string;
}

/** HPKE (RFC 9180) to the workers' public key. */
export type Seal = (plaintext: Uint8Array, place: SealPlace) => Promise<Uint8Array>;
/** Fault `seal-broken` for anything not sealed for this very place under a key in the ring. */
export type Unseal = (sealed: Uint8Array, place: SealPlace) => Promise<Uint8Array>;

/** Allow-listed fields only; see src/log.ts. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export interface LogFields {
  readonly mailboxId?: string;
  readonly userId?: string;
  readonly workerId?: string;
  readonly code?: string;
  readonly count?: number;
  readonly bytes?: number;
  readonly ms?: number;
  readonly status?: number;
  readonly route?: string;
  readonly method?: string;
  readonly port?: number;
  readonly version?: string;
  /** Logged by name, code and stack only: never a message text that could quote the other side. */
  readonly error?: unknown;
}
