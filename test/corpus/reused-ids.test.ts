/** Maildrops that give the id of a message that is away to another one: it is imported once, and nothing else twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../src/core/fault.ts';
import type { Circumstances } from '../engine.ts';
import { Mortality } from '../gmail-model.ts';
import { assertArrived, mail, maildrop, onPop3, others } from './stage.ts';

const POLL = 300_000;
/** Hours from the beginning of 2026 to when the tests begin. */
const TODAY = 24 * 59;
const mails = (from: number, to: number): Buffer[] =>
  Array.from({ length: to - from + 1 }, (_, n) => mail(`${from + n}`, from + n));
/** Of a size of its own. */
const other = (name: string, bytes = 100): Buffer => mail(name, TODAY, `${'x'.repeat(bytes)}\r\n`);

async function stageOf(...args: Parameters<typeof onPop3>) {
  const stage = await onPop3(...args);
  const drop = maildrop(stage);
  /** The commands of one visit, after POLL. */
  const visit = async (circumstances?: Circumstances): Promise<string[]> => {
    const from = stage.server.heard.length;
    stage.world.now += POLL;
    const verdict = await stage.visit(circumstances);
    assert.equal(verdict?.faultCode, null);
    return stage.server.heard.slice(from).map(({ verb }) => verb);
  };
  /** Puts another message behind the id at this place. */
  const replace = (place: number, bytes: Buffer): void =>
    drop.fill(drop.messages.map((held, at) => (at === place ? { uidl: held.uidl, bytes } : held)));
  return { ...stage, drop, visit, replace, live: (life: Mortality) => stage.visit({}, life) };
}

const count = (verbs: readonly string[], verb: string): number => verbs.filter((one) => one === verb).length;
/** Beside UIDL. */
const asked = (verbs: readonly string[]): string[] =>
  verbs.filter((verb) => /^(?:STAT|LIST|TOP|RETR)$/.test(verb));
const QUIET = ['STAT'];

/** A maildrop that has been imported and is at rest. */
async function settledStage(all: readonly Buffer[], ...args: Parameters<typeof onPop3>) {
  const stage = await stageOf(...args);
  for (const bytes of all) stage.drop.add(bytes);
  await stage.visit();
  await stage.visit();
  assertArrived(stage, all);
  return stage;
}

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

test('sizes that make up for one another are seen through as soon as mail comes', async (t) => {
  const all = [mail('1', 1, 'long enough\r\n'), mail('2', 2, 'short\r\n')];
  const stage = await settledStage(all, t);
  const late = [mail('3', TODAY, 'short\r\n'), mail('4', TODAY, 'long enough\r\n')];
  for (const [at, bytes] of late.entries()) stage.replace(at, bytes);
  await stage.visit();
  assertArrived(stage, all);
  stage.drop.add(mail('5', TODAY));
  await stage.visit();
  assertArrived(stage, [...all, ...late, mail('5', TODAY)]);
});

for (const [name, faults] of [
  ['no STAT', { refuse: 'STAT' }],
  ['a STAT of nonsense', { stat: 'nothing' }],
  ['a STAT that never changes', { stat: '3 77' }],
] as const) {
  test(`${name}: LIST is asked at each visit instead`, async (t) => {
    const all = mails(1, 3);
    const stage = await settledStage(all, t, faults);
    assert.deepEqual(asked(await stage.visit()), ['STAT', 'LIST']);
    const late = other('late');
    stage.replace(1, late);
    await stage.visit();
    assertArrived(stage, [...all, late]);
  });
}

test('no TOP: what has another size is fetched, and recognised by all of it', async (t) => {
  const all = mails(1, 3);
  const stage = await settledStage(all, t, { refuse: 'TOP' });
  const late = other('late');
  stage.replace(1, late);
  await stage.visit();
  assertArrived(stage, [...all, late]);
  stage.server.faults.sizes = (bytes) => bytes + 7;
  await stage.visit();
  assertArrived(stage, [...all, late]);
  assert.deepEqual(
    others(stage),
    [1, 2, 3].map(() => ['skipped', 'already-delivered']),
  );
  assert.deepEqual(asked(await stage.visit()), QUIET);
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

test('sizes that wobble at every visit: a look each, nothing twice, and another message is still found', async (t) => {
  const all = mails(1, 10);
  const stage = await settledStage(all, t);
  for (let salt = 1; salt < 8; salt += 1) {
    stage.server.faults.sizes = (bytes) => bytes + salt;
    assert.ok(count(await stage.visit(), 'TOP') <= 10);
  }
  const late = other('late');
  stage.replace(4, late);
  await stage.visit();
  assertArrived(stage, [...all, late]);
  assert.deepEqual(others(stage), []);
});

const CROWD = 60;

test('a crowd of sizes that wobble: a bounded number of looks, and ever more rarely', async (t) => {
  const all = mails(1, CROWD);
  const stage = await settledStage(all, t);
  const looks: number[] = [];
  for (let salt = 1; salt <= 24 * 12; salt += 1) {
    stage.server.faults.sizes = (bytes) => bytes + salt;
    looks.push(count(await stage.visit(), 'TOP'));
  }
  assert.ok(Math.max(...looks) <= 32);
  assert.ok(looks.reduce((sum, each) => sum + each, 0) <= 4 * 32, 'in a day');
  assertArrived(stage, all);
  delete stage.server.faults.sizes;
  stage.world.now += 30 * 24 * 3_600_000;
  await stage.visit();
  stage.world.now += 30 * 24 * 3_600_000;
  const late = other('late');
  stage.replace(CROWD - 1, late);
  await stage.visit();
  assertArrived(stage, [...all, late]);
});

test('a server that counts in another way from one day on: one LIST and a bounded number of looks', async (t) => {
  const all = mails(1, CROWD);
  const stage = await settledStage(all, t);
  stage.server.faults.sizes = (bytes) => bytes + 20;
  assert.equal(count(await stage.visit(), 'TOP'), 32);
  stage.world.now += 24 * 3_600_000;
  assert.deepEqual(asked(await stage.visit()), QUIET);
  const late = other('late');
  stage.replace(3, late);
  await stage.visit();
  assertArrived(stage, [...all, late]);
});

test('a crowd with other messages among it is gone through bit by bit', async (t) => {
  const all = mails(1, 100);
  const stage = await settledStage(all, t);
  const late = Array.from({ length: 70 }, (_, n) => other(`late${n}`, n));
  for (const [at, bytes] of late.entries()) stage.replace(30 + at, bytes);
  for (let visits = 0; visits < 4; visits += 1) assert.ok(count(await stage.visit(), 'TOP') <= 32);
  assertArrived(stage, [...all, ...late]);
  assert.deepEqual(asked(await stage.visit()), QUIET);
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

test('books from before sizes were remembered: they are learnt at the next LIST', async (t) => {
  const all = mails(1, 4);
  const stage = await settledStage(all, t);
  const { books } = stage.world;
  books.sizes.clear();
  books.sizeState = { comparedAt: null, total: null, doubt: 0, restUntil: 0 };
  assert.deepEqual(asked(await stage.visit()), ['LIST']);
  assert.equal(books.sizes.size, 4);
  stage.server.faults.sizes = (bytes) => bytes + 3;
  await stage.visit();
  assertArrived(stage, all);
  const late = other('late');
  stage.replace(1, late);
  await stage.visit();
  assertArrived(stage, [...all, late]);
  assert.deepEqual(others(stage), []);
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

for (const verb of ['STAT', 'LIST', 'TOP']) {
  test(`a server that hangs up at ${verb} keeps no mail from arriving, and none from being deleted`, async (t) => {
    const all = mails(1, 3);
    const stage = await settledStage(all, t);
    stage.server.faults.hangUpAt = verb;
    stage.replace(0, other('late'));
    if (verb !== 'LIST') stage.drop.add(mail('fresh', TODAY));
    await stage.visit();
    assertArrived(stage, verb === 'LIST' ? all : [...all, mail('fresh', TODAY)]);
    delete stage.server.faults.hangUpAt;
    assert.ok(!(await stage.visit()).includes('STAT'), 'it rests');
    stage.world.now += 3 * 3_600_000;
    await stage.visit();
    assertArrived(stage, [...all, other('late'), ...(verb === 'LIST' ? [] : [mail('fresh', TODAY)])]);
  });
}

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
