/** A label that Gmail refuses with a message's last chunk: nothing was imported, so the message is sent again, once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../src/core/fault.ts';
import { createWorld, live, type World } from '../engine.ts';
import { Mortality } from '../gmail-model.ts';

// Without a Message-ID: Gmail could not merge it.
const message = (size = 200): Buffer =>
  Buffer.from(
    'From: a@example.com\r\nDate: Sun, 1 Feb 2026 00:00:00 +0000\r\nSubject: one\r\n\r\n'.padEnd(size, 'x'),
  );

/** Gmail refuses the first `times` messages for their label. */
function refusing(messages: readonly Buffer[], times: number): World {
  const world = createWorld(messages);
  let left = times;
  world.gmail.refuse = () => {
    left -= 1;
    return left >= 0 ? new Fault('label-refused') : null;
  };
  return world;
}

async function rest(world: World, deaths: readonly number[] = []): Promise<Mortality> {
  const first = new Mortality(deaths[0] ?? 0);
  for (let at = 0; at < 20; at += 1) {
    const mortality = at === 0 ? first : new Mortality(deaths[at] ?? 0);
    await live(world, mortality);
    world.now += 3 * 3_600_000;
    if (!mortality.dead && world.books.transfers.size === 0) return first;
  }
  throw new Error('never came to rest');
}

const outcomes = ({ books }: World) => books.audit.map(({ status, reason }) => [status, reason]);

for (const size of [200, 2_500_000])
  test(`refused with the last chunk: sent again, ${size} bytes`, async () => {
    const world = refusing([message(size)], 1);
    await rest(world);
    assert.equal(world.gmail.imported.length, 1);
    assert.deepEqual(outcomes(world), [['delivered', null]]);
  });

test('the same, however a worker dies in between', async () => {
  const effects = (await rest(refusing([message()], 1))).steps;
  for (let at = 1; at <= effects; at += 1) {
    const world = refusing([message()], 1);
    await rest(world, [at]);
    assert.equal(world.gmail.imported.length, 1, `death ${at}`);
    assert.equal(world.books.audit.length, 1, `death ${at}`);
    assert.equal(world.books.audit[0]?.status, 'delivered', `death ${at}`);
  }
});

test('the session that was refused is forgotten, too', async () => {
  const world = refusing([message()], 1);
  await live(world, new Mortality(0));
  world.gmail.sessions.clear();
  await rest(world);
  assert.equal(world.gmail.imported.length, 1);
  assert.deepEqual(outcomes(world), [['delivered', null]]);
});

test('refused for ever: failed in the end, never uncertain, never rejected', async () => {
  const world = refusing([message()], 99);
  for (let at = 0; at < 12 && world.books.audit.length === 0; at += 1) {
    await live(world, new Mortality(0));
    world.now += 3 * 3_600_000;
  }
  assert.deepEqual(outcomes(world), [['failed', 'label-refused']]);
  assert.equal(world.gmail.imported.length, 0);
});
