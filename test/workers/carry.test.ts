/** One batch between a source that streams strictly and a Gmail that fails: who is blamed, and that nothing hangs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../src/core/fault.ts';
import type { Fetched, Sink, Source, Upload } from '../../src/core/ports.ts';
import { createWorld, live, type World } from '../engine.ts';
import { Mortality, sha256 } from '../gmail-model.ts';

const message = (name: string): Buffer =>
  Buffer.from(`From: a@example.com\r\nMessage-ID: <${name}@example.com>\r\n\r\n${name}`);

const NAMES = ['one', 'two', 'three', 'four'] as const;
const arrived = (world: World, ...names: string[]): void =>
  assert.deepEqual([...world.gmail.imported].sort(), names.map((name) => sha256(message(name))).sort());

const triesByUid = (world: World): readonly (readonly [number, number])[] =>
  [...world.books.transfers.values()]
    .map(({ ref, tries }) => [ref.protocol === 'imap' ? ref.uid : 0, tries] as const)
    .sort(([a], [b]) => a - b);

/**
 * The port's word taken strictly: the next message comes only when the body before it was read to its end or
 * returned from, and never on a session that has failed.
 */
function strictly(source: Source): Source {
  return {
    ...source,
    async *fetch(messages, signal) {
      let broken: unknown;
      for await (const fetched of source.fetch(messages, signal)) {
        const { promise: over, resolve: finish } = Promise.withResolvers<void>();
        const inner = fetched.body[Symbol.asyncIterator]();
        const iterator: AsyncIterator<Uint8Array> = {
          next: async () => {
            try {
              const next = await inner.next();
              if (next.done) finish();
              return next;
            } catch (error) {
              if (error instanceof Fault && error.scope === 'session') broken = error;
              finish();
              throw error;
            }
          },
          return: async () => {
            finish();
            return { done: true, value: undefined };
          },
        };
        yield { ...fetched, body: { [Symbol.asyncIterator]: () => iterator } };
        await over;
        if (broken) throw broken;
      }
    },
  };
}

function strictWorld(): World {
  const world = createWorld(NAMES.map(message));
  world.habit = strictly;
  return world;
}

/** Gmail that answers the n-th session opened with a fault. */
function failOpening(world: World, faults: Readonly<Record<number, Fault>>): void {
  const sinkOf = world.gmail.sink.bind(world.gmail);
  let count = 0;
  world.gmail.sink = (mortality): Sink => {
    const sink = sinkOf(mortality);
    return {
      ...sink,
      open: async (...args) => {
        count += 1;
        const fault = faults[count];
        if (fault) throw fault;
        return sink.open(...args);
      },
    };
  };
}

const life = (world: World) => live(world, new Mortality(0));

test('a source that streams one body after the other is served', async () => {
  const world = strictWorld();
  assert.equal((await life(world))?.synced, true);
  arrived(world, ...NAMES);
});

test('a session that breaks in the middle of a batch counts only against the message under way', async () => {
  const world = strictWorld();
  const { serve } = world;
  let once = true;
  world.serve = (uid, bytes) => (uid === 2 && once ? broken() : serve(uid, bytes));
  async function* broken(): AsyncGenerator<Uint8Array> {
    once = false;
    yield Uint8Array.of(1);
    throw new Fault('source-disconnected');
  }
  const verdict = await life(world);
  assert.equal(verdict?.faultCode, 'source-disconnected');
  assert.deepEqual(triesByUid(world), [[2, 1]]);
  arrived(world, 'one');
  world.now += 10_000;
  await life(world);
  arrived(world, ...NAMES);
  assert.equal(world.books.transfers.size, 0);
});

test('a session that breaks between messages counts against the one that should have come', async () => {
  const world = strictWorld();
  world.habit = (source) => ({
    ...source,
    async *fetch(messages, signal) {
      let served = 0;
      for await (const fetched of source.fetch(messages, signal)) {
        if (served === 2) throw new Fault('source-timeout');
        served += 1;
        yield fetched;
      }
    },
  });
  assert.equal((await life(world))?.faultCode, 'source-timeout');
  arrived(world, 'one', 'two');
  assert.deepEqual(triesByUid(world), [[3, 1]]);
});

test('a message whose session cannot be opened lets its neighbours pass', async () => {
  const world = strictWorld();
  failOpening(world, { 2: new Fault('upload-bad-request') });
  await life(world);
  arrived(world, 'one', 'three', 'four');
  assert.deepEqual(triesByUid(world), [[2, 1]]);
  world.now += 10_000;
  await life(world);
  arrived(world, ...NAMES);
});

test('Gmail out of order ends the visit without a try being counted', async () => {
  const world = strictWorld();
  failOpening(world, { 2: new Fault('gmail-unavailable') });
  const verdict = await life(world);
  assert.equal(verdict?.faultCode, 'gmail-unavailable');
  assert.equal(verdict?.failures, 0);
  arrived(world, 'one');
  assert.equal(world.books.transfers.size, 0);
  await life(world);
  arrived(world, ...NAMES);
});

test('a message that was given up is closed before the session goes on', async () => {
  const world = strictWorld();
  const { serve } = world;
  // The third is served in pieces; the upload is interrupted after the first chunk.
  world.messages.set(3, Buffer.concat([message('three'), Buffer.alloc(3_000_000, 'x')]));
  world.serve = (uid, bytes) => (uid === 3 ? inPieces(bytes) : serve(uid, bytes));
  world.gmail.refuse = (bytes) => (bytes.length > 1_000_000 ? new Fault('message-refused') : null);
  await life(world);
  arrived(world, 'one', 'two', 'four');
  const [rejected] = world.books.audit.filter(({ status }) => status === 'rejected');
  assert.equal(rejected?.reason, 'message-refused');
});

async function* inPieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 64 * 1024)
    yield Uint8Array.from(bytes.subarray(at, at + 64 * 1024));
}

test('a hard end leaves the fetch closed and the source with nothing to do', async () => {
  const world = strictWorld();
  const hard = new AbortController();
  let closed = 0;
  world.habit = (source) => ({
    ...strictly(source),
    async *fetch(messages, signal): AsyncGenerator<Fetched> {
      try {
        yield* strictly(source).fetch(messages, signal);
      } finally {
        closed += 1;
      }
    },
  });
  world.gmail.refuse = () => {
    hard.abort();
    return new Fault('upload-interrupted');
  };
  const verdict = await live(world, new Mortality(0), {
    control: { hard: hard.signal, gentle: hard.signal },
  });
  assert.equal(verdict?.nextRunAt, world.now);
  assert.equal(verdict?.faultCode, null);
  assert.equal(closed, 1);
  world.gmail.refuse = () => null;
  world.now += 20_000;
  await life(world);
  arrived(world, ...NAMES);
});

test('a group’s intents are durable before the first last chunk, and settled together behind the last', async () => {
  const world = strictWorld();
  const steps: string[] = [];
  const sinkOf = world.gmail.sink.bind(world.gmail);
  world.gmail.sink = (mortality): Sink => {
    const sink = sinkOf(mortality);
    const note = (upload: Upload): Upload => ({
      ...upload,
      put: async (...args) => {
        steps.push(`put with ${world.books.transfers.size} open`);
        return upload.put(...args);
      },
    });
    return {
      ...sink,
      open: async (...args) => {
        steps.push('open');
        return note(await sink.open(...args));
      },
    };
  };
  assert.equal((await life(world))?.synced, true);
  assert.deepEqual(steps, [...Array(4).fill('open'), ...Array(4).fill('put with 4 open')]);
  arrived(world, ...NAMES);
});

test('the source is asked for nothing while one of its messages streams', async () => {
  const world = strictWorld();
  world.messages.set(2, Buffer.concat([message('two'), Buffer.alloc(2_500_000, 'x')]));
  let streams = false;
  world.serve = async function* (uid, bytes) {
    assert.equal(streams, false, `${uid} is served`);
    streams = true;
    for await (const piece of inPieces(bytes)) {
      yield piece;
      await new Promise((resolve) => setImmediate(resolve));
    }
    streams = false;
  };
  // Unlike the strict one it goes on to the next message as soon as it is asked to.
  world.habit = (source) => ({
    ...source,
    async *fetch(messages, signal) {
      for await (const fetched of source.fetch(messages, signal)) {
        assert.equal(streams, false, 'the next one is asked for');
        yield fetched;
      }
    },
  });
  assert.equal((await life(world))?.synced, true);
  assert.deepEqual([...world.gmail.imported].sort(), [...world.messages.values()].map(sha256).sort());
});

test('nothing of a message is left in memory, whatever became of it', async () => {
  const world = strictWorld();
  world.messages.set(2, Buffer.concat([message('two'), Buffer.alloc(2_500_000, 'x')]));
  const served: Uint8Array[] = [];
  world.serve = async function* (uid, bytes) {
    for await (const piece of uid === 1 ? [Uint8Array.from(bytes)] : inPieces(bytes)) {
      served.push(piece);
      yield piece;
    }
  };
  failOpening(world, { 3: new Fault('upload-bad-request') });
  world.gmail.refuse = (bytes) => (bytes.equals(message('four')) ? new Fault('message-refused') : null);
  await life(world);
  assert.equal(world.gmail.imported.length, 2);
  assert.ok(served.length > 4);
  assert.ok(served.every((piece) => piece.every((byte) => byte === 0)));
});
