/** What groups take of Gmail's allowance. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Quota } from '../../workers/quota.ts';
import { clockOf, createWorld, live } from '../engine.ts';
import { Mortality } from '../gmail-model.ts';

const message = (name: string, size: number): Buffer =>
  Buffer.from(`From: a@example.com\r\nMessage-ID: <${name}@example.com>\r\n\r\n${name} `.padEnd(size, 'x'));
const messages = (count: number, size: number): Buffer[] =>
  Array.from({ length: count }, (_, n) => message(`${n}`, size));

test('a batch that is smaller than what was taken for it gives the rest back', async () => {
  const world = createWorld(messages(4, 1_200_000));
  const began = world.now;
  const quota = new Quota({ importsPerMinute: 20, bytesPerDay: 1e9 }, clockOf(world));
  assert.equal((await live(world, new Mortality(0), { deps: { quota } }))?.synced, true);
  assert.equal(world.gmail.imported.length, 4);
  assert.equal(world.now, began, 'nobody waited for another minute');
});

test('a backlog ends at the day’s share, by no more than the groups that are under way', async () => {
  const world = createWorld(messages(200, 100));
  const quota = new Quota({ importsPerMinute: 240, bytesPerDay: 2_000 }, clockOf(world));
  await live(world, new Mortality(0), { deps: { quota } });
  const { length } = world.gmail.imported;
  assert.ok(length >= 16 && length <= 16 * 4, `${length} imported`);
});
