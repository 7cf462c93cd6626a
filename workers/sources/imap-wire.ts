/**
 * The few IMAP commands that the source is built from, in our words. Implemented over the library in imap.ts;
 * every call has a deadline, at which, or on abort, the connection is closed hard. Calls reject with the signal's
 * reason or a Fault.
 */
import type { UidSet } from '../../src/core/cursor.ts';
import type { MessageFlags } from '../../src/core/ports.ts';
import type { Folder } from './imap-folders.ts';
import type { ImapWrites } from './imap-writes.ts';

/** A folder as EXAMINE shows it (RFC 3501 §6.3.2). */
export interface Examined {
  readonly folder: string;
  readonly uidValidity: number;
  /** null: the server did not say. */
  readonly uidNext: number | null;
  readonly exists: number;
}

/** One message's line in a listing. */
export interface Row {
  readonly uid: number;
  /** RFC822.SIZE, as claimed. */
  readonly size: number | null;
  /** INTERNALDATE, ms since the epoch. */
  readonly arrivedAt: number | null;
}

/** One message's literal. `bytes` null: the server answered NIL. */
export interface Body {
  readonly uid: number;
  readonly bytes: Uint8Array | null;
  /** null: the server did not tell, or nothing that can be flags. */
  readonly flags: MessageFlags | null;
}

/** A piece of a message. */
export interface Part extends Omit<Body, 'flags'> {
  /** Where the piece starts, as the server says; null: it does not. */
  readonly origin: number | null;
  readonly size: number | null;
}

export interface SearchResult {
  /** Ascending. */
  readonly uids: readonly number[];
  /** True when the server stopped at its own limit (MESSAGELIMIT, RFC 9738): what it did not name may exist. */
  readonly partial: boolean;
}

export interface FolderStatus {
  readonly messages: number;
  /** null: not told. */
  readonly bytes: number | null;
}

export interface ImapWire {
  /** Most messages the server handles in one command (RFC 9738); Infinity where it does not say. */
  readonly messageLimit: number;
  /** Opens the folder read-only, again if it is open, so that new mail shows. Fault `folder-missing`. */
  examine(folder: string, signal: AbortSignal): Promise<Examined>;
  /** The folder as last examined, opened only if another one is open. */
  select(folder: string, signal: AbortSignal): Promise<Examined>;
  /** Which of `within` exist, and if `since` (ms since the epoch) is given, arrived on that UTC day or later. */
  search(within: UidSet, since: number | null, signal: AbortSignal): Promise<SearchResult>;
  /** Adds sizes and dates of those of `uids` that exist to `rows`, also those that came before it failed. */
  describe(uids: UidSet, rows: Row[], signal: AbortSignal): Promise<void>;
  /**
   * Whole messages and their flags with one command, in the server's order, one in memory at a time. No other call until it
   * has ended; after an early return the rest of the answer is read and dropped when the next call comes.
   * Fault `message-unreadable` when the server refuses the command.
   */
  bodies(uids: UidSet, signal: AbortSignal): AsyncGenerator<Body, void, undefined>;
  /**
   * At most `length` bytes from `start`, unless the server ignores the range: then up to 4 MiB, or 64 MiB when `patient`;
   * more ends the session. null: no such message. Fault `message-unreadable`.
   */
  part(
    uid: number,
    start: number,
    length: number,
    patient: boolean,
    signal: AbortSignal,
  ): Promise<Part | null>;
  /** A message's flags as they are now; null: the server did not tell. */
  flags(uid: number, signal: AbortSignal): Promise<MessageFlags | null>;
  /** For imap-dispose.ts alone. */
  readonly writes: ImapWrites;
  /** All folders that can be opened. */
  folders(signal: AbortSignal): Promise<readonly Folder[]>;
  /** What a folder holds, without opening it (STATUS, RFC 3501 §6.3.10, RFC 8438); null: the server refuses to say. */
  status(folder: string, signal: AbortSignal): Promise<FolderStatus | null>;
  /** Whether the server offers IDLE. */
  readonly canIdle: boolean;
  /** Messages have arrived in the open folder since it was examined, as far as the server has said. */
  readonly hasNews: boolean;
  noop(signal: AbortSignal): Promise<void>;
  /**
   * One IDLE in the open folder, at most `ms`. True: there is news or the time is over, and the next command
   * ends it. False: the server ended it or would not begin.
   */
  idle(ms: number, signal: AbortSignal): Promise<boolean>;
  /** The connection is gone. */
  readonly ended: boolean;
  /** LOGOUT within its time, else hard. Never throws. */
  close(): Promise<void>;
}
