/** Carries messages from the source to Gmail, several at once within the lanes, each judged on its own. */
import { Fault } from '../src/core/fault.ts';
import type { Listed } from '../src/core/message.ts';
import { SMALL_BYTES } from '../src/core/pending.ts';
import type { Fetched } from '../src/core/ports.ts';
import type { OpenTransfer, Settlement } from '../src/core/transfer.ts';
import { CHUNK_BYTES } from './chunks.ts';
import { HeaderBlock } from './header-block.ts';
import { recover } from './recover.ts';
import { type Passage, transfer } from './transfer.ts';
import type { Visit } from './visit.ts';

/** What a streamed message holds: the chunk under way, the source's next one, and what the libraries copy. */
const STREAM_BYTES = 4 * CHUNK_BYTES;

/** Decides what an error means for the message; returns when its neighbours may go on, throws when not. */
export type Judge = (message: Listed, error: unknown, passage?: Passage) => Promise<void>;

/** Transfers one batch; back when all of it is settled or postponed. Throws what ends the visit. */
export async function carryBatch(visit: Visit, batch: readonly Listed[], judge: Judge): Promise<void> {
  const { lanes } = visit.deps;
  const { hard } = visit.control;
  const missing = new Map(batch.map((message) => [message.key, message]));
  const underway = new Set<Promise<void>>();
  let fatal: { readonly error: unknown } | undefined;
  const fetched = visit.source.fetch(batch, hard)[Symbol.asyncIterator]();
  try {
    while (!fatal) {
      const leave = await lanes.enter(laneOf(visit, batch[0]), hard);
      // The lane comes first: what waits for one must not hold its message in memory.
      const next = await fetched.next().catch(async (error: unknown) => {
        leave();
        // When the session broke under a message on its way, that one has been blamed already.
        await Promise.all(underway);
        const [blamed] = missing.values();
        if (fatal || !blamed) throw error;
        await judge(blamed, error);
        throw error;
      });
      if (next.done || fatal) {
        leave();
        break;
      }
      missing.delete(next.value.message.key);
      const task = carryOne(visit, next.value, leave, judge)
        .catch((error: unknown) => {
          fatal ??= { error };
        })
        .finally(() => {
          leave();
          underway.delete(task);
        });
      underway.add(task);
    }
  } finally {
    await Promise.all(underway);
    await fetched.return?.();
  }
  if (fatal) throw fatal.error;
}

async function carryOne(visit: Visit, fetched: Fetched, leave: () => void, judge: Judge): Promise<void> {
  const { message } = fetched;
  await withPassage(leave, async (passage) => {
    try {
      const outcome = await transfer(fetched, visit.engine, passage, null, visit.control.hard);
      if (typeof outcome === 'number') {
        await holdBack(visit, message, outcome);
        return;
      }
      noteSettled(visit, outcome);
      if (outcome.status === 'delivered') visit.deps.quota.spend(visit.lease.userId, outcome.sizeBytes);
    } catch (error) {
      await judge(message, error, passage);
    }
  });
}

/** Until another transfer has ended that may be of the same message; not a try that failed. */
async function holdBack(visit: Visit, message: Listed, retryAt: number): Promise<void> {
  const tries = visit.waiting.get(message.key)?.tries ?? 0;
  const postponed = { ...message, tries, retryAt, reason: 'upload-interrupted' } as const;
  await visit.ledger.postpone(postponed);
  visit.waiting.set(message.key, { ...postponed, state: 'waiting' });
}

/** Asks the sessions that are due how far they got, one after the other. Throws what ends the visit. */
export async function recoverDue(visit: Visit, judge: Judge): Promise<void> {
  const { clock } = visit.deps;
  for (const open of [...visit.open.values()]) {
    if (visit.control.gentle.aborted) return;
    if (open.retryAt > clock.now()) continue;
    // Before the lane: what waits for its allowance must not keep others from theirs.
    if ((await takeImports(visit, 1)) === 0) return;
    await recoverOne(visit, open, judge);
  }
}

/** Has one import of the allowance, and gives it back when nothing had to be sent. */
async function recoverOne(visit: Visit, open: OpenTransfer, judge: Judge): Promise<void> {
  const { clock, lanes, quota, timing } = visit.deps;
  const { hard } = visit.control;
  const { userId } = visit.lease;
  const message: Listed = { ...open, size: open.total };
  const leave = await lanes.enter(laneOf(visit, message), hard);
  const refetch = new Refetch(visit);
  try {
    await withPassage(leave, async (passage) => {
      try {
        const key = await visit.runKeyOf(open);
        const recovery = {
          engine: visit.engine,
          key,
          now: clock.now(),
          graceMs: timing.graceMs,
          backlogResumesAt: quota.backlogResumesAt(userId),
          refetch: (wanted: Listed) => refetch.first(wanted),
        };
        const outcome = await recover(open, recovery, passage, hard);
        if (typeof outcome === 'number') {
          const postponed = {
            ...open,
            size: open.total,
            reason: open.reason ?? 'upload-interrupted',
            retryAt: outcome,
          } as const;
          await visit.ledger.postpone(postponed);
          visit.open.set(open.key, { ...open, retryAt: outcome });
          return;
        }
        noteSettled(visit, outcome);
        if (outcome.status === 'delivered') quota.spend(userId, outcome.sizeBytes);
      } catch (error) {
        await judge(message, error, passage);
      }
    });
  } finally {
    leave();
    if (!refetch.begun) quota.giveBack(userId, 1);
    await refetch.close();
  }
}

/** How many imports are allowed now, after waiting for at least one; 0 when the run is asked to end meanwhile. */
export async function takeImports({ deps, lease, control }: Visit, most: number): Promise<number> {
  try {
    return await deps.quota.take(lease.userId, most, AbortSignal.any([control.gentle, control.hard]));
  } catch (error) {
    if (control.gentle.aborted && !control.hard.aborted) return 0;
    throw error;
  }
}

/** One message fetched again, and the fetch closed behind it. */
class Refetch {
  readonly #visit: Visit;
  #fetched: AsyncIterator<Fetched> | undefined;

  constructor(visit: Visit) {
    this.#visit = visit;
  }

  get begun(): boolean {
    return this.#fetched !== undefined;
  }

  async first(message: Listed): Promise<Fetched> {
    this.#fetched = this.#visit.source.fetch([message], this.#visit.control.hard)[Symbol.asyncIterator]();
    const next = await this.#fetched.next();
    if (next.done) throw new Fault('message-gone');
    return next.value;
  }

  async close(): Promise<void> {
    await this.#fetched?.return?.();
  }
}

/** The visit's own books follow the ledger's. */
export function noteSettled(visit: Visit, { key, ref }: Pick<Settlement, 'key' | 'ref'>): void {
  visit.settled.set(key, ref);
  visit.waiting.delete(key);
  visit.open.delete(key);
}

async function withPassage(onCommitted: () => void, use: (passage: Passage) => Promise<void>): Promise<void> {
  const passage: Passage = { header: new HeaderBlock(), bytes: 0, intent: null, onCommitted };
  try {
    await use(passage);
  } finally {
    passage.header.destroy();
  }
}

const laneOf = (visit: Visit, first: Listed | undefined) => ({
  userId: visit.lease.userId,
  backlog: first?.backlog ?? true,
  bytes: (first?.size ?? STREAM_BYTES) <= SMALL_BYTES ? SMALL_BYTES : STREAM_BYTES,
});
