/**
 * The smallest change that lets Gmail take a message which it refused: a From header added, surplus ones renamed, NUL bytes
 * left out; and one header that says so. All other bytes stay as they are and stream through: the header block is held,
 * capped, and of the body nothing. The same bytes are always repaired in the same way, whatever pieces they come in.
 */
import type { Repair } from '../src/core/repair.ts';
import { endOfHeader, HEADER_CAP, type HeaderBlock } from './header-block.ts';
import { type Edit, repairHeader } from './repair-header.ts';

const CR = 0x0d;
const LF = 0x0a;
const NOTHING = new Uint8Array(0);

/** One message's repair under way. */
export interface Mending {
  /** Once the header block has passed, what is really mended: Gmail has one answer for no From header and for several. */
  repair: Repair;
  /** Bytes of the message at the source that have passed. */
  size: number;
}

export const mendingOf = (repair: Repair): Mending => ({ repair, size: 0 });

/**
 * The message's repaired bytes. `header` gets those of the message as the source has them. Pieces belong to the consumer, as
 * those of `body` belong to this; what it does not pass on it zeroes.
 */
export async function* mend(
  body: AsyncIterable<Uint8Array>,
  mending: Mending,
  header: HeaderBlock,
): AsyncGenerator<Uint8Array, void> {
  const head = new Head();
  let piece: Uint8Array = NOTHING;
  let isOver = false;
  try {
    for await (piece of body) {
      mending.size += piece.length;
      header.push(piece);
      const rest = head.take(mending.repair === 'null-byte' ? withoutNul(piece) : piece);
      if (head.isComplete) yield* head.pass(mending);
      if (rest.length > 0) yield rest;
    }
    yield* head.pass(mending);
    isOver = true;
  } finally {
    // The consumer is gone, so nobody else will.
    if (!isOver) {
      piece.fill(0);
      head.destroy();
    }
  }
}

/** The same piece, compacted in place. */
function withoutNul(piece: Uint8Array): Uint8Array {
  let length = piece.indexOf(0);
  if (length < 0) return piece;
  for (let at = length; at < piece.length; at += 1) {
    const byte = piece[at] ?? 0;
    if (byte === 0) continue;
    piece[length] = byte;
    length += 1;
  }
  piece.fill(0, length);
  return piece.subarray(0, length);
}

/** The beginning of a message: its header block, or as much of it as the cap lets in, and the rest of the piece that ended it. */
class Head {
  #room: Buffer = Buffer.alloc(0);
  #length = 0;
  /** Where the header block ends; -1: not known yet, or nowhere within the cap. */
  #end = -1;
  #isPassed = false;

  get isComplete(): boolean {
    return this.#end >= 0 || this.#length >= HEADER_CAP;
  }

  /** Moves what it has room for out of the piece; what is left of the piece. */
  take(piece: Uint8Array): Uint8Array {
    if (this.#isPassed) return piece;
    const before = this.#length;
    const added = piece.subarray(0, HEADER_CAP - before);
    this.#reserve(before + added.length);
    this.#room.set(added, before);
    this.#length = before + added.length;
    added.fill(0);
    this.#end = endOfHeader(this.#room.subarray(0, this.#length), Math.max(0, before - 3));
    return piece.subarray(added.length);
  }

  /** Everything it holds, repaired; once. */
  *pass(mending: Mending): Generator<Uint8Array, void> {
    if (this.#isPassed) return;
    this.#isPassed = true;
    const held = this.#room.subarray(0, this.#length);
    const block = this.#end < 0 ? held : held.subarray(0, this.#end);
    const { repair, edits } = repairHeader(block.toString('latin1'), eolOf(held), mending.repair);
    mending.repair = repair;
    yield* edited(held, edits);
  }

  destroy(): void {
    this.#room.fill(0);
  }

  /** Doubles, so that many small pieces cost no more than their bytes. */
  #reserve(bytes: number): void {
    if (bytes <= this.#room.length) return;
    const room = Buffer.alloc(Math.min(HEADER_CAP, 2 * bytes));
    room.set(this.#room.subarray(0, this.#length));
    this.#room.fill(0);
    this.#room = room;
  }
}

/** As the first line does: at the latest the empty one behind the header block. */
function eolOf(held: Buffer): string {
  const at = held.indexOf(LF);
  return at === 0 || (at > 0 && held[at - 1] !== CR) ? '\n' : '\r\n';
}

/** `held` with `edits`, which are in order, made to it. */
function* edited(held: Buffer, edits: readonly Edit[]): Generator<Uint8Array, void> {
  let from = 0;
  for (const { at, remove, insert } of edits) {
    if (at > from) yield held.subarray(from, at);
    yield Buffer.from(insert, 'latin1');
    held.fill(0, at, at + remove);
    from = at + remove;
  }
  if (held.length > from) yield held.subarray(from);
}
