/** What happens at the source with messages that Gmail has: after a round's mail, in the same session, in small portions. */
import { type KeyObject, timingSafeEqual } from 'node:crypto';
import {
  type DisposalOutcome,
  type DisposalReport,
  disposalOf,
  MAX_DISPOSAL_TRIES,
  type Recogniser,
  type SourceAction,
  type SourceProblem,
} from '../src/core/disposal.ts';
import { isFault } from '../src/core/fault.ts';
import { folderOf, type MessageKey } from '../src/core/message.ts';
import { HeaderBlock } from './header-block.ts';
import type { Visit } from './visit.ts';

/** Asked for at once, and told to the source with one command each. */
const PORTION = 100;

/** `done`: nothing is due any more. `more`: the time was over first. `ended`: the session may have ended over it. */
export type Disposed = 'done' | 'more' | 'ended';

/** Until there is nothing due, `until` (ms since the epoch), or the run is asked to end. Faults of the books go through. */
export async function disposeDue(visit: Visit, until: number): Promise<Disposed> {
  const { lease, deps, control, disposals } = visit;
  // The owner may choose otherwise at any time: then this run is recalled, and each portion asks again.
  if (disposalOf(lease.options) === null) return 'done';
  const progress: Progress = { made: false, problem: null };
  for (;;) {
    if (control.gentle.aborted || deps.clock.now() >= until) return 'more';
    const due = await disposals.due(PORTION);
    if (due.length === 0) return 'done';
    progress.made = false;
    for (const [folder, actions] of portionsOf(due)) {
      const went = await disposePortion(visit, folder, actions, progress);
      if (went !== 'on') return went;
    }
    // What is left is kept from its turn by something else.
    if (!progress.made) return 'done';
  }
}

interface Progress {
  /** By the portions that were asked for together. */
  made: boolean;
  /** What stands in the way in one of its folders, while others may go on. */
  problem: SourceProblem | null;
}

/** By folder; what was tried before goes alone, for it may be what ends the session. */
function* portionsOf(due: readonly SourceAction[]): Generator<[string, readonly SourceAction[]]> {
  const fresh = due.filter(({ tries }) => tries === 0);
  for (const [folder, actions] of Map.groupBy(fresh, ({ ref }) => folderOf(ref))) yield [folder, actions];
  for (const action of due) if (action.tries > 0) yield [folderOf(action.ref), [action]];
}

async function disposePortion(
  visit: Visit,
  folder: string,
  actions: readonly SourceAction[],
  progress: Progress,
): Promise<'on' | 'done' | 'ended'> {
  const { lease, deps, control, disposals, source } = visit;
  const disposal = disposalOf(lease.options);
  if (disposal === null || control.gentle.aborted) return 'done';
  let begun: ReadonlySet<MessageKey> = new Set();
  let broken: unknown;
  const intend = async (keys: readonly MessageKey[]): Promise<ReadonlySet<MessageKey>> => {
    try {
      begun = await disposals.intend(keys, disposal);
      progress.made ||= begun.size > 0;
      return begun;
    } catch (error) {
      broken = error;
      throw error;
    }
  };
  const recogniser = () => recogniserOf(visit.engine.fingerprintKey);
  let report: DisposalReport;
  try {
    report = await source.dispose({ folder, disposal, actions, recogniser, intend }, control.hard);
  } catch (error) {
    // The books have failed, or the run is asked to let go: that is no matter of the source.
    if (broken !== undefined || control.hard.aborted || !isFault(error)) throw error;
    deps.log.info('not disposed', { mailboxId: lease.mailboxId, code: error.code });
    // What ended the session counts as tried, however far it had come.
    if (begun.size === 0) await intend(actions.map(({ key }) => key));
    await disposals.settle(outcomesOf(actions, begun, null), 'source-trouble');
    return 'ended';
  }
  // One folder alone: a try for what is in it, so that the other folders' actions are not kept waiting behind these.
  const isLocked = report.problem === 'source-read-only';
  if (isLocked) await intend(actions.map(({ key }) => key));
  const outcomes = outcomesOf(actions, begun, report);
  progress.made ||= outcomes.size > 0;
  progress.problem = report.problem ?? progress.problem;
  if (outcomes.size > 0 || report.problem !== null) await disposals.settle(outcomes, progress.problem);
  return report.problem === null || isLocked ? 'on' : 'done';
}

/** What a source refuses is tried again, but not for ever. `told` null: the session ended over it. */
function outcomesOf(
  actions: readonly SourceAction[],
  begun: ReadonlySet<MessageKey>,
  told: DisposalReport | null,
): ReadonlyMap<MessageKey, DisposalOutcome> {
  const outcomes = new Map<MessageKey, DisposalOutcome>();
  for (const { key, tries } of actions) {
    const outcome = told?.outcomes.get(key) ?? null;
    const spent = told?.hopeless?.has(key) || (begun.has(key) && tries + 1 >= MAX_DISPOSAL_TRIES);
    if (outcome !== null && outcome !== 'refused') outcomes.set(key, outcome);
    else if (spent) outcomes.set(key, 'refused');
  }
  return outcomes;
}

/** By the header block's keyed digest, as at the delivery. */
export function recogniserOf(key: KeyObject): Recogniser {
  const header = new HeaderBlock();
  return {
    push: (piece) => header.push(piece),
    isOf: ({ fingerprint, size }) => {
      const found = header.fingerprint(key, size);
      return found.length === fingerprint.length && timingSafeEqual(found, fingerprint);
    },
    destroy: () => header.destroy(),
  };
}
