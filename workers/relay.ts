/** Passes a message's bytes on in upload-sized chunks: counted, bounded, digested, and zeroed behind itself. */
import type { Hmac } from 'node:crypto';
import { Fault, type FaultCode } from '../src/core/fault.ts';
import { CHUNK_BYTES, giveChunk, takeChunk } from './chunks.ts';

const NOTHING = new Uint8Array(0);

export interface Chunk {
  /** Valid until the next chunk is asked for, then zeroed. */
  readonly bytes: Uint8Array;
  /** Where in the message it begins. */
  readonly offset: number;
  /** Bytes of the whole message, on the last chunk; null before. */
  readonly total: number | null;
}

export interface RelayOptions {
  readonly maxBytes: number;
  /** The fault of what is larger; default `message-too-large`. */
  readonly tooLarge?: FaultCode;
  /** Sees every byte of the message. */
  readonly digest: Hmac;
  /** Sees every byte of the message as long as it takes an interest. */
  readonly header: { push(piece: Uint8Array): void };
  /** Told of a NUL byte. */
  readonly flaws: { hasNul: boolean };
  /** Bytes the session has already: read and digested, not passed on. */
  readonly from: number;
}

/** Buffer's search is ten times as fast as that of an array. */
const hasNul = (piece: Uint8Array): boolean => Buffer.prototype.indexOf.call(piece, 0) >= 0;

/**
 * Yields chunks of CHUNK_BYTES, the last one shorter and naming the total; one chunk of memory is held. Faults:
 * `tooLarge` beyond `maxBytes`, `message-changed` when the body ends before `from`, and whatever the body
 * throws. A message of no bytes yields one empty last chunk.
 */
export async function* relay(
  body: AsyncIterable<Uint8Array>,
  options: RelayOptions,
): AsyncGenerator<Chunk, void> {
  const { maxBytes, tooLarge = 'message-too-large', digest, header, flaws, from } = options;
  /** A first piece that may be the whole message: it is passed on as it is, without a chunk of memory. */
  let alone: Uint8Array | undefined;
  let buffer: Buffer | undefined;
  let held = 0;
  let used = 0;
  let offset = from;
  let total = 0;
  let piece: Uint8Array | undefined;
  try {
    for await (piece of body) {
      const skipped = Math.max(0, Math.min(piece.length, from - total));
      total += piece.length;
      // Whom even what is too large is from goes on record.
      header.push(piece);
      if (total > maxBytes) throw new Fault(tooLarge);
      digest.update(piece);
      flaws.hasNul ||= hasNul(piece);
      if (total === piece.length && skipped === 0 && piece.length <= CHUNK_BYTES) {
        alone = piece;
        continue;
      }
      buffer ??= takeChunk();
      if (alone) {
        buffer.set(alone);
        held = used = alone.length;
        alone.fill(0);
        alone = undefined;
      }
      for (let rest = piece.subarray(skipped); rest.length > 0; ) {
        // Full, and more is to come: so this is not the last chunk.
        if (held === CHUNK_BYTES) {
          yield { bytes: buffer, offset, total: null };
          offset += held;
          held = 0;
        }
        const part = rest.subarray(0, CHUNK_BYTES - held);
        buffer.set(part, held);
        held += part.length;
        used = Math.max(used, held);
        rest = rest.subarray(part.length);
      }
      piece.fill(0);
    }
    if (total < from) throw new Fault('message-changed');
    yield { bytes: alone ?? buffer?.subarray(0, held) ?? NOTHING, offset, total };
  } finally {
    piece?.fill(0);
    alone?.fill(0);
    if (buffer) giveChunk(buffer, used);
  }
}
