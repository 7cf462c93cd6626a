/**
 * The database for whoever has none: PostgreSQL in the data directory, on 127.0.0.1 only. The server is a
 * process group of its own: it outlives a killed parent, is found again and adopted, and Ctrl-C does not reach it before
 * `stop`. PostgreSQL's own lock on its data directory decides between two processes that start at once.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Account, findAccount, findBinaries } from './embedded-binaries.ts';
import { type Cluster, ensureCluster, readSecrets, type Secrets } from './embedded-cluster.ts';
import { isServing, prepareDatabase } from './embedded-database.ts';
import { claim, isOwned, isStillClaimed } from './embedded-owner.ts';

export interface EmbeddedUrls {
  readonly ownerUrl: string;
  readonly webUrl: string;
  readonly workerUrl: string;
}

export interface Embedded extends EmbeddedUrls {
  /** True when this call started the server. */
  readonly started: boolean;
  /**
   * Fast shutdown; resolves when the server has ended. Does nothing when the server is another's: this call found it
   * running, and who started it lives.
   */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** PostgreSQL settings, `name=value`. Tests that need no durability turn fsync off here. */
  readonly settings?: readonly string[];
}

const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 15_000;
const POLL_MS = 50;
/** A killed server's remains can make the first starts fail. */
const MOST_STARTS = 10;

/**
 * Starts the server of `dataDir`, or finds it running. Passwords are made at the first start and kept in
 * `postgres.json` there (0600). Throws an Error that says what to do when it cannot be had within a minute.
 */
export async function startEmbedded(dataDir: string, options: EmbeddedOptions = {}): Promise<Embedded> {
  const dir = resolve(dataDir);
  await mkdir(dir, { recursive: true, mode: 0o755 });
  const account = await findAccount();
  const deadline = Date.now() + START_DEADLINE_MS;
  let own: ChildProcess | null = null;
  let cluster: Cluster | null = null;
  let starts = 0;
  for (;;) {
    const secrets = await readSecrets(dir, { create: true });
    const running = secrets && (await findServing(dir, secrets));
    if (running) {
      const started = own?.pid === running.pid;
      if (own && !started) await exited(own);
      await prepareDatabase(running.port, secrets);
      own?.unref();
      const claimed = started || !(await isOwned(dir)) ? await claim(dir) : null;
      const stop = async () => {
        if (claimed && (await isStillClaimed(dir, claimed)))
          await stopServer(dir, running.pid, started ? own : null);
      };
      return { ...urls(running.port, secrets), started, stop };
    }
    if (Date.now() > deadline) {
      throw new Error(
        `The embedded PostgreSQL did not start within a minute; see ${join(dir, 'postgres.log')}.`,
      );
    }
    if (secrets && (!own || hasExited(own))) {
      cluster ??= await ensureCluster(dir, secrets, account, await findBinaries(account));
      // While another process has the lock its server is on the way up, or down.
      if (!(await isLocked(cluster.dir))) {
        if (starts === MOST_STARTS) {
          throw new Error(`The embedded PostgreSQL ends at once; see ${join(dir, 'postgres.log')}.`);
        }
        own = await start(cluster, account, dir, options, starts++ === 0);
      }
    }
    await sleep(POLL_MS);
  }
}

/** The URLs of the server of `dataDir` if it runs now; null if not. */
export async function findEmbedded(dataDir: string): Promise<EmbeddedUrls | null> {
  const dir = resolve(dataDir);
  const secrets = await readSecrets(dir, { create: false });
  const running = secrets && (await findServing(dir, secrets));
  return running ? urls(running.port, secrets) : null;
}

const hasExited = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

async function exited(child: ChildProcess): Promise<void> {
  if (!hasExited(child)) await once(child, 'exit');
}

function urls(port: number, secrets: Secrets): EmbeddedUrls {
  const url = (user: string, password: string) =>
    `postgres://${user}:${password}@127.0.0.1:${port}/smtp_sync`;
  return {
    ownerUrl: url('postgres', secrets.owner),
    webUrl: url('smtp_sync_web_login', secrets.web),
    workerUrl: url('smtp_sync_worker_login', secrets.worker),
  };
}

/** postmaster.pid: line 1 is the process, line 4 the port. It is ours if our password opens our directory there. */
async function findServing(dir: string, secrets: Secrets): Promise<{ pid: number; port: number } | null> {
  const lines = (await readFile(join(dir, 'postgres/postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (!pid || !port || !isAlive(pid)) return null;
  return (await isServing(port, secrets, lines[1] ?? '')) ? { pid, port } : null;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Whether a live server has the lock on its data directory. After a restart of the machine or container another process
 * may bear the number in postmaster.pid, and PostgreSQL would refuse to start: where the system tells what that
 * process is, the file is removed.
 */
async function isLocked(clusterDir: string): Promise<boolean> {
  const file = join(clusterDir, 'postmaster.pid');
  const pid = Number((await readFile(file, 'utf8').catch(() => '')).split('\n')[0]);
  if (!pid || !isAlive(pid)) return false;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => null);
  if (command === null || command.includes(clusterDir)) return true;
  await rm(file, { force: true });
  return false;
}

async function start(
  cluster: Cluster,
  account: Account | null,
  dir: string,
  options: EmbeddedOptions,
  first: boolean,
): Promise<ChildProcess> {
  const file = await open(join(dir, 'postgres.log'), 'a', 0o600);
  try {
    const port = (first ? await lastPort(cluster.dir) : null) ?? (await freePort());
    const settings = [
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      'password_encryption=scram-sha-256',
      'synchronous_commit=on',
      // Details of an error quote the row.
      'log_error_verbosity=terse',
      ...(options.settings ?? []),
    ];
    const child = spawn(
      cluster.binaries.postgres,
      ['-D', cluster.dir, '-p', String(port), ...settings.flatMap((s) => ['-c', s])],
      { ...account, detached: true, cwd: '/', env: { LC_ALL: 'C' }, stdio: ['ignore', file.fd, file.fd] },
    );
    await once(child, 'spawn');
    return child;
  } finally {
    await file.close();
  }
}

/** The port of the last start, if it is free now. */
async function lastPort(clusterDir: string): Promise<number | null> {
  const line = await readFile(join(clusterDir, 'postmaster.opts'), 'utf8').catch(() => '');
  const port = Number(/"-p" "(\d+)"/.exec(line)?.[1]);
  return port ? freePort(port).catch(() => null) : null;
}

async function freePort(wanted = 0): Promise<number> {
  const server = createServer();
  server.listen(wanted, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** SIGINT is PostgreSQL's fast shutdown, SIGQUIT the immediate one (recovery at the next start). */
async function stopServer(dir: string, pid: number, child: ChildProcess | null): Promise<void> {
  child?.ref();
  const end = child ? exited(child) : untilLetGo(dir, pid);
  const signal = (name: NodeJS.Signals) => {
    if (child ? !hasExited(child) : isAlive(pid)) process.kill(pid, name);
  };
  signal('SIGINT');
  const patience = setTimeout(() => signal('SIGQUIT'), STOP_DEADLINE_MS);
  await end;
  clearTimeout(patience);
}

/** The server of another's starting: it gives up its lock file as its last act. */
async function untilLetGo(dir: string, pid: number): Promise<void> {
  while (isAlive(pid)) {
    const text = await readFile(join(dir, 'postgres/postmaster.pid'), 'utf8').catch(() => '');
    if (Number(text.split('\n')[0]) !== pid) return;
    await sleep(POLL_MS);
  }
}
