/** Maildrops that are emptied by what is deleted there: ids that come back, and new mail that nothing known is left beside. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Disposals } from '../../src/core/disposal.ts';
import { Fault } from '../../src/core/fault.ts';
import type { MailboxOptions } from '../../src/core/mailbox.ts';
import { assertArrived, mail, maildrop, onPop3, others } from '../corpus/stage.ts';
import type { Circumstances } from '../engine.ts';
import { createMemoryDisposals } from '../memory-ledger.ts';

const wants = (options: Partial<MailboxOptions>): Circumstances => ({ options });
const DELETE = wants({ afterImport: 'delete', history: 'all' });
const NEW = wants({ afterImport: 'delete', history: 'new' });
const KEEP = wants({ afterImport: 'keep', history: 'all' });
const POLL = 300_000;

const mails = (count: number): Buffer[] => Array.from({ length: count }, (_, n) => mail(`${n}`, n + 1));
/** Without a stamp of any server, and from long ago as its sender says. */
const undated = (name: string): Buffer =>
  Buffer.from(
    `From: a@example.com\r\nMessage-ID: <${name}@example.com>\r\nDate: Thu, 1 Jan 1998 00:00:00 +0000\r\n\r\n${name}\r\n`,
  );

async function stageOf(...args: Parameters<typeof onPop3>) {
  const stage = await onPop3(...args);
  const { world, server } = stage;
  const visit = async (circumstances: Circumstances) => {
    const verdict = await stage.visit(circumstances);
    world.now += POLL;
    return verdict;
  };
  const heardBy = async (work: () => Promise<unknown>): Promise<string[]> => {
    const from = server.heard.length;
    await work();
    return server.heard.slice(from).map(({ verb }) => verb);
  };
  return { ...stage, visit, heardBy, drop: maildrop(stage) };
}

test('an id that is given to the next message after our deletion hides nothing', async (t) => {
  const stage = await stageOf(t);
  const all = mails(6);
  for (const [n, bytes] of all.entries()) {
    // A server that numbers by what is there.
    stage.drop.add(bytes, `${1 + stage.drop.messages.length}`);
    if (n === 0) stage.drop.add(mail('stays', 50), 'stays');
    await stage.visit(DELETE);
    assert.deepEqual(stage.drop.messages, [], `visit ${n}`);
  }
  assertArrived(stage, [...all, mail('stays', 50)]);
  await stage.visit(DELETE);
  assert.deepEqual([...stage.world.books.actions], []);
  assert.deepEqual(others(stage), []);
});

test('an id is kept in mind while its message is there, and forgotten in the books and by the visit when it is away', async (t) => {
  const stage = await stageOf(t);
  const cursor = () => {
    const held = stage.world.books.cursors.get('INBOX');
    return held?.protocol === 'pop3' ? held.settled.size : null;
  };
  for (const bytes of mails(2)) stage.drop.add(bytes);
  stage.server.faults.hangUpAt = 'QUIT';
  await stage.visit(DELETE);
  await stage.visit(DELETE);
  assert.deepEqual([stage.drop.messages.length, cursor()], [2, 2]);
  delete stage.server.faults.hangUpAt;
  await stage.visit(DELETE);
  assert.deepEqual([stage.drop.messages.length, cursor()], [0, 2]);
  await stage.visit(DELETE);
  assert.equal(cursor(), 0);
  assertArrived(stage, mails(2));
});

test('a maildrop that is emptied each time has new mail each time, whatever its date', async (t) => {
  const stage = await stageOf(t);
  const old = mail('old', 1);
  stage.drop.add(old);
  await stage.visit(NEW);
  // Removed by its owner.
  stage.drop.fill([]);
  await stage.visit(NEW);
  const sent = ['a', 'b', 'c', 'd'].map(undated);
  for (const bytes of sent) {
    stage.drop.add(bytes);
    await stage.visit(NEW);
  }
  assertArrived(stage, sent);
});

test('where all was removed by us, the next is new mail and no maildrop with other ids', async (t) => {
  const stage = await stageOf(t);
  await stage.visit(NEW);
  const sent = [undated('a'), mail('b', 5), undated('c'), mail('d', 6)];
  for (const bytes of sent) {
    stage.drop.add(bytes);
    await stage.visit(NEW);
  }
  assertArrived(stage, sent);
  assert.ok(stage.world.books.audit.every(({ backlog }) => backlog === false));
  assert.equal(stage.world.books.generations.size, 0);
});

test('an owner who keeps everything again: what was begun is confirmed, and told to go no more', async (t) => {
  const stage = await stageOf(t);
  const [one, two, three] = mails(3) as [Buffer, Buffer, Buffer];
  stage.drop.add(one, '1');
  stage.drop.add(two, '2');
  stage.server.faults.refuseLine = 'DELE 2';
  await stage.visit(DELETE);
  delete stage.server.faults.refuseLine;
  assert.equal(stage.drop.messages.length, 1);
  stage.drop.add(three, '1');
  const sent = await stage.heardBy(() => stage.visit(KEEP));
  assert.ok(!sent.includes('DELE'));
  assertArrived(stage, [one, two, three]);
  assert.equal(stage.world.books.actions.size, 0);
  await stage.visit(DELETE);
  assert.equal(stage.drop.messages.length, 2, 'nothing of it is taken up again');
});

for (const [name, after] of [
  ['goes on deleting', DELETE],
  ['keeps by now', KEEP],
  ['waits longer by now', wants({ afterImport: 'delete', deleteAfterDays: 9, history: 'all' })],
] as const) {
  test(`a look that ends the session keeps the mail waiting for one visit: ${name}`, async (t) => {
    const stage = await stageOf(t);
    stage.drop.add(mail('one', 1));
    stage.server.faults.hangUpAt = 'QUIT';
    await stage.visit(DELETE);
    stage.server.faults.hangUpAt = 'TOP';
    stage.drop.add(mail('two', 2));
    assert.equal((await stage.visit(after))?.faultCode, 'source-disconnected');
    await stage.visit(after);
    assertArrived(stage, [mail('one', 1), mail('two', 2)]);
  });
}

test('books that fail before or after each step of a visit: ids that come back hide nothing, and nothing comes twice', async (t) => {
  let steps = 0;
  for (let at = 1; at <= Math.max(steps, 1); at += 1) {
    for (const done of [false, true]) {
      const stage = await stageOf(t);
      const { world } = stage;
      const [one, two] = mails(2) as [Buffer, Buffer];
      let left = at;
      let met = 0;
      const step = async <Result>(work: () => Promise<Result>): Promise<Result> => {
        met += 1;
        left -= 1;
        if (left === 0 && !done) throw new Fault('database-unavailable');
        const result = await work();
        if (left === 0) throw new Fault('database-unavailable');
        return result;
      };
      const openDisposals = (): Disposals => {
        const disposals = createMemoryDisposals(world.books, world.books.epoch);
        return {
          due: (...args) => step(() => disposals.due(...args)),
          begun: (...args) => step(() => disposals.begun(...args)),
          intend: (...args) => step(() => disposals.intend(...args)),
          settle: (...args) => step(() => disposals.settle(...args)),
        };
      };
      const visit = () => stage.visit({ ...DELETE, deps: { openDisposals } });
      for (const bytes of [one, two]) {
        stage.drop.add(bytes, '1');
        for (let visits = 0; stage.drop.messages.length > 0; visits += 1) {
          assert.ok(visits < 5, `step ${at}`);
          await visit();
        }
      }
      await visit();
      await visit();
      assertArrived(stage, [one, two]);
      assert.equal(world.books.actions.size, 0, `step ${at}`);
      steps = Math.max(steps, met);
    }
  }
  assert.ok(steps > 8, `${steps} steps`);
});

test('a server that keeps what it was told to remove costs one UIDL and one LIST more, and goes on', async (t) => {
  const stage = await stageOf(t);
  for (const bytes of mails(12)) stage.drop.add(bytes);
  stage.drop.remove = () => {};
  await stage.visit(DELETE);
  for (let visits = 0; visits < 3; visits += 1) {
    const sent = await stage.heardBy(() => stage.visit(DELETE));
    assert.ok(sent.filter((verb) => verb === 'UIDL').length <= 3, sent.join());
    assert.ok(sent.filter((verb) => verb === 'LIST').length <= 1, sent.join());
  }
  assertArrived(stage, mails(12));
});
