/** Messages that are sent again before, or without, their folder being listed: they get its label all the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../src/core/fault.ts';
import type { MailboxOptions } from '../../src/core/mailbox.ts';
import type { Sink } from '../../src/core/ports.ts';
import { createWorld, live, type World } from '../engine.ts';
import { Mortality } from '../gmail-model.ts';
import { type Fixture, setUp, USER } from './sources/imap-fixture.ts';

const message = (name: string): Buffer =>
  Buffer.from(
    `From: a@example.com\r\nMessage-ID: <${name}@example.com>\r\nDate: Sun, 1 Mar 2026 10:00:00 +0000\r\n\r\n${name}`,
  );

const LABELS: Partial<MailboxOptions> = { folders: 'all', label: 'Old mail', folderLabels: true };

/** One visit: the labels that messages were sent with, and the fault that ended it. */
async function visit(world: World, { open }: Fixture, options: Partial<MailboxOptions>) {
  const labels: (string | null | undefined)[] = [];
  const plain = world.gmail.sink(new Mortality(0));
  const sink: Sink = {
    ...plain,
    open: async (outgoing, signal) => {
      labels.push(outgoing.label);
      return { ...(await plain.open(outgoing, signal)), labelled: true };
    },
  };
  const deps = { openSource: () => open(), openSink: () => sink };
  const verdict = await live(world, new Mortality(0), { options, lease: { mayWatch: false }, deps });
  return { labels, fault: verdict?.faultCode };
}

/** A message in a folder, whose upload's session is gone, or that never had one. */
async function underWay(state: 'open' | 'waiting', folder: string): Promise<[World, Fixture]> {
  const [world, fixture] = [createWorld([]), await setUp()];
  fixture.server.append(USER, message('late'), { folder });
  world.gmail.refuse = () => new Fault('upload-interrupted');
  fixture.server.tricks.unreadable = new Set(state === 'waiting' ? [1] : []);
  await visit(world, fixture, LABELS);
  assert.deepEqual(
    [...world.books.transfers.values()].map((transfer) => transfer.state),
    [state],
  );
  world.gmail.refuse = () => null;
  world.gmail.sessions.clear();
  world.gmail.sessions.set('another', { parts: [], gmailId: null });
  delete fixture.server.tricks.unreadable;
  world.now += 86_400_000;
  return [world, fixture];
}

for (const state of ['open', 'waiting'] as const)
  for (const [what, folders] of [
    ['as before', 'all'],
    ['although its folder is visited no more', ['INBOX']],
  ] as const)
    test(`one that is ${state} is sent again with its folder’s label, ${what}`, async () => {
      const [world, fixture] = await underWay(state, 'Work/Clients');
      const { labels, fault } = await visit(world, fixture, { ...LABELS, folders });
      assert.deepEqual([labels, fault], [['Old mail/Work/Clients'], null]);
      const outcome = state === 'open' ? 'reimported' : null;
      assert.deepEqual(
        world.books.audit.map(({ status, reason }) => [status, reason]),
        [['delivered', outcome]],
      );
    });

test('one that is open is sent again with its label although another chosen folder is missing', async () => {
  const [world, fixture] = await underWay('open', 'Work/Clients');
  const folders = ['INBOX', 'Work/Clients', 'Gone'];
  const { labels, fault } = await visit(world, fixture, { ...LABELS, folders });
  assert.deepEqual([labels, fault], [['Old mail/Work/Clients'], 'folder-missing']);
});

test('a folder that is gone keeps no message of another from its label', async () => {
  const [world, fixture] = await underWay('open', 'Work/Clients');
  fixture.server.append(USER, message('other'), { folder: 'Elsewhere' });
  world.gmail.refuse = () => new Fault('upload-interrupted');
  await visit(world, fixture, { ...LABELS, folders: ['INBOX', 'Elsewhere'] });
  world.gmail.refuse = () => null;
  world.gmail.sessions.clear();
  world.gmail.sessions.set('another', { parts: [], gmailId: null });
  world.gmail.sessions.set('yet another', { parts: [], gmailId: null });
  world.now += 86_400_000;
  assert.equal(world.books.transfers.size, 2);
  fixture.server.store.account(USER)?.folders.delete('Work/Clients');
  const { labels } = await visit(world, fixture, { ...LABELS, folders: ['INBOX'] });
  assert.deepEqual(labels, ['Old mail/Elsewhere']);
});
