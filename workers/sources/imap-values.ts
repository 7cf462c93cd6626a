/** Numbers and times out of an IMAP server's answers. Of a message's, null: none that it can have. */

const YEAR_10000 = Date.UTC(10_000, 0);

/** Ms since the epoch. What is made of it later, a database column or a delay, must bear it. */
export function dateOf(value: Date | string | undefined): number | null {
  const at = value instanceof Date ? value.getTime() : -1;
  return at >= 0 && at < YEAR_10000 ? at : null;
}

/** Bytes. */
export const sizeOf = (value: number | undefined): number | null =>
  value !== undefined && Number.isSafeInteger(value) && value >= 0 ? value : null;

/** The most messages that one command may handle (MESSAGELIMIT, RFC 9738). */
export function messageLimitOf(capabilities: Iterable<string>): number {
  for (const name of capabilities) {
    const limit = /^MESSAGELIMIT=([1-9]\d{0,8})$/.exec(name)?.[1];
    if (limit !== undefined) return Number(limit);
  }
  return Number.POSITIVE_INFINITY;
}
