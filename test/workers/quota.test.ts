import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { UserId } from '../../src/core/mailbox.ts';
import type { Clock } from '../../src/core/ports.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/schedule.ts';
import { Quota } from '../../workers/quota.ts';

const NOON = Date.parse('2026-03-01T12:00:00Z');
const MIDNIGHT = Date.parse('2026-03-02T00:00:00Z');
const ALLOWANCE = { importsPerMinute: 10, bytesPerDay: 1000 };
const never = new AbortController().signal;
const ANN = 'ann' as UserId;
const BEA = 'bea' as UserId;

/** Time moves only when somebody sleeps. */
function fakeClock(now = NOON): Clock & { now: () => number; pass: (ms: number) => void; slept: number } {
  const clock = {
    slept: 0,
    now: () => now,
    pass: (ms: number) => {
      now += ms;
    },
    sleep: async (ms: number, signal: AbortSignal) => {
      signal.throwIfAborted();
      assert.ok(ms > 0);
      clock.slept += 1;
      now += ms;
    },
  };
  return clock;
}

test('never more imports in any 60 seconds than allowed, whatever is given back', async () => {
  const step = fc.record({
    most: fc.integer({ min: 1, max: 16 }),
    used: fc.integer({ min: 0, max: 16 }),
    pause: fc.integer({ min: 0, max: 40_000 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const clock = fakeClock();
      const quota = new Quota(ALLOWANCE, clock);
      const imports: number[] = [];
      for (const { most, used, pause } of steps) {
        const taken = await quota.take(ANN, most, never);
        assert.ok(taken >= 1 && taken <= most);
        const kept = Math.min(used, taken);
        quota.giveBack(ANN, taken - kept);
        for (let i = 0; i < kept; i += 1) imports.push(clock.now());
        clock.pass(pause);
      }
      for (const start of imports) {
        const inWindow = imports.filter((at) => at >= start && at < start + MINUTE).length;
        assert.ok(inWindow <= ALLOWANCE.importsPerMinute, `${inWindow} in a minute`);
      }
    }),
  );
});

test('takes what is free at once and waits no longer than needed for more', async () => {
  const clock = fakeClock();
  const quota = new Quota(ALLOWANCE, clock);
  assert.equal(await quota.take(ANN, 6, never), 6);
  clock.pass(10_000);
  assert.equal(await quota.take(ANN, 6, never), 4);
  assert.equal(clock.slept, 0);
  assert.equal(await quota.take(ANN, 16, never), 6);
  assert.equal(clock.now(), NOON + MINUTE);
  assert.equal(await quota.take(ANN, 16, never), 4);
  assert.equal(clock.now(), NOON + MINUTE + 10_000);
});

test('what is given back can be taken again at once', async () => {
  const clock = fakeClock();
  const quota = new Quota(ALLOWANCE, clock);
  assert.equal(await quota.take(ANN, 10, never), 10);
  quota.giveBack(ANN, 3);
  quota.giveBack(ANN, 0);
  assert.equal(await quota.take(ANN, 10, never), 3);
  assert.equal(clock.slept, 0);
});

test('users do not share', async () => {
  const clock = fakeClock();
  const quota = new Quota(ALLOWANCE, clock);
  await quota.take(ANN, 10, never);
  assert.equal(await quota.take(BEA, 10, never), 10);
  quota.spend(ANN, 1000);
  assert.equal(quota.backlogResumesAt(BEA), null);
  assert.equal(clock.slept, 0);
});

test('aborted while waiting it takes nothing', async () => {
  const clock = fakeClock();
  const quota = new Quota(ALLOWANCE, clock);
  await quota.take(ANN, 9, never);
  await assert.rejects(quota.take(ANN, 5, AbortSignal.abort(new Error('enough'))), /enough/);
  assert.equal(await quota.take(ANN, 5, never), 1);
  await assert.rejects(quota.take(ANN, 5, AbortSignal.abort(new Error('enough'))), /enough/);
});

test('backlog stops at four fifths of the day’s bytes and goes on at midnight UTC', () => {
  const clock = fakeClock();
  const quota = new Quota(ALLOWANCE, clock);
  quota.spend(ANN, 799);
  assert.equal(quota.backlogResumesAt(ANN), null);
  quota.spend(ANN, 1);
  assert.equal(quota.backlogResumesAt(ANN), MIDNIGHT);
  clock.pass(12 * HOUR - 1);
  assert.equal(quota.backlogResumesAt(ANN), MIDNIGHT);
  clock.pass(1);
  assert.equal(quota.backlogResumesAt(ANN), null);
  quota.spend(ANN, 800);
  assert.equal(quota.backlogResumesAt(ANN), MIDNIGHT + DAY);
});

test('what others have spent today counts, once', () => {
  const clock = fakeClock();
  const quota = new Quota(ALLOWANCE, clock);
  quota.spend(ANN, 300);
  quota.restore(ANN, 500);
  quota.restore(ANN, 200);
  quota.spend(ANN, 299);
  assert.equal(quota.backlogResumesAt(ANN), null);
  quota.spend(ANN, 1);
  assert.equal(quota.backlogResumesAt(ANN), MIDNIGHT);
});

test('midnight makes bytes new, not the imports of the last minute', async () => {
  const clock = fakeClock(MIDNIGHT - 1000);
  const quota = new Quota(ALLOWANCE, clock);
  await quota.take(ANN, 10, never);
  clock.pass(2000);
  assert.equal(await quota.take(ANN, 1, never), 1);
  assert.equal(clock.now(), MIDNIGHT - 1000 + MINUTE);
});

test('other calls count as imports once their units are those of one', async () => {
  const clock = fakeClock();
  const quota = new Quota(ALLOWANCE, clock);
  for (let call = 0; call < 9; call += 1) quota.charge(ANN, 5);
  assert.equal(await quota.take(ANN, 99, never), 9);
  quota.charge(ANN, 5);
  assert.equal(await quota.take(BEA, 99, never), 10);
  assert.equal(await quota.take(ANN, 1, never), 1, 'a minute later');
  assert.equal(clock.slept, 1);
  // More than there was: imports wait until they are made up for.
  quota.charge(BEA, 25 * 30);
  await quota.take(BEA, 1, never);
  assert.ok(clock.now() >= NOON + 2 * MINUTE);
});
