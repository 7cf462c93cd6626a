/** A list of mailboxes imported in a real browser: what each line became, hostile text, files that are none. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Mailbox } from '../../src/http/api.ts';
import { readMailboxList } from '../../src/http/mailbox-csv.ts';
import { createAuthority } from '../../standins/authority.ts';
import { type MicrosoftStandin, startMicrosoft } from '../../standins/microsoft/server.ts';
import { type Pop3Server, startPop3Server } from '../../standins/pop3.ts';
import { assertAccessible, eventually, openStage, type Stage, takeScreenshots } from './stage.ts';

const HOSTILE = '<img src=x onerror="document.title=1">';
const PASSWORD = 'canary-pass';

let stage: Stage;
let pop3: Pop3Server;
let microsoft: MicrosoftStandin;
before(async () => {
  const authority = await createAuthority();
  pop3 = await startPop3Server({
    leaf: await authority.issue(['localhost']),
    security: 'tls',
    accounts: ['one@isp.example', HOSTILE].map((username) => ({ username, password: PASSWORD })),
  });
  microsoft = await startMicrosoft({ accounts: ['nora@outlook.com'] });
  // Nobody is there; signing in needs none of it.
  stage = await openStage({ authority, env: microsoft.environment(['imaps://localhost:1']) });
});
after(async () => {
  await stage?.[Symbol.asyncDispose]();
  await Promise.all([pop3?.close(), microsoft?.close()]);
});

const fileOf = (text: string) => ({ name: 'list.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });

test('a list is imported, and each line says what became of it', async () => {
  await using visitor = await stage.open({ email: 'lists@gmail.example' });
  const { page } = visitor;
  await page.goto('/mailboxes');
  await page.getByRole('button', { name: 'Import a list' }).click();
  const dialog = page.getByRole('dialog', { name: 'Import a list of mailboxes' });
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    dialog.getByRole('link', { name: 'Download a template' }).click(),
  ]);
  assert.equal(download.suggestedFilename(), 'mailboxes.csv');
  const template = await (await download.createReadStream()).toArray();
  assert.ok(readMailboxList(Buffer.concat(template).toString()).every((line) => 'input' in line));
  await assertAccessible(page);
  await takeScreenshots(page, 'import-choose', { fullPage: false });

  await dialog.getByRole('button', { name: 'Import' }).click();
  await dialog.getByText('Choose a file first.').waitFor();
  const file = dialog.getByLabel('File');
  await file.setInputFiles(fileOf('x'.repeat(300 * 1024)));
  await dialog.getByRole('button', { name: 'Import' }).click();
  await dialog.getByText('The file is larger than 256 kB. Split it.').waitFor();
  await file.setInputFiles(fileOf(`one,two\r\n${PASSWORD},x`));
  await dialog.getByRole('button', { name: 'Import' }).click();
  await dialog.getByText('Column 1 has no name that is known').waitFor();
  await file.setInputFiles(fileOf(`host,username,password\n${'h.example,u,p\n'.repeat(10_000)}`));
  await dialog.getByRole('button', { name: 'Import' }).click();
  await dialog.getByText('The file must not have more than 100 lines.').waitFor();
  // The browser's own words for the refusal.
  visitor.takeErrors();

  const head = 'protocol,host,port,username,password,start';
  const at = `pop3,localhost,${pop3.port}`;
  await file.setInputFiles(
    fileOf(
      [
        head,
        `${at},one@isp.example,${PASSWORD},yes`,
        `${at},"${HOSTILE.replaceAll('"', '""')}",${PASSWORD},no`,
        `${at},one@isp.example,${PASSWORD},yes`,
        `gopher,localhost,70,x,${PASSWORD},`,
      ].join('\n'),
    ),
  );
  await dialog.getByRole('button', { name: 'Import' }).click();
  await dialog.getByText('2 of 4 mailboxes connected').waitFor();
  const lines = dialog.getByRole('list', { name: 'Lines of the file' }).getByRole('listitem');
  await eventually(
    async () => (await lines.allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').slice(0, 24)),
    [
      'Line 2 one@isp.example',
      `Line 3 ${HOSTILE}`.slice(0, 24),
      'Line 4 This mailbox is c',
      'Line 5 protocol: must be one of'.slice(0, 24),
    ].map((text) => text.trim()),
  );
  await assertAccessible(page);
  await takeScreenshots(page, 'import-results', { fullPage: false });
  assert.ok(!(await page.content()).includes(PASSWORD));
  await dialog.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('link', { name: HOSTILE }).waitFor();
  assert.notEqual(await page.title(), '1');
  await eventually(
    async () =>
      (await visitor.api<{ mailboxes: Mailbox[] }>('/api/v1/mailboxes')).mailboxes.map(({ state }) => state),
    ['active', 'paused'],
  );
  const csv = await (await visitor.context.request.get('/api/v1/mailboxes.csv')).text();
  assert.ok(csv.includes('one@isp.example') && !csv.includes(PASSWORD));
});

test('a list of which nothing could be connected says so', async () => {
  await using visitor = await stage.open({ email: 'nothing@gmail.example' });
  const { page } = visitor;
  await page.goto('/mailboxes');
  await page.getByRole('button', { name: 'Import a list' }).click();
  const dialog = page.getByRole('dialog', { name: 'Import a list of mailboxes' });
  await dialog.getByLabel('File').setInputFiles(fileOf('host;username;password\r\n'));
  await dialog.getByRole('button', { name: 'Import' }).click();
  await dialog.getByText('The file has no line below its first one.').waitFor();
  await dialog.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('heading', { name: 'No mailbox is connected yet' }).waitFor();
});

test('a mailbox of a provider waits for its owner to sign in there, which its line says until it is done', async () => {
  await using visitor = await stage.open({ email: 'signer@gmail.example' });
  const { page, context } = visitor;
  await page.goto('/mailboxes');
  await page.getByRole('button', { name: 'Import a list' }).click();
  const dialog = page.getByRole('dialog', { name: 'Import a list of mailboxes' });
  await dialog
    .getByLabel('File')
    .setInputFiles(
      fileOf(
        `host,port,username,password,provider\n,,nora@outlook.com,,microsoft\nlocalhost,1,other@outlook.com,${PASSWORD},`,
      ),
    );
  await dialog.getByRole('button', { name: 'Import' }).click();
  await dialog.getByText('2 mailboxes connected').waitFor();
  const lines = dialog.getByRole('list', { name: 'Lines of the file' }).getByRole('listitem');
  const way = lines.first().getByRole('link', { name: 'Sign in at Microsoft (in a new tab)' });
  await way.waitFor();
  await lines
    .nth(1)
    .getByText('Nothing is fetched before you sign in: Microsoft takes no passwords.')
    .waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'import-sign-in', { fullPage: false });
  const [tab] = await Promise.all([context.waitForEvent('page'), way.click()]);
  await tab.getByRole('button', { name: 'Accept' }).click();
  await tab.waitForURL(/\/mailboxes\//);
  await tab.close();
  // The other line still says so.
  await way.waitFor({ state: 'detached' });
  await lines
    .nth(1)
    .getByRole('link', { name: /^Sign in at Microsoft/ })
    .waitFor();
});
