/** The Glass Box in a real browser: the log as a tool, live, by keyboard, on a phone; and what does not add up. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import pg from 'pg';
import type { Page } from 'playwright-core';
import { findEmbedded } from '../../src/db/embedded.ts';
import { assertAccessible, openStage, type Stage, takeScreenshots, type Visitor } from './stage.ts';

const XSS = '<img src=x onerror=alert(1)>';

let stage: Stage;
let database: pg.Pool;

before(async () => {
  stage = await openStage();
  const urls = await findEmbedded(stage.service.dir);
  database = new pg.Pool({ connectionString: urls?.ownerUrl, max: 2 });
});
after(async () => {
  await database?.end();
  await stage?.[Symbol.asyncDispose]();
});

interface Owner extends AsyncDisposable {
  readonly visitor: Visitor;
  readonly page: Page;
  readonly userId: string;
  readonly mailboxId: string;
}

/** A user with a mailbox that is visited by nobody. */
async function ownerOf(name: string, username = `${name}@isp.example`): Promise<Owner> {
  const visitor = await stage.open({ email: `${name}@gmail.example` });
  const { id: userId } = await visitor.api<{ id: string }>('/api/v1/account');
  const mailboxId = await addMailbox(userId, username);
  return {
    visitor,
    page: visitor.page,
    userId,
    mailboxId,
    [Symbol.asyncDispose]: () => visitor[Symbol.asyncDispose](),
  };
}

const OPTIONS = {
  history: 'all',
  since: null,
  folders: ['INBOX'],
  skipInbox: false,
  label: null,
  neverSpam: false,
  afterImport: 'keep',
  deleteAfterDays: null,
  pollSeconds: 300,
};

async function addMailbox(userId: string, username: string): Promise<string> {
  const { rows } = await database.query<{ id: string }>(
    `INSERT INTO mailboxes (user_id, protocol, host, port, security, username, sealed_password, sealed_fingerprint_key,
       options, state) VALUES ($1, 'imap', 'imap.isp.example', 993, 'tls', $2, 'x', 'x', $3, 'paused') RETURNING id`,
    [userId, username, JSON.stringify(OPTIONS)],
  );
  return rows[0]?.id ?? assert.fail();
}

/** `count` entries, one each 20 minutes up to now; every status and several reasons among them. */
const addEntries = ({ userId, mailboxId }: Owner, count: number) =>
  database.query(
    `INSERT INTO audit_entries (user_id, mailbox_id, at, sender_domain, status, reason, size_bytes, delay_ms)
     SELECT $1, $2, now() - ($3 - n) * interval '20 minutes' - interval '1 minute',
       (ARRAY['news.example.com', 'shop.example.net', 'friend.example.org'])[1 + n % 3],
       CASE WHEN n % 40 = 1 THEN 'failed' WHEN n % 40 = 2 THEN 'uncertain' WHEN n % 20 = 3 THEN 'rejected'
         WHEN n % 20 = 4 THEN 'skipped' ELSE 'delivered' END,
       CASE WHEN n % 40 = 1 THEN 'source-timeout' WHEN n % 40 = 2 THEN 'upload-lost' WHEN n % 20 = 3 THEN 'message-too-large'
         WHEN n % 20 = 4 THEN 'already-delivered' END,
       (n * 7919) % 90000 + 900, CASE WHEN n % 4 > 0 THEN (n * 104729) % 60000 + 400 END
     FROM generate_series(1, $3::int) n`,
    [userId, mailboxId, count],
  );

const addEntry = ({ userId, mailboxId }: Owner, domain: string) =>
  database.query(
    `INSERT INTO audit_entries (user_id, mailbox_id, sender_domain, status, size_bytes)
     VALUES ($1, $2, $3, 'delivered', 1000)`,
    [userId, mailboxId, domain],
  );

/** An entry with the message that it tells of. */
const addRefused = ({ userId, mailboxId }: Owner, status: string) =>
  database.query(
    `WITH entry AS (
       INSERT INTO audit_entries (user_id, mailbox_id, sender_domain, status, reason, size_bytes)
       VALUES ($1, $2, 'shop.example.net', $3, CASE $3 WHEN 'failed' THEN 'source-timeout' ELSE 'upload-lost' END, 1000)
       RETURNING id
     ) INSERT INTO transfers (user_id, mailbox_id, key, state, backlog, audit_id) SELECT $1, $2, 'pop3:' || $3, $3, false, id FROM entry`,
    [userId, mailboxId, status],
  );

test('without an entry the page says when there will be one', async () => {
  await using owner = await ownerOf('nobody');
  const { page } = owner;
  await page.goto('/glass-box');
  await page.getByRole('heading', { name: 'Nothing has been handled yet' }).waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'glass-box-empty');
});

test('the log is filtered, the address keeps the filter, and back and forward walk through it', async () => {
  await using owner = await ownerOf('filters');
  const { page } = owner;
  await addEntries(owner, 700);
  await page.goto('/glass-box');
  await page.getByText('700 messages').waitFor();
  assert.equal(await page.getByRole('table', { name: 'Audit log' }).getAttribute('aria-rowcount'), '701');
  await page.getByRole('img', { name: /^Chart: 700 between/ }).waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'glass-box', { fullPage: false });

  await page.getByLabel('Status', { exact: true }).selectOption('Failed');
  await page.getByText('18 messages').waitFor();
  assert.equal(new URL(page.url()).search, '?status=failed');
  await page.getByLabel('Sender domain').fill('shop.example.net');
  await page.getByLabel('Sender domain').press('Enter');
  await page.getByText('6 messages').waitFor();
  const csv = await page.getByRole('link', { name: 'Export as CSV' }).getAttribute('href');
  assert.equal(csv, '/api/v1/audit.csv?status=failed&domain=shop.example.net');
  const lines = (await (await owner.visitor.context.request.get(csv ?? '')).text()).trim().split('\r\n');
  assert.equal(lines.length, 7);
  await page.reload();
  await page.getByText('6 messages').waitFor();
  await page.goBack();
  await page.getByText('18 messages').waitFor();
  assert.equal(await page.getByLabel('Sender domain').inputValue(), '');
  await page.goForward();
  await page.getByText('6 messages').waitFor();
  await page.getByLabel('Period').selectOption('Last 24 hours');
  await page
    .getByText(/^[0-3] messages?/)
    .or(page.getByText('No entry matches'))
    .first()
    .waitFor();
  await page.getByLabel('Sender domain').fill('nobody.example');
  await page.getByLabel('Sender domain').press('Enter');
  await page.getByRole('heading', { name: 'No entry matches' }).waitFor();
  await assertAccessible(page);
  await page.getByRole('button', { name: 'Clear filters' }).first().click();
  await page.getByText('700 messages').waitFor();
  assert.equal(new URL(page.url()).search, '');

  await page.getByLabel('Period').selectOption('From … to …');
  const day = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10);
  await page.getByLabel('From', { exact: true }).fill(day);
  await page.getByLabel('To', { exact: true }).fill(day);
  await page.getByText('72 messages').waitFor();
  assert.equal(new URL(page.url()).search, `?from=${day}&to=${day}`);
  await assertAccessible(page);
});

test('the chart is a table too, and dragging across it chooses a period', async () => {
  await using owner = await ownerOf('chart');
  const { page } = owner;
  await addEntries(owner, 700);
  await page.goto('/glass-box');
  await page.getByText('Figures as a table').click();
  const figures = page.getByRole('region', { name: 'Messages and bytes by time and status' });
  const rows = await figures.getByRole('row').allInnerTexts();
  assert.ok(rows.length > 30 && rows.length < 200, `${rows.length} rows`);
  assert.match(rows[2] ?? '', /18 messages/);
  await page.getByText('Bytes', { exact: true }).click();
  await page.getByRole('img', { name: /^Chart: \d+ MB between/ }).waitFor();
  await assertAccessible(page);
  await page.getByText('Figures as a table').click();
  const box = await page.getByRole('img', { name: /^Chart/ }).boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + box.width / 2, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2 + 90, box.y + 60, { steps: 4 });
  await page.mouse.up();
  await page.waitForURL(/from=.+&to=/);
  await page.getByText(/^Exactly/).waitFor();
  await page.locator('p', { hasText: /^(18|36|54|72) messages/ }).waitFor();
});

test('by keyboard alone: through pages of entries, into one and back', async () => {
  await using owner = await ownerOf('keyboard');
  const { page } = owner;
  await addEntries(owner, 450);
  await page.goto('/glass-box');
  await page.getByText('450 messages').waitFor();
  await page.getByRole('button', { name: 'Pause live updates' }).focus();
  await page.keyboard.press('Tab');
  const focused = () => page.evaluate<string | null>('document.activeElement?.getAttribute("aria-rowindex")');
  assert.equal(await focused(), '2');
  await page.keyboard.press('ArrowDown');
  await page.locator('tr[aria-rowindex="3"]:focus').waitFor();
  for (const last of ['201', '401', '451']) {
    await page.keyboard.press('End');
    await page.locator(`tr[aria-rowindex="${last}"]:focus`).waitFor();
    if (last !== '451')
      await page.locator(`tr[aria-rowindex="${Number(last) + 1}"]`).waitFor({ state: 'attached' });
  }
  await page.getByText('No older entries.').waitFor();
  await page.keyboard.press('ArrowUp');
  await page.locator('tr[aria-rowindex="450"]:focus').waitFor();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('What it means').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('tr[aria-rowindex="450"]:focus').waitFor();
  assert.ok((await page.getByRole('row').count()) < 80, 'only what is in sight is there');
});

test('new entries come by themselves, unless one looks elsewhere', async () => {
  await using owner = await ownerOf('live');
  const { page } = owner;
  await addEntries(owner, 300);
  await page.goto('/glass-box');
  await page.getByText('300 messages').waitFor();
  const first = page.locator('tr[aria-rowindex="2"]');
  await addEntry(owner, 'live-one.example');
  await first.getByText('live-one.example').waitFor();
  await page.getByRole('button', { name: 'Pause live updates' }).click();
  await addEntry(owner, 'live-two.example');
  await page.getByRole('button', { name: '1 new entry' }).waitFor();
  await first.getByText('live-one.example').waitFor();
  await page.getByRole('button', { name: 'Resume live updates' }).click();
  await first.getByText('live-two.example').waitFor();
  await page.evaluate('window.scrollTo(0, 3000)');
  await page.locator('tr[aria-rowindex="60"]').waitFor();
  await addEntry(owner, 'live-three.example');
  await page.getByRole('button', { name: '1 new entry' }).click();
  await first.getByText('live-three.example').waitFor();
  await page.getByText('303 messages').waitFor();
});

test('what failed is retried from its entry; what may arrive twice warns', async () => {
  await using owner = await ownerOf('retry');
  const { page } = owner;
  for (const status of ['failed', 'uncertain']) await addRefused(owner, status);
  await page.goto('/glass-box');
  await page.getByRole('row').filter({ hasText: 'Uncertain' }).click();
  await page.getByText('it will be there twice').waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'glass-box-uncertain', { fullPage: false });
  await page.keyboard.press('Escape');
  await page.getByRole('row').filter({ hasText: 'Failed' }).click();
  await page.getByRole('button', { name: 'Retry now' }).click();
  await page.getByText('The message will be tried again').first().waitFor();
  const { rows } = await database.query('SELECT state FROM transfers WHERE mailbox_id = $1 ORDER BY state', [
    owner.mailboxId,
  ]);
  assert.deepEqual(rows, [{ state: 'uncertain' }, { state: 'waiting' }]);
  await page.getByRole('row').filter({ hasText: 'Failed' }).click();
  await page.getByRole('button', { name: 'Retry now' }).click();
  await page.getByText('There is nothing left to retry here').waitFor();
  await assertAccessible(page);
  owner.visitor.takeErrors();
});

test('the reconciliation shows the equation of each day, and what is missing in red', async () => {
  await using owner = await ownerOf('reconciled');
  const { page } = owner;
  await page.goto('/glass-box?view=reconciliation');
  await page.getByText('This mailbox has not been counted yet.').waitFor();
  await assertAccessible(page);
  const second = await addMailbox(owner.userId, 'second@isp.example');
  for (const [mailboxId, missing] of [
    [owner.mailboxId, 0],
    [second, 3],
  ] as const)
    await database.query(
      `INSERT INTO reconciliations (user_id, mailbox_id, day, at, listed, delivered, rejected, failed, uncertain, waiting,
         skipped, missing)
       SELECT $1, $2, '2026-03-01'::date + n, '2026-03-01T12:00Z'::timestamptz + n * interval '1 day', 1210 + $3::int, 1200, 4, 3, 2, 1, 0, $3::int
       FROM generate_series(0, 2) n`,
      [owner.userId, mailboxId, missing],
    );
  await page.reload();
  await page.getByText('3 messages cannot be accounted for').waitFor();
  await page
    .getByText(
      '1,213 listed = 1,200 delivered + 4 rejected + 3 failed + 2 uncertain + 1 waiting + 0 skipped + 3 missing',
    )
    .first()
    .waitFor();
  assert.equal(await page.locator('[data-missing="3"]').count(), 3);
  assert.equal(await page.getByText('Adds up').count(), 3);
  await assertAccessible(page);
  await takeScreenshots(page, 'glass-box-reconciliation');
  await page.getByLabel('Mailbox', { exact: true }).selectOption('second@isp.example');
  await page.getByText('Adds up').first().waitFor({ state: 'detached' });
});

test('what comes from outside is text and nothing else', async () => {
  await using owner = await ownerOf('hostile', XSS);
  const { page } = owner;
  page.on('dialog', () => assert.fail('a script ran'));
  await addEntry(owner, XSS);
  await page.goto('/glass-box');
  const row = page.locator('tr[aria-rowindex="2"]');
  await row.getByText(XSS).first().waitFor();
  await row.click();
  await page.getByRole('dialog').getByText(XSS).first().waitFor();
  assert.equal(await page.locator('img[src="x"]').count(), 0);
});

test('on a phone each entry is a card, and nothing is wider than the screen', async () => {
  await using owner = await ownerOf('phone');
  const { page } = owner;
  await addEntries(owner, 60);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto('/glass-box');
  await page.getByText('60 messages').waitFor();
  await page.locator('tr[aria-rowindex="3"]').scrollIntoViewIfNeeded();
  await page.screenshot({ path: new URL('./screenshots/glass-box-cards.png', import.meta.url).pathname });
  const width = await page.evaluate<number>('document.documentElement.scrollWidth');
  assert.equal(width, 390);
  await assertAccessible(page);
});

test('what cannot be loaded says why, and comes with another try', async () => {
  await using owner = await ownerOf('error');
  const { page } = owner;
  await addEntries(owner, 20);
  const refuse = {
    status: 500,
    json: { error: { code: 'internal', message: 'Something went wrong on our side.' } },
  };
  await page.route('**/api/v1/audit?*', (route) => route.fulfill({ ...refuse, status: 400 }));
  await page.goto('/glass-box');
  await page.getByText('Code: internal').waitFor();
  await assertAccessible(page);
  await page.unroute('**/api/v1/audit?*');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.locator('tr[aria-rowindex="2"]').waitFor();
  owner.visitor.takeErrors();
});
