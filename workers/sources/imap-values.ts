/** Numbers, times and flags out of an IMAP server's answers. Of a message's, null: none that it can have. */
import type { MessageFlags } from '../../src/core/ports.ts';

const YEAR_10000 = Date.UTC(10_000, 0);

/** Ms since the epoch. What is made of it later, a database column or a delay, must bear it. */
export function dateOf(value: Date | string | undefined): number | null {
  const at = value instanceof Date ? value.getTime() : -1;
  return at >= 0 && at < YEAR_10000 ? at : null;
}

/** Bytes. */
export const sizeOf = (value: number | undefined): number | null =>
  value !== undefined && Number.isSafeInteger(value) && value >= 0 ? value : null;

/** More flags than a message can have. */
const MAX_FLAGS = 1_000;

/** The two flags that Gmail can show (RFC 3501 §2.3.2), from a set of whatever the library made of the answer. */
export function flagsOf(value: unknown): MessageFlags | null {
  if (!(value instanceof Set) || value.size > MAX_FLAGS) return null;
  const flags = new Set(
    [...value].map((flag: unknown) => (typeof flag === 'string' ? flag.toLowerCase() : '')),
  );
  return { seen: flags.has('\\seen'), flagged: flags.has('\\flagged') };
}

/** The most messages that one command may handle (MESSAGELIMIT, RFC 9738). */
export function messageLimitOf(capabilities: Iterable<string>): number {
  for (const name of capabilities) {
    const limit = /^MESSAGELIMIT=([1-9]\d{0,8})$/.exec(name)?.[1];
    if (limit !== undefined) return Number(limit);
  }
  return Number.POSITIVE_INFINITY;
}
