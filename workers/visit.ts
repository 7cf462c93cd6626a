/** What the parts of one run share while its session on the source is open. */
import type { SizeBooks } from '../src/core/claimed-sizes.ts';
import type { Cursor } from '../src/core/cursor.ts';
import type { Disposals } from '../src/core/disposal.ts';
import type { Listed, MessageKey, MessageRef } from '../src/core/message.ts';
import { type Pending, SMALL_BYTES } from '../src/core/pending.ts';
import type {
  Clock,
  Grants,
  Ledger,
  Log,
  OpenSource,
  Reconciler,
  Seal,
  Sink,
  Source,
  SourceFolder,
} from '../src/core/ports.ts';
import type { RefusalBooks } from '../src/core/refusal.ts';
import type { Lease } from '../src/core/schedule.ts';
import type { Intent, OpenTransfer, Settlement, WaitingTransfer } from '../src/core/transfer.ts';
import { CHUNK_BYTES } from './chunks.ts';
import type { LaneRequest, Lanes } from './lanes.ts';
import type { Quota } from './quota.ts';
import type { Reconciliation } from './reconcile.ts';
import type { NoticeSender } from './refusal-letter.ts';
import type { RunKey } from './run-key.ts';
import type { LoginDeps } from './source-login.ts';
import type { Engine, Passage } from './transfer.ts';

/** Patience, ms. */
export interface Timing {
  /** How long the bytes of a dead process may still be on their way to Gmail. */
  readonly graceMs: number;
  /** After this long a run with work left gives its lease back, if others wait for their turn or something is due to be tried again. */
  readonly sliceMs: number;
  /** And after this long in any case: who comes back lists all that is left, which is much while most of a large mailbox is left. */
  readonly longSliceMs: number;
  /** How often an IMAP backlog is interrupted to look for new mail. */
  readonly relistMs: number;
}

export interface RunDeps extends LoginDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly seal: Seal;
  readonly openSource: OpenSource;
  readonly openSink: (lease: Lease, refreshToken: string) => Sink;
  readonly openLedger: (lease: Lease) => Ledger;
  readonly openReconciler: (lease: Lease) => Reconciler;
  readonly openRefusals: (lease: Lease) => RefusalBooks;
  readonly noticeSender: NoticeSender;
  readonly openDisposals: (lease: Lease) => Disposals;
  readonly openSizes: (lease: Lease) => SizeBooks;
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
  /** Whether a mailbox may be kept waiting because this one is visited. */
  readonly othersWait: () => boolean;
  /** Gmail's allowance for the whole service is used up: no new run before `until`, ms since the epoch. */
  readonly pause: (until: number) => void;
}

export interface Visit {
  readonly lease: Lease;
  readonly deps: RunDeps;
  readonly control: RunControl;
  readonly source: Source;
  readonly ledger: Ledger;
  readonly reconciliation: Reconciliation;
  readonly disposals: Disposals;
  readonly sizes: SizeBooks;
  readonly refusals: RefusalBooks;
  readonly engine: Engine;
  readonly cursors: Map<string, Cursor>;
  /** By name, as the last listing of all of them found them. */
  readonly folders: Map<string, SourceFolder>;
  /** Those, and the others that messages under way are in. */
  readonly places: Map<string, SourceFolder>;
  readonly renumbered: Set<string>;
  readonly open: Map<MessageKey, OpenTransfer>;
  readonly waiting: Map<MessageKey, WaitingTransfer>;
  readonly pending: Pending;
  /** Settled by this visit; the cursors in `cursors` catch up when their folder is listed again. */
  readonly settled: Map<MessageKey, MessageRef>;
  /** The key that the transfer's intent was written under. */
  readonly runKeyOf: (transfer: OpenTransfer) => Promise<RunKey>;
}

/** Decides what an error means for the message; returns when its neighbours may go on, throws when not. */
export type Judge = (message: Listed, error: unknown, passage?: Passage) => Promise<void>;

/** A cursor's place in the maps: the folder, or POP3's one. */
export const folderOfCursor = (cursor: Cursor): string =>
  cursor.protocol === 'imap' ? cursor.folder : 'INBOX';

/** How many imports are allowed now, after waiting for at least one; 0 when the run is asked to end meanwhile. */
export async function takeImports({ deps, lease, control }: Visit, most: number): Promise<number> {
  try {
    return await deps.quota.take(lease.userId, most, AbortSignal.any([control.gentle, control.hard]));
  } catch (error) {
    if (control.gentle.aborted && !control.hard.aborted) return 0;
    throw error;
  }
}

/** The visit's own books follow the ledger's. */
export function noteSettled(visit: Visit, { key, ref }: Pick<Settlement, 'key' | 'ref'>): void {
  visit.settled.set(key, ref);
  visit.waiting.delete(key);
  visit.open.delete(key);
}

/** What a streamed message holds: the chunk under way, the source's next one, and what the libraries copy. */
const STREAM_BYTES = 4 * CHUNK_BYTES;
/** What a group of small messages holds: it is full at the first one beyond `SMALL_BYTES`. */
const GROUP_BYTES = 2 * SMALL_BYTES;

export const laneOf = (visit: Visit, first: Listed | undefined): LaneRequest => ({
  userId: visit.lease.userId,
  backlog: first?.backlog ?? true,
  bytes: (first?.size ?? STREAM_BYTES) <= SMALL_BYTES ? GROUP_BYTES : STREAM_BYTES,
});

/** As the ledger has it after this run's own intent; its run key is at hand, unsealed. */
export function noteOpen(visit: Visit, intent: Intent, tries: number): void {
  const now = visit.deps.clock.now();
  visit.open.set(intent.key, {
    ...intent,
    state: 'open',
    tries,
    reason: null,
    intendedAt: now,
    retryAt: now,
    sealedRunKey: new Uint8Array(),
  });
  visit.waiting.delete(intent.key);
}
