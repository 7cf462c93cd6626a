/** Mailboxes whose owners sign in at the provider: the wizard, what goes wrong there, and the sign-in that has ended. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { Mailbox } from '../../src/http/api.ts';
import { createAuthority } from '../../standins/authority.ts';
import { type ImapServer, startImapServer } from '../../standins/imap.ts';
import { type MicrosoftStandin, startMicrosoft } from '../../standins/microsoft/server.ts';
import { untilSome } from '../service.ts';
import { heading, idOf, message } from './connect-stage.ts';
import { assertAccessible, eventually, openStage, type Stage, takeScreenshots } from './stage.ts';

const TYPED = 'nora@outlook.com';
const OTHER = 'otto@outlook.com';

let microsoft: MicrosoftStandin;
let imap: ImapServer;
let stage: Stage;
before(async () => {
  const authority = await createAuthority();
  microsoft = await startMicrosoft({ accounts: [TYPED, OTHER] });
  imap = await startImapServer({
    leaf: await authority.issue(['localhost']),
    security: 'tls',
    tokens: (user, token) => microsoft.tokens.admits('imap', user, token),
  });
  for (const user of [TYPED, OTHER]) imap.store.addUser(user, 'no password will do');
  const env = microsoft.environment([`imaps://localhost:${imap.port}`]);
  stage = await openStage({ authority, env });
});
after(async () => {
  await stage[Symbol.asyncDispose]();
  await Promise.all([imap.close(), microsoft.close()]);
});

/** Up to the button that leads to the provider. */
async function typeAddress(page: Page): Promise<void> {
  await page.goto('/connect');
  await page.getByLabel('E-mail address').fill(TYPED);
  await page.getByRole('button', { name: 'Continue' }).click();
  await heading(page, 'Sign in at Microsoft').waitFor();
}

async function decide(page: Page, decision: string, account?: string): Promise<void> {
  await page.getByRole('heading', { name: 'Pick an account' }).waitFor();
  if (account !== undefined) await page.getByLabel(account).check();
  await page.getByRole('button', { name: decision }).click();
}

test('Microsoft: signed in there instead of a password, up to the first delivered message', async () => {
  await using visitor = await stage.open({ email: 'newcomer@gmail.example' });
  const { page } = visitor;
  await typeAddress(page);
  assert.equal(await page.getByLabel('Password', { exact: true }).count(), 0, 'none is asked for');
  assert.equal(await page.getByLabel('User name').count(), 0);
  await assertAccessible(page);
  await takeScreenshots(page, 'connect-2-sign-in');
  // Any other server can still be entered, and the way back keeps what was chosen.
  await page.getByLabel('Another server').check();
  await page.getByLabel('Password', { exact: true }).waitFor();
  const focused = () => page.evaluate<string>('document.activeElement.name');
  await eventually(focused, 'candidate', 'the choice keeps the focus');
  await page.getByLabel('IMAP at localhost').check();
  await page.getByRole('button', { name: 'Continue with Microsoft' }).click();
  await decide(page, 'Accept');
  await heading(page, 'The connection works').waitFor();
  await page.getByText(`Signed in as ${TYPED}`).waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'connect-3-signed-in');
  await page.getByRole('button', { name: 'Choose what to import' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Start importing' }).click();
  await heading(page, 'It is running').waitFor();
  await untilSome(async () => ((await mailboxOf(visitor)).lastSyncAt === null ? null : true));
  imap.append(TYPED, message('friend@shop.example', 'by-token'));
  await page.getByText('shop.example').waitFor();
  await page.goto(`/mailboxes/${idOf(page)}`);
  await page.getByText('By signing in at Microsoft').waitFor();
  await page.getByRole('button', { name: `More actions for ${TYPED}` }).click();
  await page.getByRole('menuitem', { name: 'Edit' }).click();
  await page.getByText('Server, user name and login are Microsoft’s to say.').waitFor();
  assert.equal(await page.getByLabel('Server', { exact: true }).count(), 0);
  assert.equal(await page.getByLabel('New password').count(), 0);
  await assertAccessible(page);
});

const mailboxOf = async (visitor: { api<T>(path: string): Promise<T> }): Promise<Mailbox> => {
  const { mailboxes } = await visitor.api<{ mailboxes: Mailbox[] }>('/api/v1/mailboxes');
  assert.equal(mailboxes.length, 1);
  return mailboxes[0] as Mailbox;
};

test('Microsoft: a page that the browser brings back as it was can be gone on with', async () => {
  await using visitor = await stage.open({ email: 'back@gmail.example' });
  const { page } = visitor;
  await typeAddress(page);
  await page.route('**/auth/source/start*', (route) => route.fulfill({ status: 204 }));
  const go = page.getByRole('button', { name: 'Continue with Microsoft' });
  const leaving = page.waitForRequest('**/auth/source/start*');
  await go.click();
  await page.getByRole('button', { name: 'On the way to Microsoft…' }).waitFor();
  await leaving;
  await page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))");
  await go.waitFor();
  await page.unroute('**/auth/source/start*');
  await go.click();
  await page.getByRole('heading', { name: 'Pick an account' }).waitFor();
});

test('Microsoft: who says no, or may not decide, is told what to do, and finds the way back', async () => {
  await using visitor = await stage.open({ email: 'hesitant@gmail.example' });
  const { page } = visitor;
  await typeAddress(page);
  await page.getByRole('button', { name: 'Continue with Microsoft' }).click();
  await decide(page, 'Cancel');
  await heading(page, 'You have not agreed').waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'sign-in-denied');
  visitor.takeErrors();
  await page.getByRole('link', { name: 'Back to the setup' }).click();
  await heading(page, 'Sign in at Microsoft').waitFor();
  await page.getByText('You have not signed in at Microsoft yet').waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'connect-3-sign-in-missing');
  await page.getByRole('link', { name: 'Continue with Microsoft' }).click();
  await decide(page, 'Need admin approval');
  await heading(page, 'Your administrator has to agree first').waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'sign-in-admin');
  visitor.takeErrors();
  await page.goBack();
  await page.goBack();
  await heading(page, 'Sign in at Microsoft').waitFor();
  await page.getByRole('link', { name: 'Continue with Microsoft' }).click();
  await decide(page, 'Accept', OTHER);
  await heading(page, 'The connection works').waitFor();
  await page.getByText(`Signed in as ${OTHER}`).waitFor();
  await page.getByText(`You had typed ${TYPED}.`).waitFor();
  await assertAccessible(page);
});

test('Microsoft: a server that takes no sign-in speaks of switching it on, and of no password', async () => {
  await using visitor = await stage.open({ email: 'switched-off@gmail.example' });
  const { page } = visitor;
  imap.tricks.without = new Set(['AUTH=XOAUTH2', 'AUTH=OAUTHBEARER']);
  await typeAddress(page);
  await page.getByRole('button', { name: 'Continue with Microsoft' }).click();
  await decide(page, 'Accept', OTHER);
  await page.getByText('Signed in, but the mail server does not let us in').waitFor();
  await page.getByText('Switch IMAP or POP on in the provider’s mail settings').waitFor();
  await page.getByRole('link', { name: 'Sign in at Microsoft again' }).waitFor();
  assert.doesNotMatch(await page.locator('main').innerText(), /password/i);
  await assertAccessible(page);
  await takeScreenshots(page, 'connect-3-switched-off');
  delete imap.tricks.without;
  await page.getByRole('button', { name: 'Test again' }).click();
  await heading(page, 'The connection works').waitFor();
});

test('Microsoft: a sign-in that has ended is said on the mailbox, and given anew there', async () => {
  await using visitor = await stage.open({ email: 'later@gmail.example' });
  const { page } = visitor;
  await typeAddress(page);
  await page.getByRole('button', { name: 'Continue with Microsoft' }).click();
  await decide(page, 'Accept', OTHER);
  await page.getByRole('button', { name: 'Choose what to import' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Start importing' }).click();
  await heading(page, 'It is running').waitFor();
  const id = idOf(page);
  await untilSome(async () => ((await mailboxOf(visitor)).lastSyncAt === null ? null : true));
  microsoft.tokens.revoke(OTHER);
  imap.disconnect();
  await page.goto(`/mailboxes/${id}`);
  await page.getByText('The provider wants you to sign in again').waitFor();
  await page.getByText('Needs your sign-in').waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'mailbox-sign-in-again');
  await page.getByRole('link', { name: 'Sign in at Microsoft again' }).click();
  await decide(page, 'Accept', TYPED);
  await heading(page, 'That is another account').waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'sign-in-other-account');
  visitor.takeErrors();
  await page.getByRole('link', { name: 'Sign in with the right account' }).click();
  await decide(page, 'Accept', OTHER);
  await page.waitForURL(`**/mailboxes/${id}`);
  await page.getByText('Active', { exact: true }).waitFor();
});

test('Microsoft: a sign-in that took too long, or whose server does not answer, has its page', async () => {
  await using visitor = await stage.open({ email: 'unlucky@gmail.example' });
  const { page } = visitor;
  await typeAddress(page);
  await page.getByRole('button', { name: 'Continue with Microsoft' }).click();
  microsoft.trouble = (request, response) => {
    request.resume();
    response.writeHead(503).end();
  };
  await decide(page, 'Accept');
  await heading(page, 'Microsoft cannot be reached').waitFor();
  microsoft.trouble = null;
  await assertAccessible(page);
  await takeScreenshots(page, 'sign-in-unavailable');
  // The same address again: the code was good once.
  await page.reload();
  await heading(page, 'That sign-in at the provider has expired').waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'sign-in-expired');
  visitor.takeErrors();
});
