/**
 * At the end of a complete visit: is everything that the source lists accounted for? Asks the source for all ids,
 * whatever the cursor says, and looks each of them up. Nothing depends on it, so nothing here fails a run.
 */
import type { Cursor, ImapCursor } from '../src/core/cursor.ts';
import { hasUid } from '../src/core/cursor.ts';
import { isFault } from '../src/core/fault.ts';
import type { MailboxOptions } from '../src/core/mailbox.ts';
import { hashUidl, keyOf, refOf, type UidlHash } from '../src/core/message.ts';
import type { Pending } from '../src/core/pending.ts';
import type {
  Clock,
  FolderBooks,
  FolderIds,
  Listing,
  Log,
  PassedOver,
  Reconciler,
  ReconciliationBooks,
  Source,
} from '../src/core/ports.ts';
import {
  addTallies,
  checkRecord,
  horizonOf,
  passedOver,
  type Standing,
  standingOf,
  type Tally,
  type TransferState,
  tallyOf,
} from '../src/core/reconciliation.ts';
import { HOUR } from '../src/core/schedule.ts';

export interface ReconciliationParts {
  readonly reconciler: Reconciler;
  readonly source: Source;
  readonly pending: Pending;
  readonly clock: Clock;
  readonly log: Log;
  readonly mailboxId: string;
  readonly history: MailboxOptions['history'];
  readonly hard: AbortSignal;
}

export class Reconciliation {
  readonly #parts: ReconciliationParts;
  /** null: not asked for yet. */
  #last: Promise<{ readonly at: number; readonly waiting: number } | null> | null = null;

  constructor(parts: ReconciliationParts) {
    this.#parts = parts;
  }

  /** Keeps what a listing, given `known`, took for settled: should it turn up later, it was lost. */
  async note(folder: string, known: Cursor | null, listing: Listing): Promise<void> {
    const { reconciler, history } = this.#parts;
    const first = known === null || listing.renumbered;
    const passed = passedOf(known, listing.cursor, first && history !== 'all');
    if (!passed) return;
    try {
      await reconciler.notePassedOver(folder, passed);
    } catch (error) {
      this.#complain(error);
    }
  }

  /**
   * Counts when it is time to; `waiting` is what the visit leaves undone. False when the session may have ended over it:
   * then the visit is over.
   */
  async count(folders: readonly string[], waiting: number): Promise<boolean> {
    const { reconciler, source, clock, hard } = this.#parts;
    let asking = false;
    try {
      if (!(await this.#isDue(waiting))) return true;
      const ids = new Map<string, FolderIds>();
      asking = true;
      for (const folder of folders) ids.set(folder, await source.ids(folder, hard));
      asking = false;
      const tally = reconcile(ids, await reconciler.load(), this.#parts);
      if (!tally) return true;
      await reconciler.save(tally);
      this.#last = Promise.resolve({ at: clock.now(), waiting: tally.waiting });
      return true;
    } catch (error) {
      this.#complain(error);
      return !asking;
    }
  }

  /** At most once an hour, when a backlog is done, and when its owner wants it. */
  async #isDue(waiting: number): Promise<boolean> {
    this.#last ??= this.#parts.reconciler.last().then((last) => (last?.wanted ? null : last));
    const last = await this.#last;
    if (last === null) return true;
    return this.#parts.clock.now() - last.at >= HOUR || (last.waiting > 0 && waiting === 0);
  }

  #complain(error: unknown): void {
    const { log, mailboxId } = this.#parts;
    if (isFault(error)) log.info('not reconciled', { mailboxId, code: error.code });
    else log.warn('not reconciled', { mailboxId, error });
  }
}

/** null: nothing that has to be kept. */
function passedOf(known: Cursor | null, after: Cursor, leavesOut: boolean): PassedOver | null {
  if (after.protocol === 'pop3') {
    if (known !== null && !leavesOut) return null;
    const before: ReadonlySet<UidlHash> = known?.protocol === 'pop3' ? known.settled : new Set();
    const hashes = leavesOut ? [...after.settled].filter((hash) => !before.has(hash)) : [];
    return { uidValidity: 0, absent: [], leftOut: { uids: [], hashes } };
  }
  const passed = passedOver(known?.protocol === 'imap' ? known : null, after);
  if (leavesOut) return { uidValidity: after.uidValidity, absent: [], leftOut: { uids: passed, hashes: [] } };
  const leftOut = known === null ? { uids: [], hashes: [] } : null;
  return passed.length === 0 && leftOut === null
    ? null
    : { uidValidity: after.uidValidity, absent: passed, leftOut };
}

/** null: the source has changed its ids since it was listed, so that nothing can be looked up. */
function reconcile(
  ids: ReadonlyMap<string, FolderIds>,
  books: ReconciliationBooks,
  { history, pending }: Pick<ReconciliationParts, 'history' | 'pending'>,
): Tally | null {
  const tallies: Tally[] = [];
  let knowsLeftOut = true;
  for (const [folder, listed] of ids) {
    const known = books.folders.get(folder);
    if (listed.protocol === 'pop3') {
      tallies.push(tallyOf(pop3Standings(listed.uidls, known, books.transfers, pending)));
    } else {
      if (known?.cursor.protocol !== 'imap' || known.cursor.uidValidity !== listed.uidValidity) return null;
      tallies.push(tallyOf(imapStandings(listed, known, known.cursor, books.transfers, pending, history)));
    }
    knowsLeftOut &&= history === 'all' || (known?.leftOut ?? null) !== null;
  }
  return checkRecord(addTallies(tallies), books.onRecord, knowsLeftOut);
}

function* imapStandings(
  { uids, uidValidity }: Extract<FolderIds, { protocol: 'imap' }>,
  { absent, leftOut, skipped }: FolderBooks,
  { folder, settled, baseline }: ImapCursor,
  transfers: ReconciliationBooks['transfers'],
  pending: Pending,
  history: MailboxOptions['history'],
): Generator<Standing> {
  const states = new Map<number, TransferState>();
  for (const [key, state] of transfers) {
    const ref = refOf(key);
    if (ref.protocol === 'imap' && ref.folder === folder && ref.uidValidity === uidValidity)
      states.set(ref.uid, state);
  }
  const horizon = horizonOf(settled, states.keys());
  for (const uid of uids) {
    const isSettled = hasUid(settled, uid);
    yield standingOf({
      transfer: states.get(uid) ?? null,
      settled: isSettled,
      leftOut:
        hasUid(skipped?.uids ?? [], uid) ||
        (leftOut === null ? history !== 'all' && uid < baseline : hasUid(leftOut.uids, uid)),
      absent: hasUid(absent, uid),
      expected:
        !isSettled && (uid > horizon || pending.has(keyOf({ protocol: 'imap', folder, uidValidity, uid }))),
    });
  }
}

function* pop3Standings(
  uidls: readonly string[],
  known: FolderBooks | undefined,
  transfers: ReconciliationBooks['transfers'],
  pending: Pending,
): Generator<Standing> {
  const cursor = known?.cursor.protocol === 'pop3' ? known.cursor : null;
  for (const uidl of uidls) {
    const hash = hashUidl(uidl);
    const key = keyOf({ protocol: 'pop3', uidl });
    yield standingOf({
      transfer: transfers.get(key) ?? null,
      settled: cursor?.settled.has(hash) ?? false,
      leftOut: Boolean(known?.leftOut?.hashes.has(hash) || known?.skipped?.hashes.has(hash)),
      absent: false,
      // What was there at the first visit has been dealt with or is before this one; anything else is new.
      expected: !cursor?.backlog.has(hash) || pending.has(key),
    });
  }
}
