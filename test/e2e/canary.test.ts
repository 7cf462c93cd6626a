/**
 * Nothing of a message stays: canaries in every part of it, and in what servers say about it, are looked for in every
 * file below DATA_DIR and TMPDIR (PostgreSQL's heap and write-ahead log too), in all that was printed and in what was
 * mailed, after success and after each kind of failure.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { findEmbedded } from '../../src/db/embedded.ts';
import { createAuthority } from '../../standins/authority.ts';
import { type ImapServer, startImapServer } from '../../standins/imap.ts';
import { type MailjetStandin, startMailjet } from '../../standins/mailjet/server.ts';
import { type Pop3Server, startPop3Server } from '../../standins/pop3.ts';
import type { Browser } from '../browser.ts';
import { type Service, startService, untilSome } from '../service.ts';

const CANARY = 'Kanarienvogel7f3aQx';
const DOMAIN = 'sender-domain.example';
const USER = { username: 'user', password: `${CANARY}-password` };

let service: Service;
let browser: Browser;
let imap: ImapServer;
let pop3: Pop3Server;
let mailjet: MailjetStandin;
let temp: string;
let database: pg.Client;

before(async () => {
  const authority = await createAuthority();
  const leaf = await authority.issue(['localhost']);
  imap = await startImapServer({ leaf, security: 'tls' });
  imap.store.addUser(USER.username, USER.password);
  pop3 = await startPop3Server({ leaf, security: 'starttls', accounts: [USER] });
  mailjet = await startMailjet({ leaf });
  temp = await mkdtemp(join(tmpdir(), 'smtp-sync-canary-'));
  service = await startService({
    authority,
    env: { TMPDIR: temp, LOG_LEVEL: 'trace', ...mailjet.environment },
  });
  browser = service.browser();
  assert.equal((await browser.signIn('canary@gmail.example')).status, 303);
  database = new pg.Client({ connectionString: (await findEmbedded(service.dir))?.ownerUrl });
  await database.connect();
});

after(async () => {
  await database?.end();
  await service?.stop();
  await Promise.all([imap?.close(), pop3?.close(), mailjet?.close()]);
  await rm(temp, { recursive: true, force: true });
});

let made = 0;
/** Over a megabyte when `large`, so that it goes in several chunks. */
function mail({ from = true, large = false } = {}): Buffer {
  made += 1;
  const attachment = Buffer.from(`${CANARY} attachment ${made} `.repeat(large ? 40_000 : 40));
  return Buffer.from(
    [
      `Received: from ${CANARY}.example by mx.example.org`,
      ...(from ? [`From: "${CANARY} Name" <${CANARY}.local@${DOMAIN}>`] : []),
      `To: ${CANARY}@example.org`,
      `Subject: ${CANARY} subject`,
      `X-Secret: ${CANARY}`,
      `Message-ID: <${CANARY}.${made}@${DOMAIN}>`,
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      '',
      `${CANARY} body `.repeat(200),
      '--b',
      `Content-Disposition: attachment; filename="${CANARY}.bin"`,
      'Content-Transfer-Encoding: base64',
      '',
      attachment.toString('base64').replace(/.{76}/g, '$&\r\n'),
      '--b--',
      '',
    ].join('\r\n'),
  );
}

const connect = async (protocol: 'imap' | 'pop3', password = USER.password): Promise<string> => {
  const [port, security] = protocol === 'imap' ? [imap.port, 'tls'] : [pop3.port, 'starttls'];
  const body = { protocol, host: 'localhost', port, security, username: USER.username, password };
  const { id } = await browser.json<{ id: string }>('POST', '/api/v1/mailboxes', 201, { body });
  return id;
};

interface Facts {
  readonly state: string;
  readonly fault: { readonly code: string } | null;
  readonly progress: Readonly<Record<string, number>>;
}
const untilMailbox = (id: string, fits: (facts: Facts) => boolean): Promise<Facts> =>
  untilSome(async () => {
    const facts = await browser.json<Facts>('GET', `/api/v1/mailboxes/${id}`, 200);
    return fits(facts) ? facts : null;
  });

/** The text as it stands, and what base64 makes of its inside at each of the three alignments. */
const SPELLINGS = [
  Buffer.from(CANARY),
  Buffer.from(CANARY, 'utf16le'),
  ...[0, 1, 2].map((shift) => {
    const text = Buffer.from(`${'-'.repeat(shift)}${CANARY}`).toString('base64');
    return Buffer.from(text.slice(4, -4));
  }),
];
const holds = (bytes: Buffer): boolean => SPELLINGS.some((spelling) => bytes.includes(spelling));

async function* filesBelow(...dirs: string[]): AsyncGenerator<[string, Buffer]> {
  for (const dir of dirs)
    for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      // PostgreSQL recycles and removes files while it runs.
      const bytes = entry.isFile() ? await readFile(path).catch(() => null) : null;
      if (bytes) yield [path, bytes];
    }
}

async function assertNothingStayed(): Promise<void> {
  await database.query('CHECKPOINT');
  const found: string[] = [];
  let heap = 0;
  let log = 0;
  for await (const [path, bytes] of filesBelow(service.dir, temp)) {
    if (holds(bytes)) found.push(path);
    if (bytes.includes(DOMAIN)) {
      if (path.includes('/base/')) heap += 1;
      if (path.includes('/pg_wal/')) log += 1;
    }
  }
  assert.deepEqual(found, []);
  assert.ok(heap > 0 && log > 0, 'what may be kept is found, in the tables and in the write-ahead log');
  assert.ok(!holds(Buffer.from(service.output())), 'printed');
  assert.ok(!holds(Buffer.from(JSON.stringify(mailjet.sent))), 'mailed');
  assert.ok(service.output().includes('worker-started'));
}

let imapId: string;
let pop3Id: string;

test('the search finds what it looks for, as it is and encoded', () => {
  assert.ok(holds(mail()));
  for (const shift of ['', 'a', 'ab']) assert.ok(holds(Buffer.from(btoa(`${shift}${CANARY} and more`))));
});

test('after success', async () => {
  for (const large of [false, true]) {
    imap.append(USER.username, mail({ large }));
    pop3.mailbox(USER.username).add(mail({ large }));
  }
  imapId = await connect('imap');
  pop3Id = await connect('pop3');
  for (const id of [imapId, pop3Id]) await untilMailbox(id, ({ progress }) => progress.delivered === 2);
  await assertNothingStayed();
});

test('after Gmail’s refusals, in words of its own', async () => {
  imap.append(USER.username, mail({ from: false }));
  await untilMailbox(imapId, ({ progress }) => progress.rejected === 1);
  const action = { kind: 'status', status: 400, reason: CANARY, message: `${CANARY} is not liked` } as const;
  service.google.order({ rules: [{ at: 'commit', action }] });
  pop3.mailbox(USER.username).add(mail());
  await untilMailbox(pop3Id, ({ progress }) => progress.waiting === 1);
  await assertNothingStayed();
});

test('after the source was cut in the middle of a message', async () => {
  imap.tricks.cutAt = 300;
  pop3.faults.closeAt = 300;
  imap.append(USER.username, mail({ large: true }));
  pop3.mailbox(USER.username).add(mail({ large: true }));
  await untilMailbox(imapId, ({ fault, progress }) => fault !== null || (progress.waiting ?? 0) > 0);
  await untilMailbox(pop3Id, ({ fault, progress }) => fault !== null || (progress.waiting ?? 0) > 1);
  await assertNothingStayed();
  delete imap.tricks.cutAt;
  delete pop3.faults.closeAt;
});

test('after a mail server refused the login, in words of its own', async () => {
  imap.tricks.refuse = new Map([
    ['LOGIN', `${CANARY} go away`],
    ['AUTHENTICATE', `${CANARY} go away`],
  ]);
  pop3.faults.loginRefusal = `${CANARY} go away`;
  for (const [protocol, id] of [
    ['imap', imapId],
    ['pop3', pop3Id],
  ] as const) {
    const password = `${CANARY}-wrong`;
    await browser.json('PATCH', `/api/v1/mailboxes/${id}`, 200, { body: { password } });
    const { fault } = await untilMailbox(id, ({ state }) => state !== 'probing');
    assert.equal(fault?.code, 'login-refused', protocol);
  }
  await mailjet.untilSent(1, AbortSignal.timeout(60_000));
  await assertNothingStayed();
  delete imap.tricks.refuse;
  delete pop3.faults.loginRefusal;
});

test('after a kill in the middle of an upload', async () => {
  service.google.order({ rules: [{ at: 'commit', action: { kind: 'stall' } }] });
  imap.append(USER.username, mail({ large: true }));
  await browser.json('PATCH', `/api/v1/mailboxes/${imapId}`, 200, { body: { password: USER.password } });
  await untilSome(async () => {
    const sql = "SELECT FROM transfers WHERE state = 'open' AND mailbox_id = $1";
    return (await database.query(sql, [imapId])).rowCount || null;
  });
  await service.killWorker();
  await assertNothingStayed();
  await service.workerPid();
  await untilMailbox(imapId, ({ progress }) => (progress.delivered ?? 0) >= 3);
  await assertNothingStayed();
});

test('after the account was deleted', async () => {
  assert.equal((await browser.send('DELETE', '/api/v1/account')).status, 200);
  await assertNothingStayed();
});
