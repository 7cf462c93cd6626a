/** Rules by sender and size in a real browser: set in the wizard, changed in the settings, told in the Glass Box. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Mailbox } from '../../src/http/api.ts';
import {
  type ConnectStage,
  connectDraft,
  heading,
  message,
  openConnectStage,
  PASSWORD,
} from './connect-stage.ts';
import { assertAccessible, takeScreenshots, type Visitor } from './stage.ts';

let on: ConnectStage;
before(async () => {
  on = await openConnectStage();
});
after(() => on[Symbol.asyncDispose]());

const rulesOf = async (visitor: Visitor, id: string) => {
  const { options } = await visitor.api<Mailbox>(`/api/v1/mailboxes/${id}`);
  const { skipSenders, neverSpamDomains, maxBytes } = options;
  return { skipSenders, neverSpamDomains, maxBytes };
};

test('rules are set in the wizard, kept as typed while they are wrong, and hold from the first message on', async () => {
  const email = 'rules@gmail.example';
  on.imap.store.addUser('rules', PASSWORD);
  on.imap.append('rules', message('boss@corp.example', 'wanted'));
  on.imap.append('rules', message('deals@mail.shop.example', 'unwanted'));
  await using visitor = await on.stage.open({ email });
  const { page } = visitor;
  const id = await connectDraft(page, { port: on.imap.port, username: 'rules' });
  await page.getByRole('button', { name: 'Choose what to import' }).click();
  await page.getByLabel('Everything', { exact: true }).check();
  const skip = page.getByLabel('Senders to leave out');
  await skip.fill('Shop.Example\n\n not a domain \n');
  await page.getByLabel('Domains that are never spam').fill('@corp.example');
  await page.getByLabel('Largest message (MB)').fill('many');
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await page.getByText('Each line must be an e-mail address or a domain').waitFor();
  await page.getByText('Enter a number above 0').waitFor();
  assert.equal(await skip.inputValue(), 'Shop.Example\n\n not a domain \n');
  await assertAccessible(page);
  await takeScreenshots(page, 'connect-4-rules-wrong');
  await skip.fill('Shop.Example\nold@Friend.example');
  await page.getByLabel('Largest message (MB)').fill('2.5');
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await heading(page, 'Ready to start').waitFor();
  await page.getByText('2 senders or domains').waitFor();
  await page.getByText('2.5 MB').waitFor();
  await assertAccessible(page);
  assert.deepEqual(await rulesOf(visitor, id), {
    skipSenders: ['shop.example', 'old@friend.example'],
    neverSpamDomains: ['corp.example'],
    maxBytes: 2_500_000,
  });
  await page.getByRole('button', { name: 'Start importing' }).click();
  await heading(page, 'It is running').waitFor();
  await page.goto('/glass-box?status=skipped');
  await page.getByText('Left out by your rule').first().waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'glass-box-rules');

  await page.goto(`/mailboxes/${id}`);
  await heading(page, 'rules').waitFor();
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: /^Edit/ }).click();
  const dialog = page.getByRole('dialog');
  assert.equal(
    await dialog.getByLabel('Senders to leave out').inputValue(),
    'shop.example\nold@friend.example',
  );
  assert.equal(await dialog.getByLabel('Largest message (MB)').inputValue(), '2.5');
  await dialog.getByLabel('Senders to leave out').fill('');
  await dialog.getByLabel('Domains that are never spam').fill('com');
  await dialog.getByLabel('Largest message (MB)').fill('');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByText('Each line must be a domain').waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'mailbox-edit-rules', { fullPage: false });
  await dialog.getByLabel('Domains that are never spam').fill('');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved.', { exact: true }).waitFor();
  assert.deepEqual(await rulesOf(visitor, id), { skipSenders: [], neverSpamDomains: [], maxBytes: null });
  assert.deepEqual(
    on.stage.service.google.messages.filter((one) => one.account === email).map(({ subject }) => subject),
    ['wanted'],
  );
});
