/** Messages that are moved at the source, or looked for in other folders than before, after they have arrived. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FolderUse } from '../../src/core/folder.ts';
import { createWorld, live, type World } from '../engine.ts';
import { Mortality } from '../gmail-model.ts';

const LIVES = 10;
const BYTES = Buffer.from(
  'From: a@example.com\r\nMessage-ID: <a@example.com>\r\nDate: Sun, 1 Mar 2026 10:00:00 +0000\r\n\r\na',
);
const USES: Readonly<Record<string, FolderUse | null>> = {
  Junk: 'junk',
  Trash: 'trash',
  Archive: 'archive',
  Work: null,
};

function worldIn(folder: string): World {
  const world = createWorld([]);
  for (const [name, use] of Object.entries(USES)) world.others.set(name, { use, messages: new Map() });
  put(world, folder, 1);
  return world;
}

const messagesIn = (world: World, folder: string): Map<number, Buffer> =>
  folder === 'INBOX' ? world.messages : (world.others.get(folder)?.messages ?? new Map());

const put = (world: World, folder: string, uid: number) => void messagesIn(world, folder).set(uid, BYTES);

function move(world: World, from: string, to: string, uid: number): void {
  messagesIn(world, from).clear();
  put(world, to, uid);
}

/** Lives until nothing is open or waiting. */
async function survive(world: World, deathAt = 0): Promise<Mortality> {
  const first = new Mortality(deathAt);
  await live(world, first);
  for (let life = 0; life < LIVES; life += 1) {
    world.now += 20_000;
    if ((life > 0 || !first.dead) && world.books.transfers.size === 0) return first;
    await live(world, new Mortality(0));
  }
  throw new Error('never came to rest');
}

/** What became of each copy, in that order. */
const outcomes = (world: World): string[] =>
  world.books.audit.map(
    ({ ref, status }) => `${ref.protocol === 'imap' ? `${ref.folder}:${ref.uid}` : ''} ${status}`,
  );

for (const last of ['Junk', 'Trash'])
  test(`what is taken out of ${last} arrives once more, and then not again wherever it goes`, async () => {
    const moved = async (deathAt = 0): Promise<[World, Mortality]> => {
      const world = worldIn(last);
      await survive(world);
      move(world, last, 'INBOX', 1);
      return [world, await survive(world, deathAt)];
    };
    const [world, { steps }] = await moved();
    assert.deepEqual(outcomes(world), [`${last}:1 delivered`, 'INBOX:1 delivered']);
    move(world, 'INBOX', 'Archive', 1);
    await survive(world);
    move(world, 'Archive', last, 2);
    await survive(world);
    move(world, last, 'INBOX', 2);
    await survive(world);
    assert.deepEqual(outcomes(world).slice(2), [
      'Archive:1 skipped',
      `${last}:2 skipped`,
      'INBOX:2 delivered',
    ]);
    for (let at = 1; at <= steps; at += 1) {
      const [again] = await moved(at);
      assert.deepEqual(outcomes(again), outcomes(world).slice(0, 2), `death at effect ${at}`);
      assert.equal(again.gmail.imported.length, 2, `death at effect ${at}`);
    }
  });

test('from one folder that goes last to the other a message does not arrive again', async () => {
  const world = worldIn('Junk');
  await survive(world);
  move(world, 'Junk', 'Trash', 1);
  await survive(world);
  assert.deepEqual(outcomes(world), ['Junk:1 delivered', 'Trash:1 skipped']);
});

test('another folder is chosen: what came from the former one does not arrive again', async () => {
  for (const [before, after, outcome] of [
    ['INBOX', 'Work', 'skipped'],
    ['Work', 'Archive', 'skipped'],
    // Its name tells, though it is visited no more.
    ['Junk', 'INBOX', 'delivered'],
  ] as const) {
    const world = worldIn(before);
    const choose = (name: string): void => {
      world.habit = (source) => ({
        ...source,
        folders: async () => [{ name, use: name === 'INBOX' ? 'inbox' : (USES[name] ?? null), path: [name] }],
      });
    };
    choose(before);
    await survive(world);
    choose(after);
    put(world, after, 1);
    await survive(world);
    assert.deepEqual(outcomes(world), [`${before}:1 delivered`, `${after}:1 ${outcome}`]);
  }
});
