/**
 * The buffers that mail passes through: a few of one size, used again and again, and zeroed by whoever
 * gives one back. `CHUNK_BYTES` is a multiple of the 256 KiB that Gmail's resumable upload asks for.
 */
export const CHUNK_BYTES = 1024 * 1024;
/** Kept for the next message; beyond it buffers are left to the garbage collector. */
const KEPT = 16;

const free: Buffer[] = [];

export const takeChunk = (): Buffer => free.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);

/** Zeroes the first `used` bytes, all that mail has touched, and keeps the buffer for the next taker. */
export function giveChunk(buffer: Buffer, used: number): void {
  buffer.fill(0, 0, used);
  if (free.length < KEPT) free.push(buffer);
}
