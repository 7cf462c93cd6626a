/** What Gmail refuses, in a real browser: the section in the settings and in the wizard, and the entry’s detail. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type GlassBoxStage, openGlassBoxStage } from './glass-box-stage.ts';
import { assertAccessible, takeScreenshots } from './stage.ts';

let stage: GlassBoxStage;
before(async () => {
  stage = await openGlassBoxStage();
});
after(() => stage?.[Symbol.asyncDispose]());

const REPAIR = 'Import a repaired copy where that helps';
const NOTICE = 'Tell me in Gmail about messages that stay behind';

test('what Gmail refuses is explained, allowed in the settings, and then retried from its entry', async () => {
  await using owner = await stage.ownerOf('refusals');
  const { page } = owner;
  await stage.addRefused(owner, 'rejected', 'from-header-several');
  await page.goto('/glass-box');
  await page.getByRole('row').filter({ hasText: 'Rejected' }).click();
  await page.getByText('No message is changed unless you say so').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Retry, repaired if need be' }).count(), 0);
  await page.keyboard.press('Escape');

  await page.goto(`/mailboxes/${owner.mailboxId}`);
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Edit' }).click();
  await page.getByText('The copy is no longer the same to the last byte').waitFor();
  assert.equal(await page.getByLabel(REPAIR).isChecked(), false);
  await page.getByLabel(REPAIR).check();
  await page.getByLabel(NOTICE).check();
  await assertAccessible(page);
  await page.getByLabel(NOTICE).scrollIntoViewIfNeeded();
  await takeScreenshots(page, 'refusals-section', { fullPage: false });
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('A repaired copy follows where that helps').waitFor();
  await page.getByText('About each message that stays behind').waitFor();
  const { options } = await owner.visitor.api<{ options: Record<string, unknown> }>(
    `/api/v1/mailboxes/${owner.mailboxId}`,
  );
  assert.deepEqual([options.repair, options.noticeRefused], [true, true]);

  await page.goto('/glass-box');
  await page.getByRole('row').filter({ hasText: 'Rejected' }).click();
  await page.getByText('The message is sent once more as it is.').waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'refusals-retry', { fullPage: false });
  await page.getByRole('button', { name: 'Retry, repaired if need be' }).click();
  await page.getByText('The message will be tried again').first().waitFor();
  const { rows } = await stage.database.query('SELECT state FROM transfers WHERE mailbox_id = $1', [
    owner.mailboxId,
  ]);
  assert.deepEqual(rows, [{ state: 'waiting' }]);
});

test('a repaired message says what was changed, counts as a status of its own, and is filtered for', async () => {
  await using owner = await stage.ownerOf('repaired');
  const { page } = owner;
  await stage.addEntries(owner, 20);
  await stage.addEntry(owner, 'mended.example', 'repaired', 'from-header-invalid');
  await page.goto('/glass-box?status=repaired');
  const row = page.getByRole('row').filter({ hasText: 'mended.example' });
  await row.getByText('Repaired', { exact: true }).waitFor();
  await row.getByText('Sender line not accepted').waitFor();
  await row.click();
  await page.getByText('In the copy it is called X-Smtp-Sync-Original-From').waitFor();
  await page.getByText('no longer the same byte for byte').waitFor();
  assert.equal(await page.getByRole('button', { name: /Retry/ }).count(), 0);
  await assertAccessible(page);
  await takeScreenshots(page, 'refusals-repaired', { fullPage: false });
  await page.keyboard.press('Escape');
  await page.goto('/glass-box');
  await page.getByText('Figures as a table').click();
  await page.getByRole('columnheader', { name: 'Repaired' }).waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'refusals-chart');
});
