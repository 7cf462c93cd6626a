/** A message that goes without the label that its owner wants: its audit entry says so, and nothing else changes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../src/core/fault.ts';
import type { MailboxOptions } from '../../src/core/mailbox.ts';
import type { Sink } from '../../src/core/ports.ts';
import { createWorld, live, type World } from '../engine.ts';
import { Mortality } from '../gmail-model.ts';

const DATE = 'Date: Sun, 1 Feb 2026 00:00:00 +0000\r\n';
const message = (head: string): Buffer =>
  Buffer.from(`From: a@example.com\r\nMessage-ID: <${head.length}@example.com>\r\n${head}\r\nbody`);

/** Gmail without labels, or with this answer of the labels' sink. */
async function survive(
  world: World,
  options: Partial<MailboxOptions>,
  labelled?: boolean,
  death = 0,
): Promise<Mortality[]> {
  const lives: Mortality[] = [];
  for (let life = 0; life < 4; life += 1) {
    const mortality = new Mortality(life === 0 ? death : 0);
    lives.push(mortality);
    const plain = world.gmail.sink(mortality);
    const sink: Sink = {
      ...plain,
      open: async (...args) => ({
        ...(await plain.open(...args)),
        ...(labelled !== undefined && { labelled }),
      }),
    };
    await live(world, mortality, { options, deps: { openSink: () => sink } });
    world.now += 20_000;
  }
  return lives;
}

const outcomes = ({ books }: World) => books.audit.map(({ status, reason }) => `${status} ${reason}`);

test('says that the label is missing, and the date, where each is', async () => {
  const world = createWorld([message(DATE), message('')]);
  await survive(world, { label: 'Old mail' });
  assert.deepEqual(outcomes(world), ['delivered label-missing', 'delivered date-unreadable-label-missing']);
  assert.equal(world.gmail.imported.length, 2);
});

test('says so of the label of a folder, and of one that only stands in for it', async () => {
  for (const labelled of [undefined, false]) {
    const world = createWorld([message(DATE)]);
    world.others.set('Work', { use: null, messages: new Map([[1, message(`${DATE}Subject: work\r\n`)]]) });
    await survive(world, { folders: 'all', folderLabels: true }, labelled);
    // What lies in the inbox is to have none.
    assert.deepEqual(outcomes(world).sort(), ['delivered label-missing', 'delivered null']);
  }
});

test('says nothing where no label is wanted, or the message has it', async () => {
  for (const [options, labelled] of [
    [{}, undefined],
    [{ label: 'Old mail' }, true],
  ] as const) {
    const world = createWorld([message(DATE), message('')]);
    await survive(world, options, labelled);
    assert.deepEqual(outcomes(world), ['delivered null', 'delivered date-unreadable']);
  }
});

test('says so although a worker died in between', async () => {
  const make = () => createWorld([message(DATE), message('')]);
  const [first] = await survive(make(), { label: 'Old mail' });
  for (let at = 1; at <= (first?.steps ?? 0); at += 1) {
    const world = make();
    await survive(world, { label: 'Old mail' }, undefined, at);
    const expected = ['delivered date-unreadable-label-missing', 'delivered label-missing'];
    assert.deepEqual(outcomes(world).sort(), expected, `death ${at}`);
  }
});

test('of a repaired copy the repair is said', async () => {
  const world = createWorld([message(`${DATE}From: b@example.com\r\n`)]);
  world.gmail.refuse = (bytes) =>
    (bytes.toString('latin1').match(/^From: /gm) ?? []).length > 1 ? new Fault('from-header-missing') : null;
  await survive(world, { label: 'Old mail', repair: true });
  assert.deepEqual(outcomes(world), ['repaired from-header-several']);
});
