/**
 * How far a folder is settled. For IMAP a set of UID ranges rather than one highest UID, so that new mail can
 * be settled before the backlog without the cursor passing a message that is not; once all is settled it
 * is one range. For POP3 the hashes of the settled UIDLs.
 */
import { hashUidl, type MessageRef, type UidlHash } from './message.ts';

/** Ascending, disjoint, non-adjacent inclusive ranges `[first, last]` of UIDs ≥ 1. */
export type UidSet = readonly (readonly [number, number])[];

export interface ImapCursor {
  readonly protocol: 'imap';
  readonly folder: string;
  readonly uidValidity: number;
  /** UIDNEXT when the folder was first seen; lower UIDs are backlog. */
  readonly baseline: number;
  readonly settled: UidSet;
}

export interface Pop3Cursor {
  readonly protocol: 'pop3';
  readonly settled: ReadonlySet<UidlHash>;
  /** What was there at the first visit and is not settled yet. */
  readonly backlog: ReadonlySet<UidlHash>;
}

export type Cursor = ImapCursor | Pop3Cursor;

/** The union of `set` and the ranges given in any order. O(n log n). */
export function addRanges(set: UidSet, ranges: Iterable<readonly [number, number]>): UidSet {
  const sorted = [...set, ...ranges].filter(([a, b]) => a <= b).sort((a, b) => a[0] - b[0]);
  const out: [number, number][] = [];
  for (const [first, last] of sorted) {
    const top = out.at(-1);
    if (top && first <= top[1] + 1) top[1] = Math.max(top[1], last);
    else out.push([first, last]);
  }
  return out;
}

export const addUids = (set: UidSet, uids: Iterable<number>): UidSet =>
  addRanges(
    set,
    Array.from(uids, (uid) => [uid, uid] as const),
  );

/** What of `[first, last]` is not in `set`. */
export function complement(set: UidSet, first: number, last: number): UidSet {
  const out: [number, number][] = [];
  let next = first;
  for (const [from, to] of set) {
    if (from > last) break;
    if (from > next) out.push([next, from - 1]);
    next = Math.max(next, to + 1);
  }
  if (next <= last) out.push([next, last]);
  return out;
}

/** Binary search; O(log n). */
export function hasUid(set: UidSet, uid: number): boolean {
  let low = 0;
  let high = set.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const range = set[middle];
    if (!range) return false;
    if (uid < range[0]) high = middle - 1;
    else if (uid > range[1]) low = middle + 1;
    else return true;
  }
  return false;
}

/** IMAP sequence-set syntax (RFC 3501 §9), `1:5,9`; empty string for the empty set. */
export const formatUidSet = (set: UidSet): string =>
  set.map(([a, b]) => (a === b ? `${a}` : `${a}:${b}`)).join(',');

/** The cursor with these messages settled too; those of another folder or UIDVALIDITY are left out. */
export function settleRefs(cursor: Cursor, refs: readonly MessageRef[]): Cursor {
  if (cursor.protocol === 'pop3') {
    const hashes = refs.flatMap((ref) => (ref.protocol === 'pop3' ? [hashUidl(ref.uidl)] : []));
    return hashes.length === 0 ? cursor : { ...cursor, settled: cursor.settled.union(new Set(hashes)) };
  }
  const uids = refs.flatMap((ref) =>
    ref.protocol === 'imap' && ref.folder === cursor.folder && ref.uidValidity === cursor.uidValidity
      ? [ref.uid]
      : [],
  );
  return uids.length === 0 ? cursor : { ...cursor, settled: addUids(cursor.settled, uids) };
}

/** A maildrop's cursor that knows nothing of these messages. */
export function forgetRefs(cursor: Pop3Cursor, refs: readonly MessageRef[]): Pop3Cursor {
  const gone = new Set(refs.flatMap((ref) => (ref.protocol === 'pop3' ? [hashUidl(ref.uidl)] : [])));
  return {
    ...cursor,
    settled: cursor.settled.difference(gone),
    backlog: cursor.backlog.difference(gone),
  };
}

/** A maildrop's cursor to which these are messages that it has yet to deal with. */
export const reopenHashes = (cursor: Pop3Cursor, hashes: ReadonlySet<UidlHash>): Pop3Cursor => ({
  ...cursor,
  settled: cursor.settled.difference(hashes),
  backlog: cursor.backlog.union(hashes),
});

/** Whether `after`, which a listing made of `before`, says anything new. */
export function isSameCursor(before: Cursor, after: Cursor): boolean {
  if (before.protocol === 'pop3' || after.protocol === 'pop3') {
    return (
      before.protocol === 'pop3' &&
      after.protocol === 'pop3' &&
      isSameSet(before.settled, after.settled) &&
      isSameSet(before.backlog, after.backlog)
    );
  }
  return (
    before.uidValidity === after.uidValidity &&
    before.baseline === after.baseline &&
    formatUidSet(before.settled) === formatUidSet(after.settled)
  );
}

const isSameSet = (a: ReadonlySet<UidlHash>, b: ReadonlySet<UidlHash>): boolean =>
  a === b || (a.size === b.size && a.isSubsetOf(b));

/** Whether the message is settled, as far as the cursor tells. */
export function isSettled(cursor: Cursor, ref: MessageRef): boolean {
  if (cursor.protocol === 'pop3') return ref.protocol === 'pop3' && cursor.settled.has(hashUidl(ref.uidl));
  return (
    ref.protocol === 'imap' &&
    ref.folder === cursor.folder &&
    ref.uidValidity === cursor.uidValidity &&
    hasUid(cursor.settled, ref.uid)
  );
}
