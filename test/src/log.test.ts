import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { Fault } from '../../src/core/fault.ts';
import type { LogFields } from '../../src/core/ports.ts';
import { createLog } from '../../src/log.ts';

const CANARY = 'hunter2-canary';

/** The line that was logged, and the text it was. */
function logged(fields: unknown): { line: Record<string, unknown>; text: string } {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLog({ level: 'info', name: 'test', destination });
  log.debug('not at this level');
  log.info('happened', fields as LogFields);
  assert.equal(lines.length, 1);
  const text = lines[0] ?? '';
  return { line: JSON.parse(text), text };
}

test('a line says when, who, what, and the allowed fields', () => {
  const { line } = logged({
    mailboxId: 'm-1',
    code: 'source-timeout',
    count: 3,
    ms: 1.5,
    route: '/api/v1/x/:id',
  });
  assert.ok(!Number.isNaN(Date.parse(String(line.time))));
  const { time: _, ...rest } = line;
  assert.deepEqual(rest, {
    level: 30,
    name: 'test',
    event: 'happened',
    mailboxId: 'm-1',
    code: 'source-timeout',
    count: 3,
    ms: 1.5,
    route: '/api/v1/x/:id',
  });
});

test('fields outside the list, or of another kind, do not pass', () => {
  const { text } = logged({
    password: CANARY,
    subject: CANARY,
    req: { headers: { authorization: CANARY } },
    count: CANARY,
    mailboxId: { toJSON: () => CANARY, toString: () => CANARY },
    route: `/x?token=${CANARY}`,
    userId: `${CANARY}\nSubject: x`,
    code: `${CANARY} `.repeat(20),
  });
  assert.ok(!text.includes(CANARY), text);
});

test('an error is its class, code and frames; what it says or carries stays out', () => {
  class ImapError extends Error {
    readonly code = 'ECONNRESET';
    readonly response = CANARY;
    readonly command = `LOGIN user ${CANARY}`;
  }
  const error = new ImapError(`refused ${CANARY}\n    at ${CANARY} (/srv/${CANARY}.js:1:1)\n`);
  error.name = CANARY;
  const { line, text } = logged({ error });
  assert.ok(!text.includes(CANARY), text);
  const described = line.error as { name: string; code: string; stack: string[]; message?: string };
  assert.equal(described.name, 'ImapError');
  assert.equal(described.code, 'ECONNRESET');
  assert.equal(described.message, undefined);
  assert.match(described.stack[0] ?? '', /log\.test\.ts:\d+:\d+/);
});

test('causes and aggregates are followed, as silently', () => {
  const inner = new Error(`b ${CANARY}`, { cause: CANARY });
  const { line, text } = logged({
    error: new AggregateError([new TypeError(CANARY), CANARY, { message: CANARY }], CANARY, {
      cause: new RangeError(`a ${CANARY}`, { cause: inner }),
    }),
  });
  assert.ok(!text.includes(CANARY), text);
  assert.match(text, /"AggregateError".*"RangeError".*"thrown string".*"TypeError"/);
  assert.equal((line.error as { errors: unknown[] }).errors.length, 3);
});

test('a circle of causes ends', () => {
  const error = new Error(CANARY);
  error.cause = error;
  assert.ok(!logged({ error }).text.includes(CANARY));
});

test('a fault says its own sentence and hides its cause’s', () => {
  const fault = new Fault('login-refused', { cause: new Error(`-ERR bad password ${CANARY}`) });
  const { line, text } = logged({ error: fault });
  assert.ok(!text.includes(CANARY));
  const { code, message } = line.error as { code: string; message: string };
  assert.equal(code, 'login-refused');
  assert.match(message, /refuses this user name/);
});

test('a fault whose message was changed still says only its own sentence', () => {
  const fault = new Fault('login-refused');
  fault.message = CANARY;
  assert.ok(!logged({ error: fault }).text.includes(CANARY));
});

for (const thrown of [null, undefined, 1, CANARY, { stack: CANARY, message: CANARY }, () => CANARY]) {
  test(`something thrown that is no error: ${typeof thrown}`, () => {
    assert.ok(!logged({ error: thrown }).text.includes(CANARY));
  });
}

test('it works under the permission model, and the last line before a death is there', () => {
  const script = `import { createLog } from './src/log.ts';
    createLog({ level: 'info', name: 'worker' }).error('last words', { count: 1 });
    process.kill(process.pid, 'SIGKILL');`;
  const args = ['--permission', '--allow-fs-read=*', '--input-type=module', '-e', script];
  const { stdout, stderr, signal } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.equal(signal, 'SIGKILL');
  assert.equal(stderr, '');
  assert.equal(JSON.parse(stdout).event, 'last words');
});
