/**
 * The service as an operator runs it on a database of their own: an owner who is no superuser migrates it, one plain
 * login serves both processes, each is started by itself, and the contract is looked at from outside. The database is
 * the oldest PostgreSQL on this machine, Debian's where there is one.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { freePort } from '../../demo/free-port.ts';
import { DEFAULT_OPTIONS } from '../../src/core/mailbox.ts';
import { generateKeys } from '../../src/keys.ts';
import { createAuthority } from '../../standins/authority.ts';
import { type GoogleStandin, startGoogle } from '../../standins/google/server.ts';
import { sampleMail } from '../../standins/mail.ts';
import { type Pop3Server, startPop3Server } from '../../standins/pop3.ts';
import { type Browser, createBrowser } from '../browser.ts';
import { type ExternalDatabase, startExternalDatabase } from '../external-database.ts';
import { commandOf, end, ROOT, start } from '../processes.ts';
import { untilSome } from '../service.ts';

const run = promisify(execFile);

const { PATH = '' } = process.env;
const USER = { username: 'old-account', password: 'pop3 password' };

let dir: string;
let database: ExternalDatabase;
let google: GoogleStandin;
let pop3: Pop3Server;
let browser: Browser;
let web: ChildProcess;
let worker: ChildProcess;
let url: string;
let metricsPort: number;
const keys = generateKeys();

before(async () => {
  database = await startExternalDatabase();
  dir = await mkdtemp(join(tmpdir(), 'smtp-sync-separate-'));
  const authority = await createAuthority();
  await writeFile(join(dir, 'ca.pem'), authority.caPem);
  const leaf = await authority.issue(['localhost']);
  pop3 = await startPop3Server({ leaf, security: 'tls', accounts: [USER] });
  google = await startGoogle();
});

after(async () => {
  await Promise.all([end(web, 'SIGKILL'), end(worker, 'SIGKILL')]);
  await Promise.all([database?.stop(), google?.close(), pop3?.close()]);
  await rm(dir, { recursive: true, force: true });
});

const migrate = async (owner: string, login: string, name: string) =>
  run(process.execPath, await commandOf('migrate'), {
    cwd: ROOT,
    env: { PATH, DATABASE_OWNER_URL: database.urlOf(owner, name), DATABASE_URL: database.urlOf(login, name) },
  });

test('a plain owner migrates, and gives a plain login what it needs; so does a superuser', async () => {
  await database.query(
    'postgres',
    "CREATE ROLE plain_owner LOGIN CREATEROLE PASSWORD 'secret'",
    "CREATE ROLE plain_login LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD 'secret'",
    "CREATE ROLE other_login LOGIN PASSWORD 'secret'",
    'CREATE DATABASE hosted OWNER plain_owner',
    'CREATE DATABASE other',
  );
  const { stdout } = await migrate('plain_owner', 'plain_login', 'hosted');
  assert.match(stdout, /Applied migrations: 1\b/);
  assert.match((await migrate('plain_owner', 'plain_login', 'hosted')).stdout, /up to date/);
  await migrate('postgres', 'other_login', 'other');
});

const environment = (databaseUrl: string) => ({
  PATH,
  ...google.environment,
  DATABASE_URL: databaseUrl,
  NODE_EXTRA_CA_CERTS: join(dir, 'ca.pem'),
  DATA_DIR: join(dir, 'nothing-here'),
  POLL_SECONDS: '7',
});

test('an owner’s login is refused by both processes, with a sentence', async () => {
  for (const role of ['postgres', 'plain_owner'])
    for (const script of ['web', 'worker']) {
      const env = { ...environment(database.urlOf(role, 'hosted')), ...keys, METRICS_PORT: '0', PORT: '0' };
      const refusal = run(process.execPath, await commandOf(script), { cwd: ROOT, env });
      await assert.rejects(refusal, (error: Error & { stderr: string; code: number }) => {
        assert.equal(error.code, 1);
        assert.match(error.stderr, new RegExp(`The database role "${role}" .*"npm run migrate"`));
        assert.ok(!error.stderr.includes('secret'));
        return true;
      });
    }
});

test('web and worker start by themselves, each with its own keys', async () => {
  const [port, metrics] = [await freePort(), await freePort()];
  url = `http://localhost:${port}`;
  metricsPort = metrics;
  const common = environment(database.urlOf('plain_login', 'hosted'));
  const { SEAL_PUBLIC_KEY, SESSION_SECRET, UNSEAL_PRIVATE_KEYS } = keys;
  const ports = { PORT: String(port), METRICS_PORT: String(metrics), PUBLIC_URL: url };
  web = await start('web', { ...common, ...ports, SEAL_PUBLIC_KEY, SESSION_SECRET }, 'web-listening');
  const own = { METRICS_PORT: '0', UNSEAL_PRIVATE_KEYS, MAIL_PRIVATE_NETWORKS: '127.0.0.0/8,::1/128' };
  worker = await start('worker', { ...common, ...own }, 'worker-started');
  browser = createBrowser(url, url);
  for (const path of ['/healthz', '/readyz']) assert.equal((await fetch(url + path)).status, 200);
  assert.match(
    await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text(),
    /smtp_sync_http_request/,
  );
  assert.equal((await fetch(`${url}/metrics`)).status, 404, 'never where users are');
  assert.equal((await fetch(`${url}/api/v1/mailboxes`)).status, 401);
});

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
let id: string;

test('a mailbox has the contract’s shape, its defaults, and ends up active with its mail at Gmail', async () => {
  assert.equal((await browser.signIn('owner@gmail.example')).headers.get('location'), '/');
  const mail = sampleMail('separate', 1, new Date('2026-01-01T00:00:00Z')).bytes;
  pop3.mailbox(USER.username).add(mail);
  const connection = { protocol: 'pop3', host: 'localhost', port: pop3.port, security: 'tls' };
  const created = await browser.json('POST', '/api/v1/mailboxes', 201, { body: { ...connection, ...USER } });
  const { id: given, createdAt, ...rest } = created;
  id = String(given);
  assert.match(id, UUID);
  assert.match(String(createdAt), INSTANT);
  assert.deepEqual(rest, {
    ...connection,
    username: USER.username,
    state: 'probing',
    fault: null,
    options: { ...DEFAULT_OPTIONS, pollSeconds: 7 },
    progress: { found: 0, delivered: 0, rejected: 0, failed: 0, uncertain: 0, waiting: 0, bytes: 0 },
    lastSyncAt: null,
    nextSyncAt: null,
  });
  const settled = await untilSome(async () => {
    const one = await browser.json('GET', `/api/v1/mailboxes/${id}`, 200);
    return one.lastSyncAt ? one : null;
  });
  assert.deepEqual(Object.keys(settled), Object.keys(created));
  assert.equal(settled.state, 'active');
  const counted = { found: 1, delivered: 1, rejected: 0, failed: 0, uncertain: 0, waiting: 0 };
  assert.deepEqual(settled.progress, { ...counted, bytes: google.messages[0]?.size });
  assert.match(String(settled.nextSyncAt), INSTANT);
  // It is visited again and again meanwhile.
  const { mailboxes } = await browser.json<{ mailboxes: { id: unknown }[] }>('GET', '/api/v1/mailboxes', 200);
  assert.deepEqual(mailboxes.map(Object.keys), [Object.keys(created)]);
});

test('an audit entry has the contract’s shape, in JSON, CSV and events', async () => {
  const page = await browser.json<{ entries: Record<string, unknown>[]; nextCursor: null }>(
    'GET',
    '/api/v1/audit',
    200,
  );
  assert.deepEqual(Object.keys(page), ['entries', 'nextCursor']);
  const [entry] = page.entries;
  assert.ok(entry && page.entries.length === 1 && page.nextCursor === null);
  const { id: entryId, at, senderDomain, sizeBytes, ...rest } = entry;
  assert.deepEqual(rest, { mailboxId: id, status: 'delivered', reason: null, delayMs: null });
  assert.match(`${entryId} ${at}`, /^\d+ \d{4}-.*Z$/);
  assert.match(String(senderDomain), /^[a-z.-]+$/);
  assert.equal(sizeBytes, google.messages[0]?.size);
  const csv = await (await browser.send('GET', '/api/v1/audit.csv')).text();
  const [head, line] = csv.split('\r\n');
  assert.equal(head, 'id,at,mailboxId,senderDomain,status,reason,sizeBytes,delayMs');
  assert.equal(line, [entryId, at, id, senderDomain, 'delivered', '', sizeBytes, ''].join(','));

  const abort = new AbortController();
  const events = await browser.send('GET', '/api/v1/events', { signal: abort.signal });
  assert.equal(events.headers.get('content-type'), 'text/event-stream');
  let text = '';
  for await (const chunk of events.body ?? []) {
    text += Buffer.from(chunk).toString();
    if (/event: mailbox\ndata: .*\n\n/.test(text)) break;
  }
  assert.ok(text.includes(`"id":"${id}"`));
  abort.abort();
});

test('errors, ids, keys and our origin are as the contract has them', async () => {
  const { key, ...made } = await browser.json<{ id: string; key: string }>('POST', '/api/v1/api-keys', 201, {
    body: { name: 'program' },
  });
  assert.deepEqual(Object.keys(made), ['id']);
  const bearer = { authorization: `Bearer ${key}` };
  assert.equal((await fetch(`${url}/api/v1/account`, { headers: bearer })).status, 200);
  const paused = await fetch(`${url}/api/v1/mailboxes/${id}/pause`, { method: 'POST', headers: bearer });
  assert.equal(((await paused.json()) as { state: string }).state, 'paused');
  const resumed = await browser.json('POST', `/api/v1/mailboxes/${id}/resume`, 200);
  assert.equal(resumed.state, 'active');
  for (const origin of ['https://evil.example', ''])
    await browser.json('POST', `/api/v1/mailboxes/${id}/sync`, 403, { headers: { origin } });
  for (const unknown of ['00000000-0000-4000-8000-000000000000', 'nonsense']) {
    const refusal = await browser.json('GET', `/api/v1/mailboxes/${unknown}`, 404);
    assert.deepEqual(refusal, { error: { code: 'not-found', message: 'There is nothing here.' } });
  }
  assert.deepEqual(Object.keys(await browser.json('GET', '/api/v1/nothing', 404)), ['error']);
  const { paths } = await browser.json<{ paths: object }>('GET', '/api/openapi.json', 200);
  for (const path of ['account', 'account/export', 'api-keys', 'mailboxes/{id}/sync', 'audit.csv', 'events'])
    assert.ok(`/api/v1/${path}` in paths, path);
});

test('the worker’s command line says that it may write no file and start no program', async () => {
  const line = await readFile(`/proc/${worker.pid}/cmdline`, 'utf8').catch(() => null);
  if (line !== null) {
    const words = line.split('\0');
    assert.ok(words.includes('--permission') && words.includes('workers/main.ts'));
    assert.ok(!words.some((word) => /allow-(fs-write|child|worker|addons|wasi)/.test(word)), words.join(' '));
  }
});

test('a consent withdrawn at Google destroys the token; a new one goes on', async () => {
  const count = async (): Promise<number> => {
    const { grant } = await browser.json<{ grant: { state: string } }>('GET', '/api/v1/account', 200);
    return grant.state === 'given' ? 1 : 0;
  };
  assert.equal(await count(), 1);
  google.withdraw('owner@gmail.example');
  pop3.mailbox(USER.username).add(sampleMail('separate', 2, new Date('2026-01-02T00:00:00Z')).bytes);
  const stopped = await untilSome(async () => {
    const one = await browser.json<{ state: string; fault: { code: string } | null }>(
      'GET',
      `/api/v1/mailboxes/${id}`,
      200,
    );
    return one.state === 'needs-consent' ? one : null;
  });
  assert.equal(stopped.fault?.code, 'grant-revoked');
  assert.equal(await count(), 0);
  assert.deepEqual(await database.query('hosted', 'SELECT 1 FROM grants'), []);
  await browser.signIn('owner@gmail.example');
  await untilSome(() => (google.messages.length === 2 ? true : null));
});

/** Rows of the account, over every table of ours that has tenants and the job queue's. */
async function countRows(): Promise<number> {
  const tables = await database.query<{ name: string }>(
    'hosted',
    `SELECT c.oid::regclass::text AS name FROM pg_class c WHERE c.relrowsecurity AND NOT c.relispartition
     UNION ALL SELECT 'pgboss.job' || ' WHERE data ? ''userId'''`,
  );
  assert.ok(tables.length > 10);
  let sum = 0;
  for (const { name } of tables) sum += (await database.query('hosted', `SELECT 1 FROM ${name}`)).length;
  return sum;
}

test('an account is deleted while a transfer is under way, and nothing of it comes back', async () => {
  assert.ok((await countRows()) > 5);
  google.order({ rules: [{ at: 'commit', action: { kind: 'delay', ms: 1000 } }] });
  pop3.mailbox(USER.username).add(sampleMail('separate', 3, new Date('2026-01-03T00:00:00Z')).bytes);
  await untilSome(async () => {
    const open = await database.query('hosted', "SELECT 1 FROM transfers WHERE state = 'open'");
    return open[0] ?? null;
  });
  const answer = await browser.json('DELETE', '/api/v1/account', 200);
  assert.equal(await countRows(), 0);
  assert.deepEqual(answer, { deleted: true, revoked: true });
  assert.deepEqual(google.grants(), []);
  await browser.json('GET', '/api/v1/account', 401);
});

test('SIGTERM ends both; the run under way has written nothing', async () => {
  assert.deepEqual(await Promise.all([end(web, 'SIGTERM'), end(worker, 'SIGTERM')]), [0, 0]);
  assert.equal(await countRows(), 0);
});

test('Google saw authorize, token, revoke, certificates and import, and nothing else', () => {
  const calls = new Set(google.log.map(({ method, path }) => `${method} ${path}`));
  const expected = [
    'GET /o/oauth2/v2/auth',
    'GET /oauth2/v3/certs',
    'POST /o/oauth2/v2/auth',
    'POST /revoke',
    'POST /token',
    'POST /upload/gmail/v1/users/me/messages/import',
    'PUT /upload/gmail/v1/users/me/messages/import',
  ];
  assert.deepEqual([...calls].sort(), expected);
});
