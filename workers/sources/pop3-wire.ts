/**
 * POP3's byte stream (RFC 1939 §3), taken apart as it comes: lines, and bodies with their dots unstuffed. Pure
 * and incremental: any split of the input gives the same lines and the same bytes of bodies. O(n); one chunk
 * and at most one unfinished line are held.
 */
import { Fault } from '../../src/core/fault.ts';

const CR = 13;
const LF = 10;
const DOT = 46;

export interface Pop3Wire {
  /**
   * The next bytes from the server. The chunk belongs to the wire from here on, which unstuffs in place and
   * gives it away in pieces. Throws RangeError while the last chunk is not used up.
   */
  push(chunk: Uint8Array): void;
  /** Bytes pushed and not read. */
  readonly pending: number;
  /**
   * The next line without its end, one character per byte; null: more input is needed. A bare LF ends a line
   * too: some servers send it in status lines. Fault `source-protocol` beyond `max` bytes.
   */
  line(max: number): string | null;
  /**
   * The next piece of a multi-line response, never empty; `end` after its terminating line, which is not part
   * of it while the CRLF before is; null: more input is needed. Only CRLF ends a line here, so that a lone LF,
   * CR or NUL stays what it is. Pieces do not overlap one another, nor what follows.
   */
  piece(): Uint8Array | 'end' | null;
}

/** Where in a body the next byte stands. `cr`: behind a CR that was given out; `dot-cr`: behind one that was not. */
type Place = 'start' | 'dot' | 'dot-cr' | 'text' | 'cr';

export function createPop3Wire(): Pop3Wire {
  let chunk: Buffer = Buffer.alloc(0);
  let at = 0;
  let unfinished = '';
  let place: Place = 'start';

  /** From `at`, which is within a line, to the next line that starts with a dot or the chunk's end. */
  const textEnd = (): number => {
    for (let from = at; ; ) {
      const lf = chunk.indexOf(LF, from);
      if (lf < 0) {
        place = chunk[chunk.length - 1] === CR ? 'cr' : 'text';
        return chunk.length;
      }
      const endsLine = lf > at ? chunk[lf - 1] === CR : place === 'cr';
      from = lf + 1;
      if (from === chunk.length || (endsLine && chunk[from] === DOT)) {
        place = endsLine ? 'start' : 'text';
        return from;
      }
    }
  };

  /** Takes what precedes text at a line's start: `end` for the terminating line, else whether a CR is owed. */
  const lineStart = (): 'end' | 'owes-cr' | 'text' | null => {
    while (at < chunk.length) {
      const byte = chunk[at];
      if (place === 'start' && byte === DOT) place = 'dot';
      else if (place === 'dot' && byte === CR) place = 'dot-cr';
      else if (place === 'dot-cr' && byte === LF) {
        at += 1;
        place = 'start';
        return 'end';
      } else {
        if (place !== 'dot-cr') return 'text';
        place = 'cr';
        return 'owes-cr';
      }
      at += 1;
    }
    return null;
  };

  const piece = (): Uint8Array | 'end' | null => {
    const first = at;
    let length = 0;
    while (at < chunk.length) {
      if (place === 'start' || place === 'dot' || place === 'dot-cr') {
        // The end is told by the next call when there is something to give out first.
        const before = { at, place };
        const found = lineStart();
        if (found === 'end') {
          if (length === 0) return 'end';
          at = before.at;
          place = before.place;
          break;
        }
        if (found === null) break;
        if (found === 'owes-cr') {
          // The CR was held back; in this chunk the dot that was dropped leaves room, across chunks nothing does.
          if (first + length === at) return Uint8Array.of(CR);
          chunk[first + length] = CR;
          length += 1;
        }
      }
      const from = at;
      at = textEnd();
      if (first + length !== from) chunk.copyWithin(first + length, from, at);
      length += at - from;
    }
    return length === 0 ? null : chunk.subarray(first, first + length);
  };

  return {
    push: (next) => {
      if (at < chunk.length) throw new RangeError('the last chunk is not used up');
      chunk = Buffer.from(next.buffer, next.byteOffset, next.byteLength);
      at = 0;
    },
    get pending() {
      return chunk.length - at;
    },
    line: (max) => {
      const lf = chunk.indexOf(LF, at);
      const end = lf < 0 ? chunk.length : lf;
      if (unfinished.length + end - at > max) throw new Fault('source-protocol');
      const from = at;
      at = lf < 0 ? end : lf + 1;
      // Nearly every line of a long listing is whole within its chunk.
      if (lf >= 0 && unfinished === '')
        return chunk.toString('latin1', from, lf > from && chunk[lf - 1] === CR ? lf - 1 : lf);
      unfinished += chunk.toString('latin1', from, end);
      if (lf < 0) return null;
      const line = unfinished.endsWith('\r') ? unfinished.slice(0, -1) : unfinished;
      unfinished = '';
      return line;
    },
    piece,
  };
}
