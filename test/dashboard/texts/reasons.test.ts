/** The Glass Box has words for every status and every reason that an audit entry can have. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REASON_TEXTS, STATUS_TEXTS, STATUSES, textOf } from '../../../dashboard/texts/reasons.ts';
import { AUDIT_REASONS, AUDIT_STATUSES } from '../../../src/core/audit.ts';

test('every reason and every status, and nothing else', () => {
  assert.deepEqual(Object.keys(REASON_TEXTS).sort(), [...AUDIT_REASONS].sort());
  assert.deepEqual(Object.keys(STATUS_TEXTS).sort(), [...AUDIT_STATUSES].sort());
  assert.deepEqual([...STATUSES].sort(), [...AUDIT_STATUSES].sort());
});

test('each says what it is, what it means and what to do, in sentences, and each its own title', () => {
  const all = [...Object.values(REASON_TEXTS), ...Object.values(STATUS_TEXTS)];
  assert.equal(new Set(all.map(({ title }) => title)).size, all.length);
  for (const { title, means, next } of all) {
    assert.match(title, /^[A-Z][^.]*$/);
    for (const sentence of [means, next]) assert.match(sentence, /^[A-Z].*\.$/);
  }
});

test('a reason newer than the page gets the words of its status', () => {
  assert.equal(textOf({ status: 'failed', reason: 'toString' }), STATUS_TEXTS.failed);
  assert.equal(textOf({ status: 'delivered', reason: null }), STATUS_TEXTS.delivered);
  assert.equal(textOf({ status: 'delivered', reason: 'recovered' }), REASON_TEXTS.recovered);
});
