import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { addUids } from '../../../src/core/cursor.ts';
import { formatMultirange, parseMultirange } from '../../../src/db/multirange.ts';

it('reads what PostgreSQL prints', () => {
  assert.deepEqual(parseMultirange('{}'), []);
  assert.deepEqual(parseMultirange('{[1,5),[7,8)}'), [
    [1, 4],
    [7, 7],
  ]);
  assert.deepEqual(parseMultirange('{[4294967295,4294967296)}'), [[4294967295, 4294967295]]);
});

it('refuses anything else', () => {
  for (const text of [
    '',
    '{',
    '[1,2)',
    '{(1,2)}',
    '{[1,2]}',
    '{[1,)}',
    '{[1,2),}',
    '{,[1,2)}',
    '{[1,2)[3,4)}',
    '{} ',
  ]) {
    assert.throws(() => parseMultirange(text), RangeError, text);
  }
});

it('reads back what it wrote', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 4294967295 })), (uids) => {
      const set = addUids([], uids);
      assert.deepEqual(parseMultirange(formatMultirange(set)), set);
    }),
  );
});
