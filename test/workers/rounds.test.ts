/** In which order a visit does its work, when it waits for news, and how it ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../src/core/fault.ts';
import type { Source } from '../../src/core/ports.ts';
import { Quota } from '../../workers/quota.ts';
import { type Circumstances, clockOf, createWorld, live, type World } from '../engine.ts';
import { Mortality, sha256 } from '../gmail-model.ts';

const message = (name: string): Buffer =>
  Buffer.from(`From: a@example.com\r\nMessage-ID: <${name}@example.com>\r\n\r\n${name}`);

const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i + 1}`);
const worldOf = (names: readonly string[]): World => createWorld(names.map(message));
const life = (world: World, different: Circumstances = {}) => live(world, new Mortality(0), different);

const arrived = (world: World, names: readonly string[]): void =>
  assert.deepEqual([...world.gmail.imported].sort(), names.map((name) => sha256(message(name))).sort());

const INBOX = { protocol: 'imap' as const, folder: 'INBOX', uidValidity: 1, settled: [] };

/** Runs `then` when `uid` is served, once. */
function whenServed(world: World, uid: number, then: () => void): void {
  const { serve } = world;
  let done = false;
  world.serve = (at, bytes) => {
    if (at === uid && !done) {
      done = true;
      then();
    }
    return serve(at, bytes);
  };
}

/** A source that can watch: one answer for each call, then an end of the run. */
function watched(
  world: World,
  gentle: AbortController,
  ...answers: (() => 'news' | 'quiet')[]
): { asked: number[] } {
  const seen = { asked: [] as number[] };
  world.habit = (source): Source => ({
    ...source,
    watch: async (_folder, ms, signal) => {
      seen.asked.push(ms);
      const answer = answers.shift();
      if (answer) return answer();
      gentle.abort();
      signal.throwIfAborted();
      throw new Error('the signal was not for the watch');
    },
  });
  return seen;
}

test('new mail goes before backlog', async () => {
  const world = worldOf(numbered(6));
  world.books.cursors.set('INBOX', { ...INBOX, baseline: 5 });
  await life(world);
  const first = world.gmail.imported.slice(0, 2).sort();
  assert.deepEqual(first, ['5', '6'].map((name) => sha256(message(name))).sort());
  arrived(world, numbered(6));
});

test('mail that comes while the backlog is under way does not wait for its end', async () => {
  const world = worldOf(numbered(60));
  whenServed(world, 3, () => {
    world.messages.set(61, message('61'));
    world.now += 6_000;
  });
  await life(world);
  const at = world.gmail.imported.indexOf(sha256(message('61')));
  assert.ok(at >= 0 && at < 40, `came as number ${at}`);
  arrived(world, numbered(61));
});

test('a folder that is not chosen any more is left alone while new mail is looked for', async () => {
  const world = worldOf(numbered(60));
  const old = { ...INBOX, folder: 'Old', baseline: 1 };
  world.books.cursors.set('Old', old);
  whenServed(world, 3, () => {
    world.now += 6_000;
  });
  const listed = new Set<string>();
  world.habit = (source) => ({
    ...source,
    list: (folder, ...rest) => {
      listed.add(folder);
      return folder === 'Old' ? Promise.reject(new Fault('folder-missing')) : source.list(folder, ...rest);
    },
  });
  assert.equal((await life(world))?.faultCode, null);
  assert.deepEqual([...listed], ['INBOX']);
});

test('a source that numbers anew in the middle of a visit imports none twice', async () => {
  const world = worldOf(numbered(60));
  whenServed(world, 3, () => {
    world.uidValidity = 2;
    world.now += 6_000;
  });
  await life(world);
  world.now += 10_000;
  await life(world);
  arrived(world, numbered(60));
});

test('news are fetched in the same visit, however long it has waited for them', async () => {
  const world = worldOf(['1']);
  const gentle = new AbortController();
  const opened: number[] = [];
  const seen = watched(world, gentle, () => {
    world.now += 200_000;
    world.messages.set(2, message('2'));
    return 'news';
  });
  const { habit } = world;
  world.habit = (source) => {
    opened.push(1);
    return habit(source);
  };
  const verdict = await life(world, { control: { gentle: gentle.signal } });
  arrived(world, ['1', '2']);
  assert.equal(opened.length, 1);
  assert.deepEqual(seen.asked, [300_000, 300_000]);
  assert.deepEqual([verdict?.synced, verdict?.nextRunAt], [true, world.now]);
});

test('a quiet watch looks again when its time is over', async () => {
  const world = worldOf(['1']);
  const gentle = new AbortController();
  const seen = watched(world, gentle, () => {
    world.now += 300_000;
    return 'quiet';
  });
  await life(world, { control: { gentle: gentle.signal } });
  assert.equal(seen.asked.length, 2);
});

test('without room to watch, a way to, or a plan that has it, it comes back after the poll interval', async () => {
  const world = worldOf(['1']);
  world.habit = (source) => ({ ...source, watch: () => Promise.reject(new Error('no room')) });
  const unpaid = await life(world, { lease: { mayWatch: false } });
  assert.equal(unpaid?.nextRunAt, world.now + 300_000);
  const verdict = await life(world, { control: { watching: () => false } });
  assert.equal(verdict?.nextRunAt, world.now + 300_000);
  world.habit = (source) => source;
  assert.equal((await life(world, { options: { pollSeconds: 60 } }))?.nextRunAt, world.now + 60_000);
});

test('a hard end reaches the watch too', async () => {
  const world = worldOf(['1']);
  const hard = new AbortController();
  let told = false;
  world.habit = (source) => ({
    ...source,
    watch: async (_folder, _ms, signal) => {
      hard.abort();
      told = signal.aborted;
      signal.throwIfAborted();
      throw new Error('was not told');
    },
  });
  const verdict = await life(world, { control: { hard: hard.signal } });
  assert.ok(told);
  assert.deepEqual([verdict?.nextRunAt, verdict?.faultCode], [world.now, null]);
});

test('asked to end in the middle of a backlog, it finishes what is under way and gives the rest back', async () => {
  const world = worldOf(numbered(60));
  const gentle = new AbortController();
  whenServed(world, 20, () => gentle.abort());
  const verdict = await life(world, { control: { gentle: gentle.signal } });
  assert.deepEqual([verdict?.nextRunAt, verdict?.synced, verdict?.faultCode], [world.now, false, null]);
  assert.equal(world.gmail.imported.length, 32, 'two batches');
  assert.equal(world.books.audit.length, 32);
  assert.equal(world.books.transfers.size, 0);
  await life(world);
  arrived(world, numbered(60));
});

test('a visit with work left gives its lease back when its turn is over', async () => {
  const world = worldOf(numbered(60));
  whenServed(world, 3, () => {
    world.now += 31_000;
  });
  const verdict = await life(world);
  assert.deepEqual([verdict?.nextRunAt, verdict?.synced], [world.now, false]);
  assert.equal(world.gmail.imported.length, 16);
});

const ALONE: Circumstances = { control: { othersWait: () => false } };
/** A message takes so long that a turn is over several times before all are through. */
const slowly = (world: World, ms = 2_000): void => {
  const { serve } = world;
  world.serve = (uid, bytes) => {
    world.now += ms;
    return serve(uid, bytes);
  };
};

test('where nobody waits for a turn a large mailbox is not given back, to be listed again, at each', async () => {
  const world = worldOf(numbered(60));
  slowly(world);
  const verdict = await life(world, ALONE);
  assert.equal(verdict?.synced, true);
  arrived(world, numbered(60));
});

test('a mailbox gives way in the end, whoever waits; over POP3 when it is time to look for new mail', async () => {
  const world = worldOf(numbered(60));
  slowly(world, 10_000);
  assert.equal((await life(world, ALONE))?.synced, false);
  assert.equal(world.gmail.imported.length, 32, 'after five minutes and the batch under way');
  const maildrop = worldOf(numbered(60));
  slowly(maildrop);
  const server = { protocol: 'pop3', host: 'pop.example.com', port: 995, security: 'tls' } as const;
  const often = { ...ALONE, lease: { server }, options: { pollSeconds: 60 } };
  assert.equal((await life(maildrop, often))?.synced, false);
  assert.equal(maildrop.gmail.imported.length, 32);
});

test('a message that is due to be tried again ends the turn of a mailbox that is alone', async () => {
  const world = worldOf(numbered(120));
  slowly(world);
  let faults = 1;
  world.gmail.refuse = () => (faults-- > 0 ? new Fault('upload-bad-request') : null);
  const verdict = await life(world, ALONE);
  assert.equal(verdict?.synced, false);
  const [transfer] = world.books.transfers.values();
  assert.ok(transfer && transfer.retryAt <= world.now, 'it waited for its time');
  assert.ok(world.gmail.imported.length < 119);
});

test('let go at once, everything stays recoverable', async () => {
  for (const uid of [1, 7, 20]) {
    const world = worldOf(numbered(30));
    const hard = new AbortController();
    let count = 0;
    world.gmail.refuse = () => {
      count += 1;
      if (count === uid) hard.abort();
      return hard.signal.aborted ? new Fault('upload-interrupted') : null;
    };
    const verdict = await life(world, { control: { hard: hard.signal }, lease: { failures: 2 } });
    assert.deepEqual([verdict?.nextRunAt, verdict?.failures], [world.now, 2]);
    world.gmail.refuse = () => null;
    world.now += 20_000;
    await life(world);
    arrived(world, numbered(30));
    assert.ok(world.books.audit.every(({ status }) => status === 'delivered'));
  }
});

test('a message whose time has come while others were under way does not wait for the poll interval', async () => {
  const world = worldOf(numbered(3));
  let failed = false;
  const { serve } = world;
  world.serve = (uid, bytes) => {
    if (uid !== 1 || failed) return serve(uid, bytes);
    failed = true;
    return unreadable();
  };
  whenServed(world, 3, () => {
    world.now += 20_000;
  });
  const verdict = await life(world, { deps: { quota: oneByOne(world) } });
  assert.equal(verdict?.nextRunAt, world.now);
  await life(world);
  arrived(world, numbered(3));
});

// biome-ignore lint/correctness/useYield: a body that fails before its first byte
async function* unreadable(): AsyncGenerator<Uint8Array> {
  throw new Fault('message-unreadable');
}

/** Makes batches of one, so that messages follow each other. */
function oneByOne(world: World): Quota {
  const quota = new Quota({ importsPerMinute: 240, bytesPerDay: 500_000_000 }, clockOf(world));
  const take = quota.take.bind(quota);
  quota.take = (userId, _most, signal) => take(userId, 1, signal);
  return quota;
}

test('a backlog stops at the day’s share and leaves new mail its own', async () => {
  const world = worldOf(numbered(6));
  world.books.cursors.set('INBOX', { ...INBOX, baseline: 5 });
  const quota = new Quota({ importsPerMinute: 240, bytesPerDay: 1000 }, clockOf(world));
  quota.spend('11111111-1111-4111-8111-111111111111' as Parameters<Quota['spend']>[0], 900);
  const verdict = await life(world, { deps: { quota } });
  arrived(world, ['5', '6']);
  assert.deepEqual([verdict?.synced, verdict?.nextRunAt], [true, world.now + 300_000]);
});
