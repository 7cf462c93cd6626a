/** Labels in a real browser: switched on, allowed at Google, refused there, and what then becomes of the mail. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { Account, Mailbox } from '../../src/http/api.ts';
import { untilSome } from '../service.ts';
import {
  type ConnectStage,
  connectDraft,
  heading,
  message,
  openConnectStage,
  PASSWORD,
} from './connect-stage.ts';
import { look } from './public-pages.ts';
import { assertAccessible, eventually, takeScreenshots, type Visitor } from './stage.ts';

const LABELS = 'https://www.googleapis.com/auth/gmail.labels';

let on: ConnectStage;
before(async () => {
  on = await openConnectStage();
});
after(() => on[Symbol.asyncDispose]());

/** The labels that the message with this subject arrived with. */
const labelsOf = (email: string, subject: string): Promise<string[]> =>
  untilSome(() => {
    const { google } = on.stage.service;
    const arrived = google.messages.find((one) => one.account === email && one.subject === subject);
    return arrived ? google.labelsOf(arrived) : null;
  });

const mayLabel = async (visitor: Visitor): Promise<boolean> =>
  (await visitor.api<Account>('/api/v1/account')).grant.scopes.includes(LABELS);

/** On the stand-in's consent page, for the account that is offered first. */
async function answer(page: Page, { tick = true, allow = true } = {}): Promise<void> {
  await page.getByRole('heading', { name: 'Choose an account' }).waitFor();
  const box = page.getByLabel('See and edit your email labels');
  assert.equal(await box.isChecked(), true);
  if (!tick) await box.uncheck();
  await page.getByRole('button', { name: allow ? 'Allow' : 'Deny' }).click();
}

test('switched on in the wizard, allowed at Google, back at the same step, and the mail has its labels', async () => {
  const email = 'labels@gmail.example';
  on.imap.store.addUser('labels', PASSWORD);
  on.imap.store.folder('labels', 'Work/Clients');
  await using visitor = await on.stage.open({ email });
  const { page } = visitor;
  await connectDraft(page, { port: on.imap.port, username: 'labels' });
  await page.getByRole('button', { name: 'Choose what to import' }).click();
  await page.getByLabel('All folders').check();
  await page.getByLabel('Label for this mailbox').fill('Old//mail');
  await page.getByText('Google has to allow labels').waitFor();
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await page.getByText(/^The label must be a name/).waitFor();
  await page.getByLabel('Label for this mailbox').fill('Old mail');
  await page.getByLabel('A label for each folder').check();
  await assertAccessible(page);
  await takeScreenshots(page, 'connect-4-labels');

  await page.getByRole('link', { name: 'Allow labels at Google' }).click();
  await page.waitForURL('**/auth/labels?next=**');
  await look(page, 'labels-permission', 'Google will ask for a second permission');
  await page.getByRole('link', { name: 'Continue with Google' }).click();
  await answer(page);
  await heading(page, 'What should be imported?').waitFor();
  visitor.takeErrors();
  await page.getByText('Google allows labels.').waitFor();
  assert.equal(await mayLabel(visitor), true);
  assert.equal(await page.getByLabel('Label for this mailbox').inputValue(), 'Old mail');
  assert.equal(await page.getByLabel('A label for each folder').isChecked(), true);
  assert.equal(await page.getByLabel('All folders').isChecked(), true);
  await assertAccessible(page);
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await heading(page, 'Ready to start').waitFor();
  await page.getByText('Old mail', { exact: true }).waitFor();
  await page.getByText('One for each folder').waitFor();
  await assertAccessible(page);
  await page.getByRole('button', { name: 'Start importing' }).click();
  await page.getByText('New mail from now on goes to your Gmail.').waitFor();

  on.imap.append('labels', message('a@books.example', 'client'), { folder: 'Work/Clients' });
  on.imap.append('labels', message('b@books.example', 'plain'));
  assert.deepEqual(await labelsOf(email, 'client'), ['Old mail/Work/Clients']);
  assert.deepEqual(await labelsOf(email, 'plain'), ['Old mail']);
  const { google } = on.stage.service;
  assert.deepEqual(google.labels(email).toSorted(), ['Old mail', 'Old mail/Work', 'Old mail/Work/Clients']);

  google.deleteLabel(email, 'Old mail');
  on.imap.append('labels', message('c@books.example', 'again'));
  assert.deepEqual(await labelsOf(email, 'again'), ['Old mail'], 'made again');

  await page.goto('/account');
  await page.getByText('See the names of your labels, and make new ones').waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'account-labels');
});

test('not allowed: the mailbox says so, its mail arrives without labels, and the way to Google stays open', async () => {
  const email = 'unlabelled@gmail.example';
  on.imap.store.addUser('unlabelled', PASSWORD);
  on.imap.append('unlabelled', message('a@books.example', 'unlabelled-first'));
  await using visitor = await on.stage.open({ email });
  const { page } = visitor;
  const server = { protocol: 'imap', host: 'localhost', port: on.imap.port, security: 'tls' };
  const response = await visitor.context.request.post('/api/v1/mailboxes', {
    headers: { origin: on.stage.service.url },
    data: { ...server, username: 'unlabelled', password: PASSWORD },
  });
  const { id } = (await response.json()) as Mailbox;
  await page.goto(`/mailboxes/${id}`);
  await heading(page, 'unlabelled').waitFor();
  assert.equal(await page.getByText('Google has to allow labels').count(), 0);
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: /^Edit/ }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Label for this mailbox').fill('Elsewhere');
  await dialog.getByText('Save first').waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'mailbox-edit-labels', { fullPage: false });
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Google has to allow labels').waitFor();
  await page.getByText('Elsewhere', { exact: true }).waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'mailbox-labels-missing');

  await page.getByRole('link', { name: 'Allow labels at Google' }).click();
  await look(page, 'labels-wait', 'Your labels wait for a permission');
  for (const choice of [{ tick: false }, { allow: false }]) {
    await page.getByRole('link', { name: /Continue with Google|Ask Google again/ }).click();
    await answer(page, choice);
    await page.getByRole('heading', { name: 'Labels were not allowed' }).waitFor();
  }
  await look(page, 'refused-labels', 'Labels were not allowed');
  // The browser says that it was given an error status; that was the point.
  visitor.takeErrors();
  await page.getByRole('link', { name: 'Go on without labels' }).click();
  await page.waitForURL(`**/mailboxes/${id}`);
  await page.getByText('Google has to allow labels').waitFor();
  assert.equal(await mayLabel(visitor), false);
  on.imap.append('unlabelled', message('b@books.example', 'unlabelled-second'));
  assert.deepEqual(await labelsOf(email, 'unlabelled-second'), []);
  await page.goto(`/glass-box?mailbox=${id}`);
  await page
    .getByRole('row', { name: /Without its label/ })
    .first()
    .click();
  const entry = page.getByRole('dialog', { name: 'Without its label' });
  await entry.getByText('No mail waits for a label.').waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'glass-box-label-missing', { fullPage: false });
  await page.goto('/account');
  await page.getByText('Not allowed, though a mailbox is to have its mail labelled').waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'account-labels-missing');

  // And on: the run that waits at the server learns of it.
  await page.getByRole('link', { name: 'Allow labels at Google' }).click();
  await page.getByRole('link', { name: 'Continue with Google' }).click();
  await answer(page);
  await page.waitForURL('**/account');
  visitor.takeErrors();
  await eventually(() => mayLabel(visitor), true);
  let tries = 0;
  const labels = await untilSome(async () => {
    tries += 1;
    on.imap.append('unlabelled', message('c@books.example', `allowed-${tries}`));
    const given = await labelsOf(email, `allowed-${tries}`);
    return given.length > 0 ? given : null;
  });
  assert.deepEqual(labels, ['Elsewhere']);
});

test('another Google account than the one here: nothing changes', async () => {
  await using visitor = await on.stage.open({ email: 'steady@gmail.example' });
  const { page } = visitor;
  await page.goto('/auth/labels');
  await page.getByRole('link', { name: 'Continue with Google' }).click();
  await page.getByLabel('Another e-mail address').fill('stranger@gmail.example');
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.getByRole('heading', { name: 'That was another Google account' }).waitFor();
  visitor.takeErrors();
  assert.equal((await visitor.api<Account>('/api/v1/account')).email, 'steady@gmail.example');
  assert.equal(await mayLabel(visitor), false);
});
