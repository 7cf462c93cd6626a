/** Between PostgreSQL's text form of an int8multirange and the cursor's set of UIDs. */
import type { UidSet } from '../core/cursor.ts';

/**
 * `{[1,5),[7,8)}` → `[[1, 4], [7, 7]]`. PostgreSQL prints discrete ranges in the canonical form: lower bound
 * included, upper excluded, ascending and disjoint. RangeError on anything else, an unbounded range too.
 * https://www.postgresql.org/docs/current/rangetypes.html#RANGETYPES-DISCRETE
 */
export function parseMultirange(text: string): UidSet {
  if (!/^\{(\[\d+,\d+\)(,\[\d+,\d+\))*)?\}$/.test(text)) throw new RangeError('not a bounded int8multirange');
  return Array.from(
    text.matchAll(/\[(\d+),(\d+)\)/g),
    ([, from, end]) => [Number(from), Number(end) - 1] as const,
  );
}

export const formatMultirange = (set: UidSet): string =>
  `{${set.map(([first, last]) => `[${first},${last + 1})`).join(',')}}`;
