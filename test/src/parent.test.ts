import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';

/** Drains until its standard input ends. */
const DRAINING = `
  import { once } from 'node:events';
  import { untilStopped } from './src/parent.ts';
  const stopped = untilStopped();
  process.stdin.resume();
  console.log('up');
  await stopped;
  console.log('draining');
  await once(process.stdin, 'end');
`;

test('signals that come while a process drains do not cut it short', async (t) => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', DRAINING], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  assert.equal((await lines.next()).value, 'up');
  child.kill('SIGTERM');
  assert.equal((await lines.next()).value, 'draining');
  // A supervisor that signals the whole group, `npm start` that passes it on, and Ctrl-C.
  child.kill('SIGTERM');
  child.kill('SIGINT');
  child.stdin.end();
  assert.deepEqual(await exited, [0, null]);
});
