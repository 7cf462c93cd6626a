/** The Glass Box in a real browser: retry, reconciliation, hostile names, a phone, refusals. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type GlassBoxStage, openGlassBoxStage, totalOf } from './glass-box-stage.ts';
import { assertAccessible, eventually, takeScreenshots } from './stage.ts';

const XSS = '<img src=x onerror=alert(1)>';

let stage: GlassBoxStage;
before(async () => {
  stage = await openGlassBoxStage();
});
after(() => stage?.[Symbol.asyncDispose]());

test('what failed is retried from its entry; what may arrive twice warns', async () => {
  await using owner = await stage.ownerOf('retry');
  const { page } = owner;
  for (const status of ['failed', 'uncertain']) await stage.addRefused(owner, status);
  await page.goto('/glass-box');
  await page.getByRole('row').filter({ hasText: 'Uncertain' }).click();
  await page.getByText('it will be there twice').waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'glass-box-uncertain', { fullPage: false });
  await page.keyboard.press('Escape');
  await page.getByRole('row').filter({ hasText: 'Failed' }).click();
  await page.getByRole('button', { name: 'Retry now' }).click();
  await page.getByText('The message will be tried again').first().waitFor();
  const { rows } = await stage.database.query(
    'SELECT state FROM transfers WHERE mailbox_id = $1 ORDER BY state',
    [owner.mailboxId],
  );
  assert.deepEqual(rows, [{ state: 'uncertain' }, { state: 'waiting' }]);
  await page.getByRole('row').filter({ hasText: 'Failed' }).click();
  await page.getByRole('button', { name: 'Retry now' }).click();
  await page.getByText('There is nothing left to retry here').waitFor();
  await assertAccessible(page);
  owner.visitor.takeErrors();
});

test('the reconciliation shows the equation of each day, and what is missing in red', async () => {
  await using owner = await stage.ownerOf('reconciled');
  const { page } = owner;
  await page.goto('/glass-box?view=reconciliation');
  await page.getByText('This mailbox has not been counted yet.').waitFor();
  await assertAccessible(page);
  const second = await stage.addMailbox(owner.userId, 'second@isp.example');
  for (const [mailboxId, missing] of [
    [owner.mailboxId, 0],
    [second, 3],
  ] as const)
    await stage.database.query(
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
  await eventually(() => page.locator('[data-missing="3"]').count(), 3);
  await eventually(() => page.getByText('Adds up').count(), 3);
  await assertAccessible(page);
  await takeScreenshots(page, 'glass-box-reconciliation');
  await page.getByLabel('Mailbox', { exact: true }).selectOption('second@isp.example');
  await page.getByText('Adds up').first().waitFor({ state: 'detached' });
});

test('what comes from outside is text and nothing else', async () => {
  await using owner = await stage.ownerOf('hostile', XSS);
  const { page } = owner;
  page.on('dialog', () => assert.fail('a script ran'));
  await stage.addEntry(owner, XSS);
  await page.goto('/glass-box');
  const row = page.locator('tr[aria-rowindex="2"]');
  await row.getByText(XSS).first().waitFor();
  await row.click();
  await page.getByRole('dialog').getByText(XSS).first().waitFor();
  assert.equal(await page.locator('img[src="x"]').count(), 0);
});

test('on a phone each entry is a card, and nothing is wider than the screen', async () => {
  await using owner = await stage.ownerOf('phone');
  const { page } = owner;
  await stage.addEntries(owner, 60);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto('/glass-box');
  await totalOf(page, 60).waitFor();
  await page.locator('tr[aria-rowindex="3"]').scrollIntoViewIfNeeded();
  await page.screenshot({ path: new URL('./screenshots/glass-box-cards.png', import.meta.url).pathname });
  const width = await page.evaluate<number>('document.documentElement.scrollWidth');
  assert.equal(width, 390);
  await assertAccessible(page);
});

test('what cannot be loaded says why, and comes with another try', async () => {
  await using owner = await stage.ownerOf('error');
  const { page } = owner;
  await stage.addEntries(owner, 20);
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

  await page.route('**/api/v1/mailboxes', (route) => route.fulfill({ ...refuse, status: 400 }));
  await page.goto('/glass-box?view=reconciliation');
  await page.getByText('Code: internal').waitFor();
  await page.unroute('**/api/v1/mailboxes');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByText('This mailbox has not been counted yet.').waitFor();
  owner.visitor.takeErrors();
});
