/** The mailboxes' pages in a real browser, on a real mail server's stand-in that can change its password. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { DEFAULT_OPTIONS } from '../../src/core/mailbox.ts';
import { createAuthority } from '../../standins/authority.ts';
import { sampleMail } from '../../standins/mail.ts';
import { type Pop3Server, startPop3Server } from '../../standins/pop3.ts';
import {
  assertAccessible,
  eventually,
  openStage,
  type Stage,
  takeScreenshots,
  type Visitor,
} from './stage.ts';

const OWNER = 'mailboxes@gmail.example';
const USER = { username: 'old@isp.example', password: 'first password' };
const SERVER = { protocol: 'pop3', host: 'localhost', security: 'tls' };

let stage: Stage;
let pop3: Pop3Server;

before(async () => {
  const authority = await createAuthority();
  pop3 = await startPop3Server({
    leaf: await authority.issue(['localhost']),
    security: 'tls',
    accounts: [USER, { username: '<img src=x onerror=alert(1)>', password: 'x' }],
  });
  for (let n = 0; n < 5; n += 1)
    pop3.mailbox(USER.username).add(sampleMail('mailboxes', n, new Date('2026-01-01T00:00:00Z')).bytes);
  stage = await openStage({ authority });
});
after(async () => {
  await stage?.[Symbol.asyncDispose]();
  await pop3?.close();
});

async function connect(visitor: Visitor, user = USER): Promise<string> {
  const response = await visitor.context.request.post('/api/v1/mailboxes', {
    headers: { origin: stage.service.url },
    data: { ...SERVER, port: pop3.port, ...user },
  });
  assert.equal(response.status(), 201);
  return ((await response.json()) as { id: string }).id;
}

test('without a mailbox the page says what to do', async () => {
  await using visitor = await stage.open({ email: 'empty@gmail.example' });
  await visitor.page.goto('/mailboxes');
  await visitor.page.getByRole('heading', { name: 'No mailbox is connected yet' }).waitFor();
  await assertAccessible(visitor.page);
  await takeScreenshots(visitor.page, 'mailboxes-empty');
});

test('a mailbox appears, fills up and is paused and resumed, without loading the page again', async () => {
  await using visitor = await stage.open({ email: OWNER });
  const { page } = visitor;
  await page.goto('/mailboxes');
  await page.getByRole('heading', { name: 'No mailbox is connected yet' }).waitFor();
  await connect(visitor);
  await page.getByText('5 messages, all settled').waitFor();
  await page.getByText('Active', { exact: true }).waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'mailboxes');
  await page.getByRole('button', { name: 'More actions for old@isp.example' }).click();
  await assertAccessible(page);
  await page.getByRole('menuitem', { name: 'Pause' }).click();
  await page.getByText('Paused', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Resume' }).click();
  await page.getByText('Active', { exact: true }).waitFor();
});

test('its own page shows delay, counts and settings, which can be changed', async () => {
  await using visitor = await stage.open({ email: OWNER });
  const { page } = visitor;
  await page.goto('/mailboxes');
  await page.getByRole('link', { name: USER.username }).click();
  await page.getByRole('heading', { name: USER.username, level: 1 }).waitFor();
  pop3.mailbox(USER.username).add(sampleMail('news', 1, new Date()).bytes);
  await page.getByText('6 messages, all settled').waitFor();
  await page.reload();
  await page.getByText('Half within').waitFor();
  assert.equal(
    await page.getByRole('link', { name: /^Delivered/ }).getAttribute('href'),
    `${new URL(page.url()).pathname.replace('/mailboxes/', '/glass-box?mailbox=')}&status=delivered`,
  );
  await assertAccessible(page);
  await takeScreenshots(page, 'mailbox');
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Edit' }).click();
  await page.getByLabel('Skip the inbox').check();
  await assertAccessible(page);
  await takeScreenshots(page, 'mailbox-edit');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved.', { exact: true }).first().waitFor();
  const { mailboxes } = await visitor.api<{ mailboxes: { options: { skipInbox: boolean } }[] }>(
    '/api/v1/mailboxes',
  );
  assert.equal(mailboxes[0]?.options.skipInbox, true);
});

/** What the query library keeps, mutations included; found by React's own notes in the page. */
const cachedBy = (page: Page): Promise<string> =>
  page.evaluate<string>(`(() => {
    const app = document.getElementById('app');
    const fibers = [app[Object.keys(app).find((key) => key.startsWith('__reactContainer$'))].stateNode.current];
    for (const { child, sibling, memoizedProps } of fibers) {
      const client = memoizedProps?.client;
      if (client?.getMutationCache)
        return JSON.stringify([client.getMutationCache().getAll(), client.getQueryCache().getAll()].map((all) =>
          all.map(({ state }) => state)));
      fibers.push(...[child, sibling].filter(Boolean));
    }
    throw new Error('no query client');
  })()`);

test('a refused edit says why, beside the form', async () => {
  await using visitor = await stage.open({ email: OWNER });
  const { page } = visitor;
  await page.goto('/mailboxes');
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Edit' }).click();
  await page.getByLabel('Server', { exact: true }).fill('elsewhere.example');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('password: is required when host changes').waitFor();
  await assertAccessible(page);
  await page.getByLabel('New password').fill('third password');
  await page.getByLabel('User name').fill('');
  await page.getByLabel('User name').fill('x'.repeat(2000));
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('username: must not be longer').waitFor();
  const kept = `${await page.content()}${await cachedBy(page)}`;
  assert.ok(!kept.includes('third password'), 'a refusal keeps it no more than a success does');
  visitor.takeErrors();
});

test('a password that is refused is asked for, and the right one cures it', async () => {
  await using visitor = await stage.open({ email: OWNER });
  const { page } = visitor;
  await page.goto('/mailboxes');
  await page.getByText('Active', { exact: true }).waitFor();
  pop3.setPassword(USER.username, 'second password');
  await page.getByText('Needs a password').waitFor({ timeout: 30_000 });
  await assertAccessible(page);
  await takeScreenshots(page, 'mailboxes-password');
  await page.getByRole('button', { name: 'Enter a new password' }).click();
  await page.getByLabel('Password', { exact: true }).fill('second password');
  await assertAccessible(page);
  assert.ok(!(await page.content()).includes('second password'), 'not even while it is typed');
  await page.getByRole('button', { name: 'Save and test' }).click();
  await page.getByText('Active', { exact: true }).waitFor();
  assert.equal(await page.getByText('second password').count(), 0);
  assert.ok(!(await page.content()).includes('second password'));
  assert.ok(!(await cachedBy(page)).includes('second password'));
});

test('what a stranger chose as a name is text, and a typed name deletes the mailbox at once', async () => {
  await using visitor = await stage.open({ email: 'strange@gmail.example' });
  const { page } = visitor;
  const username = '<img src=x onerror=alert(1)>';
  const id = await connect(visitor, { username, password: 'x' });
  await page.goto(`/mailboxes/${id}`);
  await page.getByRole('heading', { name: username, level: 1 }).waitFor();
  assert.equal(await page.locator('img').count(), 0);
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  const remove = page.getByRole('button', { name: 'Delete for good' });
  await eventually(() => remove.isDisabled(), true);
  await assertAccessible(page);
  await takeScreenshots(page, 'mailbox-delete');
  await page.getByLabel(/^Type /).fill(username);
  await remove.click();
  await page.getByRole('heading', { name: 'No mailbox is connected yet' }).waitFor();
  assert.deepEqual(await visitor.api('/api/v1/mailboxes'), { mailboxes: [] });
});

test('a foreign mailbox is as unknown as one that never was', async () => {
  await using owner = await stage.open({ email: OWNER });
  const { mailboxes } = await owner.api<{ mailboxes: { id: string }[] }>('/api/v1/mailboxes');
  await using visitor = await stage.open({ email: 'empty@gmail.example' });
  await visitor.page.goto(`/mailboxes/${mailboxes[0]?.id}`);
  await visitor.page.getByRole('heading', { name: 'There is no such mailbox', level: 1 }).waitFor();
  await assertAccessible(visitor.page);
});

test('a list that cannot be had says so and can be asked for again', async () => {
  await using visitor = await stage.open({ email: OWNER });
  const { page } = visitor;
  await page.route('**/api/v1/mailboxes', (route) =>
    route.fulfill({ status: 400, json: { error: { code: 'broken', message: 'It is broken.' } } }),
  );
  await page.goto('/mailboxes');
  await page.getByRole('heading', { name: 'This could not be loaded' }).waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'mailboxes-error');
  await page.unroute('**/api/v1/mailboxes');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('link', { name: USER.username }).waitFor();
  visitor.takeErrors();
});

test('of a hundred mailboxes only those on the screen are asked for their figures', async () => {
  await using visitor = await stage.open({ email: 'many@gmail.example' });
  const { page } = visitor;
  const nameOf = (index: number) => `user-${String(index).padStart(3, '0')}@isp.example`;
  const mailboxes = Array.from({ length: 100 }, (_, index) => ({
    id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    protocol: 'imap',
    host: 'imap.isp.example',
    port: 993,
    security: 'tls',
    username: nameOf(index),
    state: 'active',
    fault: null,
    options: { ...DEFAULT_OPTIONS, pollSeconds: 300 },
    progress: { found: 9, delivered: 9, rejected: 0, failed: 0, uncertain: 0, waiting: 0, bytes: 900 },
    lastSyncAt: null,
    nextSyncAt: null,
    createdAt: '2026-01-01T00:00:00Z',
  }));
  const asked = new Set<string>();
  await page.route('**/api/v1/mailboxes', (route) => route.fulfill({ json: { mailboxes } }));
  await page.route('**/api/v1/mailboxes/*/stats', async (route) => {
    asked.add(route.request().url().split('/').at(-2) ?? '');
    const delay = { messages: 0, medianMs: null, p95Ms: null };
    await route.fulfill({ json: { delay, series: [], messagesPerMinute: 0, backlog: null } });
  });
  await page.goto('/mailboxes');
  await page.getByRole('link', { name: nameOf(99) }).waitFor();
  await eventually(async () => asked.has(mailboxes[0]?.id ?? ''), true);
  assert.ok(!asked.has(mailboxes[99]?.id ?? ''), 'not the last one');
  await page.getByRole('link', { name: nameOf(99) }).scrollIntoViewIfNeeded();
  await eventually(async () => asked.has(mailboxes[99]?.id ?? ''), true);
  assert.ok(asked.size < 60, `${asked.size} of 100`);
});
