/** Messages under way whose folder is removed at the source, over a real session: they end, and keep nobody waiting. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../src/core/fault.ts';
import { MAX_TRIES } from '../../src/core/schedule.ts';
import { createWorld, live, type World } from '../engine.ts';
import { Mortality, sha256 } from '../gmail-model.ts';
import { type Fixture, setUp, USER } from './sources/imap-fixture.ts';

const message = (name: string): Buffer =>
  Buffer.from(
    `From: a@example.com\r\nMessage-ID: <${name}@example.com>\r\nDate: Sun, 1 Mar 2026 10:00:00 +0000\r\n\r\n${name}`,
  );

async function visit(world: World, { open }: Fixture) {
  return await live(world, new Mortality(0), {
    options: { folders: 'all' },
    lease: { mayWatch: false },
    deps: { openSource: () => open() },
  });
}

const outcomeOf = ({ books }: World) =>
  books.audit.flatMap(({ ref, status, reason }) =>
    ref.protocol === 'imap' && ref.folder === 'Work' ? [`${status} ${reason}`] : [],
  );

/** Of the message in Work: its upload's session is gone, or it never had one. */
async function underWay(state: 'open' | 'waiting'): Promise<[World, Fixture]> {
  const [world, fixture] = [createWorld([]), await setUp()];
  fixture.server.append(USER, message('lost'), { folder: 'Work' });
  world.gmail.refuse = () => new Fault('upload-interrupted');
  fixture.server.tricks.unreadable = new Set(state === 'waiting' ? [1] : []);
  await visit(world, fixture);
  assert.deepEqual(
    [...world.books.transfers.values()].map((transfer) => transfer.state),
    [state],
  );
  world.gmail.refuse = () => null;
  world.gmail.sessions.clear();
  // What comes next is not to have its name.
  world.gmail.sessions.set('another', { parts: [], gmailId: null });
  delete fixture.server.tricks.unreadable;
  return [world, fixture];
}

for (const [state, end] of [
  ['open', 'uncertain message-unreadable'],
  ['waiting', 'failed message-unreadable'],
] as const) {
  test(`one that is ${state} when its folder goes is given up in the end; all else arrives`, async () => {
    const [world, fixture] = await underWay(state);
    fixture.server.store.account(USER)?.folders.delete('Work');
    const sent: string[] = [];
    for (let tries = 1; world.books.transfers.size > 0; tries += 1) {
      assert.ok(tries <= MAX_TRIES, 'ends');
      world.now += 86_400_000;
      const next = message(`new ${tries}`);
      fixture.server.append(USER, next);
      sent.push(sha256(next));
      const verdict = await visit(world, fixture);
      assert.deepEqual([verdict?.faultCode, verdict?.synced], [null, true], `visit ${tries}`);
      assert.deepEqual(world.gmail.imported, sent, `visit ${tries}: the inbox goes on`);
    }
    assert.deepEqual(outcomeOf(world), [end]);
  });

  test(`one that is ${state} arrives when its folder is there again`, async () => {
    const [world, fixture] = await underWay(state);
    const folders = fixture.server.store.account(USER)?.folders;
    const work = folders?.get('Work');
    assert.ok(folders && work);
    folders.delete('Work');
    world.now += 86_400_000;
    await visit(world, fixture);
    assert.equal(world.books.transfers.size, 1);
    folders.set('Work', work);
    world.now += 86_400_000;
    await visit(world, fixture);
    assert.deepEqual(world.gmail.imported, [sha256(message('lost'))]);
    assert.deepEqual(outcomeOf(world), [state === 'open' ? 'delivered reimported' : 'delivered null']);
  });
}

for (const refusal of [
  '[CANNOT] invalid name',
  '[NOPERM] permission denied',
  '[SERVERBUG] internal error',
  'no',
]) {
  test(`a folder that is listed and never opened (NO ${refusal}) keeps no other one waiting`, async () => {
    const [world, fixture] = [createWorld([]), await setUp()];
    const { server } = fixture;
    server.append(USER, message('closed'), { folder: 'Public' });
    server.append(USER, message('work'), { folder: 'Work' });
    server.append(USER, message('inbox'));
    server.tricks.refuse = new Map([['EXAMINE Public', refusal]]);
    const verdict = await visit(world, fixture);
    assert.deepEqual([verdict?.faultCode, verdict?.synced], [null, true]);
    assert.deepEqual(world.gmail.imported, [sha256(message('inbox')), sha256(message('work'))]);
    // Its mail arrives once it can be opened.
    server.tricks.refuse = new Map();
    await visit(world, fixture);
    assert.deepEqual(world.gmail.imported.slice(2), [sha256(message('closed'))]);
  });
}

test('an inbox that is not opened, a server that asks for a pause, and a chosen folder are faults as before', async () => {
  const cases = [
    ['EXAMINE INBOX', '[CANNOT] no', 'all', 'source-unavailable'],
    ['EXAMINE Public', '[LIMIT] too many', 'all', 'source-throttled'],
    ['EXAMINE Public', '[NOPERM] no', ['INBOX', 'Public'], 'source-unavailable'],
  ] as const;
  for (const [command, refusal, folders, fault] of cases) {
    const [world, { server, open }] = [createWorld([]), await setUp()];
    server.append(USER, message('closed'), { folder: 'Public' });
    server.tricks.refuse = new Map([[command, refusal]]);
    const verdict = await live(world, new Mortality(0), {
      options: { folders },
      lease: { mayWatch: false },
      deps: { openSource: () => open() },
    });
    assert.equal(verdict?.faultCode, fault, command);
  }
});
