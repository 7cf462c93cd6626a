/** What happens at the provider after an import, chosen and looked at in a real browser. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { Mailbox } from '../../src/http/api.ts';
import { untilSome } from '../service.ts';
import {
  type ConnectStage,
  connectDraft,
  heading,
  message,
  openConnectStage,
  PASSWORD,
} from './connect-stage.ts';
import { assertAccessible, eventually, takeScreenshots, type Visitor } from './stage.ts';

let on: ConnectStage;
before(async () => {
  on = await openConnectStage();
});
after(() => on[Symbol.asyncDispose]());

const DELETE = 'Delete them from the server';
const KEEP = 'Leave a copy of retrieved messages on the server';

function addUser(name: string, messages: number): void {
  on.imap.store.addUser(name, PASSWORD);
  for (let n = 0; n < messages; n += 1) on.imap.append(name, message('a@example.org', `${name}-${n}`));
}
const left = async (name: string): Promise<number> => on.imap.stored(name).length;

/** A mailbox that runs, and its page. */
async function runningMailbox(visitor: Visitor, name: string, options: object = {}): Promise<string> {
  const response = await visitor.context.request.post('/api/v1/mailboxes', {
    headers: { origin: on.stage.service.url },
    data: {
      protocol: 'imap',
      host: 'localhost',
      security: 'tls',
      port: on.imap.port,
      username: name,
      password: PASSWORD,
      options,
    },
  });
  assert.equal(response.status(), 201);
  return ((await response.json()) as Mailbox).id;
}

async function openSettings(page: Page, id: string): Promise<void> {
  await page.goto(`/mailboxes/${id}`);
  await page.getByRole('button', { name: /^More actions/ }).click();
  await page.getByRole('menuitem', { name: 'Edit' }).click();
  await heading(page, 'Edit mailbox').waitFor();
}

/** The details of one of its messages in the Glass Box. */
async function openEntry(page: Page, id: string) {
  await page.goto(`/glass-box?mailbox=${id}`);
  await page.getByRole('row').filter({ hasText: 'example.org' }).first().click();
  return page.getByRole('dialog');
}

test('in the wizard: deleting is agreed to, tried dry, said again, and done once Gmail has the mail', async () => {
  addUser('leaver', 3);
  await using visitor = await on.stage.open({ email: 'leaver@gmail.example' });
  const { page } = visitor;
  const id = await connectDraft(page, { port: on.imap.port, username: 'leaver' });
  await page.getByRole('button', { name: 'Choose what to import' }).click();
  await page.getByLabel('Everything', { exact: true }).check();
  await eventually(() => page.getByLabel(KEEP).isChecked(), true);

  // Thought better of.
  await page.getByLabel(DELETE).click();
  await heading(page, 'Delete messages at your provider?').waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await eventually(() => page.getByLabel(KEEP).isChecked(), true);

  await page.getByLabel(DELETE).click();
  const agree = page.getByRole('button', { name: 'Delete after import' });
  await eventually(() => agree.isDisabled(), true);
  await page.getByText('3 messages would be imported, each then deleted at once.').waitFor();
  const confirm = page.getByRole('dialog');
  await confirm.getByText('Its other copies count as skipped: they stay in their folders').waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'at-source-confirm', { fullPage: false });
  await page.getByLabel('Type “delete” to confirm').fill('delete');
  await agree.click();
  await heading(page, 'What should be imported?').waitFor();
  await eventually(() => page.getByLabel(DELETE).isChecked(), true);
  await page.getByLabel('Days until they are deleted').fill('7');
  await page.getByText('3 messages would be imported, each then deleted 7 days later.').waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'at-source-wizard');
  await page.getByLabel('Days until they are deleted').fill('4000');
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await page.getByText('Enter a number from 0 to 3650.').waitFor();
  await page.getByLabel('Days until they are deleted').fill('');
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await page.getByText('Imported messages are deleted at once').waitFor();
  assert.equal(await left('leaver'), 3, 'counting has changed nothing');

  await page.getByRole('button', { name: 'Start importing' }).click();
  await heading(page, 'It is running').waitFor();
  await eventually(() => left('leaver'), 0);
  await page.goto(`/mailboxes/${id}`);
  await heading(page, 'Done at your provider').waitFor();
  await eventually(() => page.getByText('Deleted', { exact: true }).locator('..').innerText(), 'Deleted\n3');
  await assertAccessible(page);
  await takeScreenshots(page, 'at-source-done');
  const dialog = await openEntry(page, id);
  await dialog.getByText(/^Deleted, /).waitFor();
  await dialog.getByText(/^\d+:[0-9a-f]{64}$/).waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'at-source-entry', { fullPage: false });
});

test('in the settings: a folder that is missing is said before and after, and mail goes on', async () => {
  addUser('mover', 2);
  await using visitor = await on.stage.open({ email: 'mover@gmail.example' });
  const { page } = visitor;
  const id = await runningMailbox(visitor, 'mover');
  await page.goto(`/mailboxes/${id}`);
  await page.getByText('2 messages, all settled').waitFor();
  await openSettings(page, id);
  await page.getByLabel('Move them to a folder').check();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Enter the name of a folder.').waitFor();
  await page.getByLabel('Folder at your provider').fill('Imported');
  await page.getByText('The folder to move messages to does not exist').waitFor();
  await page.getByText('No message that is there now would be imported.').waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'at-source-settings', { fullPage: false });
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Imported messages are moved to “Imported”').first().waitFor();
  on.imap.append('mover', message('a@example.org', 'mover-later'));
  await page.getByText('3 messages, all settled').waitFor();
  // It is tried only after the mail is settled.
  await untilSome(async () => {
    await page.reload();
    const told = page.getByText('Not possible at the moment').waitFor({ timeout: 2_000 });
    return await told.then(
      () => true,
      () => null,
    );
  });
  await assertAccessible(page);
  await takeScreenshots(page, 'at-source-problem');
  assert.equal(await left('mover'), 3);
  // Made by its owner, elsewhere: what waits is moved, what was there before the choice stays.
  on.imap.store.folder('mover', 'Imported');
  await eventually(() => left('mover'), 2);
  assert.equal(on.imap.stored('mover', 'Imported').length, 1);
});

test('in the settings: going back to keeping everything cancels what waits, and says so', async () => {
  addUser('keeper', 2);
  await using visitor = await on.stage.open({ email: 'keeper@gmail.example' });
  const { page } = visitor;
  const id = await runningMailbox(visitor, 'keeper', { afterImport: 'delete', deleteAfterDays: 30 });
  await page.goto(`/mailboxes/${id}`);
  await page.getByText('2 messages, all settled').waitFor();
  await (await openEntry(page, id)).getByText(/^Not yet: it is to be deleted after /).waitFor();
  await openSettings(page, id);
  await page.getByText('2 messages imported already wait for it; none of them would go').waitFor();
  await page.getByLabel(KEEP).check();
  await page.getByText('Messages that wait to be deleted will stay').waitFor();
  await page.getByRole('button', { name: 'Save' }).click();
  const waiting = async () =>
    (await visitor.api<{ atSource: { waiting: number } }>(`/api/v1/mailboxes/${id}/stats`)).atSource.waiting;
  await eventually(waiting, 0);
  await page.getByText('Everything stays as it is').first().waitFor();
  assert.equal(await left('keeper'), 2);
});

test('a POP3 mailbox is offered what its protocol can do', async () => {
  await using visitor = await on.stage.open({ email: 'pop@gmail.example' });
  const { page } = visitor;
  on.pop3.mailbox('pop3-user').add(message('a@example.org', 'pop'));
  await connectDraft(page, { protocol: 'pop3', port: on.pop3.port, username: 'pop3-user' });
  await page.getByRole('button', { name: 'Choose what to import' }).click();
  await page.getByLabel(DELETE).waitFor();
  assert.equal(await page.getByLabel('Mark them as read').count(), 0);
  assert.equal(await page.getByLabel('Move them to a folder').count(), 0);
  await page.getByLabel('Everything', { exact: true }).check();
  await page.getByLabel(DELETE).click();
  await page.getByText('1 message would be imported, each then deleted at once.').waitFor();
  await page.getByLabel('Type “delete” to confirm').fill('delete');
  await page.getByLabel('Type “delete” to confirm').press('Enter');
  await eventually(() => page.getByLabel(DELETE).isChecked(), true);
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await page.getByRole('button', { name: 'Start importing' }).click();
  await eventually(async () => on.pop3.mailbox('pop3-user').messages.length, 0);
});
