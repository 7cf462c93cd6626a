import assert from 'node:assert/strict';
import * as test from 'node:test';
import type { Mailbox } from '../../../src/http/api.ts';
import { MAILBOX, sessionFor, startWeb } from '../../http.ts';

const web = await startWeb(test);
const NASTY = `"><script>alert('x')</script>&<img src=x onerror=alert(1)>`;
const FORM = { ...MAILBOX, port: '993', history: 'new', since: '' };

const assertHarmless = (page: string): void => {
  assert.doesNotMatch(page, /<script>|<img|onerror=alert\(1\)>|<style|style="/);
  assert.doesNotMatch(page.replaceAll('<script src="/live.js" defer></script>', ''), /<script/);
};

test.test('signed out: what it does and the way in', async () => {
  const page = await (await web.browser().send('GET', '/')).text();
  assert.match(page, /<a class="button" href="\/auth\/google">Continue with Google<\/a>/);
  for (const path of ['/connect', '/audit']) {
    const answer = await web.browser().send('GET', path);
    assert.equal(answer.status, 303);
    assert.equal(answer.headers.get('location'), '/');
  }
  for (const path of ['/style.css', '/live.js'])
    assert.equal((await web.browser().send('GET', path)).status, 200);
});

test.test('connect, watch, pause, resume, new password, delete, by forms alone', async () => {
  const { browser, userId } = await sessionFor(web, 'forms');
  assert.equal((await browser.send('POST', '/connect', { form: FORM })).status, 303);
  const { mailboxes } = await browser.json<{ mailboxes: Mailbox[] }>('GET', '/api/v1/mailboxes', 200);
  const id = mailboxes[0]?.id ?? '';
  assert.equal(mailboxes[0]?.options.history, 'new');
  const home = async () => (await browser.send('GET', '/')).text();
  assert.match(await home(), /imap\.example\.com:993/);
  assert.match(await home(), /Trying to log in/);
  const act = async (name: string, form = {}) =>
    (await browser.send('POST', `/mailboxes/${id}/${name}`, { form })).status;
  assert.equal(await act('pause'), 303);
  assert.match(await home(), /Paused/);
  assert.equal(await act('resume'), 303);
  await web.test.asOwner(
    "UPDATE mailboxes SET state = 'needs-password', fault_code = 'login-refused', failed = 1 WHERE user_id = $1",
    [userId],
  );
  assert.match(await home(), /The mail server refuses this user name and password/);
  assert.equal(await act('retry'), 303);
  assert.equal(await act('sync'), 409);
  assert.equal(await act('password', { password: 'canary-2' }), 303);
  assert.match(await home(), /Trying to log in/);
  assert.equal(await act('delete'), 303);
  assert.match(await home(), /No mailbox is connected yet/);
  assert.equal((await browser.send('POST', '/account/delete', { form: {} })).status, 200);
  assert.match(await home(), /Continue with Google/);
});

test.test('a refused form comes back filled in, but for the password', async () => {
  const { browser } = await sessionFor(web, 'refused');
  const answer = await browser.send('POST', '/connect', {
    form: { ...FORM, host: 'not a host', password: 'canary-password' },
  });
  assert.equal(answer.status, 400);
  const page = await answer.text();
  assert.match(page, /role="alert">host: must be a host name/);
  assert.match(page, /name="username"[^>]*value="someone@example.com"/);
  assert.ok(!page.includes('canary'));
});

test.test('whatever users and senders write is text', async () => {
  const { browser, userId } = await sessionFor(web, 'nasty');
  const refused = await browser.send('POST', '/connect', {
    form: { ...FORM, host: NASTY, username: NASTY, port: NASTY, history: NASTY, since: NASTY },
  });
  assertHarmless(await refused.text());
  const { id } = await browser.json<Mailbox>('POST', '/api/v1/mailboxes', 201, {
    body: { ...MAILBOX, username: NASTY },
  });
  await web.test.asOwner(
    "INSERT INTO audit_entries (user_id, mailbox_id, sender_domain, status, reason, size_bytes) VALUES ($1, $2, $3, 'failed', $3, 1)",
    [userId, id, NASTY],
  );
  await web.test.asOwner('UPDATE users SET email = $2 WHERE id = $1', [userId, NASTY]);
  for (const path of ['/', '/connect', '/audit', `/audit?domain=${encodeURIComponent(NASTY)}`]) {
    const page = await (await browser.send('GET', path)).text();
    assertHarmless(page);
    assert.match(page, /&lt;script&gt;/, path);
  }
  const missing = await browser.send('GET', `/${encodeURIComponent(NASTY)}`, {
    headers: { accept: 'text/html' },
  });
  assertHarmless(await missing.text());
});

test.test('the audit page filters and pages by links', async () => {
  const { browser, userId } = await sessionFor(web, 'paging');
  const { id } = await browser.json<Mailbox>('POST', '/api/v1/mailboxes', 201, { body: MAILBOX });
  await web.test.asOwner(
    `INSERT INTO audit_entries (user_id, mailbox_id, sender_domain, status, size_bytes)
     SELECT $1, $2, 'd' || n || '.test', 'delivered', n FROM generate_series(1, 150) n`,
    [userId, id],
  );
  const page = await (await browser.send('GET', '/audit?mailbox=&status=delivered&domain=&from=&to=')).text();
  assert.match(page, /d150\.test/);
  assert.match(page, /href="\/api\/v1\/audit\.csv\?status=delivered"/);
  const older = /href="(\/audit\?[^"]*cursor=[^"]*)"/.exec(page)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const next = await (await browser.send('GET', older)).text();
  assert.match(next, /d50\.test/);
  assert.doesNotMatch(next, /d51\.test|Older/);
});
