/**
 * `npm start`: the whole service on one machine. Makes keys and brings a database where none are configured,
 * migrates, then keeps a web process and a worker running, each with its own part of the environment.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { publicKeyOf } from '../workers/unseal.ts';
import { readStartConfig, type StartConfig } from './config-commands.ts';
import { ConfigError } from './config-parse.ts';
import type { Log } from './core/ports.ts';
import { type Embedded, startEmbedded } from './db/embedded.ts';
import { migrate } from './db/migrate.ts';
import { type Keys, keepKeys } from './keys.ts';
import { createLog } from './log.ts';
import { type Program, type Supervised, supervise } from './supervisor.ts';

const ROOT = new URL('..', import.meta.url).pathname;
const READY_POLL_MS = 250;
/** A small young generation (MB) lets go of mail's buffers early: docs/benchmarks.md. */
const WORKER_FLAGS = ['--permission', '--allow-fs-read=*', '--max-semi-space-size=4'];

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());

try {
  await main(stopping.signal);
} catch (error) {
  // For the operator at the terminal: sentences of ours, or of PostgreSQL about the connection.
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function main(signal: AbortSignal): Promise<void> {
  const config = readStartConfig(process.env);
  const keys = config.keys ?? keepKeys(config.dataDir);
  assertPair(keys);
  const log = createLog({ level: config.logLevel, name: 'start' });
  const built = buildDashboard();
  const embedded = config.database === null ? await startEmbedded(config.dataDir) : null;
  try {
    await prepareDatabase(config, embedded);
    await built;
    if (!signal.aborted) await runUntil(signal, config, programs(config, keys, embedded), log);
  } finally {
    await embedded?.stop();
  }
}

/** Where it is missing or older than its sources. Without it there is still the API, so failing to is worth a word only. */
async function buildDashboard(): Promise<void> {
  const build = spawn(process.execPath, ['dashboard/build.ts'], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = await once(build, 'exit');
  if (code !== 0) console.error('The dashboard could not be built; its pages will say so.');
}

/** Secrets sealed to a key that no worker has would be lost: better not to start. */
function assertPair(keys: Keys): void {
  const ring = keys.UNSEAL_PRIVATE_KEYS.split(',').map((key) => publicKeyOf(key.trim()));
  if (!ring.includes(keys.SEAL_PUBLIC_KEY)) {
    throw new ConfigError(['SEAL_PUBLIC_KEY does not belong to any key of UNSEAL_PRIVATE_KEYS.']);
  }
}

async function prepareDatabase(config: StartConfig, embedded: Embedded | null): Promise<void> {
  if (embedded) {
    const { ownerUrl, webUrl, workerUrl } = embedded;
    const runtimeUrls = [
      { url: webUrl, role: 'web' },
      { url: workerUrl, role: 'worker' },
    ] as const;
    await migrate({ ownerUrl, runtimeUrls });
  } else if (config.database?.ownerUrl) {
    await migrate({ ownerUrl: config.database.ownerUrl, runtimeUrls: [config.database.url] });
  }
}

/** The worker may read files but not write any; its secrets are not the web process's, nor the other way. */
function programs(config: StartConfig, keys: Keys, embedded: Embedded | null): readonly Program[] {
  const web = {
    ...config.webEnvironment,
    DATABASE_URL: embedded?.webUrl ?? config.database?.url ?? '',
    SEAL_PUBLIC_KEY: keys.SEAL_PUBLIC_KEY,
    SESSION_SECRET: keys.SESSION_SECRET,
  };
  const worker = {
    ...config.workerEnvironment,
    DATABASE_URL: embedded?.workerUrl ?? config.database?.url ?? '',
    UNSEAL_PRIVATE_KEYS: keys.UNSEAL_PRIVATE_KEYS,
    // The same in each of its lives, so that a worker takes over at once what its dead predecessor held.
    WORKER_ID: config.workerEnvironment.WORKER_ID ?? randomUUID(),
    METRICS_PORT: String(config.workerMetricsPort),
    PUBLIC_URL: config.publicUrl,
  };
  return [
    { name: 'web', args: ['src/main.ts'], env: web },
    { name: 'worker', args: [...WORKER_FLAGS, 'workers/main.ts'], env: worker },
  ];
}

async function runUntil(
  signal: AbortSignal,
  config: StartConfig,
  wanted: readonly Program[],
  log: Log,
): Promise<void> {
  const running: Supervised[] = wanted.map((program) => supervise(program, { cwd: ROOT, log }));
  const announced = announceWhenReady(config, signal);
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  await announced;
  await Promise.all(running.map((process) => process.stop()));
}

/** One line for whoever waits at the terminal. */
async function announceWhenReady({ host, port, publicUrl }: StartConfig, signal: AbortSignal): Promise<void> {
  const address = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  const url = `http://${address.includes(':') ? `[${address}]` : address}:${port}/readyz`;
  while (!signal.aborted) {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(2_000)]);
    const status = await fetch(url, { signal: deadline }).then(
      (response) => response.body?.cancel().then(() => response.status),
      () => null,
    );
    if (status === 200) {
      console.log(`smtp-sync is ready: ${publicUrl}`);
      return;
    }
    await sleep(READY_POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}
