import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import * as test from 'node:test';
import pg from 'pg';
import { refreshTokenPlace } from '../../../src/core/place.ts';
import type { RevokeJob } from '../../../src/db/queue.ts';
import { createUnseal } from '../../../workers/unseal.ts';
import type { Browser } from '../../browser.ts';
import { MAILBOX, sessionFor, startWeb } from '../../http.ts';
import { untilSome } from '../../service.ts';

const web = await startWeb(test);

interface Account {
  readonly email: string;
  readonly grant: { readonly state: string; readonly scopes: string[] };
}

const accountOf = (browser: Browser) => browser.json<Account>('GET', '/api/v1/account', 200);
const countUsers = async (email: string): Promise<number> =>
  (await web.test.asOwner('SELECT FROM users WHERE email = $1', [email])).length;

test.test('a first sign-in creates account, grant and session', async () => {
  const browser = web.browser();
  const answer = await browser.signIn('first@example.com');
  assert.equal(answer.status, 303);
  assert.equal(answer.headers.get('location'), '/');
  const cookies = answer.headers.getSetCookie().filter((one) => one.startsWith('__Host-session='));
  assert.equal(cookies.length, 1);
  for (const attribute of ['HttpOnly', 'Secure', 'SameSite=Lax', 'Path=/', 'Max-Age=604800'])
    assert.ok(cookies[0]?.includes(attribute), attribute);
  assert.ok(!cookies[0]?.includes('Domain'));
  const account = await accountOf(browser);
  assert.equal(account.email, 'first@example.com');
  assert.equal(account.grant.state, 'given');
  assert.ok(account.grant.scopes.includes('https://www.googleapis.com/auth/gmail.insert'));
});

test.test('neither tokens nor secrets of the sign-in are stored in the clear', async () => {
  const browser = web.browser();
  const path = await browser.consent('hashed@example.com');
  const state = new URLSearchParams(path.split('?')[1]).get('state') ?? '';
  const [row] = await web.test.asOwner<{ state_hash: Buffer }>('SELECT state_hash FROM sign_ins');
  assert.deepEqual(row?.state_hash, createHash('sha256').update(state).digest());
  assert.equal((await browser.send('GET', path)).status, 303);
  const token = browser.cookies.get('__Host-session') ?? '';
  const hash = createHash('sha256').update(token).digest();
  const found = await web.test.asOwner('SELECT FROM sessions WHERE token_hash = $1', [hash]);
  assert.equal(found.length, 1);
  assert.equal((await web.test.asOwner('SELECT FROM sign_ins')).length, 0);
});

test.test('signing in again keeps the account and ends the old session of this browser', async () => {
  const browser = await web.signedIn('again');
  const before = new Map(browser.cookies);
  assert.equal((await browser.signIn('again@example.com')).status, 303);
  assert.equal(await countUsers('again@example.com'), 1);
  const old = web.browser();
  for (const [name, value] of before) old.cookies.set(name, value);
  assert.equal((await old.send('GET', '/api/v1/account')).status, 401);
  await accountOf(browser);
});

test.test('a callback works once, in the browser that started, and only in time', async () => {
  const browser = web.browser();
  const path = await browser.consent('once@example.com');
  assert.equal((await web.browser().send('GET', path)).status, 400, 'another browser');
  const other = web.browser();
  await other.send('GET', '/auth/google');
  const crossed = web.browser();
  for (const [name, value] of other.cookies) crossed.cookies.set(name, value);
  const stolen = await crossed.send('GET', path);
  assert.equal(stolen.status, 400, 'a foreign browser cookie derives another verifier');
  assert.equal(await countUsers('once@example.com'), 0);
  assert.equal((await browser.send('GET', path)).status, 400, 'used up by the attempt');

  const good = await browser.consent('once@example.com');
  assert.equal((await browser.send('GET', good)).status, 303);
  assert.equal((await browser.send('GET', good)).status, 400, 'a second time');

  const late = await browser.consent('once@example.com');
  await web.test.asOwner("UPDATE sign_ins SET expires_at = now() - interval '1 second'");
  assert.equal((await browser.send('GET', late)).status, 400, 'after ten minutes');
});

test.test('each refusal is a page with its status, a sentence and a way to try again', async () => {
  const browser = web.browser();
  const check = async (answer: Response, status: number, title: string) => {
    const page = await answer.text();
    assert.equal(answer.status, status, page);
    assert.ok(page.includes(`>${title}</h1>`), page);
    assert.match(page, /href="\/auth\/google"/);
    assert.doesNotMatch(page, /<script/);
  };
  const back = (query: string) => browser.send('GET', `/auth/google/callback${query}`);
  const refused = async (error: string) => {
    const state =
      new URLSearchParams((await browser.consent('no@example.com')).split('?')[1]).get('state') ?? '';
    return back(`?state=${state}&error=${error}`);
  };
  await check(await browser.signIn('no@example.com', { deny: true }), 403, 'You have not agreed');
  await check(await browser.signIn('no@example.com', { scopes: [] }), 403, 'One permission is missing');
  await check(await back(''), 400, 'That sign-in was started elsewhere');
  await check(await back('?state=a&state=b&code=c'), 400, 'That sign-in was started elsewhere');
  await check(await back(`?state=${'A'.repeat(43)}&code=c`), 400, 'That sign-in has expired');
  for (const error of ['admin_policy_enforced', 'org_internal', 'disabled_account'])
    await check(await refused(error), 403, 'Google does not allow it for this account');
  for (const error of ['invalid_scope', 'constructor', '__proto__', '%3Cscript%3E', 'a&error=b'])
    await check(await refused(error), 400, 'Google did not complete the sign-in');
  await check(await refused('temporarily_unavailable'), 503, 'Google cannot be reached');
  const wrong = (await browser.consent('no@example.com')).replace(/code=[^&]*/, 'code=made-up');
  await check(await browser.send('GET', wrong), 400, 'Google did not complete the sign-in');
  web.google.order({ rules: [{ at: 'token', action: { kind: 'status', status: 503 }, times: 9 }] });
  await check(await browser.signIn('no@example.com'), 503, 'Google cannot be reached');
  web.google.order({ clear: true });
  assert.equal(await countUsers('no@example.com'), 0);
  assert.equal(browser.cookies.has('__Host-session'), false);
});

test.test('a consent without the permission is handed to a worker to be given back', async () => {
  const jobs = () =>
    web.test.asOwner<{ data: RevokeJob }>("SELECT data FROM pgboss.job WHERE name = 'revoke'");
  const before = await jobs();
  await web.browser().signIn('partial@example.com', { scopes: [] });
  assert.equal(await countUsers('partial@example.com'), 0);
  const [job, ...others] = (await jobs()).slice(before.length);
  assert.ok(job && others.length === 0);
  const { userId, sealedRefreshToken } = job.data;
  const unseal = createUnseal(web.unsealKeys.split(','));
  await unseal(new Uint8Array(Buffer.from(sealedRefreshToken, 'base64')), refreshTokenPlace(userId));

  // At Google a revocation would end the grant that works, too.
  await web.signedIn('twice-asked');
  await web.browser().signIn('twice-asked@example.com', { scopes: [] });
  assert.equal((await jobs()).length, before.length + 1);
});

test.test('a sign-in and the end of a grant do not lock one another out', async () => {
  const browser = await web.signedIn('locked');
  await browser.json('POST', '/api/v1/mailboxes', 201, { body: MAILBOX });
  const back = await browser.consent('locked@example.com');
  const client = new pg.Client({ connectionString: web.test.ownerUrl });
  await client.connect();
  try {
    const mine = "user_id = (SELECT id FROM users WHERE email = 'locked@example.com')";
    await client.query('BEGIN');
    await client.query(`UPDATE mailboxes SET changed_at = now() WHERE ${mine}`);
    const answer = browser.send('GET', back);
    await untilSome(async () => {
      const [row] = await web.test.asOwner(
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      );
      return row ?? null;
    });
    await client.query(`DELETE FROM grants WHERE ${mine}`);
    await client.query('COMMIT');
    assert.equal((await answer).status, 303);
  } finally {
    await client.end();
  }
  assert.equal((await accountOf(browser)).grant.state, 'given');
});

test.test('a new consent wakes the mailboxes that waited for it', async () => {
  const browser = await web.signedIn('waiting');
  const { id } = await browser.json<{ id: string }>('POST', '/api/v1/mailboxes', 201, { body: MAILBOX });
  await web.test.asOwner(
    "UPDATE mailboxes SET state = 'needs-consent', fault_code = 'grant-revoked', next_run_at = now() + interval '1 day' WHERE id = $1",
    [id],
  );
  await web.test.asOwner('DELETE FROM grants USING users WHERE users.id = user_id AND email = $1', [
    'waiting@example.com',
  ]);
  assert.equal((await accountOf(browser)).grant.state, 'missing');
  await browser.signIn('waiting@example.com');
  const mailbox = await browser.json<{ state: string; fault: unknown; nextSyncAt: string }>(
    'GET',
    `/api/v1/mailboxes/${id}`,
    200,
  );
  assert.equal(mailbox.state, 'active');
  assert.equal(mailbox.fault, null);
  assert.ok(Date.parse(mailbox.nextSyncAt) <= Date.now() + 1000);
});

test.test('logging out ends the session at once, and needs our origin', async () => {
  const browser = await web.signedIn('leaver');
  const copy = web.browser();
  for (const [name, value] of browser.cookies) copy.cookies.set(name, value);
  const foreign = { headers: { origin: 'https://evil.example.net' } };
  assert.equal((await browser.send('POST', '/auth/logout', foreign)).status, 403);
  // Browsers send one with a form when its address holds a user name.
  const basic = { headers: { ...foreign.headers, authorization: 'Basic eDp5' } };
  assert.equal((await browser.send('POST', '/auth/logout', basic)).status, 403);
  await accountOf(browser);
  assert.equal((await browser.send('POST', '/auth/logout')).status, 204);
  assert.equal(browser.cookies.has('__Host-session'), false);
  assert.equal((await copy.send('GET', '/api/v1/account')).status, 401);
});

test.test('an expired session is no session', async () => {
  const { browser, userId } = await sessionFor(web, 'expired');
  await accountOf(browser);
  await web.test.asOwner("UPDATE sessions SET expires_at = now() - interval '1 s' WHERE user_id = $1", [
    userId,
  ]);
  assert.equal((await browser.send('GET', '/api/v1/account')).status, 401);
  assert.match(await (await browser.send('GET', '/')).text(), /Continue with Google/);
});

test.test('nothing secret is logged', () => {
  assert.doesNotMatch(web.logged(), /canary|ya29|refresh_token|code=/);
});
