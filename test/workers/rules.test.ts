/** The owner's rules, by the engine: what they leave out is settled as skipped, with its reason, and not uploaded. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MailboxOptions } from '../../src/core/mailbox.ts';
import type { Source } from '../../src/core/ports.ts';
import { createWorld, live, type World } from '../engine.ts';
import { Mortality, sha256 } from '../gmail-model.ts';

const message = (from: string, size: number): Buffer =>
  Buffer.from(`From: ${from}\r\nMessage-ID: <${from}-${size}@example.com>\r\n\r\n`.padEnd(size, 'x'));

async function survive(world: World, options: Partial<MailboxOptions>, deaths: readonly number[] = []) {
  let effects = 0;
  for (let life = 0; life < 10; life += 1) {
    const mortality = new Mortality(deaths[life] ?? 0);
    await live(world, mortality, { options });
    if (life === 0) effects = mortality.steps;
    world.now += 20_000;
    if (life >= deaths.length && world.books.transfers.size === 0) return effects;
  }
  throw new Error('never came to rest');
}

const outcomes = (world: World) =>
  world.books.audit
    .map(({ ref, status, reason, senderDomain, sizeBytes }) => {
      const uid = ref.protocol === 'imap' ? ref.uid : 0;
      return `${uid} ${status} ${reason} ${senderDomain} ${sizeBytes}`;
    })
    .sort();

/** Announces other sizes. */
const claiming =
  (size: (real: number | null) => number | null) =>
  (source: Source): Source => ({
    ...source,
    list: async (...args) => {
      const listing = await source.list(...args);
      return { ...listing, messages: listing.messages.map((one) => ({ ...one, size: size(one.size) })) };
    },
  });

test('senders are left out whenever a worker dies, small messages and large ones', async () => {
  const make = () =>
    createWorld([
      message('a@good.example', 300),
      message('b@spam.example', 300),
      message('c@mail.spam.example', 2_500_000),
      message('d@good.example', 2_500_000),
    ]);
  const options = { skipSenders: ['spam.example'] };
  const effects = await survive(make(), options);
  for (let at = 1; at <= effects; at += 1) {
    const world = make();
    await survive(world, options, [at]);
    const skipped = outcomes(world).filter((line) => line.includes('skipped'));
    assert.deepEqual(skipped, [
      '2 skipped sender-skipped spam.example 300',
      '3 skipped sender-skipped mail.spam.example 2500000',
    ]);
    assert.deepEqual(
      [...world.gmail.imported].sort(),
      [1, 4].map((uid) => sha256(world.messages.get(uid) ?? Buffer.alloc(0))).sort(),
      `death at effect ${at}`,
    );
  }
});

test('what is announced as too large is not even fetched', async () => {
  const world = createWorld([message('a@good.example', 500), message('a@good.example', 3_000_000)]);
  const served: number[] = [];
  world.serve = async function* (uid, bytes) {
    served.push(uid);
    yield new Uint8Array(bytes);
  };
  await survive(world, { maxBytes: 1_000 });
  assert.deepEqual(served, [1]);
  assert.deepEqual(outcomes(world), [
    '1 delivered date-unreadable good.example 500',
    '2 skipped over-size-limit invalid 3000000',
  ]);
});

test('of what is announced as smaller, or not at all, the real size decides', async () => {
  for (const claimed of [10, null]) {
    const world = createWorld([1_000, 1_001, 4_000_000].map((size) => message('a@good.example', size)));
    world.habit = claiming(() => claimed);
    await survive(world, { maxBytes: 1_000 });
    const shown = outcomes(world).map((line) => line.split(' ').slice(0, 4).join(' '));
    assert.deepEqual(shown, [
      '1 delivered date-unreadable good.example',
      '2 skipped over-size-limit good.example',
      '3 skipped over-size-limit good.example',
    ]);
    assert.equal(world.gmail.imported.length, 1);
  }
});

test('a limit beyond what Gmail takes changes nothing', async () => {
  const world = createWorld([message('a@good.example', 9_000_000)]);
  await survive(world, { maxBytes: 100_000_000 });
  assert.deepEqual(
    world.books.audit.map(({ status, reason }) => [status, reason]),
    [['rejected', 'message-too-large']],
  );
});

test('what was under way when a rule came is not called skipped while Gmail may have it', async () => {
  for (const options of [{ maxBytes: 100 }, { skipSenders: ['good.example'] }])
    for (const state of ['lost', 'incomplete'] as const) {
      const world = createWorld([message('a@good.example', 500)]);
      const put = { seen: false };
      for (let at = 1; !put.seen; at += 1) {
        Object.assign(world, createWorld([message('a@good.example', 500)]));
        world.gmail.refuse = () => {
          put.seen = true;
          return null;
        };
        await live(world, new Mortality(at));
      }
      if (state === 'lost') world.gmail.sessions.clear();
      else {
        world.gmail.imported.pop();
        for (const session of world.gmail.sessions.values())
          Object.assign(session, { gmailId: null, parts: [] });
      }
      world.now += 20_000;
      await survive(world, options);
      assert.deepEqual(
        world.books.audit.map(({ status, reason }) => `${status} ${reason}`),
        [state === 'lost' ? 'uncertain upload-lost' : 'delivered date-unreadable'],
      );
    }
});
