/**
 * Whether everything that a source lists is accounted for. Every id that the source names in answer to an unbounded question
 * is looked up in the books; how many there are is never taken from them.
 */
import type { AuditStatus } from './audit.ts';
import { complement, type ImapCursor, type UidSet } from './cursor.ts';
import type { Transfer } from './transfer.ts';

/** Where a listed message is. */
export const STANDINGS = [
  'delivered',
  'rejected',
  'failed',
  'uncertain',
  'waiting',
  'skipped',
  'missing',
] as const;
export type Standing = (typeof STANDINGS)[number];

/** Messages by standing. Their sum is what was listed. */
export type Tally = Readonly<Record<Standing, number>>;

/** A row of `transfers`: on its way, or refused. */
export type TransferState = Transfer['state'] | Extract<AuditStatus, 'rejected' | 'failed' | 'uncertain'>;

/** What the books say about one listed message. */
export interface BookEntry {
  /** null: there is no row. */
  readonly transfer: TransferState | null;
  readonly settled: boolean;
  /** Left out by the chosen history or by a rule, or as a copy of another folder's message. */
  readonly leftOut: boolean;
  /** A former listing took the id for one that does not exist. */
  readonly absent: boolean;
  /** This visit still has it before it, or the last listing cannot have shown it. */
  readonly expected: boolean;
}

export function standingOf({ transfer, settled, leftOut, absent, expected }: BookEntry): Standing {
  if (transfer !== null) return transfer === 'open' || transfer === 'waiting' ? 'waiting' : transfer;
  if (settled) {
    if (leftOut) return 'skipped';
    return absent ? 'missing' : 'delivered';
  }
  return expected ? 'waiting' : 'missing';
}

export function tallyOf(standings: Iterable<Standing>): Tally {
  const tally = { delivered: 0, rejected: 0, failed: 0, uncertain: 0, waiting: 0, skipped: 0, missing: 0 };
  for (const standing of standings) tally[standing] += 1;
  return tally;
}

export const addTallies = (tallies: readonly Tally[]): Tally =>
  Object.fromEntries(
    STANDINGS.map((standing) => [standing, tallies.reduce((sum, tally) => sum + tally[standing], 0)]),
  ) as Tally;

export const listedOf = (tally: Tally): number =>
  STANDINGS.reduce((sum, standing) => sum + tally[standing], 0);

/**
 * The cursor alone says of a message that it was delivered. Where it says so of more messages than were ever put on
 * record, as delivered or as known already, the surplus is missing; or skipped, where it is not known what the
 * history left out.
 */
export function checkRecord(tally: Tally, onRecord: number, knowsLeftOut: boolean): Tally {
  const surplus = Math.max(0, tally.delivered - onRecord);
  return {
    ...tally,
    delivered: tally.delivered - surplus,
    missing: tally.missing + (knowsLeftOut ? surplus : 0),
    skipped: tally.skipped + (knowsLeftOut ? 0 : surplus),
  };
}

/** What a listing took for settled without a transfer: what is settled after it and was not before. Linear. */
export function passedOver(before: ImapCursor | null, after: ImapCursor): UidSet {
  const known = before?.uidValidity === after.uidValidity ? before.settled : [];
  const gaps = complement(known, 1, after.settled.at(-1)?.[1] ?? 0);
  const passed: [number, number][] = [];
  let at = 0;
  for (const [first, last] of after.settled) {
    while ((gaps[at]?.[1] ?? Number.POSITIVE_INFINITY) < first) at += 1;
    for (let next = at; ; next += 1) {
      const gap = gaps[next];
      if (!gap || gap[0] > last) break;
      passed.push([Math.max(first, gap[0]), Math.min(last, gap[1])]);
    }
  }
  return passed;
}

/** The highest UID that the books know of; what is above has arrived since the folder was listed. */
export function horizonOf(settled: UidSet, uids: Iterable<number>): number {
  let highest = settled.at(-1)?.[1] ?? 0;
  for (const uid of uids) highest = Math.max(highest, uid);
  return highest;
}
