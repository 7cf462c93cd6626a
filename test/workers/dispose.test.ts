/**
 * What happens at the source after a delivery. A worker dies before and after each of its effects; whatever is missing at
 * the source is in Gmail, and what Gmail refused, or has not got for certain, is never touched.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_DISPOSAL_TRIES } from '../../src/core/disposal.ts';
import { Fault } from '../../src/core/fault.ts';
import type { MailboxOptions } from '../../src/core/mailbox.ts';
import { type Circumstances, createWorld, live, type World } from '../engine.ts';
import { Mortality, sha256 } from '../gmail-model.ts';

const LIVES = 12;
const DAY = 86_400_000;

const message = (name: string, size = 200): Buffer =>
  Buffer.from(
    `From: a@example.com\r\nMessage-ID: <${name}@example.com>\r\nSubject: ${name}\r\n\r\n`.padEnd(size, 'x'),
  );
const three = (): Buffer[] => [message('one'), message('two'), message('three')];

const wants = (options: Partial<MailboxOptions>): Circumstances => ({ options });
const DELETE = wants({ afterImport: 'delete' });
const immortal = () => new Mortality(0);

/** All that was ever there. */
const originalsOf = (world: World): readonly Buffer[] => [...world.messages.values()];

function assertNothingLost(world: World, originals: readonly Buffer[], note: string): void {
  const there = new Set([...world.messages.values(), ...world.moved.values()].map(sha256));
  for (const original of originals) {
    const sha = sha256(original);
    assert.ok(there.has(sha) || world.gmail.imported.includes(sha), `${note}: nothing is lost`);
  }
}

async function survive(
  world: World,
  circumstances: Circumstances,
  deaths: readonly number[],
): Promise<Mortality[]> {
  const originals = originalsOf(world);
  const lives: Mortality[] = [];
  for (let life = 0; life < LIVES; life += 1) {
    const mortality = new Mortality(deaths[life] ?? 0);
    lives.push(mortality);
    await live(world, mortality, circumstances);
    assertNothingLost(world, originals, `life ${life}, deaths ${deaths}`);
    world.now += 20_000;
    const { transfers, actions } = world.books;
    const restless = life < deaths.length || transfers.size > 0 || actions.size > 0;
    if (!restless && !mortality.dead) return lives;
  }
  throw new Error('never came to rest');
}

for (const [name, options] of [
  ['delete', { afterImport: 'delete' }],
  ['move', { afterImport: 'move', moveTo: 'Done' }],
  ['mark-read', { afterImport: 'mark-read' }],
] as const) {
  test(`dies at every effect: ${name}`, async () => {
    const [first] = await survive(createWorld(three()), wants(options), []);
    const effects = first?.steps ?? 0;
    assert.ok(effects > 30, `${effects} effects`);
    for (let at = 1; at <= effects; at += 1) {
      const world = createWorld(three());
      const originals = originalsOf(world).map(sha256).sort();
      await survive(world, wants(options), [at]);
      assert.deepEqual([...world.gmail.imported].sort(), originals, `death ${at}: each is in Gmail once`);
      assert.equal(world.messages.size, name === 'mark-read' ? 3 : 0, `death ${at}`);
      assert.equal(world.moved.size, name === 'move' ? 3 : 0);
      assert.equal(world.seen.size, name === 'mark-read' ? 3 : 0);
    }
  });
}

test('dies at every pair of effects in two lives running', async () => {
  const make = () => createWorld([message('one')]);
  const [first] = await survive(make(), DELETE, []);
  const effects = first?.steps ?? 0;
  for (let one = 1; one <= effects; one += 1) {
    for (let two = 1; two <= effects; two += 1) {
      const world = make();
      await survive(world, DELETE, [one, two]);
      assert.equal(world.gmail.imported.length, 1, `deaths ${one} and ${two}`);
      assert.equal(world.messages.size, 0);
    }
  }
});

test('deletes the copy that was delivered, and leaves those in other folders', async () => {
  const copy = message('one');
  const make = (): World => {
    const world = createWorld([copy, message('two')]);
    world.others.set('Work', { use: null, messages: new Map([[1, copy]]) });
    return world;
  };
  const [first] = await survive(make(), DELETE, []);
  for (let at = 0; at <= (first?.steps ?? 0); at += 1) {
    const world = make();
    await survive(world, DELETE, [at]);
    const left = [...world.messages.values(), ...(world.others.get('Work')?.messages.values() ?? [])];
    assert.deepEqual(left, [copy], `death ${at}: delivered once, and still there once`);
    assert.equal(world.gmail.imported.length, 2, `death ${at}`);
    const skipped = world.books.audit.filter(({ status }) => status === 'skipped');
    assert.deepEqual(
      skipped.map(({ reason }) => reason),
      ['in-another-folder'],
    );
  }
});

test('keeps everything unless its owner wants otherwise', async () => {
  const world = createWorld(three());
  await live(world, immortal());
  assert.equal(world.messages.size, 3);
  assert.equal(world.books.actions.size, 0);
  // From now on, not what has been delivered before.
  world.messages.set(4, message('four'));
  await live(world, immortal(), DELETE);
  assert.deepEqual([...world.messages.keys()], [1, 2, 3]);
});

test('touches nothing that Gmail refused, lost or has not answered for', async () => {
  for (const fault of [
    'from-header-missing',
    'message-too-large',
    'message-refused',
    'upload-bad-request',
    'upload-interrupted',
  ] as const) {
    const world = createWorld([message('one')]);
    world.gmail.refuse = () => new Fault(fault);
    for (let life = 0; life < 30; life += 1) {
      await live(world, immortal(), DELETE);
      world.now += 3_600_000;
      assert.equal(world.messages.size, 1, fault);
    }
    assert.equal(world.books.actions.size, 0, fault);
  }
  const lost = createWorld([Buffer.from('From: a@example.com\r\n\r\nno id')]);
  lost.gmail.refuse = () => new Fault('upload-interrupted');
  await live(lost, immortal(), DELETE);
  lost.gmail.sessions.clear();
  lost.now += 20_000;
  await live(lost, immortal(), DELETE);
  assert.deepEqual(
    lost.books.audit.map(({ status }) => status),
    ['uncertain'],
  );
  assert.equal(lost.messages.size, 1);
});

test('waits as many days as its owner chose, and looks again at what is chosen when the time has come', async () => {
  const world = createWorld(three());
  const after = (days: number) => wants({ afterImport: 'delete', deleteAfterDays: days });
  await live(world, immortal(), after(3));
  world.now += 3 * DAY - 60_000;
  await live(world, immortal(), after(3));
  assert.equal(world.messages.size, 3);
  await live(world, immortal(), after(5));
  world.now += 120_000;
  await live(world, immortal(), after(5));
  assert.equal(world.messages.size, 3, 'five days by now');
  // Back to keep: what waits is never deleted, whatever is chosen later.
  await live(world, immortal(), wants({ afterImport: 'keep' }));
  await live(world, immortal(), wants({ afterImport: 'mark-read' }));
  world.now += 30 * DAY;
  await live(world, immortal(), after(0));
  assert.equal(world.messages.size, 3);
});

test('an owner who changes their mind between the question and the deed is heard', async () => {
  const world = createWorld(three());
  world.habit = (source) => ({
    ...source,
    dispose: (order, signal) => {
      world.books.options = { ...world.books.options, afterImport: 'keep' };
      return source.dispose(order, signal);
    },
  });
  await live(world, immortal(), DELETE);
  assert.equal(world.messages.size, 3);
});

test('another message under the id, or ids that name nothing any more, are left alone', async () => {
  const later = wants({ afterImport: 'delete', deleteAfterDays: 1 });
  const swapped = createWorld([message('one')]);
  await live(swapped, immortal(), later);
  swapped.messages.set(1, message('two'));
  swapped.now += 2 * DAY;
  await live(swapped, immortal(), later);
  assert.equal(swapped.messages.size, 1);
  assert.deepEqual(swapped.books.disposed, ['changed']);

  const renumbered = createWorld([message('one')]);
  await live(renumbered, immortal(), later);
  renumbered.uidValidity += 1;
  renumbered.now += 2 * DAY;
  await live(renumbered, immortal(), later);
  assert.equal(renumbered.messages.size, 1);
  assert.deepEqual(renumbered.books.disposed, ['renumbered']);
});

test('a source that will not is asked a bounded number of times, with growing pauses', async () => {
  const world = createWorld(three());
  world.obeys = (uid) => uid !== 2;
  await live(world, immortal(), DELETE);
  assert.deepEqual([...world.messages.keys()], [2]);
  let visits = 1;
  for (; world.books.actions.size > 0; visits += 1) {
    assert.ok(visits < 30, 'ends');
    world.now += 3 * 3_600_000;
    await live(world, immortal(), DELETE);
  }
  assert.equal(visits, MAX_DISPOSAL_TRIES);
  assert.deepEqual(world.books.disposed, ['done', 'done', 'refused']);
});

test('a folder that cannot be changed keeps no other folder’s messages waiting, and ends as refused', async () => {
  const world = createWorld([message('inbox')]);
  const many = Array.from({ length: 120 }, (_, n) => [n + 1, message(`locked ${n}`)] as const);
  world.others.set('Locked', { use: null, messages: new Map(many) });
  world.others.set('Work', { use: null, messages: new Map([[1, message('work')]]) });
  world.habit = (source) => ({
    ...source,
    folders: async () => ['Locked', 'INBOX', 'Work'].map((name) => ({ name, use: null, path: [name] })),
    dispose: async (order, signal) =>
      order.folder === 'Locked'
        ? { outcomes: new Map(), problem: 'source-read-only' }
        : source.dispose(order, signal),
  });
  const left = () => [world.messages.size, world.others.get('Work')?.messages.size];
  await live(world, immortal(), DELETE);
  assert.deepEqual(left(), [0, 0], 'those that can be removed are');
  assert.equal(world.books.problem, 'source-read-only', 'and their owner is told of the others');
  for (let visit = 0; visit < 20 && world.books.actions.size > 0; visit += 1) {
    world.now += 3 * 3_600_000;
    await live(world, immortal(), DELETE);
  }
  assert.equal(world.books.disposed.filter((outcome) => outcome === 'refused').length, 120);
  assert.equal(world.others.get('Locked')?.messages.size, 120);
});

test('a source that hangs up over it loses no mail for it, and what ends its sessions goes alone', async () => {
  const world = createWorld(three());
  world.habit = (source) => ({
    ...source,
    dispose: async (order, signal) => {
      if (order.actions.some(({ ref }) => ref.protocol === 'imap' && ref.uid === 2))
        throw new Fault('source-disconnected');
      return source.dispose(order, signal);
    },
  });
  const verdict = await live(world, immortal(), DELETE);
  assert.deepEqual([verdict?.faultCode, verdict?.synced], [null, true], 'the import is not the worse for it');
  assert.equal(world.books.problem, 'source-trouble');
  for (let visit = 0; visit < 40 && world.books.actions.size > 0; visit += 1) {
    world.now += 3 * 3_600_000;
    world.messages.set(10 + visit, message(`new ${visit}`));
    await live(world, immortal(), DELETE);
  }
  assert.ok(world.messages.has(2));
  assert.ok(!world.messages.has(1) && !world.messages.has(3));
  assert.ok(world.books.disposed.includes('refused'));
});

test('does not look into the folder that it moves to', async () => {
  const world = createWorld([message('one')]);
  const listed: string[] = [];
  world.habit = (source) => ({
    ...source,
    folders: async () => ['INBOX', 'Done'].map((name) => ({ name, use: null, path: [name] })),
    list: (folder, ...rest) => {
      listed.push(folder);
      return source.list(folder, ...rest);
    },
  });
  await live(world, immortal(), wants({ folders: 'all', afterImport: 'move', moveTo: 'Done' }));
  assert.ok(listed.length > 0 && !listed.includes('Done'), listed.join());
});

test('a run that is asked to end changes nothing more at the source', async () => {
  const world = createWorld(three());
  const gentle = new AbortController();
  world.gmail.refuse = () => {
    gentle.abort();
    return null;
  };
  await live(world, immortal(), { ...DELETE, control: { gentle: gentle.signal } });
  assert.equal(world.messages.size, 3);
  world.gmail.refuse = () => null;
  await survive(world, DELETE, []);
  assert.equal(world.messages.size, 0);
});
