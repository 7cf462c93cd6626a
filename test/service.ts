/** The whole service as its users run it: `npm start`'s processes, the stand-in for Google, a database of their own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../demo/free-port.ts';
import type { Authority } from '../standins/authority.ts';
import { type GoogleOptions, type GoogleStandin, startGoogle } from '../standins/google/server.ts';
import { type Browser, createBrowser } from './browser.ts';

const ROOT = new URL('..', import.meta.url).pathname;
/** A service that is not up by then, because a process of it dies again and again, is ended: the test fails. */
const READY_MS = 90_000;

export interface Service {
  readonly url: string;
  readonly dir: string;
  readonly google: GoogleStandin;
  /** Everything its processes printed. */
  output(): string;
  browser(): Browser;
  /** The process id of the worker that runs now; waits for one. */
  workerPid(): Promise<number>;
  /** Kills the worker with SIGKILL; resolves when it is gone. */
  killWorker(): Promise<void>;
  /** SIGTERM; the exit code. */
  stop(): Promise<number | null>;
}

export interface ServiceOptions {
  readonly authority: Authority;
  readonly google?: GoogleOptions;
  readonly env?: Readonly<Record<string, string>>;
}

export async function startService({ authority, google: options, env }: ServiceOptions): Promise<Service> {
  const dir = await mkdtemp(join(tmpdir(), 'smtp-sync-service-'));
  // PostgreSQL runs under an account of its own when this is root, and must be able to get there.
  await chmod(dir, 0o755);
  const caFile = join(dir, 'ca.pem');
  await writeFile(caFile, authority.caPem);
  const google = await startGoogle(options);
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const child = spawn(process.execPath, ['src/start.ts'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      ...google.environment,
      PORT: String(port),
      PUBLIC_URL: url,
      METRICS_PORT: '0',
      DATA_DIR: dir,
      MAIL_PRIVATE_NETWORKS: '127.0.0.0/8,::1/128',
      NODE_EXTRA_CA_CERTS: caFile,
      POLL_SECONDS: '1',
      ...env,
    },
  });
  const ended = once(child, 'exit');
  const lines = collectLines(child);
  const late = setTimeout(() => child.kill('SIGTERM'), READY_MS);
  await lines.until((line) => line.startsWith('smtp-sync is ready'), ended).finally(() => clearTimeout(late));
  return {
    url,
    dir,
    google,
    output: lines.all,
    browser: () => createBrowser(url, url),
    workerPid: () => untilSome(() => findWorker(child.pid)),
    async killWorker() {
      const pid = await untilSome(() => findWorker(child.pid));
      process.kill(pid, 'SIGKILL');
      await untilSome(() => (findWorker(child.pid) === pid ? null : true));
    },
    async stop() {
      child.kill('SIGTERM');
      const [code] = await ended;
      await google.close();
      await rm(dir, { recursive: true, force: true });
      return code;
    },
  };
}

function collectLines(child: ChildProcess) {
  const seen: string[] = [];
  const watchers = new Set<(line: string) => void>();
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on('line', (line) => {
      seen.push(line);
      for (const watch of watchers) watch(line);
    });
  }
  return {
    all: () => seen.join('\n'),
    async until(wanted: (line: string) => boolean, ended: Promise<unknown>): Promise<void> {
      const found = new Promise<true>((resolve) => {
        if (seen.some(wanted)) resolve(true);
        watchers.add((line) => void (wanted(line) && resolve(true)));
      });
      if ((await Promise.race([found, ended])) !== true) throw new Error(`it ended:\n${seen.join('\n')}`);
    },
  };
}

/** The supervisor's child whose command line says that it is the worker. */
function findWorker(parent: number | undefined): number | null {
  const list = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' });
  for (const line of list.split('\n')) {
    const [, pid, ppid, stat, args = ''] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (Number(ppid) === parent && args.includes('workers/main.ts') && !stat?.startsWith('Z'))
      return Number(pid);
  }
  return null;
}

/** Looks again and again until `find` has something; other processes send us no signals. Throws after 60 s. */
export async function untilSome<T>(
  find: () => T | null | Promise<T | null>,
  patienceMs = 60_000,
): Promise<T> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const found = await find();
    if (found !== null) return found;
    if (performance.now() > end) throw new Error('waited too long');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
