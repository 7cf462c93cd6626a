/** A mailbox at a provider that is signed in at, through the whole service: stand-ins for Microsoft, its mail servers and Google. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { findEmbedded } from '../../src/db/embedded.ts';
import type { Mailbox } from '../../src/http/api.ts';
import { createAuthority } from '../../standins/authority.ts';
import { type ImapServer, startImapServer } from '../../standins/imap.ts';
import { type MicrosoftStandin, startMicrosoft } from '../../standins/microsoft/server.ts';
import { type Pop3Server, startPop3Server } from '../../standins/pop3.ts';
import type { Browser } from '../browser.ts';
import { signInAt } from '../microsoft.ts';
import { type Service, startService, untilSome } from '../service.ts';

const NORA = 'nora@outlook.example';
const OTTO = 'otto@outlook.example';
const KIM = 'kim@outlook.example';

let microsoft: MicrosoftStandin;
let imap: ImapServer;
let pop3: Pop3Server;
let service: Service;
before(async () => {
  const authority = await createAuthority();
  const leaf = await authority.issue(['localhost', '127.0.0.1']);
  microsoft = await startMicrosoft({ accounts: [NORA, OTTO, KIM] });
  imap = await startImapServer({
    leaf,
    security: 'tls',
    tokens: (user, token) => microsoft.tokens.admits('imap', user, token),
  });
  for (const user of [NORA, OTTO, KIM]) imap.store.addUser(user, 'no password will do');
  pop3 = await startPop3Server({
    leaf,
    security: 'tls',
    auth: ['plain', 'xoauth2'],
    accounts: [{ username: NORA, password: '\0' }],
    tokens: (user, token) => microsoft.tokens.admits('pop3', user, token),
  });
  const servers = [`imaps://localhost:${imap.port}`, `pop3s://localhost:${pop3.port}`];
  service = await startService({ authority, env: microsoft.environment(servers) });
});
after(async () => {
  await service.stop();
  await Promise.all([imap.close(), pop3.close(), microsoft.close()]);
});

const mail = (subject: string): Buffer =>
  Buffer.from(
    `From: someone@shop.example\r\nTo: ${NORA}\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@shop.example>\r\n` +
      `Date: ${new Date().toUTCString()}\r\n\r\nHello.\r\n`,
  );

async function person(email: string): Promise<Browser> {
  const browser = service.browser();
  assert.equal((await browser.signIn(email)).status, 303);
  return browser;
}

const connect = (browser: Browser, protocol: 'imap' | 'pop3', username: string): Promise<Mailbox> =>
  browser.json<Mailbox>('POST', '/api/v1/mailboxes', 201, {
    body: {
      protocol,
      host: 'localhost',
      port: protocol === 'imap' ? imap.port : pop3.port,
      security: 'tls',
      username,
      auth: 'oauth',
      provider: 'microsoft',
    },
  });

const until = (browser: Browser, id: string, wanted: (mailbox: Mailbox) => boolean): Promise<Mailbox> =>
  untilSome(async () => {
    const mailbox = await browser.json<Mailbox>('GET', `/api/v1/mailboxes/${id}`, 200);
    return wanted(mailbox) ? mailbox : null;
  });
const arrived = (email: string, subject: string) =>
  untilSome(
    () =>
      service.google.messages.find((message) => message.account === email && message.subject === subject) ??
      null,
  );
const inDatabase = async (sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> => {
  const found = await findEmbedded(service.dir);
  const client = new pg.Client({ connectionString: found?.ownerUrl });
  await client.connect();
  try {
    return (await client.query(sql, values)).rows;
  } finally {
    await client.end();
  }
};
const refreshes = (): number => microsoft.calls.filter((grant) => grant === 'refresh_token').length;

test('from the consent to the delivered message, over expiry and rotation to the end of the consent and a new one', async () => {
  const browser = await person('you@gmail.example');
  const { id } = await connect(browser, 'imap', NORA);
  imap.append(NORA, mail('first'));
  assert.equal((await signInAt(browser, id)).status, 303);
  await arrived('you@gmail.example', 'first');
  const [before] = await inDatabase('SELECT sealed_refresh_token AS sealed FROM source_grants');

  // The token expires in the middle of a session's life: the next login is refused once, and then renewed.
  const seen = refreshes();
  microsoft.tokens.expire();
  imap.disconnect();
  imap.append(NORA, mail('second'));
  await arrived('you@gmail.example', 'second');
  assert.equal(refreshes(), seen + 1, 'one refresh, whatever waits for it');
  const [rotated] = await inDatabase('SELECT sealed_refresh_token AS sealed FROM source_grants');
  assert.notDeepEqual(rotated?.sealed, before?.sealed, 'the new refresh token is stored');

  microsoft.tokens.revoke(NORA);
  imap.disconnect();
  const gone = await until(browser, id, ({ state }) => state === 'needs-password');
  assert.equal(gone.fault?.code, 'source-consent-gone');
  assert.deepEqual(await inDatabase('SELECT sealed_refresh_token AS sealed FROM source_grants'), [
    { sealed: null },
  ]);
  imap.append(NORA, mail('third'));
  assert.equal((await signInAt(browser, id)).status, 303);
  await arrived('you@gmail.example', 'third');
  await until(browser, id, ({ state, fault }) => state === 'active' && fault === null);
  const subjects = service.google.messages.map(({ subject }) => subject);
  assert.deepEqual(subjects.sort(), ['first', 'second', 'third'], 'each once');
  assert.ok(!imap.commands.includes('LOGIN'), 'no password was ever tried');
});

test('POP3 takes the same way, and a worker that dies finds the rotated token', async () => {
  const browser = await person('pop@gmail.example');
  pop3.mailbox(NORA).add(mail('by-pop'));
  const { id } = await connect(browser, 'pop3', NORA);
  await signInAt(browser, id);
  await arrived('pop@gmail.example', 'by-pop');
  await service.killWorker();
  microsoft.tokens.expire();
  pop3.mailbox(NORA).add(mail('after-death'));
  await arrived('pop@gmail.example', 'after-death');
  assert.ok(pop3.heard.every(({ verb }) => verb !== 'PASS'));
});

test('two tenants, one provider: nobody’s token opens the other’s mailbox, and one’s end is not the other’s', async () => {
  const ann = await person('ann@gmail.example');
  const ben = await person('ben@gmail.example');
  const { id: hers } = await connect(ann, 'imap', OTTO);
  const { id: his } = await connect(ben, 'imap', NORA);
  await signInAt(ann, hers);
  await signInAt(ben, his);
  imap.append(OTTO, mail('for-ann'));
  await arrived('ann@gmail.example', 'for-ann');
  // A neighbour's ciphertext in one's own row opens nothing.
  await inDatabase(
    `UPDATE source_grants g SET consent = consent + 1, sealed_refresh_token =
       (SELECT sealed_refresh_token FROM source_grants WHERE mailbox_id = $1) WHERE mailbox_id = $2`,
    [hers, his],
  );
  imap.disconnect();
  const broken = await until(ben, his, ({ fault }) => fault?.code === 'source-consent-gone');
  assert.equal(broken.state, 'needs-password');
  // Her connection was broken, too, and that is all.
  await until(ann, hers, ({ fault }) => fault === null);
  assert.ok(
    !service.google.messages.some((m) => m.account === 'ben@gmail.example' && m.subject === 'for-ann'),
  );
});

test('a strict provider, whose refresh tokens work once, is kept in step with', async () => {
  const browser = await person('strict@gmail.example');
  const { id } = await connect(browser, 'imap', OTTO);
  microsoft.tokens.rules.strict = true;
  await signInAt(browser, id);
  for (const subject of ['strict-1', 'strict-2', 'strict-3']) {
    microsoft.tokens.expire();
    imap.disconnect();
    imap.append(OTTO, mail(subject));
    await arrived('strict@gmail.example', subject);
  }
  microsoft.tokens.rules.strict = false;
  await browser.send('DELETE', `/api/v1/mailboxes/${id}`);
});

test('killed between a new refresh token and its storing: the old one still serves, or its owner signs in again and nothing is lost', async () => {
  const browser = await person('killed@gmail.example');
  const { id } = await connect(browser, 'imap', KIM);
  await signInAt(browser, id);
  await until(browser, id, ({ lastSyncAt }) => lastSyncAt !== null);
  imap.append(KIM, mail('killed-0'));
  await arrived('killed@gmail.example', 'killed-0');

  await killWhileRenewing();
  imap.append(KIM, mail('killed-1'));
  await arrived('killed@gmail.example', 'killed-1');

  microsoft.tokens.rules.strict = true;
  await killWhileRenewing();
  await until(browser, id, ({ state, fault }) => state === 'needs-password' && fault?.code === GONE);
  imap.append(KIM, mail('killed-2'));
  await signInAt(browser, id);
  await arrived('killed@gmail.example', 'killed-2');
  microsoft.tokens.rules.strict = false;
  const subjects = service.google.messages
    .filter(({ account }) => account === 'killed@gmail.example')
    .map(({ subject }) => subject);
  assert.deepEqual(subjects.sort(), ['killed-0', 'killed-1', 'killed-2'], 'each once, none from before');
  await browser.send('DELETE', `/api/v1/mailboxes/${id}`);
});

const GONE = 'source-consent-gone';

/** The provider has given a new refresh token out, and whoever asked for it dies before anything is stored. */
async function killWhileRenewing(): Promise<void> {
  const asked = new Promise<void>((resolve) =>
    strikeKim((token) => {
      microsoft.tokens.redeem(token);
      // Whoever comes after is answered again.
      microsoft.trouble = null;
      resolve();
    }),
  );
  microsoft.tokens.expire();
  imap.disconnect();
  await asked;
  await service.killWorker();
}

/** Kim's renewals are left to `then`; those of the other tests' mailboxes wait. */
function strikeKim(then: (refreshToken: string, response: ServerResponse) => void): void {
  microsoft.trouble = (request, response) => {
    void text(request).then((form) => {
      const token = new URLSearchParams(form).get('refresh_token') ?? '';
      if (microsoft.tokens.refreshTokens(KIM).includes(token)) then(token, response);
      else response.writeHead(503).end();
    });
  };
}

test('a mailbox, then an account, that is deleted while its token is renewed leaves nothing of it', async () => {
  for (const [name, path] of [
    ['box', 'mailboxes'],
    ['owner', 'account'],
  ] as const) {
    const browser = await person(`${name}@gmail.example`);
    const { id } = await connect(browser, 'imap', KIM);
    await signInAt(browser, id);
    await until(browser, id, ({ lastSyncAt }) => lastSyncAt !== null);
    const answers: (() => void)[] = [];
    strikeKim((_token, response) => {
      const body = { access_token: 'EwB.late', refresh_token: 'M.C5.late', expires_in: 3600 };
      answers.push(() => response.end(JSON.stringify(body)));
    });
    microsoft.tokens.expire();
    imap.disconnect();
    await untilSome(() => answers[0] ?? null);
    const gone = await browser.send('DELETE', `/api/v1/${path}${path === 'mailboxes' ? `/${id}` : ''}`);
    assert.ok(gone.ok, String(gone.status));
    microsoft.trouble = null;
    for (const answer of answers) answer();
    const left = await inDatabase('SELECT FROM source_grants WHERE mailbox_id = $1', [id]);
    assert.equal(left.length, 0, name);
  }
});

test('a token endpoint in trouble is waited for, and costs nobody the consent', async () => {
  const browser = await person('wait@gmail.example');
  const { id } = await connect(browser, 'imap', OTTO);
  await signInAt(browser, id);
  await until(browser, id, ({ lastSyncAt }) => lastSyncAt !== null);
  microsoft.trouble = (request, response) => {
    request.resume();
    response.writeHead(503, { 'Retry-After': '1' }).end('<html>later</html>');
  };
  microsoft.tokens.expire();
  imap.disconnect();
  // Where a visit was under way, its broken connection is what is said at first.
  const waiting = await until(browser, id, ({ fault }) => fault?.code === 'source-sign-in-unavailable');
  assert.equal(waiting.state, 'active');
  microsoft.trouble = null;
  imap.append(OTTO, mail('after-trouble'));
  await arrived('wait@gmail.example', 'after-trouble');
});

test('nothing of tokens, codes or addresses is in the log', () => {
  const output = service.output();
  for (const secret of [NORA, OTTO, 'AADSTS', 'EwB.', 'M.C5', 'standin-app-secret'])
    assert.ok(!output.includes(secret), secret);
});
