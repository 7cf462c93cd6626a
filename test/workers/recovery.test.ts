/**
 * The recovery suite: a worker dies before and after each of its effects, exhaustively; the next one finds the mess. Each
 * message arrives exactly once at a Gmail that never merges.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../src/core/fault.ts';
import { createWorld, live, type World } from '../engine.ts';
import { Death, Mortality, sha256 } from '../gmail-model.ts';

const LIVES = 12;

const message = (name: string, size = 200): Buffer =>
  Buffer.from(
    `From: a@example.com\r\nDate: Sun, 1 Feb 2026 00:00:00 +0000\r\nMessage-ID: <${name}@example.com>\r\nSubject: ${name}\r\n\r\n`.padEnd(
      size,
      'x',
    ),
  );

const withoutId = (name: string): Buffer =>
  Buffer.from(`From: a@example.com\r\nSubject: ${name}\r\n\r\nbody`);

const small = (): Buffer[] => [message('one'), message('two'), message('three')];
const large = (): Buffer[] => [message('large', 2_500_000), message('one')];

/** Lives until nothing is open or waiting; how many effects the first life had. */
async function survive(world: World, deaths: readonly number[]): Promise<Mortality[]> {
  const lives: Mortality[] = [];
  for (let life = 0; life < LIVES; life += 1) {
    const mortality = new Mortality(deaths[life] ?? 0);
    lives.push(mortality);
    await live(world, mortality);
    world.now += 20_000;
    const restless = life < deaths.length || world.books.transfers.size > 0;
    if (!restless && !mortality.dead) return lives;
  }
  throw new Error('never came to rest');
}

function assertOnceEach(world: World, note: string): void {
  const expected = [...world.messages.values()].map(sha256).sort();
  assert.deepEqual([...world.gmail.imported].sort(), expected, note);
  assert.equal(world.books.audit.length, expected.length, `${note}: one audit entry each`);
  assert.ok(world.books.audit.every(({ status }) => status === 'delivered'));
}

async function countEffects(messages: Buffer[]): Promise<number> {
  const [first] = await survive(createWorld(messages), []);
  return first?.steps ?? 0;
}

for (const [name, make] of [
  ['three small messages', small],
  ['a message in three chunks and a small one', large],
] as const) {
  test(`dies at every effect: ${name}`, async () => {
    const effects = await countEffects(make());
    assert.ok(effects > 20, `${effects} effects`);
    for (let at = 1; at <= effects; at += 1) {
      const world = createWorld(make());
      const [first] = await survive(world, [at]);
      assert.ok(first?.dead, `death ${at} happened`);
      assertOnceEach(world, `death at effect ${at}`);
    }
  });
}

test('dies at every pair of effects in two lives running', async () => {
  const effects = await countEffects([message('one'), message('two')]);
  for (let first = 1; first <= effects; first += 1) {
    for (let second = 1; second <= effects; second += 1) {
      const world = createWorld([message('one'), message('two')]);
      await survive(world, [first, second]);
      assertOnceEach(world, `deaths at effects ${first} and ${second}`);
    }
  }
});

test('bytes of a dead process that arrive after the first question do not make a second copy', async () => {
  const effects = await countEffects(small());
  for (let at = 1; at <= effects; at += 1) {
    const world = createWorld(small());
    delayLastPut(world);
    await survive(world, [at]);
    assertOnceEach(world, `late bytes, death at effect ${at}`);
  }
});

/** What the first life sends last before it dies reaches Gmail only after somebody has asked. */
function delayLastPut(world: World): void {
  const { gmail } = world;
  const sinkOf = gmail.sink.bind(gmail);
  gmail.sink = (mortality) => {
    const sink = sinkOf(mortality);
    return {
      ...sink,
      open: async (...args) => {
        const upload = await sink.open(...args);
        return {
          ...upload,
          put: async (parts, offset, total, signal) => {
            const copies = parts.map((part) => Buffer.from(part));
            const immortal = gmail.sink === undefined ? upload : sinkOf(new Mortality(0)).resume(upload.uri);
            try {
              return await upload.put(parts, offset, total, signal);
            } catch (error) {
              if (error instanceof Death)
                gmail.late.push(() => void immortal.put(copies, offset, total, signal));
              throw error;
            }
          },
        };
      },
    };
  };
}

test('a session that Gmail has lost: imported again with one Message-ID, uncertain without', async () => {
  for (const [bytes, status, reason] of [
    [message('one'), 'delivered', 'reimported'],
    [withoutId('none'), 'uncertain', 'upload-lost'],
  ] as const) {
    const world = createWorld([bytes]);
    const put = { seen: false };
    world.gmail.refuse = () => {
      put.seen = true;
      return null;
    };
    // Dies between the commit at Gmail and its answer.
    for (let at = 1; !put.seen; at += 1) {
      Object.assign(world, createWorld([bytes]));
      world.gmail.refuse = () => {
        put.seen = true;
        return null;
      };
      await live(world, new Mortality(at));
    }
    world.gmail.sessions.clear();
    await survive(world, []);
    assert.deepEqual(
      world.books.audit.map((entry) => [entry.status, entry.reason]),
      [[status, reason]],
    );
  }
});

test('other bytes under the same id never complete a session', async () => {
  const world = createWorld([message('one', 2_500_000)]);
  let interrupted = false;
  world.gmail.refuse = () => {
    if (interrupted) return null;
    interrupted = true;
    return new Fault('upload-interrupted');
  };
  await live(world, new Mortality(0));
  for (const session of world.gmail.sessions.values()) session.parts.pop();
  world.messages.set(1, message('two', 2_500_000));
  world.now += 20_000;
  await survive(world, []);
  assert.deepEqual(world.gmail.imported, []);
  assert.deepEqual(
    world.books.audit.map((entry) => [entry.status, entry.reason]),
    [['uncertain', 'message-changed']],
  );
});

test('a worker that lost its lease writes nothing', async () => {
  const world = createWorld(small());
  world.gmail.refuse = () => {
    world.books.epoch += 1n;
    return null;
  };
  assert.equal(await live(world, new Mortality(0)), null);
  assert.equal(world.books.audit.length, 0);
  world.gmail.refuse = () => null;
  await survive(world, []);
  assertOnceEach(world, 'after the lease was lost');
});

test('a session that holds every byte and is not done with them is asked again', async () => {
  const world = createWorld([message('one')]);
  let busy = true;
  world.gmail.refuse = () => (busy ? new Fault('upload-interrupted') : null);
  await live(world, new Mortality(0));
  assert.equal(world.books.transfers.size, 1);
  world.now += 20_000;
  const verdict = await live(world, new Mortality(0));
  assert.equal(verdict?.faultCode, null, 'the visit goes on');
  assert.equal(world.gmail.imported.length, 0);
  busy = false;
  for (const session of world.gmail.sessions.values()) session.gmailId = 'm1';
  world.now += 60_000;
  await live(world, new Mortality(0));
  assert.deepEqual(
    world.books.audit.map((entry) => [entry.status, entry.reason]),
    [['delivered', 'recovered']],
  );
});

test('a message under way when the source gives it a new id is imported once', async () => {
  const world = createWorld([message('one')]);
  let cut = true;
  world.gmail.refuse = () => (cut ? new Fault('upload-interrupted') : null);
  await live(world, new Mortality(0));
  assert.equal(world.books.transfers.size, 1, 'an open transfer');
  cut = false;
  world.uidValidity += 1;
  // What the last chunk did is known to Gmail alone, and it says: done.
  const [sha] = [...world.messages.values()].map(sha256);
  for (const session of world.gmail.sessions.values()) session.gmailId = 'm1';
  if (sha) world.gmail.imported.push(sha);
  for (let life = 0; life < LIVES; life += 1) {
    await live(world, new Mortality(0));
    world.now += 20_000;
  }
  assert.equal(world.gmail.imported.length, 1);
  assert.deepEqual(
    world.books.audit.map(({ status, reason }) => [status, reason]),
    [
      ['delivered', 'recovered'],
      ['skipped', 'already-delivered'],
    ],
  );
});
