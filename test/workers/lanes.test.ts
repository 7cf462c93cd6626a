import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { UserId } from '../../src/core/mailbox.ts';
import { type LaneRequest, Lanes } from '../../workers/lanes.ts';

const never = new AbortController().signal;
const user = (name: string): UserId => name as UserId;
const ask = (name: string, over: Partial<LaneRequest> = {}): LaneRequest => ({
  userId: user(name),
  backlog: false,
  bytes: 1,
  ...over,
});

/** Promises settle in microtasks only, so one macrotask later all of them have. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Asked {
  readonly request: LaneRequest;
  readonly controller: AbortController;
  state: 'waiting' | 'in' | 'out' | 'aborted';
  leave: () => void;
}

/** Keeps the books of who is in. */
class Hall {
  readonly lanes: Lanes;
  readonly asked: Asked[] = [];
  readonly entered: string[] = [];

  constructor(lanes: Lanes) {
    this.lanes = lanes;
  }

  ask(request: LaneRequest): Asked {
    const one: Asked = { request, controller: new AbortController(), state: 'waiting', leave: () => {} };
    this.asked.push(one);
    this.lanes.enter(request, one.controller.signal).then(
      (leave) => {
        one.state = 'in';
        this.entered.push(request.userId);
        one.leave = () => {
          one.state = 'out';
          leave();
        };
      },
      () => {
        one.state = 'aborted';
      },
    );
    return one;
  }

  of(state: Asked['state']): Asked[] {
    return this.asked.filter((one) => one.state === state);
  }
}

const LIMITS = { total: 5, perUser: 2, bytes: 10 };

function assertLimits(hall: Hall): void {
  const inside = hall.of('in').map(({ request }) => request);
  const bytes = inside.reduce((sum, request) => sum + request.bytes, 0);
  assert.ok(inside.length <= LIMITS.total);
  assert.ok(inside.filter(({ backlog }) => backlog).length <= 3, 'three quarters of five, rounded down');
  assert.ok(bytes <= LIMITS.bytes || inside.length === 1);
  for (const { userId } of inside)
    assert.ok(inside.filter((other) => other.userId === userId).length <= LIMITS.perUser);
}

/** Nobody waits who could go: the next in turn lacks room, or everybody is at a limit. */
function assertBusy(hall: Hall): void {
  const inside = hall.of('in').map(({ request }) => request);
  if (inside.length === 0) assert.equal(hall.of('waiting').length, 0, 'an empty hall has nobody waiting');
}

const request = fc.record(
  {
    userId: fc.constantFrom('a', 'b', 'c', 'd').map(user),
    backlog: fc.boolean(),
    bytes: fc.constantFrom(1, 4, 12),
  },
  { noNullPrototype: true },
);
const step = fc.oneof(
  request.map((asked) => ({ kind: 'ask' as const, asked })),
  fc.nat().map((which) => ({ kind: 'leave' as const, which })),
  fc.nat().map((which) => ({ kind: 'abort' as const, which })),
);

test('limits hold under any schedule, and everybody who does not give up gets in', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const hall = new Hall(new Lanes(LIMITS));
      for (const one of steps) {
        const pick = (list: Asked[], which: number) => list[which % Math.max(1, list.length)];
        if (one.kind === 'ask') hall.ask(one.asked);
        else if (one.kind === 'leave') pick(hall.of('in'), one.which)?.leave();
        else pick(hall.of('waiting'), one.which)?.controller.abort(new Error('gave up'));
        await settled();
        assertLimits(hall);
        assertBusy(hall);
      }
      for (let [first] = hall.of('in'); first; [first] = hall.of('in')) {
        first.leave();
        await settled();
        assertLimits(hall);
      }
      assert.equal(hall.of('waiting').length, 0);
    }),
  );
});

test('new mail goes before backlog that has waited longer', async () => {
  const hall = new Hall(new Lanes({ total: 1, perUser: 1, bytes: 10 }));
  const first = hall.ask(ask('a'));
  hall.ask(ask('backlog', { backlog: true }));
  hall.ask(ask('fresh'));
  await settled();
  first.leave();
  await settled();
  assert.deepEqual(hall.entered, ['a', 'fresh']);
});

test('backlog never takes the last quarter of the lanes', async () => {
  const hall = new Hall(new Lanes({ total: 8, perUser: 8, bytes: 100 }));
  for (let i = 0; i < 10; i += 1) hall.ask(ask(`u${i}`, { backlog: true }));
  await settled();
  assert.equal(hall.of('in').length, 6);
  hall.ask(ask('fresh'));
  hall.ask(ask('fresh'));
  await settled();
  assert.equal(hall.of('in').length, 8);
  const alone = new Hall(new Lanes({ total: 1, perUser: 1, bytes: 1 }));
  alone.ask(ask('a', { backlog: true }));
  await settled();
  assert.equal(alone.of('in').length, 1, 'a single lane is open to backlog');
});

test('users take turns, however much one of them asks for', async () => {
  const hall = new Hall(new Lanes({ total: 1, perUser: 1, bytes: 10 }));
  for (let i = 0; i < 4; i += 1) hall.ask(ask('much'));
  for (const name of ['b', 'c']) hall.ask(ask(name));
  await settled();
  for (let [one] = hall.of('in'); one; [one] = hall.of('in')) {
    one.leave();
    await settled();
  }
  assert.deepEqual(hall.entered, ['much', 'b', 'c', 'much', 'much', 'much']);
});

test('users who come and go do not pass one who waits', async () => {
  const hall = new Hall(new Lanes({ total: 1, perUser: 1, bytes: 10 }));
  for (let i = 0; i < 9; i += 1) hall.ask(ask('steady'));
  await settled();
  // Each of the two asks again only after it has left.
  let next = 'x';
  for (let turn = 0; turn < 9; turn += 1) {
    hall.ask(ask(next));
    next = next === 'x' ? 'y' : 'x';
    await settled();
    hall.of('in')[0]?.leave();
    await settled();
  }
  const turns = hall.entered.filter((name) => name === 'steady').length;
  assert.ok(turns >= 3, hall.entered.join(' '));
});

test('the first in turn is not passed by smaller ones; alone, any size may go', async () => {
  const hall = new Hall(new Lanes({ total: 9, perUser: 9, bytes: 10 }));
  const small = hall.ask(ask('a', { bytes: 3 }));
  const large = hall.ask(ask('b', { bytes: 50 }));
  const last = hall.ask(ask('c', { bytes: 1 }));
  await settled();
  assert.deepEqual([small.state, large.state, last.state], ['in', 'waiting', 'waiting']);
  small.leave();
  await settled();
  assert.deepEqual([large.state, last.state], ['in', 'waiting']);
  large.leave();
  await settled();
  assert.equal(last.state, 'in');
});

test('who gives up while waiting makes room in the queue at once', async () => {
  const hall = new Hall(new Lanes({ total: 9, perUser: 9, bytes: 10 }));
  hall.ask(ask('a', { bytes: 3 }));
  const large = hall.ask(ask('b', { bytes: 50 }));
  const last = hall.ask(ask('c', { bytes: 1 }));
  await settled();
  large.controller.abort(new Error('gave up'));
  await settled();
  assert.deepEqual([large.state, last.state], ['aborted', 'in']);
});

test('aborted before or while waiting it rejects with the reason and holds nothing', async () => {
  const lanes = new Lanes({ total: 1, perUser: 1, bytes: 1 });
  const reason = new Error('enough');
  await assert.rejects(lanes.enter(ask('a'), AbortSignal.abort(reason)), reason);
  const leave = await lanes.enter(ask('a'), never);
  const controller = new AbortController();
  const waiting = lanes.enter(ask('b'), controller.signal);
  controller.abort(reason);
  await assert.rejects(waiting, reason);
  leave();
  const entered = new AbortController();
  const second = await lanes.enter(ask('c'), entered.signal);
  entered.abort();
  second();
  (await lanes.enter(ask('d'), never))();
});

test('leaving twice counts once', async () => {
  const hall = new Hall(new Lanes({ total: 1, perUser: 9, bytes: 10 }));
  const leave = await hall.lanes.enter(ask('a'), never);
  leave();
  leave();
  for (let i = 0; i < 3; i += 1) hall.ask(ask('a'));
  await settled();
  assert.equal(hall.of('in').length, 1);
});

test('a narrowed user has one lane until the last is left; others keep theirs', async () => {
  const hall = new Hall(new Lanes({ total: 9, perUser: 3, bytes: 99 }));
  const early = [hall.ask(ask('a')), hall.ask(ask('a'))];
  await settled();
  hall.lanes.narrow(user('a'));
  hall.ask(ask('a'));
  for (let i = 0; i < 3; i += 1) hall.ask(ask('b'));
  await settled();
  const inside = (name: string) => hall.of('in').filter(({ request: { userId } }) => userId === name).length;
  assert.deepEqual([inside('a'), inside('b')], [2, 3]);
  early[0]?.leave();
  await settled();
  assert.equal(inside('a'), 1);
  early[1]?.leave();
  await settled();
  assert.equal(inside('a'), 1);
  for (const one of hall.of('in')) one.leave();
  for (let i = 0; i < 3; i += 1) hall.ask(ask('a'));
  await settled();
  assert.equal(inside('a'), 3, 'begun anew');
});
