/** The transfers that a crash, or a lost answer, left open: each is asked for when it is due, one after the other. */
import { isInGmail } from '../src/core/audit.ts';
import { Fault } from '../src/core/fault.ts';
import type { Listed } from '../src/core/message.ts';
import type { Fetched } from '../src/core/ports.ts';
import type { OpenTransfer } from '../src/core/transfer.ts';
import { recover } from './recover.ts';
import type { RunKey } from './run-key.ts';
import { passageOf } from './transfer.ts';
import { type Judge, laneOf, noteSettled, takeImports, type Visit } from './visit.ts';

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
  // Whatever is allowed by now: what the session has is of the repaired copy.
  const passage = passageOf(open.repair);
  let key: RunKey | undefined;
  try {
    key = await visit.runKeyOf(open);
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
    if (isInGmail(outcome.status)) quota.spend(userId, outcome.sizeBytes);
  } catch (error) {
    await judge(message, error, passage);
  } finally {
    leave();
    passage.header.destroy();
    // The key of a former run serves this one transfer.
    if (key !== visit.engine.runKey) key?.destroy();
    if (!refetch.begun) quota.giveBack(userId, 1);
    await refetch.close();
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
