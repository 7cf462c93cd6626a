/** IMAP servers that lack commands, lie, renumber, swap and hang up while messages are deleted or moved. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Disposal } from '../../../src/core/disposal.ts';
import type { ImapTricks } from '../../../standins/imap-tricks.ts';
import { actionsOf, begun, disposeOf, outcomesOf } from '../../contract/source-disposal.ts';
import { type Fixture, never, setUp, USER } from './imap-fixture.ts';
import { faultOf } from './pop3-setup.ts';

const DELETE: Disposal = { kind: 'delete' };
const MOVE: Disposal = { kind: 'move', to: 'Done' };
const READ: Disposal = { kind: 'mark-read' };
const without = (...names: string[]): ImapTricks => ({ without: new Set(names) });

const uids = ({ server }: Fixture, folder?: string): number[] =>
  server.stored(USER, folder).map(({ uid }) => uid);
const flags = ({ server }: Fixture): string[] =>
  server.stored(USER).flatMap(({ uid, flags: set }) => [...set].map((flag) => `${uid} ${flag}`));

/** Three messages, and a folder to move to. */
async function three(tricks: ImapTricks = {}): Promise<Fixture> {
  const fixture = await setUp(tricks);
  fixture.fill(1, 2, 3);
  fixture.server.store.folder(USER, 'Done');
  return fixture;
}

/** The commands that change something, in order. */
const changing = ({ server }: Fixture): readonly string[] => server.changes;

test('a plain EXPUNGE or CLOSE is never sent: what others have marked stays', async () => {
  for (const disposal of [DELETE, MOVE, READ]) {
    const fixture = await three(disposal === MOVE ? without('MOVE') : {});
    fixture.server.stored(USER)[1]?.flags.add('\\Deleted');
    const source = await fixture.open();
    const [one] = await actionsOf(source);
    assert.ok(one);
    await disposeOf(source, [one], disposal);
    await source.close();
    assert.deepEqual(uids(fixture), disposal === READ ? [1, 2, 3] : [2, 3]);
    const sent = fixture.server.commands;
    assert.ok(!sent.includes('EXPUNGE') && !sent.includes('CLOSE'), sent.join(' '));
    assert.equal(sent.filter((name) => name === 'SELECT').length, 1);
    // Read-only again as soon as it is done.
    assert.equal(sent.at(-2), 'EXAMINE', sent.join(' '));
  }
});

test('without UIDPLUS nothing is deleted, and without MOVE either nothing is moved', async () => {
  for (const [tricks, disposal] of [
    [without('UIDPLUS'), DELETE],
    [without('UIDPLUS', 'MOVE'), MOVE],
  ] as const) {
    const fixture = await three(tricks);
    const source = await fixture.open();
    const actions = await actionsOf(source);
    const { problem, outcomes } = await disposeOf(source, actions, disposal);
    assert.deepEqual([problem, outcomes.size], ['no-single-removal', 0]);
    assert.deepEqual(changing(fixture), []);
    assert.ok(!fixture.server.commands.includes('SELECT'), 'not even opened for it');
  }
});

test('moves by MOVE where there is one, else by COPY and UID EXPUNGE', async () => {
  for (const [tricks, sent] of [
    [{}, ['UID MOVE']],
    [without('UIDPLUS'), ['UID MOVE']],
    [without('MOVE'), ['UID COPY', 'UID STORE', 'UID EXPUNGE']],
  ] as const) {
    const fixture = await three(tricks);
    const source = await fixture.open();
    const [one, two] = await actionsOf(source);
    assert.ok(one && two);
    const report = await disposeOf(source, [one, two], MOVE);
    assert.deepEqual(outcomesOf(report, [one, two]), ['done', 'done']);
    assert.deepEqual([uids(fixture), uids(fixture, 'Done')], [[3], [1, 2]]);
    assert.deepEqual(changing(fixture), sent);
  }
});

test('what is not copied is not removed', async () => {
  const fixture = await three({ ...without('MOVE'), refuse: new Map([['UID COPY', 'over quota']]) });
  const source = await fixture.open();
  const actions = await actionsOf(source);
  const report = await disposeOf(source, actions, MOVE);
  assert.deepEqual(outcomesOf(report, actions), ['refused', 'refused', 'refused']);
  assert.deepEqual([uids(fixture), flags(fixture)], [[1, 2, 3], []]);
});

test('a server that says that it has removed a message and has not is not believed', async () => {
  for (const [tricks, disposal] of [
    [{}, DELETE],
    [{}, MOVE],
    [without('MOVE'), MOVE],
  ] as const) {
    const fixture = await three({ ...tricks, keeps: new Set([2]) });
    const source = await fixture.open();
    const actions = await actionsOf(source);
    const report = await disposeOf(source, actions, disposal);
    assert.deepEqual(outcomesOf(report, actions), ['done', 'refused', 'done']);
    assert.deepEqual([uids(fixture), flags(fixture)], [[2], []], 'and is not left marked');
  }
});

test('a server that refuses leaves nothing marked', async () => {
  for (const command of ['UID STORE', 'UID EXPUNGE', 'UID MOVE'] as const) {
    const fixture = await three({ refuse: new Map([[command, 'not today']]) });
    const source = await fixture.open();
    const actions = await actionsOf(source);
    const report = await disposeOf(source, actions, command === 'UID MOVE' ? MOVE : DELETE);
    assert.deepEqual(outcomesOf(report, actions), ['refused', 'refused', 'refused'], command);
    assert.deepEqual([uids(fixture), flags(fixture)], [[1, 2, 3], []], command);
  }
  const read = await three({ refuse: new Map([['UID STORE', 'not today']]) });
  const source = await read.open();
  const actions = await actionsOf(source);
  const report = await disposeOf(source, actions, READ);
  assert.deepEqual(outcomesOf(report, actions), ['refused', 'refused', 'refused']);
});

test('what was copied and cannot be removed is not copied again', async () => {
  for (const tricks of [
    { refuse: new Map([['UID STORE', 'no right to delete']]) },
    { refuse: new Map([['UID EXPUNGE', 'no right to expunge']]) },
    { keeps: new Set([1, 2, 3]) },
  ]) {
    const fixture = await three({ ...without('MOVE'), ...tricks });
    const source = await fixture.open();
    const actions = await actionsOf(source);
    const report = await disposeOf(source, actions, MOVE);
    assert.deepEqual(outcomesOf(report, actions), ['refused', 'refused', 'refused']);
    assert.deepEqual(report.hopeless, new Set(actions.map(({ key }) => key)));
    assert.deepEqual([uids(fixture), flags(fixture), uids(fixture, 'Done')], [[1, 2, 3], [], [1, 2, 3]]);
  }
});

test('messages that have changed places under their UIDs are left alone', async () => {
  const fixture = await three();
  const first = await fixture.open();
  const actions = await actionsOf(first);
  await first.close();
  const folder = fixture.server.store.folder(USER);
  const [one, two, ...rest] = folder.messages;
  assert.ok(one && two);
  folder.messages = [{ ...one, bytes: two.bytes }, { ...two, bytes: one.bytes }, ...rest];
  const source = await fixture.open();
  const report = await disposeOf(source, actions);
  assert.deepEqual(outcomesOf(report, actions), ['changed', 'changed', 'done']);
  assert.deepEqual(uids(fixture), [1, 2]);
});

test('another UIDVALIDITY makes ids void, also when it comes after the listing', async () => {
  const fixture = await three();
  const source = await fixture.open();
  const actions = await actionsOf(source);
  fixture.server.store.renumber(USER, 77);
  const report = await disposeOf(source, actions);
  assert.deepEqual(outcomesOf(report, actions), ['renumbered', 'renumbered', 'renumbered']);
  assert.deepEqual([uids(fixture), changing(fixture)], [[1, 2, 3], []]);
});

test('a folder that is gone, or replaced by another, has nothing to be done in', async () => {
  const fixture = await three();
  const source = await fixture.open();
  const actions = await actionsOf(source);
  fixture.server.store.account(USER)?.folders.delete('INBOX');
  fixture.server.store.account(USER)?.folders.set('INBOX', fixture.server.store.folder(USER, 'Done'));
  const report = await disposeOf(source, actions);
  assert.ok(outcomesOf(report, actions).every((outcome) => outcome === 'renumbered'));
  const intend = async () => assert.fail('nothing is there');
  const order = { folder: 'Gone', disposal: DELETE, actions, recogniser: () => assert.fail(), intend };
  const gone = await source.dispose(order, never);
  assert.ok(outcomesOf(gone, actions).every((outcome) => outcome === 'renumbered'));
});

test('wrong sizes are seen through: the last byte tells', async () => {
  const fixture = await three({ claimSize: ({ bytes }) => bytes.length + 7 });
  const source = await fixture.open();
  const actions = await actionsOf(source);
  assert.deepEqual(outcomesOf(await disposeOf(source, actions), actions), ['done', 'done', 'done']);
  assert.deepEqual(uids(fixture), []);
});

test('somebody else removes messages at the same time', async () => {
  const fixture = await three();
  const source = await fixture.open();
  const actions = await actionsOf(source);
  fixture.server.tricks.hear = (command) => {
    if (command === 'UID STORE') fixture.server.store.remove(USER, 1);
  };
  const report = await disposeOf(source, actions.slice(1));
  assert.deepEqual(outcomesOf(report, actions.slice(1)), ['done', 'done']);
  assert.deepEqual(uids(fixture), []);
});

for (const command of [
  'SELECT',
  'UID SEARCH',
  'UID FETCH',
  'UID STORE',
  'UID EXPUNGE',
  'UID COPY',
  'UID MOVE',
] as const) {
  for (const when of ['before', 'after'] as const) {
    test(`the connection is lost at ${command}, ${when} it is done: the next visit finishes it`, async () => {
      const plain = command === 'UID COPY' || command === 'UID EXPUNGE';
      const disposal = command === 'UID COPY' || command === 'UID MOVE' ? MOVE : DELETE;
      const fixture = await three(plain ? without('MOVE') : {});
      const source = await fixture.open();
      const actions = await actionsOf(source);
      fixture.server.tricks.lose = { command, when };
      assert.equal(await faultOf(disposeOf(source, actions, disposal)), 'source-disconnected');
      delete fixture.server.tricks.lose;
      const next = await fixture.open();
      const again = begun(actions);
      const report = await disposeOf(next, again, disposal);
      assert.deepEqual(outcomesOf(report, again), ['done', 'done', 'done']);
      assert.deepEqual(uids(fixture), []);
      // At worst a second copy: nothing is removed before a copy of it is there.
      if (disposal === MOVE) assert.ok(uids(fixture, 'Done').length >= 3);
    });
  }
}

test('a message that is listed and not shown is left alone, and counts as tried', async () => {
  for (const hidden of [[2], [1, 2, 3]]) {
    const fixture = await three();
    const source = await fixture.open();
    const actions = await actionsOf(source);
    fixture.server.tricks.silentOn = new Set(hidden);
    const asked: string[] = [];
    const report = await disposeOf(source, actions, DELETE, async (keys) => {
      asked.push(...keys);
      return new Set(keys);
    });
    assert.deepEqual(asked.toSorted(), actions.map(({ key }) => key).toSorted());
    assert.deepEqual(
      outcomesOf(report, actions),
      [3, 2, 1].map((uid) => (hidden.includes(uid) ? 'refused' : 'done')),
    );
    assert.deepEqual(uids(fixture), hidden);
  }
});

test('a server that limits what one command may do is asked in portions', async () => {
  const fixture = await setUp({ messageLimit: 2 });
  fixture.fill(1, 2, 3, 4, 5);
  const source = await fixture.open();
  const actions = await actionsOf(source);
  const report = await disposeOf(source, actions);
  assert.deepEqual(outcomesOf(report, actions), Array(5).fill('done'));
  assert.deepEqual(uids(fixture), []);
});
