/** A visit's rounds: recover, confirm, list, transfer, wait for news, and again until there is a reason to stop. */
import { type Cursor, isSameCursor, settleRefs } from '../src/core/cursor.ts';
import { isFolderClosed } from '../src/core/folder.ts';
import { endedSession } from '../src/core/judgement.ts';
import type { Listed } from '../src/core/message.ts';
import type { History } from '../src/core/ports.ts';
import type { Lease } from '../src/core/schedule.ts';
import { Carrier } from './carry.ts';
import { confirmDisposals } from './confirm-disposals.ts';
import { disposeDue } from './dispose.ts';
import { learnFolders } from './learn-folders.ts';
import { recoverDue } from './recover-due.ts';
import { tellRefusals } from './refusal-notices.ts';
import { noticeReused } from './reused-ids.ts';
import { type Judge, takeImports, type Visit } from './visit.ts';

/** What a slice that is spent on mail leaves for what is to be done at the source. */
const DISPOSAL_SHARE = 1 / 6;
/** The most imports that are taken from the allowance at once. */
const TAKE = 16;

export interface Rounds {
  /** The source was listed and nothing is left to do now. */
  readonly synced: boolean;
  /** When to come back, ms since the epoch. */
  readonly nextRunAt: number;
}

export async function goRounds(visit: Visit, judge: Judge): Promise<Rounds> {
  const { deps, control } = visit;
  for (;;) {
    const began = deps.clock.now();
    const missing = await learnFolders(visit);
    await recoverDue(visit, judge);
    if (missing) throw missing;
    await confirmDisposals(visit);
    const folders = await listAll(visit);
    const drained = await drain(visit, folders, () => isSliceOver(visit, began), judge);
    if (control.gentle.aborted) return { synced: drained, nextRunAt: deps.clock.now() };
    await tellRefusals(visit);
    const disposed = await disposeDue(visit, disposalEnds(visit, began));
    if (control.gentle.aborted || !drained) return { synced: drained, nextRunAt: deps.clock.now() };
    // What is done shows before a watch that may last for hours.
    if (visit.settled.size > 0) await visit.ledger.observe(null, countWaiting(visit), false);
    let goesOn = disposed !== 'ended' && (await visit.reconciliation.count(folders, countWaiting(visit)));
    if (goesOn && disposed !== 'more') {
      const noticed = await noticeReused(visit);
      goesOn = noticed !== 'ended';
      if (noticed === 'some' && !(await drain(visit, folders, () => isSliceOver(visit, began), judge)))
        return { synced: false, nextRunAt: deps.clock.now() };
    }
    const nextRunAt = disposed === 'more' ? deps.clock.now() : nextVisit(visit, began);
    if (!goesOn || disposed === 'more') return { synced: true, nextRunAt };
    const first = folders[0];
    if (first === undefined || !(await watch(visit, first, nextRunAt))) {
      return { synced: true, nextRunAt: control.gentle.aborted ? deps.clock.now() : nextRunAt };
    }
  }
}

/** A backlog that takes up every slice does not keep what is done at the source waiting for its end. */
function disposalEnds({ deps: { clock, timing } }: Visit, began: number): number {
  const now = clock.now();
  const slice = Math.max(timing.sliceMs, Math.min(now - began, timing.longSliceMs));
  return Math.max(began + timing.sliceMs, now + slice * DISPOSAL_SHARE);
}

/**
 * Whether a round that began then has to end with work left. Nobody gains when a mailbox alone gives way to itself: with a hundred
 * thousand messages, of which Gmail takes some two a second, its listing would cost more than its mail. In a maildrop
 * new mail shows to a new session only, so that there the poll interval is the most.
 */
function isSliceOver({ deps, control, lease, open, waiting }: Visit, began: number): boolean {
  const { sliceMs, longSliceMs } = deps.timing;
  const now = deps.clock.now();
  if (now < began + sliceMs) return false;
  const isPop3 = lease.server.protocol === 'pop3';
  const most = isPop3 ? Math.min(longSliceMs, lease.options.pollSeconds * 1000) : longSliceMs;
  if (now >= began + most || control.othersWait()) return true;
  return [...open.values(), ...waiting.values()].some(({ retryAt }) => retryAt <= now);
}

/** Lists every chosen folder into `pending` and the books. Those that were. */
async function listAll(visit: Visit): Promise<readonly string[]> {
  const folders: string[] = [];
  for (const folder of visit.folders.keys()) {
    try {
      await listOne(visit, folder);
      folders.push(folder);
    } catch (error) {
      const { deps, lease } = visit;
      if (!isFolderClosed(lease.options.folders, folder, error)) throw error;
      deps.log.info('folder not listed', { mailboxId: lease.mailboxId, code: error.code });
    }
  }
  // A message that waits may be one that no listing names: retried on demand, or gone, as its fetch will tell. What has
  // ended a session before may do so again, so all else goes first.
  const waiting = [...visit.waiting.values()].filter((message) => isDue(visit, message));
  visit.pending.add(waiting.filter((message) => !isSuspect(visit, message)));
  visit.pending.add(
    waiting.filter((message) => isSuspect(visit, message)).map((message) => ({ ...message, alone: true })),
  );
  visit.settled.clear();
  return folders;
}

async function listOne(visit: Visit, folder: string): Promise<void> {
  const { lease, source, ledger, control } = visit;
  const known = knownOf(visit, folder);
  const listing = await source.list(folder, known, historyOf(lease), control.hard);
  visit.cursors.set(folder, listing.cursor);
  if (listing.renumbered) visit.renumbered.add(folder);
  visit.pending.add(
    listing.messages.filter((message) => isDue(visit, message) && !isSuspect(visit, message)),
  );
  const unchanged = known !== null && isSameCursor(known, listing.cursor);
  await ledger.observe(unchanged ? null : listing.cursor, countWaiting(visit), listing.renumbered);
  if (!unchanged) await visit.reconciliation.note(folder, known, listing);
}

function knownOf(visit: Visit, folder: string): Cursor | null {
  const cursor = visit.cursors.get(folder);
  return cursor ? settleRefs(cursor, [...visit.settled.values()]) : null;
}

/** Neither settled by this visit, nor on its way, nor waiting for its own time. */
const isDue = (visit: Visit, { key }: Listed): boolean =>
  !visit.settled.has(key) &&
  !visit.open.has(key) &&
  (visit.waiting.get(key)?.retryAt ?? 0) <= visit.deps.clock.now();

/** Whether its last try ended the session. */
const isSuspect = (visit: Visit, { key }: Listed): boolean => {
  const before = visit.waiting.get(key);
  return before !== undefined && endedSession(before.reason);
};

const countWaiting = ({ pending, open, waiting }: Visit): number =>
  pending.size + open.size + [...waiting.keys()].filter((key) => !pending.has(key)).length;

/** True when nothing that may go now is left; false when the slice is over or the run is asked to end. */
async function drain(
  visit: Visit,
  folders: readonly string[],
  isOver: () => boolean,
  judge: Judge,
): Promise<boolean> {
  const carrier = new Carrier(visit, judge);
  try {
    return await carryPending(visit, carrier, folders, isOver);
  } finally {
    await carrier.finish();
  }
}

async function carryPending(
  visit: Visit,
  carrier: Carrier,
  folders: readonly string[],
  isOver: () => boolean,
): Promise<boolean> {
  const { deps, lease, control, pending } = visit;
  const { clock, quota, timing } = deps;
  let relistAt = clock.now() + timing.relistMs;
  while (pending.size > 0) {
    if (control.gentle.aborted || isOver()) return false;
    if (!pending.freshFirst) {
      if (quota.backlogResumesAt(lease.userId) !== null) return true;
      if (lease.server.protocol === 'imap' && clock.now() >= relistAt) {
        // What is under way would be listed again.
        await carrier.finish();
        await listFresh(visit, folders);
        relistAt = clock.now() + timing.relistMs;
        continue;
      }
    }
    const taken = await takeImports(visit, TAKE);
    if (taken === 0) return false;
    const batch = pending.take(taken);
    quota.giveBack(lease.userId, taken - batch.length);
    if (batch.length === 0) continue;
    await carrier.carry(batch);
    // Backlog does not take lanes from new mail that is under way.
    if (!batch[0]?.backlog) await carrier.finish();
  }
  return true;
}

/** Looks for mail that came since the folders were listed, without listing the backlog again. */
async function listFresh(visit: Visit, folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    const cursor = visit.cursors.get(folder);
    if (cursor?.protocol !== 'imap') continue;
    const top = cursor.settled.at(-1)?.[1] ?? 0;
    const known = { ...cursor, settled: [[1, Math.max(top, cursor.baseline - 1)]] as const };
    // Only for its messages: the cursor that this listing returns claims too much.
    const listing = await visit.source.list(folder, known, historyOf(visit.lease), visit.control.hard);
    // Numbered anew meanwhile: the next full listing tells what is known of it.
    if (listing.renumbered) continue;
    visit.pending.add(
      listing.messages.filter((message) => isDue(visit, message) && !isSuspect(visit, message)),
    );
  }
}

/** Waits in the folder until there is a reason for another round; false when this run has to end instead. */
async function watch(visit: Visit, folder: string, until: number): Promise<boolean> {
  const { control, deps, lease, source } = visit;
  if (!lease.mayWatch || control.gentle.aborted || !control.watching(true)) return false;
  try {
    const ms = Math.max(0, until - deps.clock.now());
    const news = await source.watch(folder, ms, AbortSignal.any([control.gentle, control.hard]));
    return news !== 'unsupported' && !control.gentle.aborted;
  } catch (error) {
    if (control.gentle.aborted && !control.hard.aborted) return false;
    throw error;
  } finally {
    control.watching(false);
  }
}

/** The poll interval from now, or earlier when a message's own retry time, not yet come when the round `began`, does. */
function nextVisit(visit: Visit, began: number): number {
  const { clock } = visit.deps;
  const now = clock.now();
  let next = now + visit.lease.options.pollSeconds * 1000;
  for (const { retryAt } of [...visit.open.values(), ...visit.waiting.values()]) {
    if (retryAt > began) next = Math.min(next, Math.max(now, retryAt));
  }
  return next;
}

export function historyOf({ options, createdAt }: Lease): History {
  switch (options.history) {
    case 'all':
      return { kind: 'all' };
    case 'new':
      return { kind: 'new', from: createdAt };
    case 'since':
      return { kind: 'since', from: Date.parse(`${options.since}T00:00:00Z`) };
  }
}
