/** POP3 servers without TOP, with wrong sizes, that renumber, reuse ids, refuse and hang up while messages are deleted. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Pop3Server } from '../../../standins/pop3.ts';
import { actionsOf, begun, disposeOf, outcomesOf } from '../../contract/source-disposal.ts';
import { ACCOUNT, faultOf, message, setUp } from './pop3-setup.ts';

const left = (server: Pop3Server): string[] =>
  server
    .mailbox(ACCOUNT.username)
    .messages.map(({ bytes }) => /Subject: (\S+)/.exec(Buffer.from(bytes).toString())?.[1] ?? '');

async function three(t: TestContext) {
  const one = await setUp(t);
  for (const subject of ['one', 'two', 'three']) one.server.mailbox(ACCOUNT.username).add(message(subject));
  return one;
}

const verbs = (server: Pop3Server): string[] => server.heard.map(({ verb }) => verb);

test('deletes by TOP alone where sizes agree, and only with the QUIT', async (t) => {
  const { server, open } = await three(t);
  const source = await open();
  const actions = await actionsOf(source);
  const from = verbs(server).length;
  const report = await disposeOf(source, actions);
  assert.deepEqual([report.problem, report.outcomes.size], [null, 0], 'nothing is known yet');
  assert.equal(left(server).length, 3);
  await source.close();
  assert.deepEqual(left(server), []);
  const sent = verbs(server).slice(from);
  // LIST was asked when they were listed.
  assert.deepEqual(sent, ['TOP', 'TOP', 'TOP', 'DELE', 'DELE', 'DELE', 'QUIT']);
  const next = await open();
  assert.deepEqual(outcomesOf(await disposeOf(next, begun(actions)), actions), ['done', 'done', 'done']);
});

for (const [what, faults] of [
  ['TOP is refused', { refuse: 'TOP' }],
  ['sizes are wrong', { sizes: (bytes: number) => bytes + 3 }],
] as const) {
  test(`${what}: the message is read once more, and no other is deleted`, async (t) => {
    const { server, open } = await three(t);
    const first = await open();
    const actions = await actionsOf(first);
    await first.close();
    Object.assign(server.faults, faults);
    const source = await open();
    const [one, two, three_] = actions;
    assert.ok(one && two && three_);
    const other = { ...two, fingerprint: one.fingerprint };
    const report = await disposeOf(source, [one, other]);
    assert.deepEqual(outcomesOf(report, [one, other]), [null, 'changed']);
    await source.close();
    assert.deepEqual(left(server), ['two', 'three']);
  });
}

test('numbers are those of this session: a maildrop in another order loses the right message', async (t) => {
  const { server, open } = await three(t);
  const first = await open();
  const actions = await actionsOf(first);
  await first.close();
  const maildrop = server.mailbox(ACCOUNT.username);
  const all = maildrop.messages;
  maildrop.remove(new Set(all));
  for (const { bytes, uidl } of all.toReversed()) maildrop.add(bytes, uidl);
  const source = await open();
  await disposeOf(source, actions.slice(0, 1));
  await source.close();
  assert.deepEqual(left(server), ['three', 'two']);
});

test('an id that was given to another message, and ids that are all new, delete nothing', async (t) => {
  const { server, open } = await three(t);
  const first = await open();
  const actions = await actionsOf(first);
  await first.close();
  const maildrop = server.mailbox(ACCOUNT.username);
  const [one, two, ...rest] = maildrop.messages;
  assert.ok(one && two);
  maildrop.remove(new Set(maildrop.messages));
  for (const each of [{ ...one, bytes: two.bytes }, { ...two, bytes: one.bytes }, ...rest])
    maildrop.add(each.bytes, each.uidl);
  const swapped = await open();
  const report = await disposeOf(swapped, actions);
  assert.deepEqual(outcomesOf(report, actions), ['changed', 'changed', null]);
  await swapped.close();
  assert.deepEqual(left(server), ['two', 'one']);

  maildrop.renumber();
  const source = await open();
  const gone = await disposeOf(source, actions.slice(0, 2));
  assert.deepEqual(outcomesOf(gone, actions.slice(0, 2)), ['gone', 'gone']);
  await source.close();
  assert.equal(left(server).length, 2);
});

test('a refused DELE is the matter of its message alone', async (t) => {
  const { server, open } = await three(t);
  const source = await open();
  const actions = await actionsOf(source);
  server.faults.refuseLine = 'DELE 2';
  assert.deepEqual(outcomesOf(await disposeOf(source, actions), actions), [null, 'refused', null]);
  await source.close();
  assert.deepEqual(left(server), ['two']);
  const next = await open();
  assert.deepEqual(outcomesOf(await disposeOf(next, begun(actions)), actions), ['done', null, 'done']);
});

test('a maildrop holds still for a session: it is listed once, however often something is deleted', async (t) => {
  const { server, open } = await three(t);
  const first = await open();
  const actions = await actionsOf(first);
  await first.close();
  const source = await open();
  const from = verbs(server).length;
  for (const action of begun(actions)) await disposeOf(source, [action]);
  const sent = verbs(server).slice(from);
  assert.deepEqual(sent, ['UIDL', 'LIST', 'TOP', 'DELE', 'TOP', 'DELE', 'TOP', 'DELE']);
});

test('what cannot be looked at any more is not taken for another message, and counts as tried', async (t) => {
  const { server, open } = await three(t);
  const first = await open();
  const actions = await actionsOf(first);
  await first.close();
  server.faults.refuse = 'TOP';
  server.faults.refuseLine = 'RETR 2';
  const asked: number[] = [];
  const look = await disposeOf(await open(), begun(actions), undefined, async (keys) => {
    asked.push(keys.length);
    return new Set();
  });
  assert.deepEqual(outcomesOf(look, actions), [null, null, null]);
  assert.deepEqual(asked, [3], 'else it would be asked for at every visit, and in the end alone');
  const report = await disposeOf(await open(), begun(actions));
  assert.deepEqual(outcomesOf(report, actions), [null, 'refused', null]);
});

for (const verb of ['UIDL', 'LIST', 'TOP', 'DELE', 'QUIT'] as const) {
  test(`the connection is lost at ${verb}: nothing is deleted until a session ends in order`, async (t) => {
    const { server, open } = await three(t);
    const first = await open();
    const actions = await actionsOf(first);
    await first.close();
    const source = await open();
    server.faults.hangUpAt = verb;
    const work = faultOf(disposeOf(source, actions));
    assert.equal(await work, verb === 'QUIT' ? 'no fault' : 'source-disconnected');
    await source.close();
    delete server.faults.hangUpAt;
    assert.equal(left(server).length, 3);
    const next = await open();
    assert.deepEqual(outcomesOf(await disposeOf(next, begun(actions)), actions), [null, null, null]);
    await next.close();
    assert.deepEqual(left(server), []);
  });
}

test('a server that says OK to everything and keeps the messages is not believed', async (t) => {
  const { server, open } = await three(t);
  const first = await open();
  const actions = await actionsOf(first);
  const maildrop = server.mailbox(ACCOUNT.username);
  maildrop.remove = () => {};
  await disposeOf(first, actions);
  await first.close();
  const next = await open();
  const report = await disposeOf(next, begun(actions));
  assert.equal(report.outcomes.size, 0, 'asked again, and never called done');
});
