import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, beforeEach, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { type Embedded, findEmbedded, startEmbedded } from '../../../src/db/embedded.ts';
import { migrate } from '../../../src/db/migrate.ts';
import { listMigrations } from '../../../src/db/migrations.ts';
import { openDatabase } from '../../../src/db/pool.ts';

let dir: string;
before(async () => {
  dir = await makeDir();
});
beforeEach(async () => {
  await stopWhateverRuns();
});
after(async () => {
  await stopWhateverRuns();
  await rm(dir, { recursive: true, force: true });
});

/** One that PostgreSQL's account can reach, so that the data is inside of it. */
async function makeDir(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'embedded-test-'));
  await chmod(path, 0o755);
  return path;
}

const pidFile = () => readFile(join(dir, 'postgres/postmaster.pid'), 'utf8').catch(() => '');
const postmaster = async () => Number((await pidFile()).split('\n')[0]);

/** By the number in its own lock file, which it removes when it has ended. */
async function stopWhateverRuns(): Promise<void> {
  if ((await findEmbedded(dir)) === null) return;
  process.kill(await postmaster(), 'SIGINT');
  while ((await pidFile()) !== '') await new Promise((resolve) => setTimeout(resolve, 20));
}

async function ask(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** A process that starts the server, says so, and stays. */
async function spawnStarter(): Promise<{ pid: number; kill(signal: NodeJS.Signals): Promise<void> }> {
  const module = fileURLToPath(new URL('../../../src/db/embedded.ts', import.meta.url));
  const code = `const { startEmbedded } = await import(${JSON.stringify(module)});
    const server = await startEmbedded(${JSON.stringify(dir)});
    console.log(server.started);
    setInterval(() => {}, 60_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = await once(child.stdout, 'data');
  assert.equal(String(said).trim(), 'true');
  assert.ok(child.pid);
  return {
    pid: child.pid,
    kill: async (signal) => {
      child.kill(signal);
      await once(child, 'exit');
    },
  };
}

it('starts, is found, stops, and keeps what it was given', async () => {
  assert.equal(await findEmbedded(dir), null);
  const server = await startEmbedded(dir);
  assert.ok(server.started);
  await ask(server.ownerUrl, 'CREATE TABLE kept (id integer)');
  const found = await findEmbedded(dir);
  assert.equal(found?.ownerUrl, server.ownerUrl);
  const second = await startEmbedded(dir);
  assert.equal(second.started, false);
  await second.stop();
  assert.ok(await findEmbedded(dir), 'who only found it does not stop it');
  await server.stop();
  assert.equal(await findEmbedded(dir), null);
  const again = await startEmbedded(dir);
  assert.equal(new URL(again.ownerUrl).port, new URL(server.ownerUrl).port);
  assert.deepEqual(await ask(again.ownerUrl, 'SELECT * FROM kept'), []);
  await again.stop();
});

it('listens on 127.0.0.1 only, with scram and durable commits, its passwords for its owner alone', async () => {
  const server = await startEmbedded(dir);
  const setting = async (name: string) =>
    Object.values((await ask(server.ownerUrl, `SHOW ${name}`))[0] ?? {})[0];
  assert.equal(await setting('listen_addresses'), '127.0.0.1');
  assert.equal(await setting('unix_socket_directories'), '');
  assert.equal(await setting('synchronous_commit'), 'on');
  assert.equal(await setting('fsync'), 'on');
  const methods = await ask(server.ownerUrl, 'SELECT DISTINCT auth_method FROM pg_hba_file_rules');
  assert.deepEqual(methods, [{ auth_method: 'scram-sha-256' }]);
  assert.equal((await stat(join(dir, 'postgres.json'))).mode & 0o777, 0o600);
  const log = await readFile(join(dir, 'postgres.log'), 'utf8');
  for (const url of [server.ownerUrl, server.webUrl, server.workerUrl])
    assert.ok(!log.includes(new URL(url).password));
  await server.stop();
});

it('outlives a parent that is killed, is found again, and ends with who found it', async () => {
  const parent = await spawnStarter();
  const before = await postmaster();
  const early = await startEmbedded(dir);
  await parent.kill('SIGKILL');
  await early.stop();
  assert.equal(await postmaster(), before, 'found while its starter lived');
  const found = await startEmbedded(dir);
  assert.equal(found.started, false);
  assert.equal(await postmaster(), before);
  assert.deepEqual(await ask(found.ownerUrl, 'SELECT 1 AS one'), [{ one: 1 }]);
  const another = await startEmbedded(dir);
  await another.stop();
  assert.equal(await postmaster(), before, 'found again while it has an owner');
  await found.stop();
  assert.equal(await pidFile(), '');
});

it('is adopted although another process has inherited the number of its dead starter', async () => {
  const parent = await spawnStarter();
  await parent.kill('SIGKILL');
  const [pid, begun] = (await readFile(join(dir, 'postgres.owner'), 'utf8')).trim().split(' ');
  assert.equal(Number(pid), parent.pid);
  await writeFile(join(dir, 'postgres.owner'), `${process.pid} ${begun}0\n`);
  const found = await startEmbedded(dir);
  await found.stop();
  assert.equal(await pidFile(), '');
});

it('starts anew, recovered, after the server itself was killed', async () => {
  const first = await startEmbedded(dir);
  await ask(first.ownerUrl, 'CREATE TABLE survivor AS SELECT 1 AS id');
  const exited = first.stop;
  process.kill(await postmaster(), 'SIGKILL');
  const second = await startEmbedded(dir);
  await exited();
  assert.ok(second.started);
  assert.deepEqual(await ask(second.ownerUrl, 'SELECT * FROM survivor'), [{ id: 1 }]);
  await second.stop();
});

it('is not fooled by a process that has inherited the number of a dead server', async () => {
  await writeFile(
    join(dir, 'postgres/postmaster.pid'),
    `${process.pid}\n${dir}/postgres\n0\n1\n\n127.0.0.1\n0 0\nready\n`,
  );
  const server = await startEmbedded(dir);
  assert.ok(server.started);
  await server.stop();
});

it('takes another port when its own is taken', async () => {
  const first = await startEmbedded(dir);
  await first.stop();
  const squatter = createServer().listen(Number(new URL(first.ownerUrl).port), '127.0.0.1');
  await once(squatter, 'listening');
  const second = await startEmbedded(dir);
  assert.notEqual(new URL(second.ownerUrl).port, new URL(first.ownerUrl).port);
  await second.stop();
  squatter.close();
});

it('is started by one of two that start at once, from nothing', async () => {
  const fresh = await makeDir();
  const servers: Embedded[] = await Promise.all([
    startEmbedded(fresh),
    startEmbedded(fresh),
    startEmbedded(fresh),
  ]);
  assert.equal(servers.filter(({ started }) => started).length, 1);
  assert.equal(new Set(servers.map(({ ownerUrl }) => ownerUrl)).size, 1);
  await Promise.all(servers.map((server) => server.stop()));
  await rm(fresh, { recursive: true });
});

it('out of reach of PostgreSQL’s account it is in a place that says whose it is', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('only root runs PostgreSQL under another account');
  const hidden = await mkdtemp(join(tmpdir(), 'embedded-test-hidden-'));
  const server = await startEmbedded(hidden);
  const place = dirname(await realpath(join(hidden, 'postgres')));
  assert.match(place, /^\/var\/lib\/smtp-sync-postgres-[^/]+$/);
  assert.equal(await readFile(join(place, 'belongs-to'), 'utf8'), `${hidden}\n`);
  const again = await startEmbedded(hidden);
  assert.equal(again.ownerUrl, server.ownerUrl);
  await server.stop();
  for (const path of [place, hidden]) await rm(path, { recursive: true });
});

it('is a database whose owner need not be a superuser', async () => {
  const server = await startEmbedded(dir);
  await ask(server.ownerUrl, "CREATE ROLE plain_owner LOGIN CREATEROLE PASSWORD 'secret'");
  await ask(server.ownerUrl, "CREATE ROLE plain_runtime LOGIN PASSWORD 'secret'");
  await ask(server.ownerUrl, 'CREATE DATABASE theirs OWNER plain_owner');
  const url = (user: string) =>
    Object.assign(new URL(server.ownerUrl), { username: user, password: 'secret', pathname: 'theirs' }).href;
  const all = (await listMigrations()).map(({ version }) => version);
  const applied = await migrate({ ownerUrl: url('plain_owner'), runtimeUrls: [url('plain_runtime')] });
  assert.deepEqual(applied, all);
  for (const role of ['web', 'worker'] as const) {
    const db = await openDatabase({ url: url('plain_runtime'), role });
    await db.close();
  }
  await server.stop();
});
