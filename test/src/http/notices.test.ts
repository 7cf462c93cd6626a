/** Notices, their settings, the link that ends their mails, and browser sessions, over HTTP. */
import assert from 'node:assert/strict';
import * as test from 'node:test';
import type { UserId } from '../../../src/core/mailbox.ts';
import type { OptionalKind } from '../../../src/core/notice.ts';
import { unsubscribeUrl } from '../../../src/core/unsubscribe.ts';
import { findNoticeKey, raiseNotice } from '../../../src/db/notices.ts';
import type { NoticeCounts, NoticeSettings, NoticesPage, Sessions } from '../../../src/http/api.ts';
import { browserName } from '../../../src/http/browser-name.ts';
import { PUBLIC_URL, sessionFor, startWeb } from '../../http.ts';

const web = await startWeb(test);

async function withNotices(name: string, count: number) {
  const { browser, userId } = await sessionFor(web, name);
  for (let i = 0; i < count; i += 1) {
    const detail = { delivered: i, rejected: 0, failed: 0, uncertain: 0 };
    await web.database.withTenant(userId, (tx) =>
      raiseNotice(tx, { userId, mailboxId: null, kind: 'backlog-finished', detail }),
    );
  }
  return { browser, userId };
}

test.test('notices come newest first, page by page, and are read once', async () => {
  const { browser, userId } = await withNotices('reader', 5);
  await web.database.withTenant(userId, (tx) =>
    raiseNotice(tx, { userId, mailboxId: null, kind: 'consent-lost', detail: { fault: 'grant-revoked' } }),
  );
  const first = await browser.json<NoticesPage>('GET', '/api/v1/notices?limit=4', 200);
  assert.equal(first.notices.length, 4);
  const [newest] = first.notices;
  assert.equal(newest?.kind, 'consent-lost');
  assert.deepEqual(newest?.kind === 'consent-lost' && newest.detail.fault?.code, 'grant-revoked');
  assert.deepEqual(first.counts, { unread: 6, open: 1, latest: newest?.id ?? '' });
  const rest = await browser.json<NoticesPage>(
    'GET',
    `/api/v1/notices?limit=4&cursor=${first.nextCursor}`,
    200,
  );
  assert.equal(rest.nextCursor, null);
  const ids = [...first.notices, ...rest.notices].map(({ id }) => Number(id));
  assert.deepEqual(
    ids,
    ids.toSorted((a, b) => b - a),
  );
  assert.equal(new Set(ids).size, 6);
  const read = await browser.json<NoticeCounts>('POST', '/api/v1/notices/read', 200, {
    body: { ids: [newest?.id] },
  });
  assert.equal(read.unread, 5);
  assert.equal((await browser.json<NoticeCounts>('POST', '/api/v1/notices/read', 200)).unread, 0);
});

test.test('nobody reads or marks what is somebody else’s', async () => {
  const { browser } = await withNotices('owner', 1);
  const stranger = await sessionFor(web, 'stranger');
  const { notices } = await browser.json<NoticesPage>('GET', '/api/v1/notices', 200);
  assert.deepEqual((await stranger.browser.json<NoticesPage>('GET', '/api/v1/notices', 200)).notices, []);
  await stranger.browser.json('POST', '/api/v1/notices/read', 200, { body: { ids: [notices[0]?.id] } });
  assert.equal((await browser.json<NoticesPage>('GET', '/api/v1/notices', 200)).counts.unread, 1);
});

test.test('the non-essential kinds can be switched off and on, the others not', async () => {
  const { browser } = await sessionFor(web, 'chooser');
  const before = await browser.json<NoticeSettings>('GET', '/api/v1/notice-settings', 200);
  assert.equal(before.address, 'chooser@example.com');
  assert.deepEqual(new Set(Object.values(before.mailed)), new Set([true]));
  const patch = (mailed: object, status: number) =>
    browser.json<NoticeSettings>('PATCH', '/api/v1/notice-settings', status, { body: { mailed } });
  assert.equal((await patch({ 'messages-refused': false }, 200)).mailed['messages-refused'], false);
  const both = await patch({ 'backlog-finished': false }, 200);
  assert.deepEqual([both.mailed['messages-refused'], both.mailed['backlog-finished']], [false, false]);
  assert.equal((await patch({ 'messages-refused': true }, 200)).mailed['messages-refused'], true);
  await patch({ 'payment-failed': false }, 400);
});

async function linkFor(userId: UserId, kind: OptionalKind): Promise<string> {
  const key = await web.database.withTenant(userId, findNoticeKey);
  assert.ok(key);
  return unsubscribeUrl(PUBLIC_URL, key, userId, kind).slice(PUBLIC_URL.length);
}

test.test(
  'a link in a mail asks, and one POST without a session, from anywhere, ends the mails',
  async () => {
    const { browser, userId } = await sessionFor(web, 'leaver');
    const link = await linkFor(userId, 'messages-refused');
    const mailed = async () =>
      (await browser.json<NoticeSettings>('GET', '/api/v1/notice-settings', 200)).mailed['messages-refused'];
    const asked = await fetch(web.base + link);
    assert.equal(asked.status, 200);
    const page = await asked.text();
    assert.ok(page.includes('<form method="post" action="/unsubscribe?'));
    assert.ok(!page.includes('leaver@'), 'whoever has the link learns nothing');
    assert.equal(await mailed(), true, 'looking changes nothing');
    const body = new URLSearchParams({ 'List-Unsubscribe': 'One-Click' });
    const done = await fetch(web.base + link, {
      method: 'POST',
      body,
      headers: { origin: 'https://provider.example' },
    });
    assert.equal(done.status, 200);
    assert.equal(await mailed(), false);
    assert.equal((await fetch(web.base + link, { method: 'POST' })).status, 200, 'again is fine');
  },
);

test.test('a link that was changed, or whose account is gone, does nothing', async () => {
  const { browser, userId } = await sessionFor(web, 'steady');
  const other = await sessionFor(web, 'other');
  const link = await linkFor(userId, 'backlog-finished');
  for (const wrong of [
    link.replace('backlog-finished', 'messages-refused'),
    link.replace('backlog-finished', 'payment-failed'),
    link.replace(userId, other.userId),
    link.replace(userId, '00000000-0000-0000-0000-000000000000'),
    link.replace(userId, "' OR 1=1 --"),
    link.slice(0, -1),
    '/unsubscribe',
    '/unsubscribe?user[]=1&kind=x&token=y',
  ]) {
    assert.equal((await fetch(web.base + wrong)).status, 404, wrong);
    assert.equal((await fetch(web.base + wrong, { method: 'POST' })).status, 404, wrong);
  }
  const { mailed } = await browser.json<NoticeSettings>('GET', '/api/v1/notice-settings', 200);
  assert.deepEqual(new Set(Object.values(mailed)), new Set([true]));
});

test.test('sessions are told apart and ended one by one or all others at once', async () => {
  const agent = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' };
  const here = await web.signedIn('sessions');
  const there = web.browser();
  const back = await there.consent('sessions@example.com');
  assert.equal((await there.send('GET', back, { headers: agent })).status, 303);
  const third = await web.signedIn('sessions');
  const list = async () => (await here.json<{ sessions: Sessions }>('GET', '/api/v1/sessions', 200)).sessions;
  const sessions = await list();
  assert.equal(sessions.length, 3);
  assert.equal(sessions.filter(({ current }) => current).length, 1);
  const firefox = sessions.find(({ browser }) => browser === 'Firefox on Linux');
  assert.equal(firefox?.current, false);
  const stranger = await sessionFor(web, 'sessions-stranger');
  assert.equal((await stranger.browser.send('DELETE', `/api/v1/sessions/${firefox?.id}`)).status, 404);
  assert.equal((await here.send('DELETE', `/api/v1/sessions/${firefox?.id}`)).status, 204);
  assert.equal((await there.send('GET', '/api/v1/account')).status, 401);
  assert.equal((await third.send('GET', '/api/v1/account')).status, 200);
  assert.equal((await here.send('DELETE', '/api/v1/sessions')).status, 204);
  assert.equal((await third.send('GET', '/api/v1/account')).status, 401);
  assert.deepEqual(
    (await list()).map(({ current }) => current),
    [true],
  );
  const [own] = await list();
  assert.equal((await here.send('DELETE', `/api/v1/sessions/${own?.id}`)).status, 204);
  assert.equal((await here.send('GET', '/api/v1/account')).status, 401);
});

test.test('browsers are named out of a fixed vocabulary', () => {
  const known: [string, string | null][] = [
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0',
      'Edge on Windows',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15',
      'Safari on macOS',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0 Mobile/15E148 Safari/604.1',
      'Chrome on iPhone',
    ],
    ['Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0', 'Firefox on Android'],
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0 Safari/537.36',
      'Chrome on Linux',
    ],
    ['<script>alert(1)</script>', null],
    ['', null],
  ];
  for (const [agent, name] of known) assert.equal(browserName(agent), name);
  assert.equal(browserName(undefined), null);
});
