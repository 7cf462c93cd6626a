/** Messages in several folders that look the same in their header blocks, and are not: neither is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWorld, live, type World } from '../engine.ts';
import { Mortality, sha256 } from '../gmail-model.ts';

const LIVES = 10;
const HEADER =
  'From: a@example.com\r\nMessage-ID: <a@example.com>\r\nDate: Sun, 1 Mar 2026 10:00:00 +0000\r\n\r\n';
const [ONE, TWO] = [Buffer.from(`${HEADER}one`), Buffer.from(`${HEADER}two`)];

/** The first in the inbox and in the archive, the second in a folder between. */
function start(): World {
  const world = createWorld([ONE]);
  world.others.set('Work', { use: null, messages: new Map([[1, TWO]]) });
  world.others.set('Archive', { use: 'archive', messages: new Map([[1, ONE]]) });
  return world;
}

/** Lives, the first until its `death`th effect, until nothing is open; how many effects that life had. */
async function survive(world: World, death: number): Promise<number> {
  let effects = 0;
  for (let life = 0; life < LIVES; life += 1) {
    const mortality = new Mortality(life === 0 ? death : 0);
    await live(world, mortality);
    if (life === 0) effects = mortality.steps;
    world.now += 20_000;
    if (!mortality.dead && world.books.transfers.size === 0) return effects;
  }
  throw new Error('never came to rest');
}

test('the same header block, size and Message-ID, and other words: both arrive, and copies of either once', async () => {
  const world = start();
  await survive(world, 0);
  assert.deepEqual(world.gmail.imported.toSorted(), [sha256(ONE), sha256(TWO)].sort());
  // Copies that come later, of each.
  const others = new Map([
    [1, TWO],
    [2, ONE],
  ]);
  world.others.set('Later', { use: null, messages: others });
  await survive(world, 0);
  assert.equal(world.gmail.imported.length, 2);
});

test('wherever the worker is killed, both come, and nothing twice', async () => {
  const effects = await survive(start(), 0);
  for (let death = 1; death <= effects; death += 1) {
    const world = start();
    await survive(world, death);
    const both = [sha256(ONE), sha256(TWO)].sort();
    assert.deepEqual(world.gmail.imported.toSorted(), both, `killed at ${death}`);
  }
});
