/** Header blocks out of a maildrop, by TOP (RFC 1939 §7), which a server may lack. */
import type { Pop3Client } from './pop3-client.ts';

/** TOP commands sent ahead. */
const AHEAD = 32;
/** Bytes of one answer: a server may send more of the message than was asked for. */
const MAX_BYTES = 262_144;

/**
 * `Maildrop.headers`. Each is read before the next is asked for; what is left of one is dropped. A number that the session
 * does not know is not asked for.
 */
export async function* readHeaders(
  client: Pop3Client,
  numbers: readonly (number | undefined)[],
  signal: AbortSignal,
): AsyncGenerator<AsyncIterable<Uint8Array> | null, void, undefined> {
  const window = client.pipelining ? AHEAD : 1;
  for (let at = 0; at < numbers.length; at += window) {
    const asked = numbers.slice(at, at + window);
    await client.request(
      asked.flatMap((number) => (number === undefined ? [] : [`TOP ${number} 0`])),
      signal,
    );
    for (const number of asked) {
      if (number === undefined) yield null;
      else yield (await client.retrieved(signal)).refused === null ? piecesOf(client, signal) : null;
    }
  }
}

async function* piecesOf(client: Pop3Client, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for (let piece = await client.next(signal); piece; piece = await client.next(signal)) {
    bytes += piece.length;
    yield piece;
    if (bytes >= MAX_BYTES) return;
  }
}
