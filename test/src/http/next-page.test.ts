import assert from 'node:assert/strict';
import * as test from 'node:test';
import fc from 'fast-check';
import { nextPage } from '../../../src/http/next-page.ts';
import { sessionFor, startWeb } from '../../http.ts';

const ORIGIN = 'https://mail.example.com';
const web = await startWeb(test);

test.test('paths of ours pass as they are', () => {
  for (const path of [
    '/',
    '/mailboxes',
    '/mailboxes/1?tab=log#top',
    '/glass-box?from=2026-01-01&status=failed',
  ])
    assert.equal(nextPage(path, ORIGIN), path);
  assert.equal(nextPage('/a/../billing', ORIGIN), '/billing');
});

test.test('whatever leads away, or to what is no page, does not', () => {
  for (const path of [
    undefined,
    ['/a'],
    '',
    'mailboxes',
    'https://evil.example.net/',
    '//evil.example.net',
    '/\\evil.example.net',
    '/.//evil.example.net',
    '/..//evil.example.net/%2e',
    '/a/..//evil.example.net',
    '/\t/evil.example.net',
    '/ä',
    'javascript:alert(1)',
    '/api/v1/account',
    '/auth/google',
    '/auth',
    '/x/../auth/google?next=/',
    `/${'a'.repeat(512)}`,
  ])
    assert.equal(nextPage(path, ORIGIN), null, String(path));
});

test.test('no text of any kind leads a browser away', () => {
  const piece = fc.constantFrom(
    '/',
    '\\',
    '.',
    '..',
    '//',
    '@',
    ':',
    '%2f',
    '%5c',
    '\t',
    '?',
    '#',
    'evil.example.net',
  );
  const tricky = fc
    .array(fc.oneof(piece, fc.string({ maxLength: 3 })), { maxLength: 8 })
    .map((all) => `/${all.join('')}`);
  fc.assert(
    fc.property(fc.oneof(tricky, fc.webPath(), fc.string()), (text) => {
      const path = nextPage(text, ORIGIN);
      if (path === null) return;
      assert.equal(new URL(path, `${ORIGIN}/some/page`).origin, ORIGIN);
      assert.equal(nextPage(path, ORIGIN), path, 'reading it again changes nothing');
    }),
    { numRuns: 3000 },
  );
});

test.test('a sign-in ends where it was asked to, and only the one that was asked', async () => {
  const browser = web.browser();
  const asked = async (query: string) => {
    const start = await browser.send('GET', `/auth/google${query}`);
    assert.equal(start.status, 302);
    return new URL(start.headers.get('location') ?? '');
  };
  const agree = async (page: URL) => {
    const form = new URLSearchParams(page.searchParams);
    form.set('other', 'next@example.com');
    form.set('decision', 'allow');
    form.append('granted', 'https://www.googleapis.com/auth/gmail.insert');
    const answer = await fetch(page, { method: 'POST', body: form, redirect: 'manual' });
    const back = (answer.headers.get('location') ?? '').slice(ORIGIN.length);
    return (await browser.send('GET', back)).headers.get('location');
  };
  assert.equal(await agree(await asked('?next=%2Fglass-box%3Fstatus%3Dfailed')), '/glass-box?status=failed');
  assert.equal(browser.cookies.has('__Host-next'), false, 'used up');
  assert.equal(await agree(await asked('')), '/');
  assert.equal(await agree(await asked('?next=%2F%2Fevil.example.net')), '/');
  // Another tab has asked meanwhile: the page kept is not this sign-in's.
  const first = await asked('?next=%2Fbilling');
  const second = await asked('?next=%2Faccount');
  assert.equal(await agree(first), '/');
  await asked('?next=%2Faccount');
  browser.cookies.set(
    '__Host-next',
    `${Buffer.from('//evil.example.net').toString('base64url')}.${'A'.repeat(43)}`,
  );
  assert.equal(await agree(second), '/');
});

test.test('a refusal keeps the page for the next try', async () => {
  const browser = web.browser();
  const start = await browser.send('GET', '/auth/google?next=%2Fbilling');
  const state = new URL(start.headers.get('location') ?? '').searchParams.get('state') ?? '';
  const refused = await browser.send('GET', `/auth/google/callback?error=access_denied&state=${state}`);
  assert.equal(refused.status, 403);
  assert.match(await refused.text(), /href="\/auth\/google\?next=%2Fbilling"/);
});

test.test('another account than before is said, and what was wanted is one click further', async () => {
  const { browser } = await sessionFor(web, 'one');
  const answer = await browser.signIn('two@example.com');
  assert.equal(answer.status, 303);
  assert.equal(answer.headers.get('location'), '/auth/switched');
  const page = await (await browser.send('GET', '/auth/switched?next=%2Fbilling')).text();
  assert.match(page, /smtp-sync account of two@example\.com/);
  assert.match(page, /href="\/billing"/);
  assert.equal((await browser.signIn('two@example.com')).headers.get('location'), '/', 'the same again');
  assert.equal((await web.browser().send('GET', '/auth/switched')).status, 303);
});
