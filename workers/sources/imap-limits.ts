/**
 * What an IMAP server may send at once. The library holds a line or a literal whole before it looks at it, whether or
 * not anybody asked for it, so a session allows only what its present command can bring.
 */
import { createTurns } from '../turns.ts';

export type Volume = 'quiet' | 'listing' | 'bodies' | 'huge';

interface Limits {
  readonly maxLineLength: number;
  readonly maxLiteralSize: number;
  readonly maxResponseSize: number;
}

const KIB = 1_024;
const MIB = 1_048_576;

const limits = (maxLineLength: number, maxLiteralSize: number): Limits => ({
  maxLineLength,
  maxLiteralSize,
  maxResponseSize: maxLineLength + maxLiteralSize,
});

export const LIMITS: Readonly<Record<Volume, Limits>> = {
  quiet: limits(64 * KIB, 64 * KIB),
  /** A SEARCH answer of more than a million UIDs. */
  listing: limits(16 * MIB, 64 * KIB),
  bodies: limits(64 * KIB, 4 * MIB),
  /** For servers that ignore ranges. */
  huge: limits(64 * KIB, 64 * MIB),
};

/** Bytes of a whole answer that brings no bodies. */
export const MAX_ANSWER: Readonly<Record<'quiet' | 'listing', number>> = {
  quiet: 2 * MIB,
  listing: 64 * MIB,
};

/** Messages of one folder. */
export const MAX_FOUND = 1_000_000;
/** Rows of one listing command: several times what is asked for at once. */
export const MAX_ROWS = 20_000;

/** Sets the limits of the library's parser, which it reads at every line; with `also`, the larger of both. */
export function allow(client: object, volume: Volume, also: Volume = volume): void {
  const { streamer } = client as { readonly streamer?: Partial<Record<keyof Limits, unknown>> };
  if (typeof streamer?.maxLiteralSize !== 'number') throw new TypeError('the IMAP library has changed');
  const [a, b] = [LIMITS[volume], LIMITS[also]];
  streamer.maxLineLength = Math.max(a.maxLineLength, b.maxLineLength);
  streamer.maxLiteralSize = Math.max(a.maxLiteralSize, b.maxLiteralSize);
  streamer.maxResponseSize = Math.max(a.maxResponseSize, b.maxResponseSize);
}

/**
 * Ends the library's work on VANISHED, which only extensions that we do not enable may send: it walks the set one UID
 * at a time, sixteen millions for a line of a few bytes, and everybody else waits.
 */
export function ignoreVanished(client: object): void {
  const library = client as { untaggedVanished?: unknown };
  if (typeof library.untaggedVanished !== 'function') throw new TypeError('the IMAP library has changed');
  library.untaggedVanished = async () => {};
}

/** Sessions of the process that may receive something huge at the same time. */
export const hugeInTurn = createTurns(2);
