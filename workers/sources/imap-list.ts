/**
 * What of a folder is unsettled. UIDs that the server does not have are folded into the cursor, so that a folder
 * that is done is one range and costs one EXAMINE to look at.
 *
 * A UID is folded only when a completed SEARCH did not name it, it is below the UIDNEXT seen before that SEARCH,
 * and no FETCH named it either: a server that answers half must not make messages vanish.
 */
import {
  addRanges,
  addUids,
  complement,
  hasUid,
  type ImapCursor,
  type UidSet,
} from '../../src/core/cursor.ts';
import { Fault, isFault } from '../../src/core/fault.ts';
import { keyOf, type Listed } from '../../src/core/message.ts';
import type { History, Listing } from '../../src/core/ports.ts';
import type { Examined, ImapWire, Row, SearchResult } from './imap-wire.ts';

/** UIDs of one listing FETCH: about 300 kB of answer. */
const DESCRIBED_AT_ONCE = 5000;
/** Ranges of one command: keeps the line under the 8,192 octets that servers should take (RFC 7162 §4). */
const RANGES_AT_ONCE = 250;
/** SINCE looks at the day in the zone the date was written in (RFC 3501 §6.4.4): up to 14 h off UTC. */
export const ZONES = 86_400_000;

type Search = Pick<ImapWire, 'messageLimit' | 'search'>;

function* chunked<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}

/** What a SEARCH that stopped at the server's limit has not looked at: it works inwards from one end of the set. */
function unseen(within: UidSet, found: readonly number[]): UidSet {
  const low = found.at(0);
  const high = found.at(-1);
  if (low === undefined || high === undefined) return [];
  const seen: UidSet = [[low, high]];
  return within.flatMap(([first, last]) => complement(seen, first, last));
}

/**
 * The UIDs of `within` that exist, ascending; with `since`, those that may have arrived after it: a server that
 * stops at its limit is asked again without the date, because then an empty answer proves nothing.
 */
export async function findUids(
  wire: Search,
  within: UidSet,
  since: number | null,
  signal: AbortSignal,
): Promise<number[]> {
  const found: number[] = [];
  for (const ranges of chunked(within, RANGES_AT_ONCE)) {
    let day = since;
    for (let rest: UidSet = ranges; rest.length > 0; ) {
      const answer: SearchResult = await wire.search(rest, day, signal);
      if (answer.partial && day !== null) {
        day = null;
        continue;
      }
      const uids = answer.uids.filter((uid) => hasUid(rest, uid));
      if (answer.partial && uids.length === 0) throw new Fault('source-protocol');
      for (const uid of uids) found.push(uid);
      rest = answer.partial ? unseen(rest, uids) : [];
    }
  }
  return found.sort((a, b) => a - b);
}

/**
 * Ranges that hold exactly `uids` of `within`: what lies between two of them in the same range of `within` does
 * not exist, so `1,3,4` becomes `1:4`.
 */
function* spans(uids: readonly number[], within: UidSet): Generator<readonly [number, number]> {
  let at = 0;
  for (const [, last] of within) {
    const first = uids[at];
    if (first === undefined) return;
    let end = at;
    while (end < uids.length && (uids[end] ?? 0) <= last) end += 1;
    if (end === at) continue;
    yield [first, uids[end - 1] ?? first];
    at = end;
  }
}

/**
 * The rows of `uids`; other messages that exist within the ranges of `within` must be among them. Nothing is asked of
 * `unmeasured` ones. When the server hangs up, the message at which it did is put among them, for another session.
 */
export async function describe(
  wire: ImapWire,
  uids: readonly number[],
  within: UidSet,
  signal: AbortSignal,
  unmeasured: Set<number> = new Set(),
): Promise<Row[]> {
  const rows = new Map<number, Row>();
  const left = addUids([], unmeasured);
  for (const uid of uids) if (unmeasured.has(uid)) rows.set(uid, { uid, size: null, arrivedAt: null });
  const asked = uids.filter((uid) => !unmeasured.has(uid));
  const there = within.flatMap(([first, last]) => complement(left, first, last));
  for (const some of chunked(asked, Math.min(DESCRIBED_AT_ONCE, wire.messageLimit))) {
    for (const ranges of chunked([...spans(some, there)], RANGES_AT_ONCE)) {
      const told: Row[] = [];
      try {
        await wire.describe(ranges, told, signal);
      } catch (error) {
        const stuck = wire.ended ? stuckAt(error, ranges, some, told) : undefined;
        if (stuck !== undefined) unmeasured.add(stuck);
        throw error;
      }
      for (const row of told) rows.set(row.uid, row);
    }
  }
  return [...rows.values()];
}

/** The message at which a server has hung up: it answers in the order of UIDs. What is refused concerns all of them. */
function stuckAt(
  error: unknown,
  ranges: UidSet,
  uids: readonly number[],
  told: readonly Row[],
): number | undefined {
  if (!isFault(error, 'source-disconnected') && !isFault(error, 'source-unavailable')) return undefined;
  const known = new Set(told.map(({ uid }) => uid));
  return uids.find((uid) => hasUid(ranges, uid) && !known.has(uid));
}

/** UIDNEXT as told; null where it is not (RFC 3501 §6.3.1 lets a server), or is one that so many messages cannot have. */
const toldUidNext = ({ uidNext, exists }: Examined): number | null =>
  uidNext !== null && uidNext > exists ? uidNext : null;

/** UIDNEXT, or one more than the highest UID where the server does not tell it. */
export async function uidNextOf(wire: Search, examined: Examined, signal: AbortSignal): Promise<number> {
  const told = toldUidNext(examined);
  if (told !== null) return told;
  if (examined.exists === 0) return 1;
  // A limited SEARCH may start at either end, so all of it is walked.
  return (
    (await findUids(wire, [[1, 0xffffffff]], null, signal)).reduce((top, uid) => Math.max(top, uid), 0) + 1
  );
}

/** A cursor for a folder never seen before under these ids, and the date below which its messages are settled. */
function firstSight(
  examined: Examined,
  uidNext: number,
  history: History,
  renumbered: boolean,
): { cursor: ImapCursor; since: number | null } {
  const { folder, uidValidity } = examined;
  const fresh = { protocol: 'imap', folder, uidValidity, baseline: uidNext, settled: [] } as const;
  switch (history.kind) {
    case 'all':
      return { cursor: fresh, since: null };
    case 'since':
      return { cursor: fresh, since: history.from };
    case 'new':
      // Under new ids old and new mail can only be told apart by date. Backlog all the same, because what was there at
      // the renumbering is recognised before it is imported.
      if (renumbered) return { cursor: fresh, since: history.from };
      return { cursor: { ...fresh, settled: complement([], 1, uidNext - 1) }, since: null };
  }
}

/**
 * What has become of the ids that `known` knows. UIDNEXT never goes back under one UIDVALIDITY (RFC 3501 §2.3.1.1), but it
 * does after a restore from a backup, and at servers that count from the highest message they have: UIDs from there on
 * will be given to other messages (`reissued`). UIDVALIDITY 0, which no server may have, promises nothing about the rest.
 */
function idsOf(known: ImapCursor, examined: Examined): 'same' | 'reissued' | 'new' {
  if (known.uidValidity !== examined.uidValidity) return 'new';
  const next = toldUidNext(examined);
  if (next === null || next > (known.settled.at(-1)?.[1] ?? 0)) return 'same';
  return examined.uidValidity === 0 ? 'new' : 'reissued';
}

/** The cursor without the UIDs from `uidNext` on: they name nothing now. */
const forgetFrom = (known: ImapCursor, uidNext: number): ImapCursor => ({
  ...known,
  baseline: Math.min(known.baseline, uidNext),
  settled: known.settled.flatMap(([first, last]) =>
    first < uidNext ? [[first, Math.min(last, uidNext - 1)] as const] : [],
  ),
});

/** New mail first, oldest first; then backlog, newest first. */
const byUrgency = (a: Listed & { uid: number }, b: Listed & { uid: number }): number => {
  if (a.backlog !== b.backlog) return a.backlog ? 1 : -1;
  return a.backlog ? b.uid - a.uid : a.uid - b.uid;
};

function listed(rows: readonly Row[], cursor: ImapCursor): Listed[] {
  const { folder, uidValidity, baseline } = cursor;
  return rows
    .map((row) => {
      const ref = { protocol: 'imap', folder, uidValidity, uid: row.uid } as const;
      return {
        ref,
        key: keyOf(ref),
        size: row.size,
        arrivedAt: row.arrivedAt,
        backlog: row.uid < baseline,
        uid: row.uid,
      };
    })
    .sort(byUrgency)
    .map(({ uid: _, ...message }) => message);
}

/** `Source.list` for a folder that has just been examined. `unmeasured`: as `describe` has it. */
export async function listFolder(
  wire: ImapWire,
  examined: Examined,
  known: ImapCursor | null,
  history: History,
  signal: AbortSignal,
  unmeasured?: Set<number>,
): Promise<Listing> {
  const uidNext = await uidNextOf(wire, examined, signal);
  const ids = known === null ? 'new' : idsOf(known, examined);
  const renumbered = known !== null && ids !== 'same';
  const { cursor, since } =
    known === null || ids === 'new'
      ? firstSight(examined, uidNext, history, renumbered)
      : { cursor: ids === 'same' ? known : forgetFrom(known, uidNext), since: null };

  const open = complement(cursor.settled, 1, uidNext - 1);
  if (open.length === 0) return { cursor, renumbered, messages: [] };

  const uids = await findUids(wire, open, since === null ? null : since - ZONES, signal);
  const rows = (await describe(wire, uids, open, signal, unmeasured)).filter((row) => hasUid(open, row.uid));
  const tooOld = new Set(
    since === null
      ? []
      : rows.filter((row) => row.arrivedAt !== null && row.arrivedAt < since).map((row) => row.uid),
  );
  const wanted = rows.filter((row) => !tooOld.has(row.uid));
  const unsettled = addUids(
    [],
    [...uids, ...wanted.map((row) => row.uid)].filter((uid) => !tooOld.has(uid)),
  );
  const settled = addRanges(cursor.settled, complement(unsettled, 1, uidNext - 1));
  const after = { ...cursor, settled };
  return { cursor: after, renumbered, messages: listed(wanted, after) };
}
