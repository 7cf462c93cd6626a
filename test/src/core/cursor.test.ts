import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  addRanges,
  addUids,
  complement,
  formatUidSet,
  hasUid,
  type ImapCursor,
  isSameCursor,
  isSettled,
  type Pop3Cursor,
  settleRefs,
  type UidSet,
} from '../../../src/core/cursor.ts';
import { hashUidl, type MessageRef } from '../../../src/core/message.ts';

const TOP = 60;
const uid = fc.integer({ min: 1, max: TOP });
/** Also empty ones, whose first is behind their last. */
const ranges = fc.array(fc.tuple(uid, uid), { maxLength: 12 });

const members = (pairs: Iterable<readonly [number, number]>): Set<number> => {
  const all = new Set<number>();
  for (const [first, last] of pairs) for (let n = first; n <= last; n += 1) all.add(n);
  return all;
};

const sorted = (set: Iterable<number>): number[] => [...set].sort((a, b) => a - b);

function assertNormal(set: UidSet): void {
  let before = -1;
  for (const [first, last] of set) {
    assert.ok(first <= last, 'not empty');
    assert.ok(first > before + 1, 'ascending, disjoint, not adjacent');
    before = last;
  }
}

test('addRanges is the union, in normal form, and leaves its arguments alone', () => {
  fc.assert(
    fc.property(ranges, ranges, (first, second) => {
      const set = addRanges([], first);
      const before = structuredClone(set);
      const union = addRanges(set, second);
      assertNormal(union);
      assert.deepEqual(sorted(members(union)), sorted(members(first).union(members(second))));
      assert.deepEqual(set, before);
    }),
  );
});

test('complement is what is missing between two bounds, in normal form', () => {
  fc.assert(
    fc.property(ranges, uid, uid, (pairs, first, last) => {
      const set = addRanges([], pairs);
      const rest = complement(set, first, last);
      assertNormal(rest);
      assert.deepEqual(sorted(members(rest)), sorted(members([[first, last]]).difference(members(set))));
    }),
  );
});

test('hasUid agrees with a set of numbers', () => {
  fc.assert(
    fc.property(ranges, (pairs) => {
      const set = addRanges([], pairs);
      const model = members(set);
      for (let n = 0; n <= TOP + 1; n += 1) assert.equal(hasUid(set, n), model.has(n), `${n}`);
    }),
  );
});

test('formatUidSet names the same UIDs, and no range twice', () => {
  fc.assert(
    fc.property(fc.array(uid), (uids) => {
      const text = formatUidSet(addUids([], uids));
      const parsed = text === '' ? [] : text.split(',').map((part) => part.split(':').map(Number));
      const read = parsed.map(([first = 0, last = first]) => [first, last] as const);
      assertNormal(read);
      assert.deepEqual(sorted(members(read)), sorted(new Set(uids)));
    }),
  );
  assert.equal(formatUidSet(addUids([], [9, 1, 2, 3])), '1:3,9');
});

const imapRef = fc.record({
  protocol: fc.constant('imap' as const),
  folder: fc.constantFrom('INBOX', 'Other'),
  uidValidity: fc.constantFrom(1, 2),
  uid,
});
const pop3Ref = fc.record({ protocol: fc.constant('pop3' as const), uidl: fc.string({ maxLength: 2 }) });
const ref: fc.Arbitrary<MessageRef> = fc.oneof(imapRef, pop3Ref);

test('settleRefs settles exactly the refs of its own folder and UIDVALIDITY', () => {
  const cursor: ImapCursor = { protocol: 'imap', folder: 'INBOX', uidValidity: 1, baseline: 9, settled: [] };
  fc.assert(
    fc.property(fc.array(ref), ref, (refs, asked) => {
      const after = settleRefs(cursor, refs);
      const own = (r: MessageRef) => r.protocol === 'imap' && r.folder === 'INBOX' && r.uidValidity === 1;
      const uids = refs.flatMap((r) => (r.protocol === 'imap' && own(r) ? [r.uid] : []));
      assert.ok(after.protocol === 'imap');
      assert.deepEqual({ ...after, settled: [] }, cursor);
      assert.deepEqual(sorted(members(after.settled)), sorted(new Set(uids)));
      const expected = asked.protocol === 'imap' && own(asked) && uids.includes(asked.uid);
      assert.equal(isSettled(after, asked), expected);
    }),
  );
});

test('settleRefs of a POP3 cursor settles exactly the UIDLs given', () => {
  const cursor: Pop3Cursor = { protocol: 'pop3', settled: new Set(), backlog: new Set() };
  fc.assert(
    fc.property(fc.array(ref), fc.array(ref), ref, (first, second, asked) => {
      const after = settleRefs(settleRefs(cursor, first), second);
      const uidls = [...first, ...second].flatMap((r) => (r.protocol === 'pop3' ? [r.uidl] : []));
      assert.equal(isSettled(after, asked), asked.protocol === 'pop3' && uidls.includes(asked.uidl));
    }),
  );
  assert.equal(cursor.settled.size, 0);
});

test('POP3 cursors are the same only when they hold the same ids', () => {
  const of = (settled: readonly string[], backlog: readonly string[]): Pop3Cursor => ({
    protocol: 'pop3',
    settled: new Set(settled.map(hashUidl)),
    backlog: new Set(backlog.map(hashUidl)),
  });
  assert.ok(isSameCursor(of(['a', 'b'], ['c']), of(['b', 'a'], ['c'])));
  for (const other of [of(['a', 'x'], ['c']), of(['a', 'b'], ['x']), of(['a', 'c'], ['b']), of(['a'], ['c'])])
    assert.ok(!isSameCursor(of(['a', 'b'], ['c']), other));
});
