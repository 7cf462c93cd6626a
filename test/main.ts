/**
 * `npm test [files…]`: one PostgreSQL for all, then Node's test runner over every test file. Ends with the
 * runner's summary and exit code, and with nothing left running.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTestServer } from './database.ts';
import { ensurePackages, SYSTEM_PACKAGES } from './debian.ts';

const TEST_TIMEOUT_MS = 240_000;
const STOP_DEADLINE_MS = 15_000;
const LEFTOVER_DEADLINE_MS = 5_000;

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => stopping.abort(signal));
}

process.chdir(new URL('..', import.meta.url).pathname);
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function main(args: readonly string[]): Promise<number> {
  const files = args.length > 0 ? args : globSync('test/**/*.test.ts').sort();
  ensurePackages(SYSTEM_PACKAGES);
  // Once, before several tests at a time start services that would.
  await import('../dashboard/build.ts');
  const server = await startTestServer();
  try {
    return stopping.signal.aborted ? 130 : await runTests(files, server.url);
  } finally {
    await server.stop();
  }
}

/** In a process group of its own, so that whatever a test forgets can be found and ended. */
async function runTests(files: readonly string[], databaseUrl: string): Promise<number> {
  const options = [
    '--test',
    '--test-concurrency=2',
    `--test-timeout=${TEST_TIMEOUT_MS}`,
    '--test-reporter=spec',
  ];
  const runner = spawn(process.execPath, [...options, ...files], {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, TEST_DATABASE_URL: databaseUrl },
  });
  const exited = once(runner, 'exit');
  const stop = () => endRunner(runner, exited);
  stopping.signal.addEventListener('abort', stop, { once: true });
  const [code] = await exited;
  stopping.signal.removeEventListener('abort', stop);
  const left = await endLeftovers(runner.pid);
  if (left) console.error('A test left a process behind; it was killed.');
  if (stopping.signal.aborted) return 130;
  return left ? 1 : (code ?? 1);
}

async function endRunner(runner: ChildProcess, exited: Promise<unknown>): Promise<void> {
  runner.kill('SIGTERM');
  const late = sleep(STOP_DEADLINE_MS, 'late', { ref: false });
  if ((await Promise.race([exited, late])) === 'late') runner.kill('SIGKILL');
}

/** Whether the group still had processes after a moment of grace; they are gone now. */
async function endLeftovers(group: number | undefined): Promise<boolean> {
  if (group === undefined) return false;
  const deadline = Date.now() + (stopping.signal.aborted ? 0 : LEFTOVER_DEADLINE_MS);
  while (signalGroup(group, 0)) {
    if (Date.now() >= deadline) return signalGroup(group, 'SIGKILL');
    await sleep(50);
  }
  return false;
}

function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, signal);
  } catch {
    return false; // ESRCH: nobody is left
  }
}
