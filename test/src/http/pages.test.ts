import assert from 'node:assert/strict';
import * as test from 'node:test';
import { html } from '../../../src/http/html.ts';
import { sessionFor, startWeb } from '../../http.ts';

const web = await startWeb(test);
const NASTY = `"><script>alert('x')</script>&<img src=x onerror=alert(1)>`;
const PUBLIC = ['/', '/privacy', '/terms', '/security', '/docs/api'];
const HTML = { headers: { accept: 'text/html' } };

const get = async (path: string) => {
  const answer = await web.browser().send('GET', path, HTML);
  return { answer, page: await answer.text() };
};

test.test('what is interpolated is escaped, whatever it is', () => {
  const text = html`<a title="${NASTY}">${[NASTY, 1, null, false, html`<b>`]}</a>`.html;
  assert.doesNotMatch(text, /<script|<img/);
  assert.match(text, /^<a title="&quot;&gt;&lt;script&gt;/);
  assert.match(text, /1<b><\/a>$/);
});

test.test('public pages need no session, no script, no style of their own and no other host', async () => {
  for (const path of [...PUBLIC, '/auth/start']) {
    const { answer, page } = await get(path);
    assert.equal(answer.status, 200, path);
    assert.match(page, /^<!doctype html>\n<html lang="en" data-theme="system">/);
    assert.doesNotMatch(page, /<script|<style|style="|\son\w+="|<iframe|<img/, path);
    const loaded = [...page.matchAll(/<link rel="(?:stylesheet|icon)" href="([^"]*)"/g)].map(
      ([, url]) => url,
    );
    assert.ok(loaded.length === 2 && loaded.every((url) => url === 'data:,' || url?.startsWith('/')), path);
    assert.equal([...page.matchAll(/<h1/g)].length, 1, path);
  }
});

test.test('only public pages may be found by search engines', async () => {
  for (const path of PUBLIC) {
    const { answer, page } = await get(path);
    assert.equal(answer.headers.get('x-robots-tag'), null, path);
    assert.doesNotMatch(page, /noindex/, path);
    const canonical = `<link rel="canonical" href="https://mail.example.com${path}">`;
    assert.ok(page.includes(canonical), path);
  }
  const hidden = [
    '/auth/start',
    '/mailboxes',
    '/api/v1/account',
    '/api/openapi.json',
    '/nowhere',
    '/healthz',
  ];
  for (const path of hidden)
    assert.equal((await get(path)).answer.headers.get('x-robots-tag'), 'noindex', path);
  const { page } = await get('/robots.txt');
  const allowed = [...page.matchAll(/^Allow: (.*)$/gm)].map(([, path]) => path);
  assert.deepEqual(allowed, ['/$', '/privacy$', '/terms$', '/security$', '/docs/api$', '/assets/']);
  assert.match(page, /^User-agent: \*\n(?:Allow: .*\n)+Disallow: \/\n$/);
});

test.test('the landing page says the price of this installation, and leads to Google', async () => {
  const { page } = await get('/');
  assert.match(page, /href="\/auth\/google">Continue with Google<\/a>/);
  assert.match(page, /self-hosted/);
  assert.doesNotMatch(page, /Stripe|Free/);
});

test.test('who is signed in goes to the mailboxes, or where he wanted to go', async () => {
  const { browser } = await sessionFor(web, 'lander');
  const to = async (path: string) => {
    const answer = await browser.send('GET', path);
    assert.equal(answer.status, 303);
    return answer.headers.get('location');
  };
  assert.equal(await to('/'), '/mailboxes');
  assert.equal(await to('/?next=%2Fglass-box%3Fstatus%3Dfailed'), '/glass-box?status=failed');
  assert.equal(await to('/?next=https%3A%2F%2Fevil.example.net%2F'), '/mailboxes');
});

test.test('who is sent away from a page is told why, and the page is kept in all ways on', async () => {
  const { page } = await get('/?next=%2Fmailboxes%2Fone%3Fa%3D1%26b%3D2');
  assert.match(page, /your session has ended/);
  assert.match(page, /href="\/auth\/google\?next=%2Fmailboxes%2Fone%3Fa%3D1%26b%3D2"/);
  assert.match(page, /name="back" value="\/\?next=%2Fmailboxes/);
  const { page: foreign } = await get('/?next=%2F%2Fevil.example.net');
  assert.doesNotMatch(foreign, /evil|session has ended/);
});

test.test('the theme is a cookie, set by a form that works without script', async () => {
  const browser = web.browser();
  const choose = (theme: string, back = '/terms') =>
    browser.send('POST', '/theme', { form: { theme, back }, ...HTML });
  const answer = await choose('dark');
  assert.equal(answer.status, 303);
  assert.equal(answer.headers.get('location'), '/terms');
  assert.match(
    answer.headers.getSetCookie().join(),
    /^theme=dark; Max-Age=31536000; Path=\/;.*Secure; SameSite=Lax$/,
  );
  const page = await (await browser.send('GET', '/terms')).text();
  assert.match(page, /data-theme="dark"/);
  assert.match(page, /value="dark" aria-pressed="true"/);
  assert.equal((await choose('system', '//evil.example.net')).headers.get('location'), '/');
  assert.equal(browser.cookies.has('theme'), false);
  assert.equal((await choose('pink')).status, 400);
  assert.equal((await browser.send('POST', '/theme')).status, 400);
  const foreign = { headers: { origin: 'https://evil.example.net' }, form: { theme: 'dark' } };
  assert.equal((await browser.send('POST', '/theme', foreign)).status, 403);
});

test.test('what goes wrong has a page of its own, with its status, and JSON for programs', async () => {
  const browser = web.browser();
  const cases = [
    ['GET', '/nowhere', 404, 'There is no page here'],
    ['GET', `/${encodeURIComponent(NASTY)}`, 404, 'There is no page here'],
    ['GET', '/%', 404, 'There is no page here'],
    ['POST', '/privacy', 405, 'That is not how this page is used'],
    ['GET', '/theme', 405, 'That is not how this page is used'],
  ] as const;
  for (const [method, path, status, title] of cases) {
    const answer = await browser.send(method, path, HTML);
    const page = await answer.text();
    assert.equal(answer.status, status, path);
    assert.ok(page.includes(`>${title}</h1>`), path);
    assert.ok(page.includes(`Error ${status}`) && page.includes('href="/"'), path);
    assert.doesNotMatch(page, /<script|<img/, path);
    const machine = await browser.send(method, path, { headers: { accept: 'application/json' } });
    assert.equal(machine.status, status);
    assert.match(
      ((await machine.json()) as { error: { code: string } }).error.code,
      /^(not-found|method-not-allowed)$/,
    );
  }
  assert.equal((await browser.send('POST', '/privacy')).headers.get('allow'), 'GET, HEAD');
  assert.equal((await browser.send('GET', '/theme')).headers.get('allow'), 'POST');
  const origin = await browser.send('POST', '/auth/logout', { headers: { accept: 'text/html', origin: '' } });
  assert.equal(origin.status, 403);
  assert.match(await origin.text(), /That came from somewhere else/);
  const api = await browser.send('GET', '/api/nowhere', HTML);
  assert.deepEqual(await api.json(), { error: { code: 'not-found', message: 'There is nothing here.' } });
});

test.test('a failure of ours is a page without its words; public pages need no tables', async () => {
  const { browser } = await sessionFor(web, 'unlucky');
  await web.test.asOwner('ALTER FUNCTION session_user_id(bytea) RENAME TO canary_user_id');
  const answer = await browser.send('GET', '/', HTML);
  const page = await answer.text();
  assert.equal(answer.status, 500);
  assert.match(page, /That went wrong on our side/);
  assert.doesNotMatch(page, /canary|session_user_id|function/);
  for (const path of ['/privacy', '/terms', '/security'])
    assert.equal((await browser.send('GET', path)).status, 200, path);
  assert.equal((await web.browser().send('GET', '/')).status, 200);
  await web.test.asOwner('ALTER FUNCTION canary_user_id(bytea) RENAME TO session_user_id');
});

test.test('who is signed in is shown who he is before Google asks again', async () => {
  const { browser, userId } = await sessionFor(web, 'starter');
  const page = async () => (await browser.send('GET', '/auth/start?next=%2Faccount')).text();
  assert.match(await page(), /Google no longer honours your consent/);
  assert.match(await page(), /href="\/auth\/google\?next=%2Faccount"/);
  await web.test.asOwner(
    "INSERT INTO grants (user_id, sealed_refresh_token, refresh_token_hash, scopes) VALUES ($1, '', '', '{}')",
    [userId],
  );
  assert.match(await page(), /You are signed in as/);
  await web.test.asOwner("UPDATE grants SET fault_code = 'gmail-not-enabled' WHERE user_id = $1", [userId]);
  assert.match(await page(), /Gmail does not accept mail for this account/);
  await web.test.asOwner('UPDATE users SET email = $2 WHERE id = $1', [userId, NASTY]);
  assert.doesNotMatch(await page(), /<script|<img/);
  assert.match(
    await (await web.browser().send('GET', '/auth/start')).text(),
    /Google will ask for one permission/,
  );
});
