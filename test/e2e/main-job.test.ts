/**
 * The main job, whole: processes as `npm start` runs them, real Dovecot for both protocols, a Gmail that merges nothing.
 * Every byte is compared, the worker is killed while it works, and in the end the account is deleted without a trace.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { findEmbedded } from '../../src/db/embedded.ts';
import { createAuthority } from '../../standins/authority.ts';
import { sampleMail, sampleMails } from '../../standins/mail.ts';
import type { Browser } from '../browser.ts';
import { type Dovecot, startDovecot } from '../dovecot.ts';
import { type Service, startService, untilSome } from '../service.ts';

const EMAIL = 'owner@gmail.example';
const PASSWORD = 'canary-9b1d-password';
const PER_MAILBOX = 150;
const KILLS = 5;

let dovecot: Dovecot;
let service: Service;
let browser: Browser;
const sent: string[] = [];

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const CRLF = Buffer.from('\r\n');

async function deliver(user: string, mail: Buffer, at: Date): Promise<void> {
  // POP3 has no way to serve a last line that is not ended (RFC 1939 §3).
  const bytes = user === 'pop3-user' && !mail.subarray(-2).equals(CRLF) ? Buffer.concat([mail, CRLF]) : mail;
  await dovecot.deliver(user, bytes, { at });
  sent.push(sha256(bytes));
}

before(async () => {
  const authority = await createAuthority();
  dovecot = await startDovecot(authority);
  for (const user of ['imap-user', 'pop3-user']) {
    await dovecot.addUser(user, PASSWORD);
    for (const { bytes, date } of sampleMails(user, PER_MAILBOX, new Date()))
      await deliver(user, bytes, date);
  }
  // Slow enough that a kill meets work under way.
  service = await startService({
    authority,
    google: { delayMs: 15 },
    env: { GMAIL_IMPORTS_PER_MINUTE: '100000' },
  });
  browser = service.browser();
});

after(async () => {
  await service?.stop();
  await dovecot?.stop();
});

const connect = (protocol: 'imap' | 'pop3') =>
  browser.json<{ id: string }>('POST', '/api/v1/mailboxes', 201, {
    body: {
      protocol,
      host: 'localhost',
      port: protocol === 'imap' ? dovecot.ports.imaps : dovecot.ports.pop3,
      security: protocol === 'imap' ? 'tls' : 'starttls',
      username: `${protocol}-user`,
      password: PASSWORD,
      options: { history: 'all', pollSeconds: 1 },
    },
  });

function assertOnceEach(): void {
  const arrived = service.google.messages.map((message) => message.sha256);
  const counts = Map.groupBy(arrived, (hash) => hash);
  const expected = new Set(sent);
  assert.deepEqual(
    {
      lost: sent.filter((hash) => !counts.has(hash)).length,
      twice: arrived.length - counts.size,
      altered: arrived.filter((hash) => !expected.has(hash)).length,
    },
    { lost: 0, twice: 0, altered: 0 },
  );
}

/** Waits until the books say that all that was sent is delivered; how many of each mailbox. */
const untilSettled = (): Promise<number[]> =>
  untilSome(async () => {
    const { mailboxes } = await browser.json<{ mailboxes: { progress: { delivered: number } }[] }>(
      'GET',
      '/api/v1/mailboxes',
      200,
    );
    const delivered = mailboxes.map(({ progress }) => progress.delivered);
    return delivered.reduce((sum, count) => sum + count, 0) >= sent.length ? delivered : null;
  });

test('signs in, connects both protocols, and imports each message once while the worker is killed', async () => {
  const callback = await browser.signIn(EMAIL);
  assert.equal(callback.status, 303);
  await connect('imap');
  await connect('pop3');
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const mark = (kill * sent.length) / (KILLS + 1);
    await untilSome(() => (service.google.messages.length >= mark ? true : null));
    await service.killWorker();
  }
  await untilSome(() => (service.google.messages.length >= sent.length ? true : null));
  assert.deepEqual(await untilSettled(), [PER_MAILBOX, PER_MAILBOX]);
  assertOnceEach();
});

test('new mail follows by itself, over IDLE and by polling', async () => {
  const now = new Date();
  await deliver('imap-user', sampleMail('later-imap', 1, now).bytes, now);
  await deliver('pop3-user', sampleMail('later-pop3', 1, now).bytes, now);
  await untilSettled();
  assertOnceEach();
});

test('the audit log has one entry a message, and nothing personal', async () => {
  const entries: Record<string, unknown>[] = [];
  for (let cursor = ''; ; ) {
    const page = await browser.json<{ entries: Record<string, unknown>[]; nextCursor: string | null }>(
      'GET',
      `/api/v1/audit?limit=100${cursor && `&cursor=${cursor}`}`,
      200,
    );
    entries.push(...page.entries);
    if (!page.nextCursor) break;
    cursor = page.nextCursor;
  }
  assert.equal(entries.length, sent.length);
  for (const entry of entries) {
    assert.deepEqual(Object.keys(entry).sort(), [
      'at',
      'delayMs',
      'id',
      'mailboxId',
      'reason',
      'senderDomain',
      'sizeBytes',
      'status',
    ]);
    assert.equal(entry.status, 'delivered');
    assert.match(String(entry.senderDomain), /^[a-z.]+\.(example|com|org|net|jp)$/);
  }
});

test('Google saw nothing but consent, tokens and imports; the log holds no password', async () => {
  const paths = new Set(service.google.log.map(({ path }) => path.replace(/\?.*/, '')));
  for (const path of paths) {
    assert.match(
      path,
      /^\/(o\/oauth2\/v2\/auth|token|revoke|oauth2\/v3\/certs|upload\/gmail\/v1\/users\/me\/messages\/import)$/,
    );
  }
  assert.ok(!service.output().includes(PASSWORD));
});

test('deleting the account leaves nothing, here and at Google', async () => {
  const answer = await browser.send('DELETE', '/api/v1/account');
  assert.equal(answer.status, 200, await answer.text());
  const urls = await findEmbedded(service.dir);
  const client = new pg.Client({ connectionString: urls?.ownerUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'user_id'
       WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition`,
    );
    assert.ok(rows.length > 8);
    for (const { name } of [...rows, { name: 'users' }]) {
      const { rowCount } = await client.query(`SELECT 1 FROM ${name} LIMIT 1`);
      assert.equal(rowCount, 0, name);
    }
  } finally {
    await client.end();
  }
  assert.deepEqual(service.google.grants(), []);
  assert.equal((await browser.send('GET', '/api/v1/account')).status, 401);
});

test('SIGTERM ends everything', async () => {
  assert.equal(await service.stop(), 0);
});
