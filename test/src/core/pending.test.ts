import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { keyOf, type Listed } from '../../../src/core/message.ts';
import { Pending, SMALL_BYTES } from '../../../src/core/pending.ts';

const MAX_BATCH_BYTES = 4 * SMALL_BYTES;
const MAX_BATCH = 16;

function listed(uid: number, over: Partial<Listed> & { folder?: string } = {}): Listed {
  const { folder = 'INBOX', ...rest } = over;
  const ref = { protocol: 'imap' as const, folder, uidValidity: 1, uid };
  return { ref, key: keyOf(ref), size: 1000, arrivedAt: null, backlog: true, ...rest };
}

const message = fc
  .record({
    uid: fc.integer({ min: 1, max: 40 }),
    folder: fc.constantFrom('INBOX', 'Other'),
    size: fc.constantFrom(null, 0, 1, 500_000, SMALL_BYTES, SMALL_BYTES + 1, 50_000_000),
    backlog: fc.boolean(),
  })
  .map(({ uid, ...rest }) => listed(uid, rest));

const step = fc.oneof(
  fc.record({ add: fc.array(message, { maxLength: 30 }) }),
  fc.record({ take: fc.integer({ min: 0, max: 20 }) }),
);

const folderOf = ({ ref }: Listed): string => (ref.protocol === 'imap' ? ref.folder : '');

function assertBatch(batch: readonly Listed[], most: number): void {
  assert.ok(batch.length <= Math.min(most, MAX_BATCH));
  assert.ok(new Set(batch.map(folderOf)).size <= 1, 'one folder');
  assert.ok(new Set(batch.map(({ backlog }) => backlog)).size <= 1, 'new mail or backlog');
  if (batch.length < 2) return;
  const sizes = batch.map(({ size }) => size ?? SMALL_BYTES);
  assert.ok(
    sizes.every((size) => size <= SMALL_BYTES),
    'large ones go alone',
  );
  assert.ok(sizes.reduce((sum, size) => sum + size, 0) <= MAX_BATCH_BYTES);
}

test('hands everything out once: new mail first, else in the order of arrival', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const pending = new Pending();
      const model = { fresh: [] as Listed[], backlog: [] as Listed[] };
      const has = ({ key }: Listed) => [...model.fresh, ...model.backlog].some((other) => other.key === key);
      const take = (most: number): number => {
        const queue = model.fresh.length > 0 ? model.fresh : model.backlog;
        assert.equal(pending.freshFirst, model.fresh.length > 0);
        const batch = pending.take(most);
        assertBatch(batch, most);
        assert.deepEqual(batch, queue.splice(0, batch.length));
        assert.ok(batch.length > 0 || most === 0 || queue.length === 0, 'never idle');
        for (const { key } of batch) assert.equal(pending.has(key), false);
        return batch.length;
      };
      for (const one of steps) {
        if ('take' in one) take(one.take);
        else {
          for (const added of one.add)
            if (!has(added)) (added.backlog ? model.backlog : model.fresh).push(added);
          pending.add(one.add);
          for (const { key } of one.add) assert.equal(pending.has(key), true);
        }
        assert.equal(pending.size, model.fresh.length + model.backlog.length);
      }
      while (take(MAX_BATCH) > 0);
      assert.equal(pending.size, 0);
    }),
  );
});

test('a batch of many ends before it exceeds 4 MiB', () => {
  const pending = new Pending();
  pending.add(Array.from({ length: 16 }, (_, i) => listed(i + 1, { size: SMALL_BYTES })));
  assert.equal(pending.take(MAX_BATCH).length, 4);
});

test('a message that was handed out may come again', () => {
  const pending = new Pending();
  pending.add([listed(1)]);
  assert.equal(pending.take(1).length, 1);
  pending.add([listed(1)]);
  assert.equal(pending.take(1).length, 1);
});

/** CPU time, which other processes do not change, in µs. */
function drainTime(count: number): number {
  const messages = Array.from({ length: count }, (_, i) => listed(i + 1, { backlog: i % 2 === 0 }));
  const pending = new Pending();
  const start = process.cpuUsage();
  for (let at = 0; at < count; at += count / 10) pending.add(messages.slice(at, at + count / 10));
  let taken = 0;
  while (pending.size > 0) taken += pending.take(MAX_BATCH).length;
  const { user, system } = process.cpuUsage(start);
  assert.equal(taken, count);
  return user + system;
}

test('ten times the messages cost about ten times the time', () => {
  drainTime(10_000);
  // The least of several, for garbage is collected when it pleases; quadratic would be a hundred each time.
  const ratios = Array.from({ length: 5 }, () => drainTime(100_000) / drainTime(10_000));
  assert.ok(Math.min(...ratios) < 40, ratios.join(' '));
});

test('a small message that goes alone goes alone', () => {
  const pending = new Pending();
  pending.add([listed(1), listed(2, { alone: true }), listed(3)]);
  const batches = [pending.take(16), pending.take(16), pending.take(16)];
  assert.deepEqual(
    batches.map((batch) => batch.map(({ ref }) => (ref.protocol === 'imap' ? ref.uid : 0))),
    [[1], [2], [3]],
  );
});
