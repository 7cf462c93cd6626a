import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addUids, hasUid, type ImapCursor } from '../../../src/core/cursor.ts';
import {
  addTallies,
  checkRecord,
  horizonOf,
  listedOf,
  passedOver,
  STANDINGS,
  standingOf,
  tallyOf,
} from '../../../src/core/reconciliation.ts';

const bookEntry = fc.record({
  transfer: fc.constantFrom(null, 'open', 'waiting', 'rejected', 'failed', 'uncertain'),
  settled: fc.boolean(),
  leftOut: fc.boolean(),
  absent: fc.boolean(),
  expected: fc.boolean(),
} as const);
const tally = fc.array(fc.constantFrom(...STANDINGS)).map(tallyOf);
const uids = fc.array(fc.integer({ min: 1, max: 60 }));
const cursorOf = (settled: readonly number[], uidValidity = 1): ImapCursor => ({
  protocol: 'imap',
  folder: 'INBOX',
  uidValidity,
  baseline: 1,
  settled: addUids([], settled),
});

test('every message stands in one place, so the sum is what was listed', () => {
  fc.assert(
    fc.property(fc.array(bookEntry), (entries) => {
      assert.equal(listedOf(tallyOf(entries.map(standingOf))), entries.length);
    }),
  );
});

test('a message is missing exactly when nothing accounts for it', () => {
  fc.assert(
    fc.property(bookEntry, (entry) => {
      const passedOverWrongly = entry.settled && entry.absent && !entry.leftOut;
      const forgotten = !entry.settled && !entry.expected;
      const missing = entry.transfer === null && (passedOverWrongly || forgotten);
      assert.equal(standingOf(entry) === 'missing', missing);
    }),
  );
});

test('the record can only move deliveries to where they are seen, and never changes the sum', () => {
  fc.assert(
    fc.property(tally, fc.nat(50), fc.boolean(), (before, onRecord, knows) => {
      const after = checkRecord(before, onRecord, knows);
      assert.equal(listedOf(after), listedOf(before));
      assert.ok(after.delivered <= onRecord || after.delivered === before.delivered);
      assert.equal(after.delivered, Math.min(before.delivered, onRecord));
      if (!knows) assert.equal(after.missing, before.missing);
    }),
  );
});

test('tallies add up', () => {
  fc.assert(
    fc.property(fc.array(tally), (tallies) => {
      const sum = tallies.reduce((all, one) => all + listedOf(one), 0);
      assert.equal(listedOf(addTallies(tallies)), sum);
    }),
  );
});

test('what a listing passed over is what it settled, message by message', () => {
  fc.assert(
    fc.property(uids, uids, (before, more) => {
      const after = cursorOf([...before, ...more]);
      const passed = passedOver(cursorOf(before), after);
      for (let uid = 1; uid <= 61; uid += 1)
        assert.equal(hasUid(passed, uid), more.includes(uid) && !before.includes(uid), `UID ${uid}`);
      assert.deepEqual(passedOver(cursorOf(before, 2), after), after.settled);
      assert.deepEqual(passedOver(null, after), after.settled);
    }),
  );
});

test('the horizon is the highest UID that is known', () => {
  fc.assert(
    fc.property(uids, uids, (settled, open) => {
      assert.equal(horizonOf(addUids([], settled), open), Math.max(0, ...settled, ...open));
    }),
  );
});
