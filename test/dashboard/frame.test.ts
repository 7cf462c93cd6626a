/** The frame of the app in a real browser: navigation, signing out, the ends of a session and of the network. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DEFAULT_OPTIONS } from '../../src/core/mailbox.ts';
import { assertAccessible, eventually, openStage, type Stage, takeScreenshots } from './stage.ts';

let stage: Stage;
before(async () => {
  stage = await openStage();
});
after(() => stage[Symbol.asyncDispose]());

/** As the API gives it. */
const mailboxOf = (username: string, index: number) => ({
  id: `00000000-0000-4000-8000-00000000000${index}`,
  protocol: 'imap',
  host: 'imap.example.com',
  port: 993,
  security: 'tls',
  username,
  state: 'active',
  fault: null,
  options: {
    ...DEFAULT_OPTIONS,
    folders: ['INBOX', '受信トレイ'.repeat(20), 'x'.repeat(200)],
    pollSeconds: 300,
  },
  progress: { found: 9e8, delivered: 8e8, rejected: 0, failed: 0, uncertain: 0, waiting: 1e8, bytes: 1e13 },
  lastSyncAt: null,
  nextSyncAt: null,
  createdAt: '2026-01-01T00:00:00Z',
});

test('every visit of a signed-in person is drawn without errors, and accessible in both themes', async () => {
  await using visitor = await stage.open({ email: 'frame@gmail.example' });
  const { page } = visitor;
  await page.goto('/mailboxes');
  await page.getByRole('heading', { name: 'Mailboxes', level: 1 }).waitFor();
  await page.getByText('frame@gmail.example').waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'frame');
});

test('an address that nothing is at says so', async () => {
  await using visitor = await stage.open({ email: 'frame@gmail.example' });
  await visitor.page.goto('/mailboxes');
  await visitor.page.evaluate("history.pushState(null, '', '/nowhere')");
  await visitor.page.getByRole('heading', { name: 'There is no such page' }).waitFor();
  await assertAccessible(visitor.page);
});

test('a session that has ended is said over the page, and the way back is kept', async () => {
  await using visitor = await stage.open({ email: 'frame@gmail.example' });
  const { page, context } = visitor;
  await page.goto('/glass-box?status=failed');
  await page.getByRole('heading', { name: 'Glass Box', level: 1 }).waitFor();
  await context.clearCookies();
  await page.evaluate("window.dispatchEvent(new Event('session-ended'))");
  const way = page.getByRole('link', { name: 'Sign in again' });
  await eventually(() => way.getAttribute('href'), '/?next=%2Fglass-box%3Fstatus%3Dfailed');
  await assertAccessible(page);
  visitor.takeErrors(); // what was under way when the session ended is refused
});

test('offline is said', async () => {
  await using visitor = await stage.open({ email: 'frame@gmail.example' });
  const { page, context } = visitor;
  await page.goto('/mailboxes');
  await page.getByRole('heading', { name: 'Mailboxes', level: 1 }).waitFor();
  await context.setOffline(true);
  await page.getByText('You are offline.').waitFor();
  await context.setOffline(false);
  await page.getByText('You are offline.').waitFor({ state: 'hidden' });
  visitor.takeErrors();
});

test('offline: what is asked for is refused at once, and a page that is not there yet can be loaded later', async () => {
  await using visitor = await stage.open({ email: 'frame@gmail.example' });
  const { page, context } = visitor;
  await page.goto('/account');
  await page.getByLabel('Name').fill('script');
  await context.setOffline(true);
  await page.getByRole('button', { name: 'Create a key' }).click();
  await page.getByText('The service cannot be reached.').first().waitFor();
  const to = (name: string) => page.getByRole('link', { name, exact: true }).first().click();
  await to('Glass Box');
  await page.getByRole('heading', { name: 'This page could not be loaded' }).waitFor();
  await assertAccessible(page);
  await to('Account');
  await page.getByRole('heading', { name: 'Account', level: 1 }).waitFor();
  await to('Glass Box');
  await page.getByRole('heading', { name: 'This page could not be loaded' }).waitFor();
  await context.setOffline(false);
  await page.getByRole('button', { name: 'Load again' }).click();
  await page.getByRole('heading', { name: 'Glass Box', level: 1 }).waitFor();
  visitor.takeErrors();
});

test('a part that is gone loads the page anew, but only once', async () => {
  await using visitor = await stage.open({ email: 'frame@gmail.example' });
  const { page } = visitor;
  await page.goto('/mailboxes');
  await page.route('**/assets/billing-*.js', (route) => route.fulfill({ status: 404, body: '' }));
  const anew = page.waitForEvent('load');
  await page.getByRole('link', { name: 'Billing' }).first().click();
  await anew;
  await page.getByRole('heading', { name: 'This page broke' }).waitFor();
  await page.getByRole('link', { name: 'Mailboxes', exact: true }).first().click();
  await page.getByRole('heading', { name: 'Mailboxes', level: 1 }).waitFor();
  visitor.takeErrors();
});

test('names of any length and script fit into 320 px, and a system without colours shows what is pressed', async () => {
  await using visitor = await stage.open({ email: 'frame@gmail.example' });
  const { page } = visitor;
  const names = [
    `${'long'.repeat(16)}@${'subdomain.'.repeat(13)}example`,
    'صندوق-البريد@مثال.example',
    '受信箱@例え.example',
  ];
  const twin = { ...mailboxOf(names[2] ?? '', 3), protocol: 'pop3', port: 995 };
  await page.route('**/api/v1/mailboxes', (route) =>
    route.fulfill({ json: { mailboxes: [...names.map(mailboxOf), twin] } }),
  );
  await page.route('**/api/v1/mailboxes/*/stats', (route) => route.fulfill({ status: 404, json: {} }));
  await page.setViewportSize({ width: 320, height: 700 });
  for (const [path, title] of [
    ['/mailboxes', 'Mailboxes'],
    [`/mailboxes/${mailboxOf('', 0).id}`, names[0] ?? ''],
  ] as const) {
    await page.goto(path);
    await page.getByRole('heading', { name: title, level: 1 }).waitFor();
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 320, path);
    await assertAccessible(page);
  }
  await page.getByRole('button', { name: /^More actions/ }).click();
  await page.getByRole('menuitem', { name: 'Edit' }).click();
  const dialog = page.getByRole('dialog', { name: 'Edit mailbox' });
  await dialog.waitFor();
  const [wide, room] = await page.evaluate<[number, number]>(
    "(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth])(document.querySelector('[role=dialog]'))",
  );
  assert.equal(wide, room, 'the dialog');
  for (const view of ['reconciliation', 'chain']) {
    await page.goto(`/glass-box?view=${view}`);
    await page.getByRole('heading', { name: names[0] ?? '', level: 2 }).waitFor();
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 320, view);
    // What has the same name is told apart.
    await page.getByRole('heading', { name: `${twin.username} (POP3, imap.example.com:995)` }).waitFor();
    await assertAccessible(page);
  }
  await page.goto(`/mailboxes/${twin.id}`);
  await page.getByRole('button', { name: 'Sync now' }).waitFor();
  await page.emulateMedia({ forcedColors: 'active' });
  const border = await page.evaluate<string>(
    `getComputedStyle([...document.querySelectorAll('main button')].find((each) => each.innerText === 'Sync now')).borderTop`,
  );
  assert.match(border, /^1px solid rgb\(/);
  visitor.takeErrors();
});

test('a menu that was opened stays open while the rest of the page comes', async () => {
  await using visitor = await stage.open({ email: 'frame@gmail.example' });
  const { page } = visitor;
  const item = page.getByRole('menuitem', { name: 'Sign out' });
  // Who is signed in, and the part with the page's heading, which takes the focus when it comes.
  for (const [path, late, come] of [
    ['/mailboxes', '**/api/v1/account', page.getByText('frame@gmail.example')],
    ['/mailboxes', '**/assets/mailboxes-*.js', page.getByRole('heading', { name: 'Mailboxes', level: 1 })],
    ['/connect', '**/assets/connect-*.js', page.getByLabel('E-mail address')],
  ] as const) {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    await page.route(late, async (route) => {
      await released;
      await route.continue();
    });
    await page.goto(path, { waitUntil: 'commit' });
    await page.getByRole('button', { name: 'Account menu' }).click();
    await item.waitFor();
    await page.evaluate("window.gone = document.querySelector('[role=menuitem]')");
    release();
    await come.waitFor();
    // What was drawn has its effects by then.
    await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
    assert.ok(await page.evaluate('window.gone.isConnected'), `the same menu: ${late}`);
    await page.keyboard.press('Escape');
    await item.waitFor({ state: 'detached' });
    await page.unroute(late);
  }
  await assertAccessible(page);
});

test('signing out ends the session', async () => {
  await using visitor = await stage.open({ email: 'frame@gmail.example' });
  const { page, context } = visitor;
  await page.goto('/mailboxes');
  await page.getByRole('button', { name: 'Account menu' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.waitForURL('/');
  assert.equal((await context.request.get('/api/v1/account')).status(), 401);
  visitor.takeErrors(); // what was under way when the session ended is refused
});

test('who is not signed in is sent to the start, and told back where from', async () => {
  const context = await stage.context();
  const response = await context.request.get('/mailboxes', { maxRedirects: 0 });
  assert.equal(response.status(), 303);
  assert.equal(response.headers().location, '/?next=%2Fmailboxes');
  await context.close();
});
