/** The second permission: asked for when it is wanted, given, refused, lost and found again. */
import assert from 'node:assert/strict';
import * as test from 'node:test';
import { GMAIL_INSERT_SCOPE as INSERT, GMAIL_LABELS_SCOPE as LABELS } from '../../../src/core/scopes.ts';
import type { Account, Mailbox } from '../../../src/http/api.ts';
import type { Browser } from '../../browser.ts';
import { MAILBOX, startWeb } from '../../http.ts';

const web = await startWeb(test);
const ASK = { from: '/auth/google?labels=1&next=%2Fmailboxes%2Fx', scopes: [INSERT, LABELS] } as const;

const mayLabel = async (browser: Browser): Promise<boolean> => {
  const { grant } = await browser.json<Account>('GET', '/api/v1/account', 200);
  assert.equal(grant.state, 'given');
  assert.ok(grant.scopes.includes(INSERT));
  return grant.scopes.includes(LABELS);
};
const connect = (browser: Browser, options: Partial<Mailbox['options']>, host = 'imap.example.com') =>
  browser.json<Mailbox>('POST', '/api/v1/mailboxes', 201, { body: { ...MAILBOX, host, options } });
const askedFor = async (browser: Browser, path: string): Promise<URLSearchParams> =>
  new URL((await browser.send('GET', path)).headers.get('location') ?? '').searchParams;
const scopesAsked = async (browser: Browser, path: string) =>
  (await askedFor(browser, path)).get('scope')?.split(' ');

test.test('nobody is asked for labels at the sign-in, nor without being signed in', async () => {
  const plain = ['openid', 'email', INSERT];
  assert.deepEqual(await scopesAsked(web.browser(), '/auth/google'), plain);
  assert.deepEqual(await scopesAsked(web.browser(), '/auth/google?labels=1'), plain);
  assert.deepEqual(await scopesAsked(await web.signedIn('plain'), '/auth/google'), plain);
  const browser = await web.signedIn('plain');
  for (const value of ['0', '', 'yes', '1&labels=1'])
    assert.deepEqual(await scopesAsked(browser, `/auth/google?labels=${value}`), plain, value);
});

test.test('asked for on top, with PKCE, state and nonce, for the account that is signed in', async () => {
  const browser = await web.signedIn('asker');
  const asked = await askedFor(browser, '/auth/google?labels=1');
  assert.equal(asked.get('scope'), `openid email ${INSERT} ${LABELS}`);
  assert.equal(asked.get('include_granted_scopes'), 'true');
  assert.equal(asked.get('login_hint'), 'asker@example.com');
  assert.equal(asked.get('code_challenge_method'), 'S256');
  for (const name of ['state', 'nonce', 'code_challenge']) assert.match(asked.get(name) ?? '', /^[\w-]{43}$/);
});

test.test('given: the account has both, runs under way are recalled, and the way goes on', async () => {
  const browser = await web.signedIn('giver');
  const { id } = await connect(browser, { label: 'Old mail' });
  await web.test.asOwner('UPDATE mailboxes SET leased_by = gen_random_uuid() WHERE id = $1', [id]);
  const answer = await browser.signIn('giver@example.com', ASK);
  assert.equal(answer.headers.get('location'), '/mailboxes/x');
  assert.equal(await mayLabel(browser), true);
  const recalls = () => web.test.asOwner('SELECT FROM recalls WHERE mailbox_id = $1', [id]);
  assert.equal((await recalls()).length, 1);
  // Nothing new: nothing is disturbed.
  await web.test.asOwner('TRUNCATE recalls');
  await browser.signIn('giver@example.com');
  assert.equal((await recalls()).length, 0);
});

test.test('refused or left unticked: a page says so, and all else is as it was', async () => {
  const browser = await web.signedIn('refuser');
  const { id } = await connect(browser, { label: 'Old mail' });
  for (const choice of [{ deny: true }, { scopes: [INSERT] }, { scopes: [] }]) {
    const answer = await browser.signIn('refuser@example.com', { ...ASK, ...choice });
    const page = await answer.text();
    assert.equal(answer.status, 403);
    assert.match(page, />Labels were not allowed<\/h1>/);
    assert.match(page, /href="\/mailboxes\/x"/);
    assert.match(page, /href="\/auth\/google\?labels=1&#?\w*;?next=%2Fmailboxes%2Fx"/);
    assert.equal(await mayLabel(browser), false);
  }
  const mailbox = await browser.json<Mailbox>('GET', `/api/v1/mailboxes/${id}`, 200);
  assert.equal(mailbox.options.label, 'Old mail');
  assert.equal(mailbox.fault, null);
  const jobs = await web.test.asOwner("SELECT FROM pgboss.job WHERE name = 'revoke'");
  assert.equal(jobs.length, 0, 'the grant that works is not revoked');
});

test.test('another Google account is no answer: nobody is switched, created or changed', async () => {
  const browser = await web.signedIn('steady');
  await web.signedIn('second');
  for (const other of ['second@example.com', 'unknown@example.com']) {
    const answer = await browser.signIn(other, ASK);
    assert.match(await answer.text(), />That was another Google account<\/h1>/);
    const { email } = await browser.json<Account>('GET', '/api/v1/account', 200);
    assert.equal(email, 'steady@example.com');
    assert.equal(await mayLabel(browser), false);
  }
  assert.equal((await web.test.asOwner("SELECT FROM users WHERE email = 'unknown@example.com'")).length, 0);
  const scopes = await web.test.asOwner<{ scopes: string[] }>(
    "SELECT scopes FROM grants JOIN users ON id = user_id WHERE email = 'second@example.com'",
  );
  assert.ok(!scopes[0]?.scopes.includes(LABELS));
});

test.test('signing in again keeps it; renewing asks for it while it is wanted', async () => {
  const browser = await web.signedIn('keeper');
  await browser.signIn('keeper@example.com', ASK);
  const elsewhere = web.browser();
  assert.equal((await elsewhere.signIn('keeper@example.com')).headers.get('location'), '/');
  assert.equal(await mayLabel(elsewhere), true);
  const plain = ['openid', 'email', INSERT];
  assert.deepEqual(await scopesAsked(browser, '/auth/google'), plain);
  const { id } = await connect(elsewhere, { folderLabels: true });
  assert.deepEqual(await scopesAsked(elsewhere, '/auth/google'), [...plain, LABELS]);
  await elsewhere.json('PATCH', `/api/v1/mailboxes/${id}`, 200, {
    body: { options: { folderLabels: false } },
  });
  assert.deepEqual(await scopesAsked(elsewhere, '/auth/google'), plain);
});

test.test('lost at a sign-in, it is not lost silently', async () => {
  const browser = await web.signedIn('loser');
  await browser.signIn('loser@example.com', ASK);
  await connect(browser, { label: 'Old mail' });
  // Taken back at Google, of which nobody has told us yet.
  web.google.withdraw('loser@example.com');
  const elsewhere = web.browser();
  const answer = await elsewhere.signIn('loser@example.com');
  assert.equal(answer.headers.get('location'), '/auth/labels');
  assert.match(
    await (await elsewhere.send('GET', '/auth/labels')).text(),
    /Your labels wait for a permission/,
  );
  assert.equal(await mayLabel(elsewhere), false);
  assert.equal((await elsewhere.signIn('loser@example.com', ASK)).status, 303);
  assert.equal(await mayLabel(elsewhere), true);
});

test.test('the page before says what it can and cannot do, and where to go on', async () => {
  assert.equal(
    (await web.browser().send('GET', '/auth/labels?next=%2Fmailboxes')).headers.get('location'),
    '/auth/start?next=%2Fmailboxes',
  );
  const browser = await web.signedIn('reader');
  const read = async () => (await browser.send('GET', '/auth/labels?next=%2Fmailboxes%2Fx')).text();
  const page = await read();
  assert.match(page, /Google will ask for a second permission/);
  assert.match(page, /See and edit your email labels/);
  assert.match(page, /Read, list or search your mail/);
  assert.match(page, /href="\/mailboxes\/x"/);
  assert.doesNotMatch(page, /<script/);
  const evil = await browser.send('GET', '/auth/labels?next=%2F%2Fevil.example');
  assert.doesNotMatch(await evil.text(), /evil/);
  await browser.signIn('reader@example.com', ASK);
  assert.match(await read(), /Labels are allowed/);
});

test.test('other labels: what was noted of the former ones is forgotten', async () => {
  const browser = await web.signedIn('changer');
  const { id } = await connect(browser, { label: 'Old mail' });
  await web.test.asOwner(
    "INSERT INTO labels (user_id, mailbox_id, name, gmail_label_id) SELECT user_id, id, 'Old mail', 'Label_1' FROM mailboxes WHERE id = $1",
    [id],
  );
  const noted = async () => (await web.test.asOwner('SELECT FROM labels WHERE mailbox_id = $1', [id])).length;
  const patch = (options: object) =>
    browser.json('PATCH', `/api/v1/mailboxes/${id}`, 200, { body: { options } });
  const exported = JSON.parse(await (await browser.send('GET', '/api/v1/account/export')).text());
  assert.deepEqual(exported.labels, [{ mailboxId: id, name: 'Old mail' }]);
  await patch({ neverSpam: true });
  assert.equal(await noted(), 1);
  await patch({ label: 'Older mail' });
  assert.equal(await noted(), 0);
});
