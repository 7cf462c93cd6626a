/** Folders of any number and length in a real browser: where they are chosen, and where the choice is read again. */
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import {
  type ConnectStage,
  connectDraft,
  heading,
  message,
  openConnectStage,
  PASSWORD,
} from './connect-stage.ts';
import { assertAccessible, eventually, takeScreenshots } from './stage.ts';

let on: ConnectStage;
before(async () => {
  on = await openConnectStage();
});
after(() => on[Symbol.asyncDispose]());

const CHOSEN = ['Bills, paid', 'Bills', 'paid', 'x'.repeat(200), '受信トレイ'.repeat(40), 'Old/Ärger'];

test('many chosen folders with long names are read one by one, and leave the rest of the page in sight', async () => {
  on.imap.store.addUser('many', PASSWORD);
  for (const folder of CHOSEN)
    on.imap.append('many', message('a@example.com', folder.slice(0, 9)), { folder });
  await using visitor = await on.stage.open({ email: 'many@gmail.example' });
  const { page } = visitor;
  const id = await connectDraft(page, { port: on.imap.port, username: 'many' });
  await page.getByRole('button', { name: 'Choose what to import' }).click();
  await page.getByLabel('Choose folders').check();
  for (const name of CHOSEN) await page.getByLabel(name, { exact: true }).check();
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await heading(page, 'Ready to start').waitFor();
  await eventually(() => namesOn(page), ['Inbox', ...CHOSEN]);
  await assertAccessible(page);
  await takeScreenshots(page, 'connect-5-many-folders');
  await page.getByRole('button', { name: 'Start importing' }).click();
  await heading(page, 'It is running').waitFor();
  await page.goto(`/mailboxes/${id}`);
  await eventually(() => namesOn(page), ['Inbox', ...CHOSEN]);
  await assertAccessible(page);
  await takeScreenshots(page, 'mailbox-many-folders');
});

const namesOn = (page: Page): Promise<string[]> =>
  page.getByRole('region', { name: 'Folders', exact: true }).getByRole('listitem').allInnerTexts();
