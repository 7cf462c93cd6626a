import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fault, isFault } from '../../src/core/fault.ts';
import { CHUNK_BYTES, takeChunk } from '../../workers/chunks.ts';
import { HeaderBlock } from '../../workers/header-block.ts';
import { relay } from '../../workers/relay.ts';

const KEY = 'key';
const QUARTER = 256 * 1024;

/** Bytes that tell where they come from, none of them zero. */
const patterned = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, i) => (i % 251) + 1);

const macOf = (bytes: Uint8Array): string => createHmac('sha256', KEY).update(bytes).digest('hex');

async function* cut(bytes: Uint8Array, at: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (const to of [...at].sort((a, b) => a - b)) {
    yield bytes.slice(from, to);
    from = to;
  }
  yield bytes.slice(from);
}

interface Relayed {
  readonly bytes: Uint8Array;
  readonly chunks: readonly {
    readonly offset: number;
    readonly length: number;
    readonly total: number | null;
  }[];
  readonly mac: string;
}

async function relayAll(
  body: AsyncIterable<Uint8Array>,
  from = 0,
  maxBytes = 8 * CHUNK_BYTES,
): Promise<Relayed> {
  const digest = createHmac('sha256', KEY);
  const parts: Uint8Array[] = [];
  const chunks: { offset: number; length: number; total: number | null }[] = [];
  for await (const { bytes, offset, total } of relay(body, {
    maxBytes,
    digest,
    header: new HeaderBlock(),
    flaws: { hasNul: false },
    from,
  })) {
    parts.push(Uint8Array.from(bytes));
    chunks.push({ offset, length: bytes.length, total });
  }
  return { bytes: Buffer.concat(parts), chunks, mac: digest.digest('hex') };
}

function assertProtocol({ chunks }: Relayed, from: number, total: number): void {
  let offset = from;
  for (const [index, chunk] of chunks.entries()) {
    const last = index === chunks.length - 1;
    assert.equal(chunk.offset, offset, 'contiguous');
    assert.equal(chunk.total, last ? total : null);
    if (!last) assert.equal(chunk.length % CHUNK_BYTES, 0);
    assert.ok(chunk.length > 0 || total === from, 'no empty chunk but that of an empty rest');
    offset += chunk.length;
  }
  assert.equal(offset, total);
}

test('Gmail takes 256 KiB steps', () => assert.equal(CHUNK_BYTES % QUARTER, 0));

test('however a body is cut and wherever it is continued, the same bytes come out', async () => {
  const bytes = patterned(2 * CHUNK_BYTES + 1000);
  const place = fc.oneof(
    fc.integer({ min: 0, max: bytes.length }),
    fc.constantFrom(0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, bytes.length),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(place, { maxLength: 20 }), place, async (at, from) => {
      const relayed = await relayAll(cut(bytes, at), from);
      assertProtocol(relayed, from, bytes.length);
      assert.ok(Buffer.from(relayed.bytes).equals(bytes.subarray(from)));
      assert.equal(relayed.mac, macOf(bytes), 'every byte is digested, passed on or not');
    }),
    { numRuns: 60 },
  );
});

test('a body of whole chunks ends with a whole one; an empty body with an empty one', async () => {
  for (const count of [0, 1, 2, 3]) {
    const bytes = patterned(count * CHUNK_BYTES);
    const relayed = await relayAll(cut(bytes, []));
    assertProtocol(relayed, 0, bytes.length);
    assert.equal(relayed.chunks.length, Math.max(1, count));
  }
  assert.deepEqual((await relayAll(cut(new Uint8Array(0), []))).chunks, [{ offset: 0, length: 0, total: 0 }]);
});

test('the header block sees the beginning, also when nothing of it is passed on', async () => {
  const header = new HeaderBlock();
  const bytes = new Uint8Array(Buffer.from('From: a@example.com\r\n\r\nbody'));
  const options = {
    maxBytes: 100,
    digest: createHmac('sha256', KEY),
    header,
    flaws: { hasNul: false },
    from: bytes.length,
  };
  for await (const chunk of relay(cut(bytes, [3]), options)) assert.equal(chunk.bytes.length, 0);
  assert.equal(header.facts().senderDomain, 'example.com');
});

test('a body may be as large as allowed and not a byte larger', async () => {
  const max = CHUNK_BYTES + 10;
  assert.equal((await relayAll(cut(patterned(max), [5]), 0, max)).bytes.length, max);
  await assert.rejects(relayAll(cut(patterned(max + 1), [max]), 0, max), { code: 'message-too-large' });
});

test('a body that is too large is not read on', async () => {
  let served = 0;
  let closed = false;
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (; ; served += 1) yield new Uint8Array(1000).fill(1);
    } finally {
      closed = true;
    }
  }
  await assert.rejects(relayAll(endless(), 0, 10_000), { code: 'message-too-large' });
  assert.ok(served <= 10);
  assert.ok(closed);
});

test('a body shorter than what the session has is another message', async () => {
  await assert.rejects(relayAll(cut(patterned(100), []), 101), { code: 'message-changed' });
});

test('what the body throws goes through, and no last chunk comes before it', async () => {
  const thrown = new Fault('message-truncated');
  async function* truncated(): AsyncGenerator<Uint8Array> {
    yield patterned(CHUNK_BYTES);
    throw thrown;
  }
  const totals: (number | null)[] = [];
  const options = {
    maxBytes: 9e9,
    digest: createHmac('sha256', KEY),
    header: new HeaderBlock(),
    flaws: { hasNul: false },
    from: 0,
  };
  await assert.rejects(
    async () => {
      for await (const { total } of relay(truncated(), options)) totals.push(total);
    },
    (error) => error === thrown && isFault(error, 'message-truncated'),
  );
  assert.deepEqual(totals, []);
});

const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

/** Relays `pieces` and leaves after `leaveAfter` chunks; the buffers that were seen. */
async function relayUntil(
  pieces: readonly Uint8Array[],
  leaveAfter: number,
  fail = false,
): Promise<Set<ArrayBufferLike>> {
  const buffers = new Set<ArrayBufferLike>();
  async function* body(): AsyncGenerator<Uint8Array> {
    yield* pieces;
    if (fail) throw new Fault('source-disconnected');
  }
  const options = {
    maxBytes: 9e9,
    digest: createHmac('sha256', KEY),
    header: new HeaderBlock(),
    flaws: { hasNul: false },
    from: 0,
  };
  let count = 0;
  try {
    for await (const { bytes } of relay(body(), options)) {
      assert.ok(!isZero(bytes));
      buffers.add(bytes.buffer);
      count += 1;
      if (count === leaveAfter) break;
    }
  } catch (error) {
    assert.ok(isFault(error, 'source-disconnected'));
  }
  return buffers;
}

test('pieces and buffer are zeroed behind it, whether it ends, is left early, or fails', async () => {
  for (const [leaveAfter, fail] of [
    [99, false],
    [1, false],
    [2, false],
    [99, true],
  ] as const) {
    const pieces = [patterned(CHUNK_BYTES), patterned(10), patterned(CHUNK_BYTES + 7)];
    const buffers = await relayUntil(pieces, leaveAfter, fail);
    const read = leaveAfter === 1 ? 2 : 3;
    for (const piece of pieces.slice(0, read)) assert.ok(isZero(piece), `left after ${leaveAfter}, ${fail}`);
    assert.equal(buffers.size, 1, 'one chunk of memory');
    for (const buffer of buffers) assert.ok(isZero(new Uint8Array(buffer)));
  }
});

test('the buffer is used again', async () => {
  const [first] = await relayUntil([patterned(10), patterned(10)], 99);
  const [second] = await relayUntil([patterned(10), patterned(10)], 1);
  assert.equal(first, second);
  assert.equal(takeChunk().buffer, first, 'and given back when left early');
});

test('a message in one piece is passed on as it is, and zeroed behind', async () => {
  for (const leaveAfter of [1, 99]) {
    const piece = patterned(10);
    const [memory] = await relayUntil([piece], leaveAfter);
    assert.equal(memory, piece.buffer);
    assert.ok(isZero(piece));
  }
});

test('150 MB pass through a few of them', async () => {
  const size = 150_000_000;
  const piece = 64 * 1024;
  async function* body(): AsyncGenerator<Uint8Array> {
    for (let sent = 0; sent < size; sent += piece) yield new Uint8Array(Math.min(piece, size - sent)).fill(1);
  }
  const options = {
    maxBytes: size,
    digest: createHmac('sha256', KEY),
    header: new HeaderBlock(),
    flaws: { hasNul: false },
    from: 0,
  };
  const before = process.memoryUsage().rss;
  let most = 0;
  let total: number | null = null;
  for await (const chunk of relay(body(), options)) {
    total = chunk.total;
    most = Math.max(most, process.memoryUsage().rss - before);
  }
  assert.equal(total, size);
  // Garbage that is not collected yet included.
  assert.ok(most < size / 2, `${most} bytes`);
});
