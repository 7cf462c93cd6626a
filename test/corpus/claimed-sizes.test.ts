/** What STAT and LIST claim, true or not: a quiet visit costs a line, and no server can make us look at everything. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashUidl } from '../../src/core/message.ts';
import { COUNTS_NOTHING } from '../engine.ts';
import { asked, count, mails, other, QUIET, settledStage, stageOf, TODAY } from './maildrop-stage.ts';
import { assertArrived, mail, others } from './stage.ts';

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
  for (let salt = 1; salt <= 5 * 12; salt += 1) {
    stage.server.faults.sizes = (bytes) => bytes + salt;
    looks.push(count(await stage.visit(), 'TOP'));
  }
  assert.ok(Math.max(...looks) <= 32);
  assert.ok(looks.reduce((sum, each) => sum + each, 0) <= 2 * 32, 'in five hours');
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

const MANY = 100_000;

test('100,000 known messages and nothing new: one UIDL, one STAT, and no other question in a visit', async (t) => {
  const stage = await stageOf(t);
  const bytes = mail('one of many', 1);
  stage.drop.fill(Array.from({ length: MANY }, (_, n) => ({ uidl: `id-${n}`, bytes })));
  const { books } = stage.world;
  const settled = new Set(Array.from({ length: MANY }, (_, n) => hashUidl(`id-${n}`)));
  books.cursors.set('INBOX', { protocol: 'pop3', settled, backlog: new Set() });
  const total = { count: MANY, octets: MANY * bytes.length };
  books.sizeState = { comparedAt: 0, total, doubt: 0, restUntil: 0 };
  // Counting everything is another matter, once an hour.
  const last = async () => ({ at: stage.world.now, waiting: 0, wanted: false });
  const openReconciler = () => ({ ...COUNTS_NOTHING, last });
  const heard = await stage.visit({ deps: { openReconciler } });
  assert.deepEqual(
    heard.filter((verb) => /^(?:UIDL|STAT|LIST|TOP|RETR)$/.test(verb)),
    ['UIDL', 'STAT'],
  );
});
