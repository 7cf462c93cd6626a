/** The account page in a real browser: profile, sessions, keys, notices, colours, export and the end. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { createAuthority } from '../../standins/authority.ts';
import { type MailjetStandin, startMailjet } from '../../standins/mailjet/server.ts';
import { assertAccessible, eventually, openStage, type Stage, takeScreenshots } from './stage.ts';

let stage: Stage;
let mailjet: MailjetStandin;
before(async () => {
  const authority = await createAuthority();
  mailjet = await startMailjet({ leaf: await authority.issue(['localhost']) });
  stage = await openStage({ authority, env: { ...mailjet.environment } });
});
after(async () => {
  await stage?.[Symbol.asyncDispose]();
  await mailjet.close();
});

test('the page shows who one is, what one allows, and where one is signed in', async () => {
  await using visitor = await stage.open({ email: 'whole@gmail.example' });
  await using other = await stage.open({ email: 'whole@gmail.example' });
  const { page } = visitor;
  await page.goto('/account');
  await page.getByRole('heading', { name: 'Account', level: 1 }).waitFor();
  const profile = page.getByRole('region', { name: 'Profile and consent' });
  await profile.getByText('whole@gmail.example').waitFor();
  await profile.getByText('Add mail to your Gmail').waitFor();
  const renew = profile.getByRole('link', { name: 'Renew the consent at Google' });
  await eventually(() => renew.getAttribute('href'), '/auth/google?next=%2Faccount');
  const sessions = page.getByRole('region', { name: 'Where you are signed in' });
  await sessions.getByText('This browser').waitFor();
  await page.getByRole('checkbox', { name: 'Messages were not passed on' }).waitFor();
  await page.getByText('There are no keys.').waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'account');
  await sessions
    .getByRole('button', { name: /^Sign out Unknown browser|^Sign out Chrome/ })
    .first()
    .click();
  await page.getByText('Signed out there.').first().waitFor();
  await eventually(() => sessions.getByRole('button', { name: 'Sign out' }).count(), 0);
  assert.equal((await other.context.request.get('/api/v1/account')).status(), 401);
});

test('all other browsers can be signed out at once', async () => {
  await using visitor = await stage.open({ email: 'many@gmail.example' });
  await using second = await stage.open({ email: 'many@gmail.example' });
  await using third = await stage.open({ email: 'many@gmail.example' });
  await visitor.page.goto('/account');
  await visitor.page.getByRole('button', { name: 'Sign out all others' }).click();
  await visitor.page.getByText('All other browsers are signed out.').first().waitFor();
  for (const one of [second, third])
    assert.equal((await one.context.request.get('/api/v1/account')).status(), 401);
  assert.equal((await visitor.context.request.get('/api/v1/account')).status(), 200);
});

test('an API key is made by keyboard, shown once, works, and is deleted', async () => {
  await using visitor = await stage.open({ email: 'keys@gmail.example' });
  const { page } = visitor;
  await page.goto('/account');
  await page.getByLabel('Name').focus();
  await page.keyboard.type('backup <b>script</b>');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Here is the new key' });
  const key = (await dialog.locator('code').textContent()) ?? '';
  assert.match(key, /^smtpsync_[\w-]{43}$/);
  await assertAccessible(page);
  await takeScreenshots(page, 'account-key');
  const withKey = { headers: { authorization: `Bearer ${key}` } };
  assert.equal((await fetch(`${stage.service.url}/api/v1/account`, withKey)).status, 200);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  await page.getByText('backup <b>script</b>').waitFor();
  assert.ok(!(await page.content()).includes(key), 'gone from the page');
  await page.getByRole('button', { name: 'Delete the key backup <b>script</b>' }).click();
  const confirm = page.getByRole('dialog', { name: /^Delete the key/ });
  await assertAccessible(page);
  await confirm.getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByText('The key is deleted.').first().waitFor();
  await page.getByText('There are no keys.').waitFor();
  assert.equal((await fetch(`${stage.service.url}/api/v1/account`, withKey)).status, 401);
});

test('a key gets what is chosen for it, and for how long', async () => {
  await using visitor = await stage.open({ email: 'scopes@gmail.example' });
  const { page } = visitor;
  await page.goto('/account');
  await page.getByLabel('Name').fill('watcher');
  for (const name of ['Look at mailboxes', 'Read the audit log'])
    await page.getByRole('checkbox', { name }).uncheck();
  await page.getByRole('button', { name: 'Create a key' }).click();
  await page.getByText('Choose what it may do.').waitFor();
  await page.getByRole('checkbox', { name: 'Manage webhooks' }).check();
  await page.getByLabel('How long it is good').selectOption('30 days');
  await assertAccessible(page);
  await takeScreenshots(page, 'account-scopes');
  await page.getByRole('button', { name: 'Create a key' }).click();
  const dialog = page.getByRole('dialog', { name: 'Here is the new key' });
  const key = (await dialog.locator('code').textContent()) ?? '';
  await page.keyboard.press('Escape');
  const keys = page.getByRole('region', { name: 'API keys' });
  await keys.getByText('Manage webhooks', { exact: true }).waitFor();
  await page.getByText(/never used.*ends/i).waitFor();
  const status = async (path: string) =>
    (await fetch(`${stage.service.url}/api/v1/${path}`, { headers: { authorization: `Bearer ${key}` } }))
      .status;
  assert.equal(await status('webhooks'), 200);
  assert.equal(await status('mailboxes'), 403);
});

test('notices by mail are chosen, kept, and a failure to keep them is said', async () => {
  await using visitor = await stage.open({ email: 'notices@gmail.example' });
  const { page } = visitor;
  await page.goto('/account');
  const box = page.getByRole('checkbox', { name: 'An import is finished' });
  await box.uncheck();
  await page.getByText('Saved.').first().waitFor();
  await page.reload();
  await box.waitFor();
  await eventually(() => box.isChecked(), false);
  await page.route('**/api/v1/notice-settings', (route) =>
    route.request().method() === 'PATCH'
      ? route.fulfill({ status: 503, json: { error: { code: 'database-unavailable', message: 'Not now.' } } })
      : route.continue(),
  );
  await box.click();
  await page.getByText('Not now.').first().waitFor();
  await page.locator('input[type=checkbox]:not(:checked)').waitFor();
  await eventually(() => box.isChecked(), false, 'what the server has counts');
  visitor.takeErrors();
});

test('colours are chosen at once and are there from the first drawing on', async () => {
  await using visitor = await stage.open({ email: 'look@gmail.example' });
  const { page } = visitor;
  await page.goto('/account');
  await page.getByRole('radio', { name: 'Dark' }).check();
  await page.getByText('Changed.').first().waitFor();
  await eventually(() => page.locator('html').getAttribute('data-theme'), 'dark');
  const answer = await visitor.context.request.get('/account');
  assert.match(await answer.text(), /<html[^>]* data-theme="dark"/);
  await page.reload();
  await eventually(() => page.getByRole('radio', { name: 'Dark' }).isChecked(), true);
  await page.getByRole('radio', { name: 'As the system has it' }).check();
  await page.getByText('Changed.').first().waitFor();
  assert.ok(!(await visitor.context.cookies()).some(({ name }) => name === 'theme'));
});

test('the export is downloaded', async () => {
  await using visitor = await stage.open({ email: 'export@gmail.example' });
  const { page } = visitor;
  await page.goto('/account');
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download the export' }).click();
  const path = await (await download).path();
  const all = JSON.parse(await readFile(path, 'utf8'));
  assert.equal(all.account.email, 'export@gmail.example');
  assert.deepEqual(all.notices, []);
  for (const [name, file] of [
    ['Mailboxes (CSV)', 'mailboxes.csv'],
    ['Audit log (CSV)', 'audit.csv'],
  ] as const) {
    const table = page.waitForEvent('download');
    await page.getByRole('link', { name }).click();
    assert.equal((await table).suggestedFilename(), file);
  }
});

test('a lost consent is shown with the way to renew it', async () => {
  await using visitor = await stage.open({ email: 'consent@gmail.example' });
  const { page } = visitor;
  const account = await visitor.api<object>('/api/v1/account');
  const grant = {
    state: 'missing',
    fault: { code: 'grant-missing', message: 'There is no consent from Google. Sign in again to give it.' },
    scopes: [],
    grantedAt: null,
  };
  await page.route('**/api/v1/account', (route) => route.fulfill({ json: { ...account, grant } }));
  await page.goto('/account');
  await page.getByText('There is no consent from Google.').waitFor();
  await page.getByRole('link', { name: 'Give the consent at Google' }).waitFor();
  await assertAccessible(page);
});

test('what cannot be loaded says so, part by part', async () => {
  await using visitor = await stage.open({ email: 'broken@gmail.example' });
  const { page } = visitor;
  for (const path of ['sessions', 'api-keys', 'notice-settings'])
    await page.route(`**/api/v1/${path}`, (route) =>
      route.fulfill({ status: 409, json: { error: { code: `no-${path}`, message: 'Not now.' } } }),
    );
  await page.goto('/account');
  for (const path of ['sessions', 'api-keys', 'notice-settings'])
    await page.getByText(`Code: no-${path}`).waitFor();
  await assertAccessible(page);
  visitor.takeErrors();
});

test('the account is deleted at once, after its address was typed', async () => {
  await using visitor = await stage.open({ email: 'leaver@gmail.example' });
  const { page } = visitor;
  await page.goto('/account');
  await page.getByRole('button', { name: 'Delete the account…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete this account?' });
  const button = dialog.getByRole('button', { name: 'Delete everything' });
  await eventually(() => button.isDisabled(), true);
  await dialog.getByLabel('Type leaver@gmail.example to confirm').fill('somebody@gmail.example');
  await eventually(() => button.isDisabled(), true);
  await assertAccessible(page);
  await takeScreenshots(page, 'account-delete');
  await dialog.getByLabel('Type leaver@gmail.example to confirm').fill('leaver@gmail.example');
  await button.click();
  await page.getByRole('heading', { name: 'Your account is deleted' }).waitFor();
  await page.getByText('Google has confirmed that the consent is revoked.').waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'account-deleted');
  assert.equal((await visitor.context.request.get('/api/v1/account')).status(), 401);
  visitor.takeErrors();
});

test('what was typed does not wait in the tab for whoever signs in next', async () => {
  await using visitor = await stage.open({ email: 'shared@gmail.example' });
  const { page } = visitor;
  await page.goto('/connect');
  await page.getByLabel('E-mail address').fill('private@isp.example');
  const stored = () => page.evaluate<string>('JSON.stringify(Object.entries(sessionStorage))');
  assert.match(await stored(), /private@isp/);
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('link', { name: 'Continue with Google' }).first().waitFor();
  assert.equal(await stored(), '[]');
  visitor.takeErrors(); // what was under way when the session ended is refused
});
