/** The Glass Box's log in a real browser: filtered, drawn, walked through by keyboard, live. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type GlassBoxStage, openGlassBoxStage, totalOf } from './glass-box-stage.ts';
import { assertAccessible, eventually, takeScreenshots } from './stage.ts';

let stage: GlassBoxStage;
before(async () => {
  stage = await openGlassBoxStage();
});
after(() => stage?.[Symbol.asyncDispose]());

test('without an entry the page says when there will be one', async () => {
  await using owner = await stage.ownerOf('nobody');
  const { page } = owner;
  await page.goto('/glass-box');
  await page.getByRole('heading', { name: 'Nothing has been handled yet' }).waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'glass-box-empty');
});

test('the log is filtered, the address keeps the filter, and back and forward walk through it', async () => {
  await using owner = await stage.ownerOf('filters');
  const { page } = owner;
  await stage.addEntries(owner, 700);
  await page.goto('/glass-box');
  await totalOf(page, 700).waitFor();
  await eventually(() => page.getByRole('table', { name: 'Audit log' }).getAttribute('aria-rowcount'), '701');
  await page.getByRole('img', { name: /^Chart: 700 between/ }).waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'glass-box', { fullPage: false });

  await page.getByLabel('Status', { exact: true }).selectOption('Failed');
  await totalOf(page, 18).waitFor();
  assert.equal(new URL(page.url()).search, '?status=failed');
  await page.getByLabel('Sender domain').fill('shop.example.net');
  await page.getByLabel('Sender domain').press('Enter');
  await totalOf(page, 6).waitFor();
  const csv = await page.getByRole('link', { name: 'Export as CSV' }).getAttribute('href');
  assert.equal(csv, '/api/v1/audit.csv?status=failed&domain=shop.example.net&chain=true');
  const lines = (await (await owner.visitor.context.request.get(csv ?? '')).text()).trim().split('\r\n');
  assert.equal(lines.length, 7);
  await page.reload();
  await totalOf(page, 6).waitFor();
  await page.goBack();
  await totalOf(page, 18).waitFor();
  await eventually(() => page.getByLabel('Sender domain').inputValue(), '');
  await page.goForward();
  await totalOf(page, 6).waitFor();
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
  await totalOf(page, 700).waitFor();
  assert.equal(new URL(page.url()).search, '');

  await page.getByLabel('Period').selectOption('From … to …');
  const day = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10);
  await page.getByLabel('From', { exact: true }).fill(day);
  await page.getByLabel('To', { exact: true }).fill(day);
  await totalOf(page, 72).waitFor();
  assert.equal(new URL(page.url()).search, `?from=${day}&to=${day}`);
  await assertAccessible(page);
});

test('the chart is a table too, and dragging across it chooses a period', async () => {
  await using owner = await stage.ownerOf('chart');
  const { page } = owner;
  await stage.addEntries(owner, 700);
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
  await page.locator('p', { hasText: /^(18|36|54|72|90) messages/ }).waitFor();
});

test('by keyboard alone: through pages of entries, into one and back', async () => {
  await using owner = await stage.ownerOf('keyboard');
  const { page } = owner;
  await stage.addEntries(owner, 450);
  await page.goto('/glass-box');
  await totalOf(page, 450).waitFor();
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
  await using owner = await stage.ownerOf('live');
  const { page } = owner;
  await stage.addEntries(owner, 300);
  await page.goto('/glass-box');
  await totalOf(page, 300).waitFor();
  const first = page.locator('tr[aria-rowindex="2"]');
  await stage.addEntry(owner, 'live-one.example');
  await first.getByText('live-one.example').waitFor();
  await page.getByRole('button', { name: 'Pause live updates' }).click();
  await stage.addEntry(owner, 'live-two.example');
  await page.getByRole('button', { name: '1 new entry' }).waitFor();
  await first.getByText('live-one.example').waitFor();
  await page.getByRole('button', { name: 'Resume live updates' }).click();
  await first.getByText('live-two.example').waitFor();
  await page.evaluate('window.scrollTo(0, 3000)');
  await page.locator('tr[aria-rowindex="60"]').waitFor();
  await stage.addEntry(owner, 'live-three.example');
  await page.getByRole('button', { name: '1 new entry' }).click();
  await first.getByText('live-three.example').waitFor();
  await totalOf(page, 303).waitFor();
});
