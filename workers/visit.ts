/** What the parts of one run share while its session on the source is open. */
import type { Cursor } from '../src/core/cursor.ts';
import type { MessageKey, MessageRef } from '../src/core/message.ts';
import type { Pending } from '../src/core/pending.ts';
import type {
  Clock,
  Grants,
  Ledger,
  Log,
  OpenSource,
  Seal,
  Sink,
  Source,
  Unseal,
} from '../src/core/ports.ts';
import type { Lease } from '../src/core/schedule.ts';
import type { OpenTransfer, WaitingTransfer } from '../src/core/transfer.ts';
import type { Lanes } from './lanes.ts';
import type { Quota } from './quota.ts';
import type { RunKey } from './run-key.ts';
import type { Engine } from './transfer.ts';

/** Patience, ms. */
export interface Timing {
  /** How long the bytes of a dead process may still be on their way to Gmail. */
  readonly graceMs: number;
  /** After this long a run with work left gives its lease back, so that others get their turn. */
  readonly sliceMs: number;
  /** How often an IMAP backlog is interrupted to look for new mail. */
  readonly relistMs: number;
}

export interface RunDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly seal: Seal;
  readonly unseal: Unseal;
  readonly openSource: OpenSource;
  readonly openSink: (lease: Lease, refreshToken: string) => Sink;
  readonly openLedger: (lease: Lease) => Ledger;
  readonly grants: Grants;
  readonly lanes: Lanes;
  readonly quota: Quota;
  readonly maxMessageBytes: number;
  readonly timing: Timing;
}

/** How a run is asked to end, and what it tells of itself. */
export interface RunControl {
  /** Take nothing new, finish what is under way, give the lease back. */
  readonly gentle: AbortSignal;
  /** Let go at once; transfers stay recoverable. */
  readonly hard: AbortSignal;
  /** Told true when the run will only wait for news, false when that is over; answers whether there is room to wait. */
  readonly watching: (on: boolean) => boolean;
  /** Gmail's allowance for the whole service is used up: no new run before `until`, ms since the epoch. */
  readonly pause: (until: number) => void;
}

export interface Visit {
  readonly lease: Lease;
  readonly deps: RunDeps;
  readonly control: RunControl;
  readonly source: Source;
  readonly ledger: Ledger;
  readonly engine: Engine;
  readonly cursors: Map<string, Cursor>;
  readonly renumbered: Set<string>;
  readonly open: Map<MessageKey, OpenTransfer>;
  readonly waiting: Map<MessageKey, WaitingTransfer>;
  readonly pending: Pending;
  /** Settled by this visit; the cursors in `cursors` catch up when their folder is listed again. */
  readonly settled: Map<MessageKey, MessageRef>;
  /** The key that the transfer's intent was written under. */
  readonly runKeyOf: (transfer: OpenTransfer) => Promise<RunKey>;
}

/** A cursor's place in the maps: the folder, or POP3's one. */
export const folderOf = (cursor: Cursor): string => (cursor.protocol === 'imap' ? cursor.folder : 'INBOX');
