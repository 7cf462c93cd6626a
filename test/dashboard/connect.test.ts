/** Connecting a mailbox in a real browser, from the landing to the first delivered message. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { AuditEntryView, Mailbox } from '../../src/http/api.ts';
import {
  type ConnectStage,
  connectDraft,
  enterServer,
  goToManualEntry,
  heading,
  idOf,
  MARKUP,
  message,
  openConnectStage,
  PASSWORD,
  watchPassword,
} from './connect-stage.ts';
import { assertAccessible, eventually, takeScreenshots } from './stage.ts';

let on: ConnectStage;
before(async () => {
  on = await openConnectStage();
});
after(() => on[Symbol.asyncDispose]());

const addImapUser = (name: string): void => on.imap.store.addUser(name, PASSWORD);
const imap = (username: string) => ({ port: on.imap.port, username });

test('a newcomer comes from the landing to the first delivered message and its line in the audit log', async () => {
  addImapUser('newcomer');
  on.imap.append('newcomer', message('old@example.org', 'old'));
  await using visitor = await on.stage.open();
  const { page, api } = visitor;
  const password = watchPassword(page);
  await page.goto('/');
  await page.getByRole('link', { name: 'Continue with Google' }).first().click();
  await page.getByLabel('Another e-mail address').fill('newcomer@gmail.example');
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.waitForURL(`${on.stage.service.url}/**`);
  // The consent page is not ours, and has no icon.
  visitor.takeErrors();
  await page.getByRole('link', { name: 'Connect a mailbox' }).first().click();

  await heading(page, 'Which mailbox do you want in your Gmail?').waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'connect-1-address');
  await page.getByRole('button', { name: 'Enter the server yourself' }).click();
  await heading(page, 'Server and password').waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'connect-2-login');
  await enterServer(page, imap('newcomer'));
  await heading(page, 'The connection works').waitFor();
  await page.getByText('1 folder with 1 message').waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'connect-3-test');
  assert.equal((await api<Mailbox>(`/api/v1/mailboxes/${idOf(page)}`)).fault?.code, 'setup-unfinished');

  await page.getByRole('button', { name: 'Choose what to import' }).click();
  await heading(page, 'What should be imported?').waitFor();
  await eventually(() => page.getByLabel('Only new mail from now on').isChecked(), true);
  await assertAccessible(page);
  await takeScreenshots(page, 'connect-4-choose');
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await heading(page, 'Ready to start').waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'connect-5-summary');
  await page.getByRole('button', { name: 'Start importing' }).click();
  await heading(page, 'It is running').waitFor();
  await page.getByText('New mail from now on goes to your Gmail.').waitFor();
  await assertAccessible(page);

  on.imap.append('newcomer', message('shop@books.example', 'first'));
  await page.getByText('books.example').waitFor();
  await page.getByText('Delivered', { exact: true }).waitFor();
  await takeScreenshots(page, 'connect-6-running');
  const { entries } = await api<{ entries: AuditEntryView[] }>('/api/v1/audit');
  assert.deepEqual(
    entries.map(({ status, senderDomain }) => [status, senderDomain]),
    [['delivered', 'books.example']],
    'and nothing of what was there before',
  );
  assert.equal(await password.check(), 1);
  assert.deepEqual(on.imap.changes, []);
  const link = page.getByRole('link', { name: 'Open the Glass Box' });
  assert.match((await link.getAttribute('href')) ?? '', /^\/glass-box\?mailbox=[0-9a-f-]{36}$/);
});

test('POP3: everything that is there, counted first', async () => {
  for (const name of ['one', 'two', 'three'])
    on.pop3.mailbox('pop3-user').add(message(`${name}@example.net`, name));
  await using visitor = await on.stage.open({ email: 'pop3@gmail.example' });
  const { page } = visitor;
  await goToManualEntry(page);
  // The usual port follows protocol and encryption, as long as none was entered.
  await page.getByLabel('Protocol').selectOption('pop3');
  await eventually(() => page.getByLabel('Port').inputValue(), '995');
  await page.getByLabel('Encryption').selectOption('starttls');
  await eventually(() => page.getByLabel('Port').inputValue(), '110');
  await page.getByLabel('Encryption').selectOption('tls');
  await enterServer(page, { protocol: 'pop3', port: on.pop3.port, username: 'pop3-user' });
  await page.getByRole('button', { name: 'Choose what to import' }).click();
  await heading(page, 'What should be imported?').waitFor();
  assert.equal(await page.getByText('Only the inbox').count(), 0, 'POP3 has no folders to choose from');
  await page.getByLabel('Everything since a date').check();
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await page.getByText('Choose a date.').waitFor();
  await page.getByLabel('Since', { exact: true }).fill('2026-01-01');
  await page.getByText('Up to 3 messages').waitFor();
  await page.getByLabel('Everything', { exact: true }).check();
  await page.getByText(/^3 messages, about/).waitFor();
  await page.getByText('Takes at least a minute.').waitFor();
  await page.getByLabel('Skip the inbox').check();
  await page.getByLabel('Import a repaired copy where that helps').check();
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await page.getByText('All Mail, not the inbox').waitFor();
  await page.getByText('A repaired copy follows where that helps').waitFor();
  await page.getByRole('button', { name: 'Start importing' }).click();
  await page.getByText('example.net').nth(2).waitFor();
  await eventually(() => page.getByText('Delivered', { exact: true }).count(), 3);
});

test('folders are chosen by name, whatever they are called', async () => {
  addImapUser('folders');
  const { folders } = on.imap.store.account('folders') ?? { folders: new Map() };
  for (const name of [MARKUP, 'Sent', 'javascript:alert(1)']) on.imap.store.folder('folders', name);
  assert.ok(folders.has(MARKUP));
  on.imap.append('folders', message('a@example.com', 'in-markup'), { folder: MARKUP });
  await using visitor = await on.stage.open({ email: 'folders@gmail.example' });
  const { page } = visitor;
  await connectDraft(page, imap('folders'));
  await page.getByText('4 folders with 1 message').waitFor();
  await page.getByRole('button', { name: 'Choose what to import' }).click();
  await page.getByLabel('Choose folders').check();
  await eventually(() => page.getByLabel('INBOX', { exact: true }).isChecked(), true);
  await page.getByLabel('INBOX', { exact: true }).uncheck();
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await page.getByText('Choose at least one folder.').waitFor();
  await page.getByLabel(MARKUP).check();
  await page.getByLabel('Everything', { exact: true }).check();
  await page.getByText(/^1 message, about/).waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'connect-4-folders');
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await heading(page, 'Ready to start').waitFor();
  await page.getByText(MARKUP).waitFor();
  await page.getByRole('button', { name: 'Start importing' }).click();
  await page.getByText('Delivered', { exact: true }).waitFor();
  const [mailbox] = (await visitor.api<{ mailboxes: Mailbox[] }>('/api/v1/mailboxes')).mailboxes;
  assert.deepEqual(mailbox?.options.folders, [MARKUP]);
});

test('back, forward and reload lose nothing but the password', async () => {
  addImapUser('walker');
  await using visitor = await on.stage.open({ email: 'walker@gmail.example' });
  const { page } = visitor;
  const password = watchPassword(page);
  await page.goto('/connect');
  await page.getByLabel('E-mail address').fill('walker@example.com');
  await page.getByRole('button', { name: 'Enter the server yourself' }).click();
  await eventually(() => page.getByLabel('User name').inputValue(), 'walker@example.com');
  await page.getByLabel('Server', { exact: true }).fill('localhost');
  await page.getByLabel('Port').fill(String(on.imap.port));
  await page.getByLabel('User name').fill('walker');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.goBack();
  await eventually(() => page.getByLabel('E-mail address').inputValue(), 'walker@example.com');
  await page.goForward();
  await eventually(() => page.getByLabel('Server', { exact: true }).inputValue(), 'localhost');
  await page.reload();
  await eventually(() => page.getByLabel('User name').inputValue(), 'walker');
  await eventually(() => page.getByLabel('Port').inputValue(), String(on.imap.port));
  await eventually(() => page.getByLabel('Password', { exact: true }).inputValue(), '');
  await page.getByRole('button', { name: 'Test the connection' }).click();
  await page.getByText('Fill this in.').waitFor();
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Test the connection' }).click();
  await heading(page, 'The connection works').waitFor();
  const first = idOf(page);

  // Back to the server: the same draft is tested anew, not a second one made.
  await page.getByRole('button', { name: 'Back' }).click();
  await heading(page, 'Server and password').waitFor();
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Test the connection' }).click();
  await heading(page, 'The connection works').waitFor();
  assert.equal(idOf(page), first);

  await page.getByRole('button', { name: 'Choose what to import' }).click();
  await page.getByLabel('Never send it to spam').check();
  await page.getByLabel('Everything', { exact: true }).check();
  await page.reload();
  await eventually(() => page.getByLabel('Never send it to spam').isChecked(), true);
  await eventually(() => page.getByLabel('Everything', { exact: true }).isChecked(), true);
  await page.goBack();
  await heading(page, 'The connection works').waitFor();
  await page.goForward();
  await eventually(() => page.getByLabel('Never send it to spam').isChecked(), true);
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await heading(page, 'Ready to start').waitFor();
  await page.reload();
  await page.getByText('Never sent to spam').waitFor();
  assert.equal(await password.check(), 2);
  const { mailboxes } = await visitor.api<{ mailboxes: Mailbox[] }>('/api/v1/mailboxes');
  assert.equal(mailboxes.length, 1);

  // Another tab knows nothing but the draft itself.
  const other = await visitor.context.newPage();
  await other.goto(`/connect/${first}?step=choose`);
  await eventually(() => other.getByLabel('Never send it to spam').isChecked(), true);
  await other.close();

  await page.getByRole('button', { name: 'Start importing' }).click();
  await heading(page, 'It is running').waitFor();
  // A count that a reload left behind may make the next one wait for its turn.
  const others = visitor.takeErrors().filter((error) => !/ 429 .*\/preview$/.test(error));
  assert.deepEqual(others, []);
  // Steps that are over lead to what runs.
  await page.goto(`/connect/${first}?step=choose`);
  await heading(page, 'It is running').waitFor();
});

test('by keyboard alone', async () => {
  addImapUser('keys');
  await using visitor = await on.stage.open({ email: 'keys@gmail.example' });
  const { page } = visitor;
  const { keyboard } = page;
  /** Tab until the focus is on a control of this name. */
  const to = async (name: string): Promise<void> => {
    for (let presses = 0; presses < 60; presses += 1) {
      await keyboard.press('Tab');
      const focused = await page.evaluate<string>(`(() => {
        const at = document.activeElement;
        return at.getAttribute('aria-label') ?? [...(at.labels ?? [])].map((each) => each.innerText).join(' ') + at.innerText;
      })()`);
      if (focused.trim() === name) return;
    }
    assert.fail(`no way to "${name}"`);
  };
  const type = async (name: string, text: string): Promise<void> => {
    await to(name);
    await keyboard.press('ControlOrMeta+a');
    await keyboard.type(text);
  };
  await page.goto('/connect');
  await heading(page, 'Which mailbox do you want in your Gmail?').waitFor();
  await to('Enter the server yourself');
  await keyboard.press('Enter');
  await heading(page, 'Server and password').waitFor();
  await type('Server', 'localhost');
  await type('Port', String(on.imap.port));
  await type('User name', 'keys');
  await type('Password', PASSWORD);
  await keyboard.press('Enter');
  await heading(page, 'The connection works').waitFor();
  await to('Choose what to import');
  await keyboard.press('Enter');
  await heading(page, 'What should be imported?').waitFor();
  await to('Skip the inbox');
  await keyboard.press('Space');
  await to('Continue');
  await keyboard.press('Enter');
  await page.getByText('All Mail, not the inbox').waitFor();
  await to('Start importing');
  await keyboard.press('Enter');
  await heading(page, 'It is running').waitFor();
});

test('a draft can be left, found again and discarded; a mailbox is connected once', async () => {
  addImapUser('drafter');
  await using visitor = await on.stage.open({ email: 'drafter@gmail.example' });
  const { page } = visitor;
  const id = await connectDraft(page, imap('drafter'));
  // In another tab, which knows of no draft.
  const other = await visitor.context.newPage();
  await goToManualEntry(other);
  await enterServer(other, imap('drafter'));
  await other.getByText('This mailbox is connected already.').waitFor();
  await assertAccessible(other);
  visitor.takeErrors();
  await other.getByRole('link', { name: 'Continue its setup' }).click();
  await heading(other, 'The connection works').waitFor();
  assert.equal(idOf(other), id);
  await other.close();
  // From the list of mailboxes back to where it was left.
  await page.goto('/mailboxes');
  await page.getByRole('link', { name: 'Finish setting it up' }).first().click();
  await heading(page, 'The connection works').waitFor();
  await page.getByRole('button', { name: 'Discard this setup' }).first().click();
  await heading(page, 'Discard this setup?').waitFor();
  await assertAccessible(page);
  await page.getByRole('button', { name: 'Discard', exact: true }).click();
  await page.waitForURL('/mailboxes');
  await page.getByText('The setup is discarded.').first().waitFor();
  assert.deepEqual(await visitor.api('/api/v1/mailboxes'), { mailboxes: [] });
  await page.goto(`/connect/${id}`);
  await heading(page, 'This setup is gone').waitFor();
  await assertAccessible(page);
  visitor.takeErrors();
});
