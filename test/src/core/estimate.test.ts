import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type BacklogFacts, estimateBacklog } from '../../../src/core/estimate.ts';
import { DAY } from '../../../src/core/schedule.ts';

const ALLOWANCE = { importsPerMinute: 240, bytesPerDay: 500_000_000 };
const noon = Date.parse('2026-03-01T12:00:00Z');
const facts = (given: Partial<BacklogFacts>): BacklogFacts => ({
  now: noon,
  messages: 2400,
  meanBytes: 10_000,
  bytesToday: 0,
  pace: 240,
  ...given,
});

test('at the full pace the imports per minute are the limit', () => {
  assert.deepEqual(estimateBacklog(facts({}), ALLOWANCE), { seconds: 600, limitedBy: 'imports' });
});

test('a slower pace counts', () => {
  assert.deepEqual(estimateBacklog(facts({ pace: 24 }), ALLOWANCE), { seconds: 6000, limitedBy: 'pace' });
});

test('the daily bytes are a limit: the rest waits for midnight UTC, and for as many days as it takes', () => {
  // 400 MB a day for a backlog: 60,000 × 10 kB are 600 MB.
  const one = estimateBacklog(facts({ messages: 60_000 }), ALLOWANCE);
  assert.deepEqual(one, { seconds: 12 * 3600, limitedBy: 'bytes' });
  const used = estimateBacklog(facts({ messages: 60_000, bytesToday: 400_000_000 }), ALLOWANCE);
  assert.deepEqual(used, { seconds: 36 * 3600, limitedBy: 'bytes' });
  const still = estimateBacklog(facts({ messages: 60_000, bytesToday: 400_000_000, pace: 0 }), ALLOWANCE);
  assert.deepEqual(still, used);
});

test('what does not move has no estimate', () => {
  assert.equal(estimateBacklog(facts({ pace: 0 }), ALLOWANCE), null);
  assert.equal(estimateBacklog(facts({ pace: 0, meanBytes: null }), ALLOWANCE), null);
});

test('more messages, fewer bytes left or a slower pace never make it shorter', () => {
  const any = fc.record({
    now: fc.integer({ min: 0, max: 10 * DAY }),
    messages: fc.integer({ min: 1, max: 1_000_000 }),
    meanBytes: fc.integer({ min: 1, max: 1_000_000 }),
    bytesToday: fc.nat(600_000_000),
    pace: fc.integer({ min: 1, max: 1000 }),
  });
  const seconds = (given: BacklogFacts): number => estimateBacklog(given, ALLOWANCE)?.seconds ?? 0;
  fc.assert(
    fc.property(any, (given) => {
      const now = seconds(given);
      assert.ok(now >= 0 && Number.isSafeInteger(now));
      assert.ok(seconds({ ...given, messages: given.messages * 2 }) >= now);
      assert.ok(seconds({ ...given, bytesToday: given.bytesToday * 2 }) >= now);
      assert.ok(seconds({ ...given, pace: given.pace / 2 }) >= now);
    }),
  );
});
