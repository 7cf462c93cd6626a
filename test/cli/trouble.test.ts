/** The command line on services that are not there, not ours, or not honest. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { jsonLine, safe, table } from '../../cli/text.ts';
import { freePort } from '../../demo/free-port.ts';
import { createAuthority } from '../../standins/authority.ts';
import { createHome } from './runner.ts';

const KEY = 'key-that-nobody-else-may-see';
const authority = await createAuthority();

async function serve(listener: RequestListener, secure = false): Promise<string> {
  const server = secure
    ? createHttpsServer(await authority.issue(['localhost']), listener)
    : createHttpServer(listener);
  server.listen(0, 'localhost');
  await once(server, 'listening');
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http${secure ? 's' : ''}://localhost:${(server.address() as AddressInfo).port}`;
}

const home = createHome();
const runAt = (url: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  home.run(args, '', { SMTP_SYNC_URL: url, SMTP_SYNC_KEY: KEY, ...env });

test('a service that is not there is said to be', async () => {
  const { code, err } = await runAt(`http://localhost:${await freePort()}`, ['list']);
  assert.equal(code, 1);
  assert.match(err, /^smtp-sync: Nobody answers at http:\/\/localhost:\d+\.\n$/);
  const unknown = await runAt('https://smtp-sync.invalid', ['list']);
  assert.match(unknown.err, /There is no host of the name/);
});

test('something else at the address is said to be', async () => {
  const page = await serve((_, res) => void res.end('<html>Welcome'));
  assert.match((await runAt(page, ['list'])).err, /does not answer like smtp-sync/);
  const missing = await serve((_, res) => void res.writeHead(404).end('no'));
  assert.match((await runAt(missing, ['list'])).err, /answers with status 404/);
});

test('a redirect is not followed with the key', async () => {
  const heard: (string | undefined)[] = [];
  const elsewhere = await serve((req, res) => {
    heard.push(req.headers.authorization);
    res.end('{}');
  });
  const here = await serve((_, res) => void res.writeHead(307, { location: elsewhere }).end());
  const { code, err } = await runAt(here, ['list']);
  assert.equal(code, 1);
  assert.match(err, /points elsewhere/);
  assert.deepEqual(heard, []);
});

test('a certificate that is not trusted is refused, and NODE_EXTRA_CA_CERTS is named and works', async () => {
  const url = await serve((_, res) => void res.end('{"mailboxes":[]}'), true);
  const refused = await runAt(url, ['list', '--json']);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /NODE_EXTRA_CA_CERTS/);
  const ca = join(home.directory, 'ca.pem');
  writeFileSync(ca, authority.caPem);
  const trusted = await runAt(url, ['list', '--json'], { NODE_EXTRA_CA_CERTS: ca });
  assert.deepEqual([trusted.code, trusted.err], [0, '']);
});

test('the key goes over https or within this machine, and to the service that it was given for', async () => {
  for (const url of [
    'http://mail.example.com',
    'ftp://localhost',
    'nonsense',
    'https://a:b@mail.example.com',
  ]) {
    const { code, err } = await runAt(url, ['list']);
    assert.equal(code, 2, url);
    assert.match(err, /address must/);
  }
  const saved = createHome();
  const heard: (string | undefined)[] = [];
  const other = await serve((req, res) => {
    heard.push(req.headers.authorization);
    res.end('{"mailboxes":[]}');
  });
  mkdirSync(join(saved.directory, '.config', 'smtp-sync'), { recursive: true });
  writeFileSync(
    join(saved.directory, '.config', 'smtp-sync', 'login.json'),
    JSON.stringify({ url: 'https://mail.example.com', key: KEY }),
  );
  assert.equal((await saved.run(['list'], '', { SMTP_SYNC_URL: other })).code, 1);
  assert.deepEqual(heard, []);
});

const HOSTILE = '\u001b]0;owned\u0007\u001b[2J\u009b31m\u202egpj.exe\r\nfake line\ud800\u200b';
const MAILBOX = {
  id: '11111111-1111-4111-8111-111111111111',
  protocol: 'imap',
  host: `h${HOSTILE}`,
  port: 993,
  security: 'tls',
  username: `u${HOSTILE}`,
  state: 'active',
  fault: { code: 'x', message: `m${HOSTILE}` },
  options: {},
  progress: { found: 0, delivered: 0, rejected: 0, failed: 0, uncertain: 0, waiting: 0, bytes: 0 },
  lastSyncAt: HOSTILE,
  nextSyncAt: null,
  createdAt: '',
};
const ENTRY = {
  id: '1',
  at: HOSTILE,
  mailboxId: MAILBOX.id,
  senderDomain: HOSTILE,
  status: HOSTILE,
  reason: HOSTILE,
  sizeBytes: 1,
  delayMs: null,
};

const CHAIN = {
  checked: 1,
  to: 1,
  next: null,
  head: { seq: HOSTILE, hash: HOSTILE, at: null },
  broken: { seq: HOSTILE, why: HOSTILE, entryId: null, at: null },
};
const LINE = { line: HOSTILE, ok: true, mailboxId: HOSTILE, error: null };

test('nothing that a service or a mail server names reaches the terminal as a command', async () => {
  const url = await serve((req, res) => {
    const answer = (body: object) => void res.end(JSON.stringify(body));
    if (req.url?.startsWith('/api/v1/audit')) answer({ entries: [ENTRY], nextCursor: null });
    else if (req.url?.includes('/chain/verify')) answer(CHAIN);
    else if (req.url === '/api/v1/mailboxes/import') answer({ lines: [LINE] });
    else if (req.url?.endsWith('/sync')) answer(MAILBOX);
    else if (req.url === '/api/v1/account') answer({ email: HOSTILE, grant: { state: HOSTILE } });
    else if (req.url === '/api/v1/mailboxes') res.end(JSON.stringify({ mailboxes: [MAILBOX] }));
    else res.writeHead(400).end(JSON.stringify({ error: { code: HOSTILE, message: HOSTILE } }));
  });
  for (const args of [
    ['list'],
    ['audit'],
    ['status'],
    ['pause', '1111'],
    ['verify'],
    ['import', '-'],
    ['sync', '1111', '--wait'],
    ['delete', HOSTILE.slice(0, 8)],
  ])
    for (const json of [[], ['--json']]) {
      const { out, err } = await runAt(url, [...args, ...json]);
      assert.match(out + err, /\S/, args.join());
      assert.doesNotMatch(
        out + err,
        /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u200b]/,
        args.join(),
      );
    }
  const [told] = (await runAt(url, ['list', '--json'])).out.trim().split('\n');
  assert.equal((JSON.parse(told ?? '') as typeof MAILBOX).host, MAILBOX.host);
});

test('errors with --json are JSON, too, and say what was wrong', async () => {
  const url = await serve(
    (_, res) =>
      void res.writeHead(402).end(JSON.stringify({ error: { code: 'plan-limit', message: 'No.' } })),
  );
  const { code, out, err } = await runAt(url, ['list', '--json']);
  assert.deepEqual([code, out, JSON.parse(err)], [1, '', { error: { code: 'plan-limit', message: 'No.' } }]);
});

test('what is typed wrong is answered with how it is used', async () => {
  for (const [args, said] of [
    [['nonsense'], /no command nonsense/],
    [['list', 'too', 'many'], /smtp-sync list/],
    [['delete'], /smtp-sync delete MAILBOX/],
    [['audit', '--limit', '-1'], /--limit|ambiguous/],
    [['audit', '--limit=0'], /--limit/],
    [['connect', 'a@b.example', '--password', 'x'], /--password/],
    [['connect', '--host', 'h', '--protocol', 'smtp'], /--protocol/],
    [['connect', '--host', 'h', '--option', 'label'], /--option/],
  ] as const) {
    const { code, out, err } = await runAt('http://localhost:1', args);
    assert.deepEqual([code, out], [2, ''], args.join(' '));
    assert.match(err, said);
  }
  for (const command of ['login', 'connect', 'list', 'sync', 'audit', 'verify', 'export', 'import']) {
    const { code, out, err } = await home.run([command, '--help']);
    assert.deepEqual([code, err], [0, '']);
    assert.match(out, new RegExp(`^smtp-sync ${command}`));
  }
});

test('a service that never answers is given up with Ctrl-C', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const url = await serve(() => resolve());
  const started = home.start(['list'], '', { SMTP_SYNC_URL: url, SMTP_SYNC_KEY: KEY });
  await promise;
  started.child.kill('SIGINT');
  assert.equal((await started.ended).code, 130);
});

test('safe text is one line of what can be seen, and JSON stays what it was', () => {
  const text = 'Entwürfe 台北 😀';
  assert.equal(safe(text), text);
  assert.equal(safe('a\u001b[1mb\nc'), 'a\\u001b[1mb\\u000ac');
  const value = { text: `\u0000\u001b\u009b\u2028\u202e"\\${text}` };
  assert.deepEqual(JSON.parse(jsonLine(value)), value);
  assert.deepEqual(
    table([
      ['A', 'B'],
      ['long one', '\u001b'],
    ]),
    ['A         B', 'long one  \\u001b'],
  );
});
