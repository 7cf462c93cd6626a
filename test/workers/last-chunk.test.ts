/** What may be done about a message whose last chunk was sent and not answered as it should be. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../src/core/fault.ts';
import type { Sink, Upload } from '../../src/core/ports.ts';
import { type Circumstances, createWorld, live, type World } from '../engine.ts';
import { Mortality, sha256 } from '../gmail-model.ts';

const message = (name: string): Buffer =>
  Buffer.from(
    `From: a@example.com\r\nDate: Sun, 1 Feb 2026 00:00:00 +0000\r\nMessage-ID: <${name}@example.com>\r\n\r\n${name}`,
  );

const life = (world: World, different: Circumstances = {}) => live(world, new Mortality(0), different);
const outcomes = (world: World) => world.books.audit.map(({ status, reason }) => [status, reason]);

/** Gmail with uploads as `habit` has them; what was asked of it. */
function withUploads(world: World, habit: (upload: Upload) => Partial<Upload>): string[] {
  const sinkOf = world.gmail.sink.bind(world.gmail);
  const asked: string[] = [];
  const dress = (plain: Upload): Upload => {
    const upload = { ...plain, ...habit(plain) };
    return {
      uri: upload.uri,
      put: (...args) => {
        asked.push('put');
        return upload.put(...args);
      },
      status: (...args) => {
        asked.push('status');
        return upload.status(...args);
      },
    };
  };
  world.gmail.sink = (mortality): Sink => {
    const sink = sinkOf(mortality);
    return {
      open: async (...args) => {
        asked.push('open');
        return dress(await sink.open(...args));
      },
      resume: (uri) => dress(sink.resume(uri)),
    };
  };
  return asked;
}

/** The source watches `times` times, 20 s each. */
function watching(world: World, times: number): void {
  let left = times;
  world.habit = (source) => ({
    ...source,
    watch: async () => {
      left -= 1;
      world.now += 20_000;
      return left < 0 ? 'unsupported' : 'news';
    },
  });
}

test('an answer that got lost is asked for in the same visit, and nothing is sent again', async () => {
  const world = createWorld([message('one'), message('two')]);
  watching(world, 2);
  let lost = false;
  const asked = withUploads(world, (upload) => ({
    put: async (...args) => {
      const answer = await upload.put(...args);
      if (lost) return answer;
      lost = true;
      throw new Fault('upload-interrupted');
    },
  }));
  await life(world);
  assert.deepEqual(world.gmail.imported, [message('one'), message('two')].map(sha256));
  assert.deepEqual(asked, ['open', 'open', 'put', 'put', 'status']);
  assert.deepEqual(outcomes(world), [
    ['delivered', null],
    ['delivered', 'recovered'],
  ]);
});

test('within the grace period a session is only asked, then continued', async () => {
  const world = createWorld([message('one')]);
  let broken = true;
  const asked = withUploads(world, (upload) => ({
    put: async (...args) => {
      if (!broken) return upload.put(...args);
      broken = false;
      throw new Fault('upload-interrupted');
    },
  }));
  const began = world.now;
  await life(world);
  world.now = began + 9_000;
  const verdict = await life(world);
  assert.deepEqual(asked, ['open', 'put', 'status']);
  assert.equal(verdict?.nextRunAt, began + 10_000);
  world.now = began + 10_000;
  await life(world);
  assert.deepEqual(asked, ['open', 'put', 'status', 'status', 'put']);
  assert.deepEqual(outcomes(world), [['delivered', 'recovered']]);
});

test('a session that has every byte and does not say that it is done is no delivery, first or later', async () => {
  const world = createWorld([message('one')]);
  const total = message('one').length;
  let pending = 0;
  const asked = withUploads(world, (upload) => ({
    put: async (parts, offset, size, signal) => {
      pending += 1;
      // The second time it has lost what it had, so that all is sent again.
      if (pending > 2) return upload.put(parts, offset, size, signal);
      return { state: 'incomplete', stored: total };
    },
    status: async (...args) => {
      if (asked.length === 3) return { state: 'incomplete', stored: total };
      return upload.status(...args);
    },
  }));
  await life(world);
  assert.deepEqual(asked, ['open', 'put']);
  world.now += 20_000;
  await life(world);
  assert.deepEqual(asked, ['open', 'put', 'status'], 'there is nothing left to send');
  world.now += 3_600_000;
  await life(world);
  assert.deepEqual(asked.slice(3), ['status', 'put']);
  assert.deepEqual(outcomes(world), [], 'still not done');
  world.now += 3_600_000;
  await life(world);
  assert.deepEqual(asked.slice(5), ['status', 'put']);
  assert.deepEqual(outcomes(world), [['delivered', 'recovered']]);
  assert.equal(world.gmail.imported.length, 1);
});

test('new mail that came and went while a backlog is under way is not taken for new again', async () => {
  const names = Array.from({ length: 80 }, (_, n) => `${n}`);
  const world = createWorld(names.map(message));
  const { serve } = world;
  world.serve = (uid, bytes) => {
    if (uid === 3) world.messages.set(81, message('fresh'));
    // Time enough for the folder to be listed for new mail before each batch.
    if (uid % 8 === 0) world.now += 2_600;
    return serve(uid, bytes);
  };
  await life(world);
  const expected = [...world.messages.values()].map(sha256).sort();
  assert.deepEqual([...world.gmail.imported].sort(), expected);
  assert.equal(world.books.audit.length, 81);
});

test('what was stored of a chunk in part is not sent again', async () => {
  const bytes = Buffer.concat([message('one'), Buffer.alloc(1_500_000, 'x')]);
  const world = createWorld([bytes]);
  const sent: (readonly [number, number])[] = [];
  withUploads(world, (upload) => ({
    put: async ([part = Buffer.alloc(0)], offset, total, signal) => {
      sent.push([offset, offset + part.length]);
      assert.ok(sent.length < 9);
      if (part.length <= 262_144) return upload.put([part], offset, total, signal);
      return upload.put([part.subarray(0, 262_144)], offset, null, signal);
    },
  }));
  await life(world);
  assert.deepEqual(world.gmail.imported, [sha256(bytes)]);
  const [unit, chunk, end] = [262_144, 1_048_576, bytes.length];
  assert.deepEqual(sent, [
    ...[0, 1, 2, 3].map((n) => [n * unit, chunk]),
    ...[0, 1].map((n) => [chunk + n * unit, end]),
  ]);
});
