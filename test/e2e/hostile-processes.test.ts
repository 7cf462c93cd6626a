/**
 * What processes go through: workers are killed, frozen and told to end in the middle of transfers, the database loses its
 * connections and restarts, owners pause and delete. Several workers share one external PostgreSQL.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { freePort } from '../../demo/free-port.ts';
import { generateKeys } from '../../src/keys.ts';
import { createAuthority } from '../../standins/authority.ts';
import { type GoogleStandin, startGoogle } from '../../standins/google/server.ts';
import { createBrowser } from '../browser.ts';
import { type ExternalDatabase, startExternalDatabase } from '../external-database.ts';
import { assertPrompt, atGoogle, type Ground, imapTenant, pop3Tenant, type Tenant } from '../hostile.ts';
import { commandOf, end, ROOT, start } from '../processes.ts';
import { untilSome } from '../service.ts';

const run = promisify(execFile);
const { PATH = '' } = process.env;
const keys = generateKeys();
const TABLES = 'mailboxes folder_cursors uidls run_keys transfers fingerprints audit_entries'.split(' ');

interface Worker {
  readonly id: string;
  readonly child: ChildProcess;
}

let dir: string;
let database: ExternalDatabase;
let google: GoogleStandin;
let ground: Ground;
let web: ChildProcess;
let url: string;
const workers: Worker[] = [];
const tenants: Tenant[] = [];

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'smtp-sync-processes-'));
  const authority = await createAuthority();
  await writeFile(join(dir, 'ca.pem'), authority.caPem);
  const leaf = await authority.issue(['localhost']);
  [database, google] = await Promise.all([startExternalDatabase(), startGoogle()]);
  await database.query('postgres', "CREATE ROLE login LOGIN PASSWORD 'secret'", 'CREATE DATABASE hosted');
  await run(process.execPath, await commandOf('migrate'), {
    cwd: ROOT,
    env: {
      PATH,
      DATABASE_OWNER_URL: database.urlOf('postgres', 'hosted'),
      DATABASE_URL: database.urlOf('login', 'hosted'),
    },
  });
  url = `http://localhost:${await freePort()}`;
  const { SEAL_PUBLIC_KEY, SESSION_SECRET } = keys;
  const own = { PORT: new URL(url).port, PUBLIC_URL: url, SEAL_PUBLIC_KEY, SESSION_SECRET };
  web = await start('web', { ...environment(), ...own }, 'web-listening');
  ground = { google, leaf, browser: () => createBrowser(url, url) };
});

after(async () => {
  // A frozen one is killed, too.
  await Promise.all([web, ...workers.map(({ child }) => child)].map((child) => end(child, 'SIGKILL')));
  await Promise.all([database?.stop(), google?.close(), ...tenants.map((one) => one.close())]);
  await rm(dir, { recursive: true, force: true });
});

const environment = () => ({
  PATH,
  ...google.environment,
  DATABASE_URL: database.urlOf('login', 'hosted'),
  NODE_EXTRA_CA_CERTS: join(dir, 'ca.pem'),
  DATA_DIR: join(dir, 'nothing-here'),
  POLL_SECONDS: '1',
  METRICS_PORT: '0',
});

async function startWorker(): Promise<Worker> {
  const id = randomUUID();
  const { UNSEAL_PRIVATE_KEYS } = keys;
  const own = { WORKER_ID: id, MAIL_PRIVATE_NETWORKS: '127.0.0.0/8,::1/128' };
  const env = { ...environment(), UNSEAL_PRIVATE_KEYS, ...own };
  const worker = { id, child: await start('worker', env, 'worker-started') };
  workers.push(worker);
  return worker;
}

async function newTenant(name: string, make: typeof imapTenant | typeof pop3Tenant): Promise<Tenant> {
  const one = await make(ground, name);
  tenants.push(one);
  return one;
}

/** Gmail takes so long for each of the user's messages that what happens next meets some of them on their way. */
const slowDown = (one: Tenant, ms: number) =>
  atGoogle(ground, one, 'commit', { kind: 'delay', ms }, Number.POSITIVE_INFINITY);
const speedUp = () => google.order({ clear: true });

/** Who holds the user's mailbox; null: nobody. */
async function holderOf(one: Tenant): Promise<string | null> {
  const [row] = await database.query<{ id: string | null }>(
    'hosted',
    `SELECT m.leased_by AS id FROM mailboxes m JOIN users u ON u.id = m.user_id WHERE u.email = '${one.email}'`,
  );
  return row?.id ?? null;
}

const untilHeldBy = (one: Tenant, { id }: Worker) =>
  untilSome(async () => ((await holderOf(one)) === id ? true : null));

/** Connects the mailbox while only `worker` can take it. */
async function connectAt(worker: Worker, one: Tenant): Promise<void> {
  const others = workers.filter((other) => other !== worker);
  for (const { child } of others) child.kill('SIGSTOP');
  await one.connect();
  await untilHeldBy(one, worker);
  for (const { child } of others) child.kill('SIGCONT');
}

let first: Tenant;
let second: Tenant;
let neighbour: Tenant;
let survivor: Worker;

test('of three workers one is killed and one frozen: the third takes over, nothing is lost or twice', async () => {
  const [killed, frozen, third] = [await startWorker(), await startWorker(), await startWorker()];
  neighbour = await newTenant('neighbour', imapTenant);
  neighbour.receiveSamples(2);
  await connectAt(third, neighbour);
  first = await newTenant('first', imapTenant);
  second = await newTenant('second', pop3Tenant);
  for (const one of [first, second]) {
    one.receiveSamples(60);
    slowDown(one, 150);
  }
  await connectAt(killed, first);
  await connectAt(frozen, second);
  await Promise.all([first.untilArrived(5), second.untilArrived(5)]);
  const began = performance.now();
  killed.child.kill('SIGKILL');
  frozen.child.kill('SIGSTOP');
  await assertPrompt(neighbour);
  await Promise.all([untilHeldBy(first, third), untilHeldBy(second, third)]);
  const seconds = (performance.now() - began) / 1000;
  assert.ok(seconds < 30, `${seconds} s`);
  await assertPrompt(neighbour);
  // It wakes up in the middle of what another does now.
  frozen.child.kill('SIGCONT');
  speedUp();
  await Promise.all([first.reconcile(), second.reconcile(), neighbour.reconcile()]);
  survivor = frozen;
});

test('SIGTERM: a worker finishes what is under way, gives back its leases, and another goes on at once', async () => {
  const [ending] = workers.filter(({ child }) => child !== survivor.child && child.signalCode === null);
  assert.ok(ending);
  for (const one of [first, second]) {
    slowDown(one, 100);
    one.receiveSamples(25);
  }
  await Promise.all([first.untilArrived(62), second.untilArrived(62)]);
  const began = performance.now();
  assert.equal(await end(ending.child, 'SIGTERM'), 0);
  assert.ok(performance.now() - began < 20_000);
  const left = `SELECT 1 FROM mailboxes WHERE leased_by = '${ending.id}' UNION ALL SELECT 1 FROM workers WHERE id = '${ending.id}'`;
  assert.deepEqual(await database.query('hosted', left), []);
  await untilHeldBy(first, survivor);
  speedUp();
  await assertPrompt(neighbour);
  await Promise.all([first.reconcile(), second.reconcile(), neighbour.reconcile()]);
});

test('connections to the database are cut again and again in the middle of an import', async () => {
  for (const one of [first, second]) {
    slowDown(one, 20);
    one.receiveSamples(40);
  }
  for (let cut = 1; cut <= 5; cut += 1) {
    await second.untilArrived(85 + cut * 6);
    await database.query(
      'postgres',
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'smtp-sync'",
    );
  }
  speedUp();
  await Promise.all([first.reconcile(), second.reconcile()]);
  await assertPrompt(neighbour);
});

for (const [signal, how] of [
  ['SIGINT', 'is restarted'],
  ['SIGQUIT', 'crashes'],
] as const)
  test(`the database ${how} in the middle of an import: the service goes on by itself`, async () => {
    const before = second.arrived().length;
    for (const one of [first, second]) {
      slowDown(one, 20);
      one.receiveSamples(30);
    }
    await second.untilArrived(before + 5);
    const restarted = database.restart(signal);
    const refusal = await untilSome(async () => {
      const answer = await first.browser.send('GET', '/api/v1/mailboxes');
      const body = (await answer.json()) as { error?: { code: string; message: string } };
      return answer.status === 200 ? null : { status: answer.status, ...body.error };
    });
    assert.deepEqual(refusal, {
      status: 503,
      code: 'database-unavailable',
      message: 'The database cannot be reached.',
    });
    await restarted;
    speedUp();
    await Promise.all([first.reconcile(), second.reconcile()]);
    await assertPrompt(neighbour);
  });

/** Rows of the user that come and go with mailboxes. */
async function rowsOf(userId: string): Promise<number> {
  let count = 0;
  for (const table of TABLES)
    count += (await database.query('hosted', `SELECT 1 FROM ${table} WHERE user_id = '${userId}'`)).length;
  return count;
}

const userIdOf = async (one: Tenant): Promise<string> =>
  (await one.browser.json<{ id: string }>('GET', '/api/v1/account', 200)).id;

/** Until the run under way has ended at the mail server. */
const untilLeft = (one: Tenant) => untilSome(() => (one.server.connections === 0 ? true : null));

test('a pause ends the transfers under way; resumed, the rest follows once', async () => {
  slowDown(first, 300);
  const before = first.arrived().length;
  first.receiveSamples(20);
  await first.untilArrived(before + 2);
  assert.equal((await first.act('POST', '/pause')).status, 200);
  await untilSome(async () => ((await holderOf(first)) === null ? true : null));
  await untilLeft(first);
  const paused = await first.mailbox();
  assert.equal(paused.state, 'paused');
  const arrived = first.arrived().length;
  assert.ok(arrived < before + 20);
  first.receiveSamples(1);
  await assertPrompt(neighbour);
  assert.equal(first.arrived().length, arrived);
  assert.deepEqual((await first.mailbox()).progress, paused.progress);
  speedUp();
  assert.equal((await first.act('POST', '/resume')).status, 200);
  await first.reconcile();
});

test('a mailbox deleted while Gmail is about to take a message leaves nothing and writes nothing back', async () => {
  const userId = await userIdOf(second);
  assert.ok((await rowsOf(userId)) > 100);
  slowDown(second, 400);
  second.receiveSamples(6);
  await untilSome(async () => {
    const sql = `SELECT 1 FROM transfers WHERE state = 'open' AND user_id = '${userId}'`;
    return (await database.query('hosted', sql)).length > 0 ? true : null;
  });
  assert.equal((await second.act('DELETE')).status, 204);
  assert.equal(await rowsOf(userId), 0);
  await untilLeft(second);
  await assertPrompt(neighbour);
  assert.equal(await rowsOf(userId), 0);
  assert.deepEqual(await second.browser.json('GET', '/api/v1/audit', 200), { entries: [], nextCursor: null });
  assert.equal((await second.act('POST', '/sync')).status, 404);
});

test('an account deleted in the middle of an IMAP import leaves nothing and writes nothing back', async () => {
  const userId = await userIdOf(first);
  slowDown(first, 700);
  const before = first.arrived().length;
  first.receiveSamples(10);
  await first.untilArrived(before + 1);
  assert.equal((await first.browser.send('DELETE', '/api/v1/account')).status, 200);
  assert.equal(await rowsOf(userId), 0);
  await untilLeft(first);
  await assertPrompt(neighbour);
  assert.equal(await rowsOf(userId), 0);
  assert.ok(first.arrived().length < before + 10);
  assert.ok(!google.grants().includes(first.email));
  await neighbour.reconcile();
});

test('all that is left ends in order', async () => {
  const codes = await Promise.all([end(web, 'SIGTERM'), end(survivor.child, 'SIGTERM')]);
  assert.deepEqual(codes, [0, 0]);
});
