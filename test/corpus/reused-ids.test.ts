/** Maildrops that give the id of a message that is away to another one: it is imported once, and nothing else twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../src/core/fault.ts';
import type { Circumstances } from '../engine.ts';
import { Mortality } from '../gmail-model.ts';
import { asked, count, mails, other, POLL, QUIET, settledStage, stageOf } from './maildrop-stage.ts';
import { assertArrived, mail, others } from './stage.ts';

test('another message under an id that is settled is imported, once, and costs one LIST and one look', async (t) => {
  const all = mails(1, 5);
  const stage = await settledStage(all, t);
  assert.deepEqual(asked(await stage.visit()), QUIET);
  const late = other('late');
  stage.replace(2, late);
  assert.deepEqual(asked(await stage.visit()), ['STAT', 'LIST', 'TOP', 'RETR']);
  assertArrived(stage, [...all, late]);
  for (const _ of [1, 2]) assert.deepEqual(asked(await stage.visit()), ['STAT']);
  assertArrived(stage, [...all, late]);
  assert.deepEqual(others(stage), []);
});

test('several at once, while new mail comes and old mail goes', async (t) => {
  const all = mails(1, 12);
  const stage = await settledStage(all, t);
  const late = [other('a', 50), other('b', 60), other('c', 70)];
  for (const [n, bytes] of late.entries()) stage.replace(2 * n + 1, bytes);
  stage.drop.remove(new Set([0, 4].flatMap((at) => stage.drop.messages[at] ?? [])));
  const fresh = mails(20, 22);
  for (const bytes of fresh) stage.drop.add(bytes);
  for (const _ of [1, 2]) await stage.visit();
  assertArrived(stage, [...all, ...late, ...fresh]);
  assert.deepEqual(asked(await stage.visit()), QUIET);
  assert.deepEqual(others(stage), []);
});

test('a server whose ids are the numbers of its messages: what moves up is known, and new mail is not lost', async (t) => {
  const stage = await stageOf(t);
  const number = (held: readonly Buffer[]): void =>
    stage.drop.fill(held.map((bytes, at) => ({ uidl: `${at + 1}`, bytes })));
  const all = Array.from({ length: 9 }, (_, n) => mail(`${n}`, n + 1, `${'x'.repeat(n)}\r\n`));
  number(all);
  for (const _ of [1, 2]) await stage.visit();
  const fresh = [other('f'), other('g', 50)];
  number([...all.slice(2), ...fresh]);
  for (const _ of [1, 2]) await stage.visit();
  assertArrived(stage, [...all, ...fresh]);
  assert.deepEqual(others(stage), []);
  const last = other('h', 77);
  number([...all.slice(3), ...fresh, last]);
  for (const _ of [1, 2]) await stage.visit();
  assertArrived(stage, [...all, ...fresh, last]);
});

test('the limit: another message of the very same size is not noticed', async (t) => {
  const all = mails(1, 3);
  const stage = await settledStage(all, t);
  const twin = mail('9', 9);
  assert.equal(twin.length, all[0]?.length);
  stage.replace(0, twin);
  assert.deepEqual(asked(await stage.visit()), QUIET);
  assertArrived(stage, all);
});

test('a server that changes a message where it is: its header block still names the same one', async (t) => {
  const all = mails(1, 3);
  const stage = await settledStage(all, t);
  const marked = (bytes: Buffer): Buffer =>
    Buffer.concat([Buffer.from('Received: by scanner.test\r\nX-Spam: no\r\nStatus: RO\r\n'), bytes]);
  for (const [at, bytes] of all.entries()) stage.replace(at, marked(bytes));
  assert.equal(count(await stage.visit(), 'TOP'), 3);
  assert.deepEqual(asked(await stage.visit()), QUIET);
  assertArrived(stage, all);
  assert.deepEqual(others(stage), []);
});

test('what the history left out stays out when it has another size, and another message in its place is new', async (t) => {
  const NEW: Circumstances = { options: { history: 'new' } };
  const stage = await stageOf(t);
  for (const bytes of mails(1, 4)) stage.drop.add(bytes);
  for (const _ of [1, 2]) await stage.visit(NEW);
  stage.server.faults.sizes = (bytes) => bytes + 3;
  assert.equal(count(await stage.visit(NEW), 'TOP'), 4);
  assertArrived(stage, []);
  const late = other('late');
  stage.replace(1, late);
  await stage.visit(NEW);
  assertArrived(stage, [late]);
  assert.deepEqual(asked(await stage.visit(NEW)), QUIET);
});

test('a message that Gmail refused is not tried again for another size, and what follows it under its id is imported', async (t) => {
  const stage = await stageOf(t);
  const { world } = stage;
  const bad = mail('bad', 1);
  world.gmail.refuse = (bytes) => (bytes.equals(bad) ? new Fault('message-refused') : null);
  stage.drop.add(bad);
  for (const _ of [1, 2]) await stage.visit();
  assert.deepEqual(others(stage), [['rejected', 'message-refused']]);
  stage.server.faults.sizes = (bytes) => bytes + 3;
  await stage.visit();
  assert.equal(world.books.audit.length, 1);
  const late = other('late');
  stage.replace(0, late);
  await stage.visit();
  assertArrived(stage, [late]);
  assert.equal(world.books.refused.size, 0);
});

test('what waits to be deleted is not, once another message has its id', async (t) => {
  const DELETE: Circumstances = { options: { afterImport: 'delete', deleteAfterDays: 7 } };
  const stage = await stageOf(t);
  const all = mails(1, 2);
  for (const bytes of all) stage.drop.add(bytes);
  for (const _ of [1, 2]) await stage.visit(DELETE);
  stage.world.now += 6 * 24 * 3_600_000;
  const late = other('late');
  stage.replace(0, late);
  await stage.visit(DELETE);
  assertArrived(stage, [...all, late]);
  stage.world.now += 2 * 24 * 3_600_000;
  for (const _ of [1, 2]) await stage.visit(DELETE);
  assert.deepEqual(
    stage.drop.messages.map(({ bytes }) => bytes),
    [late],
  );
  stage.world.now += 6 * 24 * 3_600_000;
  for (const _ of [1, 2]) await stage.visit(DELETE);
  assert.deepEqual(stage.drop.messages, []);
  assertArrived(stage, [...all, late]);
});

test('killed at any effect, it is imported once', async (t) => {
  const all = mails(1, 3);
  const late = [other('late'), other('later', 50)];
  for (let at = 1, effects = 1; at <= effects; at += 1) {
    const stage = await stageOf(t);
    for (const bytes of all) stage.drop.add(bytes);
    for (const _ of [1, 2]) await stage.visit();
    for (const [place, bytes] of late.entries()) stage.replace(place, bytes);
    stage.world.now += POLL;
    const life = new Mortality(at);
    await stage.live(life);
    effects = Math.max(effects, life.dead ? at + 1 : 0);
    for (const _ of [1, 2, 3]) await stage.rest();
    assertArrived(stage, [...all, ...late]);
    assert.deepEqual(others(stage), [], `death ${at}`);
    await stage.server.close();
  }
});

test('what Gmail may have or not stays so for its owner, whatever sizes its server claims', async (t) => {
  const unnamed = Buffer.from(
    other('unnamed')
      .toString()
      .replace(/Message-ID.*\r\n/, ''),
  );
  for (let at = 1, wasOpen = false; ; at += 1) {
    const stage = await stageOf(t);
    const { books, gmail } = stage.world;
    stage.server.faults.sizes = (bytes) => bytes + 3;
    stage.drop.add(unnamed);
    await stage.live(new Mortality(at));
    const [transfer] = books.transfers.values();
    if (transfer?.state !== 'open') {
      await stage.server.close();
      if (wasOpen) return;
      continue;
    }
    wasOpen = true;
    gmail.loseAll = true;
    await stage.visit();
    gmail.loseAll = false;
    stage.drop.add(other('next'));
    for (const _ of [1, 2, 3]) await stage.visit();
    assert.deepEqual(others(stage), [['uncertain', 'upload-lost']], `death ${at}`);
    assert.equal(books.refused.size, 1);
    await stage.server.close();
  }
});
