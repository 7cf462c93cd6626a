import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AUDIT_REASONS, AUDIT_STATUSES } from '../../../src/core/audit.ts';
import { FAULTS, Fault, type FaultCode } from '../../../src/core/fault.ts';
import { judgeMessage, judgeVisit, mayBlameMessage } from '../../../src/core/judgement.ts';
import { MAILBOX_STATES } from '../../../src/core/mailbox.ts';
import {
  DAY,
  HOUR,
  MAX_LOGIN_FAILURES,
  MAX_TRIES,
  messageBackoff,
  visitBackoff,
} from '../../../src/core/schedule.ts';

const CODES = Object.keys(FAULTS) as FaultCode[];
const NOW = Date.parse('2026-03-01T00:00:00Z');
const facts = { now: NOW, random: 0, pollSeconds: 300, failures: 0 };

const AS_IT_IS = { flaws: null, mayRepair: false, repair: null };
const FIRST = { ...AS_IT_IS, now: NOW, tries: 1, before: null, open: false };

const code = fc.constantFrom(...CODES);
const retryAt = fc.option(fc.integer({ min: NOW - DAY, max: NOW + DAY }), { nil: undefined });
const fault = fc
  .tuple(code, retryAt)
  .map(([name, at]) => new Fault(name, at === undefined ? {} : { retryAt: at }));

test('every fault that a message can be blamed for is settled or postponed, for as many tries as there are', () => {
  const blamed = fault.filter(mayBlameMessage);
  fc.assert(
    fc.property(blamed, fc.integer({ min: 1, max: MAX_TRIES + 2 }), fc.boolean(), (one, tries, open) => {
      const judgement = judgeMessage(one, { ...FIRST, tries, open });
      assert.ok(AUDIT_REASONS.includes(judgement.reason));
      if (judgement.kind === 'postpone') {
        assert.ok(tries < MAX_TRIES);
        assert.ok(judgement.retryAt >= NOW + messageBackoff(tries));
        assert.ok(judgement.retryAt >= (one.retryAt ?? 0));
        assert.equal(one.retry, 'later');
      } else {
        assert.ok(judgement.kind === 'settle');
        assert.ok(AUDIT_STATUSES.includes(judgement.status));
        assert.notEqual(judgement.status, 'delivered');
        if (open && one.code !== 'label-refused') assert.notEqual(judgement.status, 'failed');
      }
    }),
    { numRuns: 1000 },
  );
});

test('a fault that cannot pass is settled at the first try', () => {
  for (const one of CODES.map((name) => new Fault(name)).filter(mayBlameMessage))
    assert.equal(judgeMessage(one, FIRST).kind, one.retry === 'never' ? 'settle' : 'postpone', one.code);
});

test('Bad Request is for good when it comes twice running, whatever was tried before', () => {
  const bad = new Fault('upload-bad-request');
  for (const before of [null, 'source-timeout', 'message-truncated'] as const)
    assert.equal(judgeMessage(bad, { ...FIRST, tries: 5, before }).kind, 'postpone');
  for (const open of [true, false])
    assert.deepEqual(judgeMessage(bad, { ...FIRST, tries: 2, before: 'upload-bad-request', open }), {
      kind: 'settle',
      status: 'rejected',
      reason: 'upload-bad-request',
    });
});

test('a refusal is repaired once, for what was seen of the message, and only where its owner allows it', () => {
  const allowed = { ...FIRST, mayRepair: true };
  const judge = (name: FaultCode, different: Partial<typeof allowed> & object) => {
    const judgement = judgeMessage(new Fault(name), { ...allowed, ...different });
    return [judgement.kind, judgement.reason];
  };
  const seen = (fromHeaders: number, hasNul = false) => ({ flaws: { fromHeaders, hasNul } });
  const table = [
    ['from-header-missing', seen(0), 'repair', 'from-header-missing'],
    ['from-header-missing', seen(1), 'repair', 'from-header-invalid'],
    ['from-header-missing', seen(2), 'repair', 'from-header-several'],
    ['from-header-missing', {}, 'repair', 'from-header-missing'],
    ['from-header-invalid', seen(1), 'repair', 'from-header-invalid'],
    ['null-byte', seen(1, true), 'repair', 'null-byte'],
    ['upload-bad-request', seen(1, true), 'postpone', 'upload-bad-request'],
    ['upload-bad-request', { ...seen(1, true), before: 'upload-bad-request' }, 'repair', 'null-byte'],
    ['upload-bad-request', { ...seen(1), before: 'upload-bad-request' }, 'settle', 'upload-bad-request'],
    ['message-refused', seen(2, true), 'settle', 'message-refused'],
    ['message-too-large', seen(0), 'settle', 'message-too-large'],
    ['message-gone', seen(0), 'settle', 'message-gone'],
  ] as const;
  for (const [name, different, kind, reason] of table) {
    assert.deepEqual(judge(name, different as object), [kind, reason], name);
    const [afterwards] = judge(name, { ...different, mayRepair: false } as object);
    assert.notEqual(afterwards, 'repair');
    const refused = judge(name, { ...different, repair: 'from-header-several' } as object);
    const isRefusal = kind === 'repair' || (kind === 'settle' && reason !== 'message-gone');
    assert.deepEqual(refused, isRefusal ? ['settle', 'from-header-several'] : [kind, reason], name);
  }
});

test('each message fault goes on record under a reason of its own', () => {
  const reasons = CODES.filter((name) => FAULTS[name].scope === 'message').map(
    (name) => judgeMessage(new Fault(name), FIRST).reason,
  );
  assert.equal(new Set(reasons).size, reasons.length);
});

test('every fault that ends a visit leaves a schedule', () => {
  const given = fc.record({
    now: fc.constant(NOW),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    pollSeconds: fc.integer({ min: 1, max: 86_400 }),
    failures: fc.integer({ min: 0, max: 1000 }),
  });
  fc.assert(
    fc.property(fault, given, (one, around) => {
      const verdict = judgeVisit(one, around);
      assert.equal(verdict.faultCode, one.code);
      assert.equal(verdict.synced, false);
      assert.ok(verdict.state === undefined || MAILBOX_STATES.includes(verdict.state));
      assert.ok(verdict.nextRunAt > NOW, 'never at once');
      assert.ok(verdict.nextRunAt >= (one.retryAt ?? 0), 'not before the other side said');
      assert.ok(verdict.nextRunAt <= Math.max(NOW + DAY, one.retryAt ?? 0));
      const held = ['session', 'mailbox'].includes(one.scope) || one.code === 'seal-broken';
      assert.equal(verdict.failures, around.failures + (held ? 1 : 0));
      assert.equal(
        verdict.state !== undefined,
        held,
        'only what is wrong with the mailbox changes its state',
      );
    }),
    { numRuns: 1000 },
  );
});

test('a refused login is believed only when it was refused several times running', () => {
  const states = Array.from(
    { length: MAX_LOGIN_FAILURES },
    (_, failures) => judgeVisit(new Fault('login-refused'), { ...facts, failures }).state,
  );
  assert.deepEqual(states, ['active', 'active', 'needs-password']);
});

test('pauses between visits grow from the poll interval to an hour, with a tenth of jitter', () => {
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  const poll = fc.integer({ min: 1, max: 86_400 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), poll, random, (failures, pollSeconds, chance) => {
      const pause = visitBackoff(failures, pollSeconds, chance);
      const least = visitBackoff(failures, pollSeconds, 0);
      assert.ok(pause >= Math.min(pollSeconds * 1000, HOUR) && pause <= HOUR * 1.1 + 1);
      assert.ok(pause >= least && pause <= Math.round(least * 1.1));
      assert.ok(visitBackoff(failures + 1, pollSeconds, 0) >= least);
    }),
  );
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((failures) => visitBackoff(failures, 300, 0) / 60_000),
    [5, 10, 20, 40, 60],
  );
});

test('pauses between tries of a message grow to two hours', () => {
  const pauses = Array.from({ length: MAX_TRIES }, (_, i) => messageBackoff(i + 1) / 1000);
  assert.deepEqual(pauses, [5, 30, 180, 1080, 6480, 7200, 7200, 7200]);
});

test('a sign-in that is missing or has ended waits for its owner; one that is refused gets three visits', () => {
  const judge = (code: FaultCode, failures: number) =>
    judgeVisit(new Fault(code), { now: NOW, random: 0, pollSeconds: 300, failures }).state;
  for (const code of ['source-consent-missing', 'source-consent-gone'] as const)
    assert.equal(judge(code, 0), 'needs-password');
  assert.deepEqual(
    [0, 1, 2].map((failures) => judge('source-token-refused', failures)),
    ['active', 'active', 'needs-password'],
  );
  assert.equal(judge('source-sign-in-unavailable', 9), 'active');
  for (const code of ['source-sign-in-missing', 'source-host-foreign'] as const)
    assert.equal(judge(code, 0), 'unreachable');
});
