import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FAULTS, Fault, type FaultCode } from '../../../src/core/fault.ts';
import {
  type Answer,
  judge,
  readRange,
  readUploadAnswer,
  retryTime,
} from '../../../workers/sinks/gmail-answer.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');

function answer(status: number, reason = '', message = '', rest: Partial<Answer> = {}): Answer {
  const body = JSON.stringify({
    error: { code: status, message, errors: [{ reason, message, domain: 'global' }] },
  });
  return { status, location: undefined, range: undefined, retryAfter: undefined, body, ...rest };
}

const TABLE: readonly (readonly [number, string, string, FaultCode])[] = [
  [400, 'invalidArgument', "Expected a single 'From' header", 'from-header-missing'],
  [400, 'invalidArgument', 'Invalid From header', 'from-header-invalid'],
  [400, 'badRequest', 'Bad Request', 'upload-bad-request'],
  [400, 'invalidArgument', 'Request contains an invalid argument.', 'upload-bad-request'],
  [400, 'failedPrecondition', 'Mail service not enabled', 'gmail-not-enabled'],
  [400, 'invalidArgument', 'Invalid message: NUL byte not allowed', 'null-byte'],
  [401, 'authError', 'Invalid Credentials', 'gmail-unavailable'],
  [403, 'domainPolicy', 'The domain administrators have disabled Gmail apps.', 'domain-policy'],
  [403, 'dailyLimitExceeded', 'Daily Limit Exceeded', 'project-quota'],
  [403, 'rateLimitExceeded', 'Rate Limit Exceeded', 'gmail-rate-limited'],
  [403, 'userRateLimitExceeded', 'User Rate Limit Exceeded', 'gmail-rate-limited'],
  [403, 'forbidden', "Quota exceeded for quota metric 'Queries'", 'gmail-rate-limited'],
  [403, 'insufficientPermissions', 'Insufficient Permission', 'scope-missing'],
  [403, 'forbidden', 'Forbidden', 'gmail-unavailable'],
  [413, 'uploadTooLarge', 'Request Entity Too Large', 'message-too-large'],
  [429, 'rateLimitExceeded', 'Too many concurrent requests for user', 'gmail-too-concurrent'],
  [429, 'rateLimitExceeded', 'User-rate limit exceeded.', 'gmail-rate-limited'],
  [429, '', '', 'gmail-rate-limited'],
  [418, '', '', 'gmail-unavailable'],
];

test('every row of the table, whatever was asked', () => {
  for (const [status, reason, message, code] of TABLE)
    for (const question of ['open', 'put', 'status'] as const)
      assert.equal(
        judge(question, answer(status, reason, message), NOW).code,
        code,
        `${status} ${reason} ${message}`,
      );
});

test('trouble at Gmail leaves a put in doubt, and nothing else', () => {
  for (const status of [301, 302, 408, 416, 500, 502, 503, 504]) {
    assert.equal(judge('put', answer(status), NOW).code, 'upload-interrupted');
    assert.equal(judge('open', answer(status), NOW).code, 'gmail-unavailable');
    assert.equal(judge('status', answer(status), NOW).code, 'gmail-unavailable');
  }
});

test('the time stands in the text or in Retry-After; the later counts, and none too far ahead', () => {
  const text = 'User-rate limit exceeded.  Retry after 2026-03-01T12:15:00.123Z';
  assert.equal(retryTime(text, undefined, NOW), NOW + 900_123);
  assert.equal(retryTime('', '30', NOW), NOW + 30_000);
  assert.equal(retryTime(text, '30', NOW), NOW + 900_123);
  assert.equal(retryTime('', 'Sun, 01 Mar 2026 12:01:00 GMT', NOW), NOW + 60_000);
  assert.equal(retryTime('Retry after 2031-01-01T00:00:00Z', undefined, NOW), NOW + 90_000_000);
  for (const past of ['Retry after 2020-01-01T00:00:00Z', 'Retry after soon', ''])
    assert.equal(retryTime(past, 'tomorrow', NOW), null);
  const told = judge('open', answer(429, 'rateLimitExceeded', text), NOW);
  assert.deepEqual(told, { code: 'gmail-rate-limited', retryAt: NOW + 900_123 });
});

test('Range in both spellings, absent, and as nonsense', () => {
  assert.equal(readRange('bytes=0-42'), 43);
  assert.equal(readRange('0-42'), 43);
  assert.equal(readRange(undefined), 0);
  for (const range of ['bytes=1-42', 'bytes=0-', '0-42,50-60', '-1', '0-9999999999999999', 'x'])
    assert.equal(readRange(range), null, range);
});

test('what a session says', () => {
  const read = (question: 'put' | 'status', one: Answer) => {
    const said = readUploadAnswer(question, one, NOW);
    return said instanceof Fault ? said.code : said;
  };
  assert.deepEqual(read('put', answer(200, '', '', { body: '{"id":"m1"}' })), {
    state: 'committed',
    gmailId: 'm1',
  });
  assert.deepEqual(read('status', answer(201, '', '', { body: '{"id":"m1"}' })), {
    state: 'committed',
    gmailId: 'm1',
  });
  assert.deepEqual(read('put', answer(308)), { state: 'incomplete', stored: 0 });
  assert.deepEqual(read('put', answer(308, '', '', { range: '0-9' })), { state: 'incomplete', stored: 10 });
  assert.equal(read('put', answer(308, '', '', { range: 'x' })), 'upload-interrupted');
  for (const status of [404, 410]) assert.deepEqual(read('status', answer(status)), { state: 'gone' });
  for (const body of ['', 'null', '[]', '{"id":7}', '{"id":""}', '{'])
    assert.equal(read('put', answer(200, '', '', { body })), 'upload-interrupted', body);
});

test('any answer at all has a meaning, commits only on an id, and quotes nothing', () => {
  const headers = fc.option(fc.string(), { nil: undefined });
  const anything = fc.record({
    status: fc.integer({ min: 100, max: 599 }),
    location: headers,
    range: headers,
    retryAfter: headers,
    body: fc.oneof(
      fc.string(),
      fc.json(),
      fc.json().map((error) => `{"error":${error}}`),
    ),
  });
  fc.assert(
    fc.property(anything, fc.constantFrom('put', 'status'), (one, question) => {
      const said = readUploadAnswer(question, one, NOW);
      if (said instanceof Fault) {
        assert.equal(said.message, FAULTS[said.code].message);
        assert.equal(said.cause, undefined);
        if (said.retryAt !== undefined) assert.ok(said.retryAt > NOW && said.retryAt <= NOW + 90_000_000);
      } else if (said.state === 'committed') assert.ok(one.status === 200 || one.status === 201);
    }),
  );
});

test('a 5xx is never a verdict on the message', () => {
  fc.assert(
    fc.property(fc.integer({ min: 500, max: 599 }), fc.string(), fc.string(), (status, reason, message) => {
      const { code } = judge('put', answer(status, reason, message), NOW);
      assert.equal(code, 'upload-interrupted');
    }),
  );
});
