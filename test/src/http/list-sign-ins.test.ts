/** Lists with mailboxes whose owners sign in at a provider. */
import assert from 'node:assert/strict';
import * as test from 'node:test';
import type { Imported, Mailbox } from '../../../src/http/api.ts';
import type { Browser } from '../../browser.ts';
import { PUBLIC_URL, sessionFor, startWeb } from '../../http.ts';
import { OUTLOOK_SERVERS, openMicrosoft, signInAt } from '../../microsoft.ts';

const microsoft = await openMicrosoft(test, { redirectUris: [`${PUBLIC_URL}/auth/source/callback`] });
const web = await startWeb(test, {}, microsoft.environment(OUTLOOK_SERVERS));
const plain = await startWeb(test);

const SECRET = 'canary-useless-password';
const send = async (browser: Browser, lines: readonly string[]): Promise<Imported['lines']> => {
  const headers = { 'content-type': 'text/csv' };
  const body = lines.join('\n');
  return (await browser.json<Imported>('POST', '/api/v1/mailboxes/import', 200, { body, headers })).lines;
};
const listed = async (browser: Browser) =>
  (await browser.json<{ mailboxes: Mailbox[] }>('GET', '/api/v1/mailboxes', 200)).mailboxes;

test.test('a line of a provider needs no password and no server, and says where to sign in', async () => {
  const { browser, userId } = await sessionFor(web, 'list');
  const lines = await send(browser, [
    'protocol,host,port,username,password,auth,provider,start',
    // By its server, by one of its other names, by its provider, and as an export has it.
    `imap,outlook.example.com,993,one@outlook.example,${SECRET},,,yes`,
    `pop3,OUTLOOK.office365.com,,two@outlook.example,${SECRET},,,no`,
    'imap,,,nora@outlook.example,,,microsoft,yes',
    'imap,outlook.example.com,993,four@outlook.example,,oauth,microsoft,yes',
  ]);
  const boxes = await listed(browser);
  assert.deepEqual(
    lines.map(({ ok, error, signInUrl }) => [ok, error, signInUrl]),
    boxes.map(({ id }) => [true, null, `${PUBLIC_URL}/auth/source/start?mailbox=${id}`]),
  );
  assert.deepEqual(
    boxes.map(({ protocol, host, port, auth, provider, fault }) => [
      protocol,
      host,
      port,
      auth,
      provider,
      fault?.code,
    ]),
    (['imap', 'pop3', 'imap', 'imap'] as const).map((protocol) => [
      protocol,
      'outlook.example.com',
      protocol === 'imap' ? 993 : 995,
      'oauth',
      'microsoft',
      'source-consent-missing',
    ]),
  );
  const kept = await web.test.asOwner(
    'SELECT FROM mailboxes WHERE user_id = $1 AND sealed_password IS NOT NULL',
    [userId],
  );
  assert.equal(kept.length, 0, 'no password is kept');
  assert.ok(!web.logged().includes(SECRET));
  await signInAt(browser, boxes[2]?.id ?? '');
  assert.equal((await listed(browser))[2]?.fault, null);
});

test.test('who insists on a password has it their way; a foreign server is never signed in for', async () => {
  const { browser } = await sessionFor(web, 'insists');
  const lines = await send(browser, [
    'host,username,password,auth,provider',
    `outlook.example.com,one@outlook.example,${SECRET},password,`,
    `evil.example.com,two@outlook.example,${SECRET},,microsoft`,
    `outlook.example.com,three@outlook.example,${SECRET},oauth,microsoft`,
    'imap.isp.example,four@isp.example,word,,',
    ',five@isp.example,word,,',
    'imap.isp.example,six@isp.example,,,',
  ]);
  assert.deepEqual(
    lines.map(({ ok, signInUrl, error }) => (ok ? signInUrl : error?.message.split(':')[0])),
    [null, 'host', 'password', null, 'host', 'password'],
  );
  assert.deepEqual(
    (await listed(browser)).map(({ host, auth }) => [host, auth ?? 'password']),
    [
      ['outlook.example.com', 'password'],
      ['imap.isp.example', 'password'],
    ],
  );
});

test.test('where the sign-in is not offered, a line is what it says', async () => {
  const { browser } = await sessionFor(plain, 'plain');
  const lines = await send(browser, [
    'host,username,password,auth,provider',
    `outlook.office365.com,one@outlook.example,${SECRET},,`,
    ',two@outlook.example,,,microsoft',
    'outlook.office365.com,three@outlook.example,,oauth,microsoft',
  ]);
  assert.deepEqual(
    lines.map(({ ok, signInUrl, error }) => (ok ? signInUrl : error?.code)),
    [null, 'invalid-request', 'sign-in-not-offered'],
  );
});
