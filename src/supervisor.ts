/** Keeps child processes running until told to stop. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from './core/ports.ts';

export interface Program {
  readonly name: string;
  /** Arguments to this Node. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface Supervised {
  readonly name: string;
  /** SIGTERM, after 25 s SIGKILL; resolves when it has ended for good. Never throws. */
  stop(): Promise<void>;
}

export interface SuperviseOptions {
  readonly cwd: string;
  readonly log: Log;
  /** Milliseconds before the n-th restart in a row (n from 0). */
  readonly backoffMs?: (restarts: number) => number;
  /** SIGKILL this long after SIGTERM. */
  readonly patienceMs?: number;
  /** A run at least this long starts the backoff anew. */
  readonly steadyMs?: number;
}

const PATIENCE_MS = 25_000;
const STEADY_MS = 30_000;
const backoff = (restarts: number): number => Math.min(250 * 2 ** restarts, 2_000);

/** Starts the program, and again whenever it ends. Its output is ours; an IPC channel lets it notice our end. */
export function supervise(program: Program, options: SuperviseOptions): Supervised {
  const { log, cwd, backoffMs = backoff, patienceMs = PATIENCE_MS, steadyMs = STEADY_MS } = options;
  const stopping = new AbortController();
  let child: ChildProcess | null = null;

  const runOnce = async (): Promise<void> => {
    child = spawn(process.execPath, [...program.args], {
      cwd,
      env: program.env,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const [code, signal] = await once(child, 'exit');
    if (stopping.signal.aborted) return;
    log.warn(`${program.name} ended; starting it again`, { code: String(signal ?? code) });
  };

  const keepRunning = async (): Promise<void> => {
    for (let restarts = 0; !stopping.signal.aborted; restarts++) {
      const startedAt = performance.now();
      await runOnce().catch((error: unknown) => log.error(`${program.name} does not start`, { error }));
      if (performance.now() - startedAt >= steadyMs) restarts = 0;
      await sleep(backoffMs(restarts), undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };

  const ended = keepRunning();
  return {
    name: program.name,
    async stop() {
      stopping.abort();
      child?.kill('SIGTERM');
      const impatience = setTimeout(() => {
        log.warn(`${program.name} does not end; killing it`);
        child?.kill('SIGKILL');
      }, patienceMs);
      await ended;
      clearTimeout(impatience);
    },
  };
}
