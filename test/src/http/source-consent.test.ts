/** Sign-in at a mailbox's provider, over real HTTP and the stand-in for Microsoft. */
import assert from 'node:assert/strict';
import * as test from 'node:test';
import { sourceTokenPlace } from '../../../src/core/place.ts';
import type { DiscoveryView, Mailbox } from '../../../src/http/api.ts';
import { createUnseal } from '../../../workers/unseal.ts';
import type { Browser } from '../../browser.ts';
import { MAILBOX, PUBLIC_URL, sessionFor, startWeb } from '../../http.ts';
import { consentAt, OUTLOOK, OUTLOOK_SERVERS, openMicrosoft, signInAt } from '../../microsoft.ts';

const microsoft = await openMicrosoft(test, { redirectUris: [`${PUBLIC_URL}/auth/source/callback`] });
const web = await startWeb(test, {}, microsoft.environment(OUTLOOK_SERVERS));
const plain = await startWeb(test);

const DRAFT = { ...OUTLOOK, start: false } as const;
const create = (browser: Browser, body: object = DRAFT) =>
  browser.json<Mailbox>('POST', '/api/v1/mailboxes', 201, { body });
const read = (browser: Browser, id: string) => browser.json<Mailbox>('GET', `/api/v1/mailboxes/${id}`, 200);
const grantOf = async (id: string) =>
  (
    await web.test.asOwner<{ user_id: string; account_id: string; sealed: Buffer | null; consent: number }>(
      'SELECT user_id, account_id, sealed_refresh_token AS sealed, consent FROM source_grants WHERE mailbox_id = $1',
      [id],
    )
  )[0];
const isRefused = async (answer: Response, status: number, title: string) => {
  const page = await answer.text();
  assert.equal(answer.status, status, page);
  assert.ok(page.includes(`>${title}</h1>`), page);
  assert.doesNotMatch(page, /<script/);
  return page;
};

test.test(
  'a mailbox that is signed in for waits for the consent, and is tested once it is there',
  async () => {
    const { browser, userId } = await sessionFor(web, 'nora');
    const draft = await create(browser);
    assert.deepEqual(
      [draft.state, draft.fault?.code, draft.auth, draft.provider],
      ['paused', 'source-consent-missing', 'oauth', 'microsoft'],
    );
    assert.equal(await grantOf(draft.id), undefined);
    const answer = await signInAt(browser, draft.id);
    assert.equal(answer.status, 303, await answer.text());
    assert.equal(answer.headers.get('location'), `/connect/${draft.id}`);
    const after = await read(browser, draft.id);
    assert.deepEqual([after.state, after.fault, after.username], ['probing', null, OUTLOOK.username]);
    const grant = await grantOf(draft.id);
    assert.ok(grant?.sealed);
    const unseal = createUnseal(web.unsealKeys.split(','));
    const token = Buffer.from(await unseal(grant.sealed, sourceTokenPlace(userId, draft.id as never)));
    assert.deepEqual(microsoft.tokens.refreshTokens(OUTLOOK.username), [token.toString()]);
    const exported = await (await browser.send('GET', '/api/v1/account/export')).text();
    assert.ok(exported.includes(OUTLOOK.username) && !exported.includes(grant.sealed.toString('base64')));
    await browser.send('DELETE', `/api/v1/mailboxes/${draft.id}`);
    assert.equal(await grantOf(draft.id), undefined, 'gone with its mailbox');
  },
);

test.test('without start: false it waits for its owner, and then runs', async () => {
  const { browser } = await sessionFor(web, 'program');
  const mailbox = await create(browser, OUTLOOK);
  assert.deepEqual([mailbox.state, mailbox.fault?.code], ['needs-password', 'source-consent-missing']);
  const answer = await signInAt(browser, mailbox.id);
  assert.equal(answer.headers.get('location'), `/mailboxes/${mailbox.id}`);
  assert.equal((await read(browser, mailbox.id)).state, 'probing');
});

test.test('the account that signed in is the one that is connected, not the one that was typed', async () => {
  const { browser } = await sessionFor(web, 'alias');
  const draft = await create(browser);
  assert.equal((await signInAt(browser, draft.id, { email: 'other@outlook.example' })).status, 303);
  assert.equal((await read(browser, draft.id)).username, 'other@outlook.example');
});

test.test('a mailbox that runs keeps its account', async () => {
  const { browser } = await sessionFor(web, 'loyal');
  const mailbox = await create(browser, OUTLOOK);
  await signInAt(browser, mailbox.id);
  const page = await isRefused(
    await signInAt(browser, mailbox.id, { email: 'other@outlook.example' }),
    409,
    'That is another account',
  );
  assert.ok(page.includes(`/auth/source/start?mailbox=${mailbox.id}`));
  assert.equal((await grantOf(mailbox.id))?.consent, 1);
  assert.equal((await read(browser, mailbox.id)).username, OUTLOOK.username);
  assert.equal((await signInAt(browser, mailbox.id)).status, 303);
  assert.equal((await grantOf(mailbox.id))?.consent, 2);
});

test.test('one account is connected once', async () => {
  const { browser } = await sessionFor(web, 'twice');
  const first = await create(browser);
  await signInAt(browser, first.id);
  const second = await create(browser, { ...DRAFT, username: 'typo@outlook.example' });
  const answer = await signInAt(browser, second.id, { email: OUTLOOK.username });
  await isRefused(answer, 409, 'This account is connected already');
  assert.equal(await grantOf(second.id), undefined);
});

test.test(
  'a callback works once, in the session that began it, for its own tenant, and only in time',
  async () => {
    const { browser } = await sessionFor(web, 'once');
    const { browser: neighbour } = await sessionFor(web, 'neighbour');
    const draft = await create(browser);
    const expired = 'That sign-in at the provider has expired';
    const path = await consentAt(browser, draft.id);
    await isRefused(await neighbour.send('GET', path), 400, expired);
    await isRefused(await web.browser().send('GET', path), 400, expired);
    assert.equal((await browser.send('GET', path)).status, 303, 'nobody else has used it up');
    await isRefused(await browser.send('GET', path), 400, expired);

    const other = await web.signedIn('once-more');
    const again = await create(other);
    const begun = await consentAt(other, again.id);
    await other.signIn('once-more@example.com');
    await isRefused(await other.send('GET', begun), 400, expired);

    const late = await consentAt(browser, draft.id);
    await web.test.asOwner("UPDATE source_consents SET expires_at = now() - interval '1 second'");
    await isRefused(await browser.send('GET', late), 400, expired);
    const overtaken = await consentAt(browser, draft.id);
    const latest = await consentAt(browser, draft.id);
    await isRefused(await browser.send('GET', overtaken), 400, expired);
    assert.equal((await browser.send('GET', latest)).status, 303);
    for (const query of ['', '?state=a', '?state=a&state=b', `?state=${'A'.repeat(43)}&code=c`])
      await isRefused(await browser.send('GET', `/auth/source/callback${query}`), 400, expired);
  },
);

test.test('nobody signs in for a mailbox of somebody else, or for one with a password', async () => {
  const { browser } = await sessionFor(web, 'owner');
  const { browser: stranger } = await sessionFor(web, 'stranger');
  const draft = await create(browser);
  const withPassword = await create(browser, MAILBOX);
  const start = (who: Browser, id: string) => who.send('GET', `/auth/source/start?mailbox=${id}`);
  await isRefused(await start(stranger, draft.id), 404, 'There is no such mailbox');
  await isRefused(await start(browser, withPassword.id), 404, 'There is no such mailbox');
  for (const id of ['', 'x', '../..', `${draft.id}'`])
    await isRefused(await start(browser, encodeURIComponent(id)), 404, 'There is no such mailbox');
  const nobody = await start(web.browser(), draft.id);
  assert.equal(nobody.status, 303);
  assert.equal(
    nobody.headers.get('location'),
    `/auth/start?next=${encodeURIComponent(`/mailboxes/${draft.id}`)}`,
  );
  const { key } = await browser.json<{ key: string }>('POST', '/api/v1/api-keys', 201, {
    body: { name: 'k' },
  });
  const byKey = await web.browser().send('GET', `/auth/source/start?mailbox=${draft.id}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  assert.equal(byKey.status, 303, 'a key has no browser');
});

test.test('each refusal is a page that says what to do next', async () => {
  const { browser } = await sessionFor(web, 'refused');
  const draft = await create(browser);
  const check = async (answer: Response, status: number, title: string) => {
    const page = await isRefused(answer, status, title);
    assert.ok(page.includes(`href="/auth/source/start?mailbox=${draft.id}"`), page);
    assert.ok(page.includes(`href="/connect/${draft.id}"`), page);
  };
  await check(await signInAt(browser, draft.id, { decision: 'cancel' }), 403, 'You have not agreed');
  await check(
    await signInAt(browser, draft.id, { decision: 'admin' }),
    403,
    'Your administrator has to agree first',
  );
  await check(await signInAt(browser, draft.id, { partial: true }), 403, 'One permission is missing');
  const told = async (query: string) => {
    const state = new URLSearchParams((await consentAt(browser, draft.id)).split('?')[1]).get('state');
    return browser.send('GET', `/auth/source/callback?state=${state}&${query}`);
  };
  const blocked = 'Microsoft does not let this account in';
  await check(await told('error=access_denied&error_description=AADSTS53003%3A+no'), 403, blocked);
  await check(await told('error=temporarily_unavailable'), 503, 'Microsoft cannot be reached');
  const failed = 'Microsoft did not complete the sign-in';
  for (const query of [
    'error=%3Cscript%3E',
    'error=constructor',
    'code=made-up',
    'code=',
    'code=a&code=b',
    '',
  ])
    await check(await told(query), 400, failed);
  assert.equal(await grantOf(draft.id), undefined);
});

test.test('whatever the token endpoint answers, nothing is stored and nothing of it is shown', async () => {
  const { browser } = await sessionFor(web, 'hostile');
  const draft = await create(browser);
  const unavailable = 'Microsoft cannot be reached';
  const failed = 'Microsoft did not complete the sign-in';
  const answers: readonly (readonly [string, number, Parameters<typeof trouble>])[] = [
    [unavailable, 503, [503, 'later']],
    [unavailable, 503, [429, '{}']],
    [unavailable, 503, [302, '', { location: 'http://127.0.0.1:1/' }]],
    [unavailable, 503, [200, 'x'.repeat(1_000_000)]],
    [failed, 400, [200, '<html>canary-91c3</html>']],
    [failed, 400, [200, '[]']],
    [failed, 400, [200, JSON.stringify({ access_token: 'a', expires_in: 3600, refresh_token: 'r' })]],
    [failed, 400, [200, JSON.stringify({ access_token: 'a\r\nb', expires_in: -1, id_token: 'e30.e30.x' })]],
    [failed, 400, [401, '{"error":"invalid_client","error_description":"canary-91c3"}']],
  ];
  for (const [title, status, [code, body, headers]] of answers) {
    const path = await consentAt(browser, draft.id);
    trouble(code, body, headers);
    const page = await isRefused(await browser.send('GET', path), status, title);
    assert.ok(!page.includes('canary-91c3'));
    microsoft.trouble = null;
  }
  assert.equal(await grantOf(draft.id), undefined);
  assert.ok(!web.logged().includes('canary-91c3') && !web.logged().includes('outlook.example'));
});

function trouble(status: number, body: string, headers: Record<string, string> = {}): void {
  microsoft.trouble = (request, response) => {
    request.resume();
    response.on('error', () => undefined);
    response.writeHead(status, headers).end(body);
  };
}

test.test('a sign-in is for the provider’s own servers, and no other may be set', async () => {
  const { browser } = await sessionFor(web, 'servers');
  const refuse = async (body: object, code: string, rule: RegExp, status = 400) => {
    const { error } = await browser.json<{ error: { code: string; message: string } }>(
      'POST',
      '/api/v1/mailboxes',
      status,
      { body },
    );
    assert.equal(error.code, code);
    assert.match(error.message, rule);
  };
  const evil = { host: 'evil.example.com' };
  for (const other of [evil, { port: 143 }, { security: 'starttls' }, { protocol: 'pop3' }])
    await refuse({ ...DRAFT, ...other }, 'invalid-request', /^host: must be a server of the provider/);
  await refuse({ ...DRAFT, password: 'x' }, 'invalid-request', /^password: does not go with auth oauth/);
  await refuse(
    { ...DRAFT, provider: undefined },
    'invalid-request',
    /^provider: is required with auth oauth/,
  );
  await refuse({ ...DRAFT, provider: 'nobody' }, 'invalid-request', /^provider: /);
  await refuse({ ...MAILBOX, password: undefined }, 'invalid-request', /^password: is required/);
  await refuse({ ...MAILBOX, provider: 'microsoft' }, 'invalid-request', /^provider: does not go with/);

  const draft = await create(browser);
  await signInAt(browser, draft.id);
  for (const patch of [evil, { port: 143 }, { username: 'x' }, { password: 'x' }, { ...evil, password: 'x' }])
    assert.equal(
      (await browser.send('PATCH', `/api/v1/mailboxes/${draft.id}`, { body: patch })).status,
      400,
      JSON.stringify(patch),
    );
  assert.deepEqual((await read(browser, draft.id)).host, OUTLOOK.host);
  const named = await browser.send('PATCH', `/api/v1/mailboxes/${draft.id}`, {
    body: { options: { skipInbox: true } },
  });
  assert.equal(named.status, 200);
});

test.test('discovery offers the sign-in where this installation has it, and says so where not', async () => {
  const ask = async (from: typeof web, email: string) => {
    const { browser } = await sessionFor(from, `discover-${email.split('@')[0]}`);
    return browser.json<DiscoveryView>('POST', '/api/v1/discover', 200, { body: { email } });
  };
  const offered = await ask(web, 'a@hotmail.com');
  assert.equal(offered.hint, undefined);
  assert.deepEqual(
    offered.candidates.map(({ protocol, host, auth, provider }) => [protocol, host, auth, provider]),
    [
      ['imap', OUTLOOK.host, 'oauth', 'microsoft'],
      ['pop3', OUTLOOK.host, 'oauth', 'microsoft'],
    ],
  );
  const not = await ask(plain, 'b@hotmail.com');
  assert.equal(not.hint?.code, 'oauth-only');
  assert.ok(not.candidates.every(({ auth, provider }) => auth === 'oauth' && provider === undefined));
  const { browser } = await sessionFor(plain, 'none');
  const answer = await browser.send('POST', '/api/v1/mailboxes', { body: DRAFT });
  assert.equal(answer.status, 409);
  assert.match(await answer.text(), /"sign-in-not-offered"/);
});
