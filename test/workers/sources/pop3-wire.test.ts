import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isFault } from '../../../src/core/fault.ts';
import { createPop3Wire } from '../../../workers/sources/pop3-wire.ts';

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

/** What a server does to a message of CRLF lines, said as RFC 1939 §3 says it. */
const stuff = (message: Buffer): Buffer =>
  latin1(`${message.toString('latin1').replace(/^\.|(?<=\r\n)\./g, '..')}.\r\n`);

interface Read {
  readonly body: string;
  readonly ended: boolean;
  readonly rest: string;
}

/** Reads one body from copies of `chunks`; zeroes each piece as a consumer does, which must spoil nothing. */
function readBody(chunks: readonly Uint8Array[]): Read {
  const wire = createPop3Wire();
  const queue = chunks.map((chunk) => Uint8Array.from(chunk));
  let body = '';
  for (;;) {
    const piece = wire.piece();
    if (piece === 'end') {
      // Feed the rest to see where the body ended.
      const last = wire.line(10_000);
      let rest = last ?? '';
      while (queue.length > 0 && last === null) {
        wire.push(queue.shift() ?? new Uint8Array());
        const line = wire.line(10_000);
        if (line !== null) {
          rest = line;
          break;
        }
      }
      return { body, ended: true, rest };
    }
    if (piece === null) {
      const next = queue.shift();
      if (!next) return { body, ended: false, rest: '' };
      wire.push(next);
      continue;
    }
    assert.ok(piece.length > 0);
    body += Buffer.from(piece).toString('latin1');
    piece.fill(0);
  }
}

const splitAt = (bytes: Buffer, cuts: readonly number[]): Buffer[] => {
  const places = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
};
const bytewise = (bytes: Buffer): Buffer[] => Array.from(bytes, (byte) => Buffer.from([byte]));

/** Messages as they stand on the server, each with a final CRLF as the wire demands, and their wire form. */
const MESSAGES: Readonly<Record<string, readonly [message: string, wire: string]>> = {
  empty: ['', '.\r\n'],
  'one empty line': ['\r\n', '\r\n.\r\n'],
  plain: ['Subject: a\r\n\r\nb\r\n', 'Subject: a\r\n\r\nb\r\n.\r\n'],
  'a dot alone': ['a\r\n.\r\nb\r\n', 'a\r\n..\r\nb\r\n.\r\n'],
  'dots at line starts': ['.a\r\n..b\r\n...\r\n', '..a\r\n...b\r\n....\r\n.\r\n'],
  'bare LF and dot': ['a\n.\nb\n.\r\n', 'a\n.\nb\n.\r\n.\r\n'],
  'bare CR': ['a\r.\rb\r\r\n', 'a\r.\rb\r\r\n.\r\n'],
  'CR after dot': ['.\rx\r\n.\r\r\n', '..\rx\r\n..\r\r\n.\r\n'],
  'NUL and 8 bit': ['\0\xff\xe9\r\n\x80.\r\n', '\0\xff\xe9\r\n\x80.\r\n.\r\n'],
  'an unstuffed dot': ['x\r\ny\r\n', '.x\r\n.y\r\n.\r\n'],
  'an unstuffed dot before CR': ['\rx\r\n', '.\rx\r\n.\r\n'],
  'LF after the dot': ['\nx\r\n', '.\nx\r\n.\r\n'],
};

for (const [name, [message, wire]] of Object.entries(MESSAGES)) {
  test(`a body with ${name} comes out the same one byte at a time and for every pair of cuts`, () => {
    const expected = { body: message, ended: true, rest: '+OK next' };
    const bytes = latin1(`${wire}+OK next\r\n`);
    assert.deepEqual(readBody([bytes]), expected);
    assert.deepEqual(readBody(bytewise(bytes)), expected);
    for (let a = 0; a <= bytes.length; a += 1)
      for (let b = a; b <= bytes.length; b += 1)
        assert.deepEqual(readBody(splitAt(bytes, [a, b])), expected, `cut at ${a} and ${b}`);
  });

  test(`a body with ${name} does not end before its last byte`, () => {
    const bytes = latin1(wire);
    for (let length = 0; length < bytes.length; length += 1)
      assert.equal(readBody([bytes.subarray(0, length)]).ended, false, `after ${length} bytes`);
  });
}

/** Bytes in which what matters to the parser is frequent. */
const nastyMessage = fc
  .array(fc.constantFrom('\r\n', '\r', '\n', '.', '..', '\r\n.', '\r\n.\r\n', '\0', 'x', '\xff', '+OK'), {
    maxLength: 60,
  })
  .map((parts) => latin1(parts.length === 0 ? '' : `${parts.join('')}\r\n`));

test('property: unstuffing what was stuffed gives the message, however it is cut', () => {
  fc.assert(
    fc.property(nastyMessage, fc.array(fc.nat(200), { maxLength: 20 }), (message, cuts) => {
      const bytes = Buffer.concat([stuff(message), latin1('+OK next\r\n')]);
      const chunks = splitAt(
        bytes,
        cuts.map((cut) => cut % bytes.length),
      );
      assert.deepEqual(readBody(chunks), { body: message.toString('latin1'), ended: true, rest: '+OK next' });
    }),
    { numRuns: 2_000 },
  );
});

test('lines end at CRLF or LF, are 8-bit safe, and survive any split', () => {
  const bytes = latin1('+OK \xe9\0\r\n-ERR\n\r\n');
  for (const chunks of [[bytes], bytewise(bytes)]) {
    const wire = createPop3Wire();
    const lines: string[] = [];
    for (const chunk of chunks) {
      wire.push(Buffer.from(chunk));
      for (let line = wire.line(512); line !== null; line = wire.line(512)) lines.push(line);
    }
    assert.deepEqual(lines, ['+OK \xe9\0', '-ERR', '']);
    assert.equal(wire.pending, 0);
  }
});

test('a line beyond the limit is a fault, whole or in pieces', () => {
  const tooLong = (error: unknown) => isFault(error, 'source-protocol');
  const whole = createPop3Wire();
  whole.push(Buffer.alloc(513, 0x61));
  assert.throws(() => whole.line(512), tooLong);
  const pieces = createPop3Wire();
  for (let n = 0; n < 512; n += 1) {
    pieces.push(Buffer.from('a'));
    assert.equal(pieces.line(512), null);
  }
  pieces.push(Buffer.from('a'));
  assert.throws(() => pieces.line(512), tooLong);
});

test('a chunk of nothing but stuffed lines comes out as one piece', () => {
  const wire = createPop3Wire();
  wire.push(latin1('..\r\n'.repeat(10_000)));
  const piece = wire.piece();
  assert.ok(piece instanceof Uint8Array);
  assert.equal(piece.length, 30_000);
  assert.equal(wire.piece(), null);
});
