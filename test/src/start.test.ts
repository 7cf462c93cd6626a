/** `npm start` with its real supervisor, keys, database and migrations, over a web and a worker that only report. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { freePort } from '../../demo/free-port.ts';
import { generateKeys } from '../../src/keys.ts';

const REPORT = `
  const keys = Object.keys(process.env).sort();
  const may = { read: process.permission?.has('fs.read') ?? true, write: process.permission?.has('fs.write') ?? true };
  console.log(JSON.stringify({ role, pid: process.pid, keys, may, url: process.env.DATABASE_URL }));
  process.on('SIGTERM', () => { console.log(JSON.stringify({ role, ended: true })); process.exit(0); });
  exitWithParent(() => process.exit(0));
`;
const WEB = `
  import { createServer } from 'node:http';
  import { readWebConfig } from './config.ts';
  import { exitWithParent } from './parent.ts';
  const role = 'web';
  const { port, host } = readWebConfig(process.env);
  createServer((request, response) => response.end(request.url)).listen(port, host);
  ${REPORT}`;
const WORKER = `
  import { readWorkerConfig } from '../src/config.ts';
  import { exitWithParent } from '../src/parent.ts';
  const role = 'worker';
  readWorkerConfig(process.env);
  setInterval(() => undefined, 1000);
  ${REPORT}`;

interface Report {
  readonly role?: string;
  readonly pid: number;
  readonly keys: readonly string[];
  readonly may: { readonly read: boolean; readonly write: boolean };
  readonly url: string;
  readonly ended?: boolean;
}

/** A copy of the service whose two processes are the reporting ones. */
async function stage(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'smtp-sync-start-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  await chmod(dir, 0o755);
  for (const part of ['src', 'workers', 'migrations', 'package.json'])
    await cp(part, join(dir, part), { recursive: true });
  await symlink(join(process.cwd(), 'node_modules'), join(dir, 'node_modules'));
  await writeFile(join(dir, 'src/main.ts'), WEB);
  await writeFile(join(dir, 'workers/main.ts'), WORKER);
  return dir;
}

const somePort = async (): Promise<string> => String(await freePort());

/** Starts it; everything it and its children print, line by line, until the last of them has ended. */
function start(
  t: TestContext,
  dir: string,
  env: Record<string, string>,
  command = [process.execPath, 'src/start.ts'],
) {
  const [program = '', ...args] = command;
  const child: ChildProcess = spawn(program, args, {
    cwd: dir,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a group, so that a failed test can end all of it
  });
  const exited = once(child, 'exit');
  t.after(() => {
    try {
      process.kill(-(child.pid ?? Number.NaN), 'SIGTERM');
    } catch {
      // Nobody is left.
    }
  });
  assert.ok(child.stdout && child.stderr);
  const errors = child.stderr.setEncoding('utf8').toArray();
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  /** The next line that fits; fails when the output ends before. */
  const next = async <T>(read: (line: string) => T | null): Promise<T> => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) return assert.fail(`output ended: ${(await errors).join('')}`);
      const found = read(value);
      if (found !== null) return found;
    }
  };
  const report = (role: string) =>
    next((line): Report | null => {
      const parsed: Report = line.startsWith('{') ? JSON.parse(line) : {};
      return parsed.role === role ? parsed : null;
    });
  const drained = async (): Promise<string[]> => {
    const rest: string[] = [];
    for (let line = await lines.next(); !line.done; line = await lines.next()) rest.push(line.value);
    return rest;
  };
  return { child, exited, errors, next, report, drained };
}

const isReady = (line: string) => (line.startsWith('smtp-sync is ready: ') ? line : null);
const isGone = (pid: number) => assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
const databasePid = async (dir: string) =>
  Number((await readFile(join(dir, 'data/postgres/postmaster.pid'), 'utf8')).split('\n')[0]);

test('with nothing configured it makes keys and a database, runs, restarts a dead worker, and ends whole', async (t) => {
  const dir = await stage(t);
  const port = await somePort();
  const service = start(t, dir, { PORT: port, METRICS_PORT: '0', TZ: 'UTC' });
  const started = new Map<string, Report>();
  await service.next((line) => {
    if (line.startsWith('{"role"')) started.set(JSON.parse(line).role, JSON.parse(line));
    return isReady(line);
  });
  const web = started.get('web');
  const worker = started.get('worker') ?? (await service.report('worker'));
  assert.ok(web);

  assert.ok(
    web.keys.includes('SEAL_PUBLIC_KEY') && web.keys.includes('SESSION_SECRET') && web.keys.includes('TZ'),
  );
  assert.ok(!web.keys.includes('UNSEAL_PRIVATE_KEYS'));
  assert.match(web.url, /smtp_sync_web_login/);
  assert.ok(worker.keys.includes('UNSEAL_PRIVATE_KEYS') && worker.keys.includes('TZ'));
  assert.ok(!worker.keys.includes('SESSION_SECRET'));
  assert.match(worker.url, /smtp_sync_worker_login/);
  assert.deepEqual(worker.may, { read: true, write: false });
  const commandLine = await readFile(`/proc/${worker.pid}/cmdline`, 'utf8').catch(() => null);
  if (commandLine !== null) assert.ok(commandLine.includes('workers/main.ts'));

  process.kill(worker.pid, 'SIGKILL');
  const second = await service.report('worker');
  assert.notEqual(second.pid, worker.pid);
  const database = await databasePid(dir);

  service.child.kill('SIGTERM');
  assert.deepEqual(await service.exited, [0, null]);
  const ends = (await service.drained()).filter((line) => line.includes('"ended":true'));
  assert.deepEqual(ends.map((line) => JSON.parse(line).role).sort(), ['web', 'worker']);
  for (const pid of [web.pid, second.pid, database]) isGone(pid);
});

test('killed itself, it leaves no process but the database, which the next start finds and ends', async (t) => {
  const dir = await stage(t);
  const env = { PORT: await somePort(), METRICS_PORT: '0' };
  const first = start(t, dir, env);
  await first.next(isReady);
  first.child.kill('SIGKILL');
  await first.drained(); // ends when nobody holds the pipe any more
  const database = await databasePid(dir);

  const second = start(t, dir, env);
  await second.next(isReady);
  assert.equal(await databasePid(dir), database);
  second.child.kill('SIGTERM');
  assert.deepEqual(await second.exited, [0, null]);
  await assert.rejects(databasePid(dir), { code: 'ENOENT' });
});

test('SIGTERM to npm reaches it', async (t) => {
  const dir = await stage(t);
  const service = start(t, dir, { PORT: await somePort(), METRICS_PORT: '0' }, ['npm', 'start', '--silent']);
  await service.next(isReady);
  const database = await databasePid(dir);
  service.child.kill('SIGTERM');
  await service.exited;
  isGone(database);
  assert.equal((await service.drained()).filter((line) => line.includes('"ended":true')).length, 2);
});

test('a production start without keys fails with a sentence that says what to do', async (t) => {
  const dir = await stage(t);
  const service = start(t, dir, { NODE_ENV: 'production' });
  assert.deepEqual(await service.exited, [1, null]);
  assert.match((await service.errors).join(''), /UNSEAL_PRIVATE_KEYS is missing: .*npm run keys/);
});

test('keys that do not belong together are refused before anything is sealed', async (t) => {
  const dir = await stage(t);
  const keys = { ...generateKeys(), SEAL_PUBLIC_KEY: generateKeys().SEAL_PUBLIC_KEY };
  const service = start(t, dir, { ...keys, PORT: await somePort() });
  assert.deepEqual(await service.exited, [1, null]);
  assert.match((await service.errors).join(''), /SEAL_PUBLIC_KEY does not belong/);
});
