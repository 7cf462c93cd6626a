/**
 * Messages that lie in several folders: each arrives once, from the folder where it is wanted most, whenever a worker dies.
 * Gmail never merges here.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../src/core/fault.ts';
import type { FolderUse } from '../../src/core/folder.ts';
import type { Source } from '../../src/core/ports.ts';
import { createWorld, live, type World } from '../engine.ts';
import { Mortality, sha256 } from '../gmail-model.ts';

const LIVES = 14;

const message = (name: string, size = 200): Buffer =>
  Buffer.from(
    `From: a@example.com\r\nMessage-ID: <${name}@example.com>\r\nDate: Sun, 1 Mar 2026 10:00:00 +0000\r\n\r\n`.padEnd(
      size,
      'x',
    ),
  );

type Folders = Readonly<Record<string, readonly [FolderUse | null, ...string[]]>>;

function worldOf(folders: Folders, size?: number): World {
  const bytes = (names: readonly string[]) => names.map((name) => message(name, size));
  const [, ...inbox] = folders.INBOX ?? [null];
  const world = createWorld(bytes(inbox));
  for (const [folder, [use, ...names]] of Object.entries(folders)) {
    if (folder === 'INBOX') continue;
    const messages = new Map(bytes(names).map((one, at) => [at + 1, one] as const));
    world.others.set(folder, { use, messages });
  }
  return world;
}

/** Lives until nothing is open or waiting; how many effects the first life had. */
async function survive(world: World, deaths: readonly number[] = []): Promise<number> {
  let effects = 0;
  for (let life = 0; life < LIVES; life += 1) {
    const mortality = new Mortality(deaths[life] ?? 0);
    await live(world, mortality);
    if (life === 0) effects = mortality.steps;
    world.now += 20_000;
    if (life >= deaths.length && world.books.transfers.size === 0 && !mortality.dead) return effects;
  }
  throw new Error('never came to rest');
}

const nameOf = new Map<string, string>();
const hashOf = (name: string, size?: number): string => {
  const hash = sha256(message(name, size));
  nameOf.set(hash, name);
  return hash;
};

/** What became of each message, `folder:uid status reason`, in that order. */
const outcomes = (world: World): string[] =>
  world.books.audit
    .map(({ ref, status, reason }) => {
      const place = ref.protocol === 'imap' ? `${ref.folder}:${ref.uid}` : '';
      return `${place} ${status}${status === 'skipped' ? ` ${reason}` : ''}`;
    })
    .sort();

/** Which arrived, by name. */
const arrived = (world: World): string[] =>
  world.gmail.imported.map((hash) => nameOf.get(hash) ?? 'an unknown one').sort();

const FOLDERS = {
  Junk: ['junk', 'b', 'd'],
  Archive: ['archive', 'a', 'c'],
  INBOX: ['inbox', 'a', 'b', 'b'],
} as const satisfies Folders;

const EXPECTED = [
  'Archive:1 skipped in-another-folder',
  'Archive:2 delivered',
  'INBOX:1 delivered',
  'INBOX:2 delivered',
  'INBOX:3 delivered',
  'Junk:1 skipped in-another-folder',
  'Junk:2 delivered',
];

for (const [what, size] of [
  ['small', undefined],
  ['in three chunks', 2_500_000],
] as const) {
  test(`dies at every effect: copies in three folders, messages ${what}`, async () => {
    for (const name of ['a', 'b', 'c', 'd']) hashOf(name, size);
    const effects = await survive(worldOf(FOLDERS, size));
    assert.ok(effects > 40, `${effects} effects`);
    for (let at = 1; at <= effects; at += 1) {
      const world = worldOf(FOLDERS, size);
      await survive(world, [at]);
      assert.deepEqual(arrived(world), ['a', 'b', 'b', 'c', 'd'], `death at effect ${at}`);
      assert.deepEqual(outcomes(world), EXPECTED, `death at effect ${at}`);
    }
  });
}

test('dies at pairs of effects in two lives running: one message in two folders', async () => {
  hashOf('a');
  const folders: Folders = { Archive: ['archive', 'a'], INBOX: ['inbox', 'a'] };
  const effects = await survive(worldOf(folders));
  for (let first = 1; first <= effects; first += 1) {
    // A third of them, evenly spread.
    for (let second = 1 + (first % 3); second <= effects; second += 3) {
      const world = worldOf(folders);
      await survive(world, [first, second]);
      const note = `deaths at effects ${first} and ${second}`;
      assert.deepEqual(arrived(world), ['a'], note);
      assert.deepEqual(outcomes(world), ['Archive:1 skipped in-another-folder', 'INBOX:1 delivered'], note);
    }
  }
});

test('a copy that turns up in another folder later is known over restarts, one in the same folder is not', async () => {
  hashOf('a');
  const world = worldOf({ Work: [null], INBOX: ['inbox', 'a'] });
  await survive(world);
  world.others.get('Work')?.messages.set(1, message('a'));
  world.messages.set(2, message('a'));
  await survive(world);
  assert.deepEqual(outcomes(world), [
    'INBOX:1 delivered',
    'INBOX:2 delivered',
    'Work:1 skipped in-another-folder',
  ]);
});

/** Announces sizes that are off by some bytes. */
const lying = (source: Source): Source => ({
  ...source,
  list: async (...args) => {
    const listing = await source.list(...args);
    const messages = listing.messages.map((one) => ({ ...one, size: (one.size ?? 0) + 7 }));
    return { ...listing, messages };
  },
});

for (const size of [undefined, 2_500_000])
  test(`the real size counts, whatever the server announces (${size ?? 'small'})`, async () => {
    hashOf('a', size);
    const world = worldOf({ Archive: ['archive', 'a'], INBOX: ['inbox', 'a'] }, size);
    world.habit = lying;
    await survive(world);
    assert.deepEqual(arrived(world), ['a']);
    assert.deepEqual(outcomes(world), ['Archive:1 skipped in-another-folder', 'INBOX:1 delivered']);
  });

test('when the first copy comes to nothing the second goes', async () => {
  hashOf('a');
  const world = worldOf({ Archive: ['archive', 'a'], INBOX: ['inbox', 'a'] });
  let refused = false;
  world.gmail.refuse = () => {
    if (refused) return null;
    refused = true;
    return new Fault('message-refused');
  };
  await survive(world);
  assert.deepEqual(arrived(world), ['a']);
  assert.deepEqual(outcomes(world), ['Archive:1 delivered', 'INBOX:1 rejected']);
});

test('a copy in the inbox that has to be tried again is not overtaken by one in the junk folder', async () => {
  hashOf('a');
  for (const at of ['open', 'put'] as const) {
    const world = worldOf({ Junk: ['junk', 'a'], INBOX: ['inbox', 'a'] });
    let failed = false;
    const fail = (): void => {
      const first = !failed;
      failed = true;
      if (first) throw new Fault('upload-bad-request');
    };
    const { gmail } = world;
    const sinkOf = gmail.sink.bind(gmail);
    gmail.sink = (mortality) => {
      const sink = sinkOf(mortality);
      return {
        ...sink,
        open: async (...args) => {
          if (at === 'open') fail();
          const upload = await sink.open(...args);
          return {
            ...upload,
            put: async (...put) => {
              if (at === 'put') fail();
              return upload.put(...put);
            },
          };
        },
      };
    };
    await survive(world);
    assert.deepEqual(outcomes(world), ['INBOX:1 delivered', 'Junk:1 skipped in-another-folder'], at);
  }
});

test('new mail in the junk folder waits for the inbox’s backlog', async () => {
  hashOf('a');
  const world = worldOf({ Junk: ['junk'], INBOX: ['inbox'] });
  await survive(world);
  world.messages.set(1, message('a'));
  world.others.get('Junk')?.messages.set(1, message('a'));
  const backlog = (source: Source): Source => ({
    ...source,
    list: async (...args) => {
      const listing = await source.list(...args);
      const messages = listing.messages.map((one) => ({ ...one, backlog: args[0] === 'INBOX' }));
      return { ...listing, messages };
    },
  });
  world.habit = backlog;
  await survive(world);
  assert.deepEqual(outcomes(world), ['INBOX:1 delivered', 'Junk:1 skipped in-another-folder']);
});

test('a copy that comes while the other is under way waits for its end', async () => {
  hashOf('a');
  for (const outcome of ['taken', 'refused'] as const) {
    const world = worldOf({ Archive: ['archive', 'a'], INBOX: ['inbox', 'a'] });
    const { promise: second, resolve } = Promise.withResolvers<void>();
    world.habit = (source) => ({
      ...source,
      async *fetch(messages, signal) {
        for await (const fetched of source.fetch(messages, signal)) {
          const { ref } = fetched.message;
          yield fetched;
          // Asked for the one behind it: it has been read.
          if (ref.protocol === 'imap' && ref.folder === 'Archive') resolve();
        }
      },
    });
    const { gmail } = world;
    const sinkOf = gmail.sink.bind(gmail);
    let puts = 0;
    gmail.sink = (mortality) => {
      const sink = sinkOf(mortality);
      return {
        ...sink,
        open: async (...args) => {
          const upload = await sink.open(...args);
          return {
            ...upload,
            put: async (...put) => {
              puts += 1;
              if (puts === 1) await second;
              if (puts === 1 && outcome === 'refused') throw new Fault('message-refused');
              return upload.put(...put);
            },
          };
        },
      };
    };
    await survive(world);
    assert.equal(gmail.sessions.size, outcome === 'taken' ? 1 : 2, 'no session for a copy');
    assert.deepEqual(arrived(world), ['a']);
    assert.deepEqual(
      outcomes(world),
      outcome === 'taken'
        ? ['Archive:1 skipped in-another-folder', 'INBOX:1 delivered']
        : ['Archive:1 delivered', 'INBOX:1 rejected'],
    );
  }
});

test('a copy waits for the outcome of one that a crash left open', async () => {
  hashOf('a');
  const world = worldOf({ Archive: ['archive'], INBOX: ['inbox', 'a'] });
  let cut = true;
  world.gmail.refuse = () => (cut ? new Fault('upload-interrupted') : null);
  await live(world, new Mortality(0));
  assert.equal(world.books.transfers.size, 1, 'an open transfer');
  world.others.get('Archive')?.messages.set(1, message('a'));
  await live(world, new Mortality(0));
  assert.deepEqual(world.gmail.imported, []);
  assert.deepEqual(outcomes(world), []);
  cut = false;
  for (const session of world.gmail.sessions.values()) session.parts.pop();
  await survive(world);
  assert.deepEqual(arrived(world), ['a']);
  assert.deepEqual(outcomes(world), ['Archive:1 skipped in-another-folder', 'INBOX:1 delivered']);
});

test('messages whose headers name neither time nor id are never taken for one another', async () => {
  const bare = Buffer.from('From: cron@example.com\r\nSubject: done\r\n\r\nsame size');
  const world = createWorld([bare]);
  world.others.set('Work', { use: null, messages: new Map([[1, bare]]) });
  await survive(world);
  assert.deepEqual(outcomes(world), ['INBOX:1 delivered', 'Work:1 delivered']);
});
