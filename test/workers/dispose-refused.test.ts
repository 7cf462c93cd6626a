/** What a source refuses to do with messages that Gmail has, and how often it is asked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Circumstances, createWorld, live } from '../engine.ts';
import { Mortality } from '../gmail-model.ts';

const MOVE: Circumstances = { options: { afterImport: 'move', moveTo: 'Done' } };
const message = (name: string): Buffer =>
  Buffer.from(`From: a@example.com\r\nMessage-ID: <${name}@example.com>\r\n\r\n${name}`);

test('what each further try would only copy once more is not tried again', async () => {
  const world = createWorld(['one', 'two', 'three'].map(message));
  const asked: number[] = [];
  world.habit = (source) => ({
    ...source,
    dispose: async (order, signal) => {
      asked.push(order.actions.length);
      const report = await source.dispose({ ...order, disposal: { kind: 'mark-read' } }, signal);
      const keys = [...report.outcomes.keys()];
      return { ...report, outcomes: new Map(keys.map((key) => [key, 'refused'])), hopeless: new Set(keys) };
    },
  });
  await live(world, new Mortality(0), MOVE);
  world.now += 3 * 3_600_000;
  await live(world, new Mortality(0), MOVE);
  assert.deepEqual(asked, [3]);
  assert.deepEqual(world.books.disposed, ['refused', 'refused', 'refused']);
});
