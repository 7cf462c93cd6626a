/** What every measurement stands on: stand-ins in processes of their own, a durable PostgreSQL, real workers. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Embedded, startEmbedded } from '../src/db/embedded.ts';
import { migrate } from '../src/db/migrate.ts';
import { openDatabase } from '../src/db/pool.ts';
import { generateKeys } from '../src/keys.ts';
import { createAuthority, type Leaf } from '../standins/authority.ts';
import type { IssuedGrant } from '../standins/google/controls.ts';
import { type Child, end, startChild } from './child.ts';
import type { Arrivals, GoogleQuestion, SmallTally } from './google-process.ts';
import type { MailPorts, MailQuestion } from './mail-process.ts';
import { createOwners, type Owners } from './owners.ts';

const ROOT = new URL('..', import.meta.url).pathname;
/** So that a child of ours trusts the authority. */
const CA_FILE = 'ca.pem';

export interface Stage {
  readonly ports: MailPorts;
  readonly rootUrl: string;
  readonly owners: Owners;
  readonly postgresPid: number;
  /** For children that talk to the mail servers. */
  readonly trust: Readonly<Record<string, string>>;
  readonly mail: Child<MailQuestion, unknown>;
  /** The authority's certificate for `localhost`. */
  readonly leaf: Leaf;
  readonly caPem: string;
  grant(email: string): Promise<IssuedGrant>;
  /** Forgets what was, and delays every answer to an import from now on. */
  reset(delayMs: number): Promise<void>;
  /** When that many messages have come since. */
  arrivals(count: number): Promise<Arrivals>;
  /** How many have come by now. */
  arrived(): Promise<number>;
  /** What the account has of small messages 1 to `messages`. */
  tally(email: string, messages: number): Promise<SmallTally>;
  /** A worker as `npm start` runs it, once it is ready. */
  startWorker(env?: Readonly<Record<string, string>>): Promise<Worker>;
  readonly webUrl: string;
  readonly workerUrl: string;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface Worker {
  readonly pid: number;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Everything ends with `dispose`; children also end when this process dies. */
export async function setStage(): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const dir = mkdtempSync(join(tmpdir(), 'smtp-sync-bench-'));
  stack.defer(() => rmSync(dir, { recursive: true, force: true }));
  // PostgreSQL runs under an account of its own when this is root, and must be able to get there.
  chmodSync(dir, 0o755);
  const authority = await createAuthority();
  writeFileSync(join(dir, CA_FILE), authority.caPem);

  const google = stack.use(startChild<GoogleQuestion, unknown>('google-process.ts'));
  const environment = (await google.ask({ kind: 'start' })) as Record<string, string>;
  const mail = stack.use(startChild<MailQuestion, unknown>('mail-process.ts'));
  const leaf = await authority.issue(['localhost', '127.0.0.1']);
  const ports = (await mail.ask({ kind: 'start', leaf })) as MailPorts;

  // As it comes: fsync, full_page_writes and synchronous_commit on.
  const embedded = await startEmbedded(dir);
  stack.defer(() => embedded.stop());
  await migrateAll(embedded);
  const keys = generateKeys();
  const database = await openDatabase({ url: embedded.webUrl, role: 'web' });
  stack.defer(() => database.close());

  const trust = { NODE_EXTRA_CA_CERTS: join(dir, CA_FILE) };
  const worker = {
    ...environment,
    ...trust,
    DATABASE_URL: embedded.workerUrl,
    UNSEAL_PRIVATE_KEYS: keys.UNSEAL_PRIVATE_KEYS,
    METRICS_PORT: '0',
    MAIL_PRIVATE_NETWORKS: '127.0.0.0/8,::1/128',
    GMAIL_IMPORTS_PER_MINUTE: '1000000',
    GMAIL_BYTES_PER_DAY: '1000000000000',
  };
  const stage = stack.move();
  return {
    ports,
    rootUrl: environment.GMAIL_ROOT_URL ?? '',
    owners: createOwners(database, keys.SEAL_PUBLIC_KEY),
    postgresPid: Number(readFileSync(join(dir, 'postgres/postmaster.pid'), 'utf8').split('\n')[0]),
    trust,
    mail,
    leaf,
    caPem: authority.caPem,
    grant: async (email) => (await google.ask({ kind: 'grant', email })) as IssuedGrant,
    reset: async (delayMs) => void (await google.ask({ kind: 'reset', delayMs })),
    arrivals: async (count) => (await google.ask({ kind: 'wait', count })) as Arrivals,
    arrived: async () => (await google.ask({ kind: 'count' })) as number,
    tally: async (email, messages) => (await google.ask({ kind: 'tally', email, messages })) as SmallTally,
    startWorker: (env) => startWorker({ ...worker, ...env }),
    webUrl: embedded.webUrl,
    workerUrl: embedded.workerUrl,
    [Symbol.asyncDispose]: () => stage.disposeAsync(),
  };
}

async function migrateAll({ ownerUrl, webUrl, workerUrl }: Embedded): Promise<void> {
  await migrate({
    ownerUrl,
    runtimeUrls: [
      { url: webUrl, role: 'web' },
      { url: workerUrl, role: 'worker' },
    ],
  });
}

async function startWorker(env: Readonly<Record<string, string>>): Promise<Worker> {
  const child: ChildProcess = spawn(
    process.execPath,
    ['--permission', '--allow-fs-read=*', '--max-semi-space-size=4', 'workers/main.ts'],
    // The channel tells it when this process is gone.
    { cwd: ROOT, env: { ...env }, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] },
  );
  const ready = new Promise<void>((resolve) => {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('worker-started')) resolve();
      else if (/"level":"(?:warn|error)"|"level":[45]0/.test(text)) process.stderr.write(text);
    });
  });
  const early = once(child, 'exit').then(() => Promise.reject(new Error('the worker ended early')));
  early.catch(() => undefined);
  await Promise.race([ready, early]);
  return { pid: child.pid ?? 0, [Symbol.asyncDispose]: () => end(child, 'SIGTERM') };
}
