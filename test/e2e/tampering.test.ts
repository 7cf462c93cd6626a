/**
 * Promise 6 on the running service: a dump of the database holds no secret, and whoever writes to it gets nowhere. A
 * flipped bit, two rows' ciphertexts exchanged, or a plaintext put in their place stops the mailbox it belongs to,
 * with a fault that says what to do, and nobody else's.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { findEmbedded } from '../../src/db/embedded.ts';
import { createAuthority } from '../../standins/authority.ts';
import { sampleMail } from '../../standins/mail.ts';
import { type Pop3Server, startPop3Server } from '../../standins/pop3.ts';
import type { Browser } from '../browser.ts';
import { type Service, startService, untilSome } from '../service.ts';

/** What is done to each user's row; `neighbour` is left alone. */
const USERS = [
  'neighbour',
  'password-flipped',
  'password-swapped-1',
  'password-swapped-2',
  'password-plain',
  'password-moved',
  'fingerprint-key-plain',
  'token-flipped',
  'token-swapped-1',
  'token-swapped-2',
  'token-plain',
] as const;
type User = (typeof USERS)[number];
const passwordOf = (user: User): string => `secret-of-${user}`;

interface Facts {
  readonly id: string;
  readonly state: string;
  readonly fault: { readonly code: string; readonly message: string } | null;
  readonly progress: { readonly delivered: number };
}

let service: Service;
let pop3: Pop3Server;
let database: pg.Client;
const browsers = new Map<User, Browser>();
const tokens = new Set<string>();
let worker: number;

const browserOf = (user: User): Browser => {
  const browser = browsers.get(user);
  assert.ok(browser);
  return browser;
};
const mailboxOf = async (user: User): Promise<Facts> => {
  const { mailboxes } = await browserOf(user).json<{ mailboxes: Facts[] }>('GET', '/api/v1/mailboxes', 200);
  assert.ok(mailboxes[0]);
  return mailboxes[0];
};
const until = (user: User, fits: (facts: Facts) => boolean): Promise<Facts> =>
  untilSome(async () => {
    const facts = await mailboxOf(user);
    return fits(facts) ? facts : null;
  });
const deliver = (user: User, n: number) =>
  pop3.mailbox(user).add(sampleMail(user, n, new Date('2026-01-01T00:00:00Z')).bytes);

before(async () => {
  const authority = await createAuthority();
  const accounts = USERS.map((username) => ({ username, password: passwordOf(username) }));
  pop3 = await startPop3Server({ leaf: await authority.issue(['localhost']), security: 'tls', accounts });
  service = await startService({ authority });
  database = new pg.Client({ connectionString: (await findEmbedded(service.dir))?.ownerUrl });
  await database.connect();
  for (const user of USERS) {
    const browser = service.browser();
    browsers.set(user, browser);
    assert.equal((await browser.signIn(`${user}@gmail.example`)).status, 303);
    deliver(user, 0);
    const server = { protocol: 'pop3', host: 'localhost', port: pop3.port, security: 'tls' };
    const body = { ...server, username: user, password: passwordOf(user) };
    await browser.json('POST', '/api/v1/mailboxes', 201, { body });
    tokens.add([...browser.cookies.values()].join());
  }
  for (const user of USERS) await until(user, ({ progress }) => progress.delivered === 1);
  worker = await service.workerPid();
});

after(async () => {
  await database?.end();
  await service?.stop();
  await pop3?.close();
});

/** Every column of every row of every table that is ours or the job queue's. */
async function dump(): Promise<string> {
  const { rows } = await database.query<{ name: string }>(
    `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname IN ('public', 'pgboss') AND c.relkind = 'r'`,
  );
  assert.ok(rows.length > 20);
  const texts: string[] = [];
  for (const { name } of rows) {
    const { rows: lines } = await database.query<{ line: string }>(`SELECT t::text AS line FROM ${name} t`);
    texts.push(...lines.map(({ line }) => line));
  }
  return texts.join('\n');
}

test('a dump of the database holds no password, token, session or key', async () => {
  const { key } = await browserOf('neighbour').json<{ key: string }>('POST', '/api/v1/api-keys', 201, {
    body: { name: 'dumped' },
  });
  const { rows } = await database.query<{ n: number }>('SELECT count(*)::int AS n FROM grants');
  assert.equal(rows[0]?.n, USERS.length);
  const text = await dump();
  assert.ok(text.includes('neighbour@gmail.example') && text.includes('dumped'), 'it is a dump');
  const secrets = [...USERS.map(passwordOf), ...tokens, key, key.replace('smtpsync_', ''), '1//', 'ya29.'];
  for (const secret of secrets) {
    assert.ok(secret.length > 2);
    for (const spelling of [secret, Buffer.from(secret).toString('hex'), btoa(secret).replace(/=+$/, '')])
      assert.ok(!text.includes(spelling), 'a secret is in the database');
  }
});

const ownedBy = (user: User) => `user_id = (SELECT id FROM users WHERE email = '${user}@gmail.example')`;
const copy = (table: string, column: string, one: User, other: User) =>
  `UPDATE ${table} SET ${column} = (SELECT ${column} FROM ${table} WHERE ${ownedBy(other)}) WHERE ${ownedBy(one)}`;
const swap = (table: string, column: string, one: User, other: User) => `
  CREATE TEMP TABLE kept AS SELECT ${column} AS value FROM ${table} WHERE ${ownedBy(one)};
  ${copy(table, column, one, other)};
  UPDATE ${table} SET ${column} = (SELECT value FROM kept) WHERE ${ownedBy(other)};
  DROP TABLE kept`;
const flip = (table: string, column: string, user: User) =>
  `UPDATE ${table} SET ${column} = set_bit(${column}, length(${column}) * 8 - 1,
     1 - get_bit(${column}, length(${column}) * 8 - 1)) WHERE ${ownedBy(user)}`;
const plant = (table: string, column: string, user: User, text: string) =>
  `UPDATE ${table} SET ${column} = convert_to('${text}', 'UTF8') WHERE ${ownedBy(user)}`;

test('what was tampered with opens nothing; its mailbox stops and says why; nobody else notices', async () => {
  for (const statement of [
    flip('mailboxes', 'sealed_password', 'password-flipped'),
    swap('mailboxes', 'sealed_password', 'password-swapped-1', 'password-swapped-2'),
    plant('mailboxes', 'sealed_password', 'password-plain', passwordOf('password-plain')),
    // Out of another column of the same row.
    `UPDATE mailboxes SET sealed_password = sealed_fingerprint_key WHERE ${ownedBy('password-moved')}`,
    plant('mailboxes', 'sealed_fingerprint_key', 'fingerprint-key-plain', 'k'.repeat(32)),
    flip('grants', 'sealed_refresh_token', 'token-flipped'),
    swap('grants', 'sealed_refresh_token', 'token-swapped-1', 'token-swapped-2'),
    plant(
      'grants',
      'sealed_refresh_token',
      'token-plain',
      service.google.grant('token-plain@gmail.example').refreshToken,
    ),
  ])
    await database.query(statement);
  // Mail comes only then: a visit that had begun before may still bring some.
  for (const user of USERS) {
    if (user === 'neighbour') continue;
    const expected = user.startsWith('token')
      ? { state: 'needs-consent', code: 'grant-missing' }
      : { state: 'needs-password', code: 'seal-broken' };
    const { state, fault, progress } = await until(user, ({ state }) => state.startsWith('needs'));
    assert.deepEqual({ state, code: fault?.code }, expected, user);
    assert.match(fault?.message ?? '', /again/, 'says what to do');
    assert.equal(progress.delivered, 1, user);
  }
  for (const user of USERS) deliver(user, 1);
  await until('neighbour', ({ progress }) => progress.delivered === 2);
  assert.equal(await service.workerPid(), worker, 'the worker goes on');
});

test('entering the secret again heals it', async () => {
  for (const user of USERS) {
    if (user === 'neighbour') continue;
    const browser = browserOf(user);
    const { id } = await mailboxOf(user);
    if (user.startsWith('token')) await browser.signIn(`${user}@gmail.example`);
    else
      await browser.json('PATCH', `/api/v1/mailboxes/${id}`, 200, { body: { password: passwordOf(user) } });
  }
  for (const user of USERS) await until(user, ({ progress }) => progress.delivered === 2);
});
