/** What the wizard knows of providers: how they let programs in, what Gmail's own fetcher did, what to do when nothing is found. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertAccessible, eventually, openStage, type Stage, takeScreenshots } from './stage.ts';

let stage: Stage;
before(async () => {
  stage = await openStage();
});
after(() => stage[Symbol.asyncDispose]());

const CLOSED: ReadonlySet<string> = new Set([
  'Password login is gone at Microsoft',
  'Encrypted beyond our reach',
]);

test('providers’ own ways are explained where they matter', async (t) => {
  await using visitor = await stage.open({ email: 'seeker@gmail.example' });
  const { page } = visitor;
  const cases = [
    ['someone@outlook.com', 'Password login is gone at Microsoft', 'https://support.microsoft.com/'],
    ['someone@googlemail.com', 'This mailbox is at Google already', 'https://support.google.com/'],
    ['someone@yahoo.com', 'You need an app password', 'https://help.yahoo.com/'],
    ['someone@gmx.de', 'Allow access first', 'https://hilfe.gmx.net/'],
    ['someone@proton.me', 'Encrypted beyond our reach', 'https://proton.me/'],
  ] as const;
  for (const [email, title, url] of cases) {
    await t.test(email, async () => {
      await page.goto('/connect');
      await page.getByLabel('E-mail address').fill(email);
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.getByText(title).waitFor();
      const link = page.locator(`a[href^="${url}"]`);
      await eventually(() => link.getAttribute('target'), '_blank');
      assert.match((await link.getAttribute('rel')) ?? '', /noreferrer/);
      if (email.endsWith('gmx.de') || email.endsWith('outlook.com')) {
        await assertAccessible(page);
        await takeScreenshots(page, `connect-2-${email.slice(8, 11)}`);
      }
      // There is always a way to enter a server oneself; where no password will do, none is asked for at first.
      if (CLOSED.has(title)) {
        assert.equal(await page.getByLabel('Password', { exact: true }).count(), 0);
        await page.getByRole('button', { name: 'Enter another server' }).click();
      } else await page.getByLabel('Another server').check();
      await page.getByLabel('Server', { exact: true }).waitFor();
    });
  }
});

test('Gmail’s own fetcher: the same choices, and a warning', async () => {
  await using visitor = await stage.open({ email: 'fetcher@gmail.example' });
  const { page } = visitor;
  await page.goto('/connect');
  await page.getByText('Coming from Gmail’s own fetcher?').click();
  await page.getByText('Do not let both fetch the same mailbox').waitFor();
  await page.getByText('Leave a copy of retrieved message on the server').waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'connect-1-fetcher');
});

test('an address is needed, and a search that fails is no dead end', async () => {
  await using visitor = await stage.open({ email: 'offline@gmail.example' });
  const { page } = visitor;
  await page.goto('/connect');
  await page.getByLabel('E-mail address').fill('nobody');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByText('Enter a whole e-mail address').waitFor();
  await page.getByLabel('E-mail address').fill('someone@example.com');
  const held = Promise.withResolvers<void>();
  await page.route('**/api/v1/discover', async (route) => {
    await held.promise;
    await route.abort();
  });
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByText('Looking up the servers of example.com…').waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'connect-1-looking');
  held.resolve();
  await page.getByText('The servers could not be looked up.').waitFor();
  await assertAccessible(page);
  visitor.takeErrors();
  await page.getByRole('button', { name: 'Enter the server yourself' }).click();
  await eventually(() => page.getByLabel('User name').inputValue(), 'someone@example.com');
});
