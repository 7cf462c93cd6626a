import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { createLog } from '../../src/log.ts';
import { supervise } from '../../src/supervisor.ts';

const log = createLog({ level: 'silent', name: 'test' });
const PARENT = pathToFileURL('src/parent.ts').href;

/** A child that says hello over TCP and obeys; its end is the end of the connection. */
const OBEDIENT = `
  import { connect } from 'node:net';
  import { exitWithParent } from '${PARENT}';
  const socket = connect(Number(process.env.PORT), '127.0.0.1', () => socket.write(process.pid + '\\n'));
  process.on('SIGTERM', () => { socket.write('term\\n'); if (process.env.STUBBORN !== '1') process.exit(0); });
  exitWithParent(() => { socket.end('orphan\\n'); process.exit(0); });
`;

interface Guest {
  readonly pid: number;
  readonly socket: Socket;
  readonly lines: AsyncIterator<string>;
}

/** A program to supervise, and where its runs report. */
async function stage(t: TestContext) {
  const dir = await mkdtemp(join(tmpdir(), 'smtp-sync-supervisor-'));
  t.after(() => rm(dir, { recursive: true }));
  const file = join(dir, 'child.ts');
  await writeFile(file, OBEDIENT);
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const env = { PATH: process.env.PATH ?? '', PORT: String(address.port) };
  const nextRun = async (): Promise<Guest> => {
    const [socket] = (await once(server, 'connection')) as [Socket];
    socket.on('error', () => undefined);
    const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
    return { pid: Number((await lines.next()).value), socket, lines };
  };
  return { dir, file, env, nextRun };
}

test('a program that dies is started again, and ends for good with stop', async (t) => {
  const { dir, file, env, nextRun } = await stage(t);
  const first = nextRun();
  const supervised = supervise({ name: 'x', args: [file], env }, { cwd: dir, log, backoffMs: () => 0 });
  const pids = [(await first).pid];
  for (let death = 0; death < 3; death++) {
    const next = nextRun();
    process.kill(pids.at(-1) ?? 0, 'SIGKILL');
    pids.push((await next).pid);
  }
  assert.equal(new Set(pids).size, 4);
  await supervised.stop();
  assert.throws(() => process.kill(pids.at(-1) ?? 0, 0), { code: 'ESRCH' });
});

test('restarts in a row wait longer and longer; stop does not wait for the next', async (t) => {
  const { dir, env } = await stage(t);
  const file = join(dir, 'dies.ts');
  await writeFile(file, 'process.exit(1)');
  const asked: number[] = [];
  const { promise: tired, resolve } = Promise.withResolvers<void>();
  const backoffMs = (restarts: number): number => {
    asked.push(restarts);
    if (restarts < 3) return 0;
    resolve();
    return 3_600_000;
  };
  const supervised = supervise({ name: 'x', args: [file], env }, { cwd: dir, log, backoffMs });
  await tired;
  await supervised.stop();
  assert.deepEqual(asked, [0, 1, 2, 3]);
});

test('a program deaf to SIGTERM is killed in the end', async (t) => {
  const { dir, file, env, nextRun } = await stage(t);
  const run = nextRun();
  const program = { name: 'x', args: [file], env: { ...env, STUBBORN: '1' } };
  const supervised = supervise(program, { cwd: dir, log, patienceMs: 200 });
  const { pid, lines } = await run;
  const stopped = supervised.stop();
  assert.equal((await lines.next()).value, 'term');
  await stopped;
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});

test('a killed supervisor leaves no orphan', async (t) => {
  const { dir, file, env, nextRun } = await stage(t);
  const script = `
    import { createLog } from '${pathToFileURL('src/log.ts').href}';
    import { supervise } from '${pathToFileURL('src/supervisor.ts').href}';
    supervise({ name: 'x', args: ['${file}'], env: process.env }, { cwd: '${dir}', log: createLog({ level: 'silent', name: 'x' }) });
  `;
  const run = nextRun();
  const args = ['--input-type=module', '-e', script];
  const supervisor: ChildProcess = spawn(process.execPath, args, { env, stdio: 'ignore' });
  const { socket, lines } = await run;
  const closed = once(socket, 'close');
  supervisor.kill('SIGKILL');
  assert.equal((await lines.next()).value, 'orphan');
  await closed;
});

test('a process started alone is not bothered, nor kept alive', async (t) => {
  const { dir } = await stage(t);
  const file = join(dir, 'alone.ts');
  await writeFile(file, `import { exitWithParent } from '${PARENT}'; exitWithParent(() => process.exit(7));`);
  for (const stdio of [['ignore'], ['ignore', 'ignore', 'ignore', 'ipc']] as const) {
    const child = spawn(process.execPath, [file], { stdio: [...stdio] });
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  }
});
