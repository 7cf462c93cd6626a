/** What the command line makes of answers: others', halves, and those that programs are to read. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createHome } from './runner.ts';

const KEY = 'key-that-nobody-else-may-see';

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  server.listen(0, 'localhost');
  await once(server, 'listening');
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://localhost:${(server.address() as AddressInfo).port}`;
}

const home = createHome();
const runAt = (url: string, args: readonly string[]) =>
  home.run(args, '', { SMTP_SYNC_URL: url, SMTP_SYNC_KEY: KEY });

const ID = '11111111-1111-4111-8111-111111111111';
const MAILBOX = {
  id: ID,
  username: 'ada@old.example',
  state: 'active',
  fault: null,
  progress: { delivered: 0, rejected: 0, failed: 0, uncertain: 0, waiting: 0 },
};

test('JSON of another shape is no answer of the service, and a login with it keeps nothing', async () => {
  for (const body of ['null', '[]', '{}', '"x"', '{"mailboxes":null}', '{"mailboxes":[null]}']) {
    const url = await serve((_, res) => void res.end(body));
    for (const command of ['list', 'status', 'verify'])
      assert.match((await runAt(url, [command])).err, /does not answer like smtp-sync/, `${command} ${body}`);
    const stranger = createHome();
    const { code, err } = await stranger.run(['login', url], `${KEY}\n`);
    assert.equal(code, 1);
    assert.match(err, /does not answer like smtp-sync/);
    assert.match((await stranger.run(['list'])).err, /Nobody is logged in/);
  }
});

test('a download that breaks off is said to have, and leaves no file', async () => {
  const url = await serve((_, res) => {
    res.writeHead(200, { 'content-length': '1000000' }).write('{"account":', () => res.destroy());
  });
  const file = join(home.directory, 'half.json');
  for (const args of [['export'], ['export', '-o', file]]) {
    const { code, err } = await runAt(url, args);
    assert.equal(code, 1);
    assert.match(err, /^smtp-sync: The connection to http:\/\/localhost:\d+ broke off\.\n$/);
  }
  assert.deepEqual(
    readdirSync(home.directory).filter((name) => name.startsWith('half')),
    [],
  );
});

test('a break in a chain is told with what is whole before it', async () => {
  const head = { seq: 6, hash: 'ab', at: null };
  const broken = { seq: 3, why: 'changed', entryId: '9', at: null };
  const found = { checked: 6, to: 6, next: null, head, broken, keptIsPart: null };
  const url = await serve((req, res) =>
    res.end(JSON.stringify(req.url?.includes('/verify') ? found : { mailboxes: [MAILBOX] })),
  );
  const { code, out } = await runAt(url, ['verify']);
  assert.equal(code, 1);
  assert.match(out, /: entry 3 is changed; 2 before it are whole\.\n$/);
});

test('a disk that is full, or a place that cannot be written, is said to be', async () => {
  const url = await serve((_, res) =>
    res.end(JSON.stringify({ email: 'a@b.example', grant: { state: 'given' }, mailboxes: [MAILBOX] })),
  );
  const command = new URL('../../cli/smtp-sync', import.meta.url).pathname;
  const env = { PATH: process.env.PATH, HOME: home.directory, SMTP_SYNC_URL: url, SMTP_SYNC_KEY: KEY };
  const child = spawn('sh', ['-c', `'${command}' export > /dev/full`], { env });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  assert.deepEqual(await once(child, 'close'), [1, null]);
  assert.equal(said, 'smtp-sync: The results cannot be written (ENOSPC).\n');
  const lost = createHome();
  mkdirSync(join(lost.directory, '.config'));
  symlinkSync('/nowhere/at/all', join(lost.directory, '.config/smtp-sync'));
  const login = await lost.run(['login', url], `${KEY}\n`);
  assert.equal(login.code, 1);
  assert.match(login.err, /login\.json cannot be written \(\w+\)/);
});

test('a damaged file of the login does not matter where nothing of it is needed', async () => {
  const url = await serve((_, res) => res.end(JSON.stringify({ mailboxes: [MAILBOX] })));
  const stranger = createHome();
  mkdirSync(join(stranger.directory, '.config/smtp-sync'), { recursive: true });
  writeFileSync(join(stranger.directory, '.config/smtp-sync/login.json'), '{damaged');
  assert.match((await stranger.run(['list'])).err, /login\.json is damaged/);
  const { code, err } = await stranger.run(['verify', '--help'], '');
  assert.deepEqual([code, err], [0, '']);
  const given = await stranger.run(['pause', 'nobody'], '', { SMTP_SYNC_URL: url, SMTP_SYNC_KEY: KEY });
  assert.match(given.err, /There is no mailbox nobody/);
});

test('with --json, before or behind the command, all that comes can be parsed', async () => {
  const error = { code: 'mailbox-exists', message: 'It is there.' };
  const lines = [
    { line: 2, ok: true, mailboxId: ID, signInUrl: null, error: null },
    { line: 3, ok: false, mailboxId: null, signInUrl: null, error },
  ];
  const url = await serve((req, res) => {
    req.resume().on('end', () => res.end(JSON.stringify({ lines, mailboxes: [] })));
  });
  const list = join(home.directory, 'list.csv');
  writeFileSync(list, 'host,username,password\n');
  for (const args of [
    ['import', list, '--json'],
    ['--json', 'import', list],
  ]) {
    const { code, out, err } = await runAt(url, args);
    assert.deepEqual([code, err], [1, '']);
    assert.deepEqual(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
      lines,
    );
  }
  assert.deepEqual(await runAt(url, ['list', '--json']), { code: 0, out: '', err: '' });
});
