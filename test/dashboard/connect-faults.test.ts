/** What goes wrong while a mailbox is connected: said in plain words, mended in place. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { faultText } from '../../dashboard/texts/faults.ts';
import type { FaultCode, Mailbox } from '../../src/http/api.ts';
import {
  type ConnectStage,
  connectDraft,
  type Entry,
  enterServer,
  goToManualEntry,
  heading,
  MARKUP,
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

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

const WRONG = 'canary-8e2f-wrong';

test('a wrong password is said to be one, and cured where it was said', async () => {
  on.imap.store.addUser('forgetful', PASSWORD);
  await using visitor = await on.stage.open({ email: 'forgetful@gmail.example' });
  const { page } = visitor;
  const watched = watchPassword(page, [WRONG, PASSWORD]);
  await goToManualEntry(page);
  await enterServer(page, { port: on.imap.port, username: 'forgetful', password: WRONG });
  await heading(page, 'The test found a problem').waitFor();
  await heading(page, 'User name or password refused').waitFor();
  const states = await page.getByRole('listitem').filter({ hasText: 'Logged in' }).innerText();
  assert.match(states, /failed/);
  await assertAccessible(page);
  await takeScreenshots(page, 'connect-3-password');
  await page.getByRole('button', { name: 'Save and test again' }).click();
  const field = page.getByLabel('New password');
  await eventually(() => field.getAttribute('aria-invalid'), 'true');
  await field.fill(PASSWORD);
  await page.getByRole('button', { name: 'Save and test again' }).click();
  await heading(page, 'The connection works').waitFor();
  assert.equal(await watched.check(), 2);
});

const CASES: readonly {
  readonly name: string;
  readonly code: FaultCode;
  readonly step: string;
  entry(): Promise<Omit<Entry, 'username'>> | Omit<Entry, 'username'>;
}[] = [
  {
    name: 'a host that does not exist',
    code: 'host-unknown',
    step: 'Server found',
    entry: () => ({ host: 'imap.does-not-exist.invalid', port: 993 }),
  },
  {
    name: 'a private address',
    code: 'address-forbidden',
    step: 'Server found',
    entry: () => ({ host: '10.0.0.1', port: 993 }),
  },
  {
    name: 'a port that is none of mail’s',
    code: 'port-forbidden',
    step: 'Server found',
    // Judged before anybody is dialled.
    entry: () => ({ host: '1.1.1.1', port: 22 }),
  },
  {
    name: 'a port that nobody listens on',
    code: 'connect-refused',
    step: 'Server reached',
    entry: async () => ({ port: await closedPort() }),
  },
  {
    name: 'a certificate for another name',
    code: 'certificate-invalid',
    step: 'Encrypted, certificate valid',
    entry: () => ({ port: on.foreign.port }),
  },
  {
    name: 'the wrong protocol',
    code: 'source-protocol',
    step: 'Logged in',
    entry: () => ({ protocol: 'pop3', port: on.imap.port }),
  },
];

test('each cause is told in its own words, at the step where it lies', async (t) => {
  await using visitor = await on.stage.open({ email: 'mistaken@gmail.example' });
  const { page } = visitor;
  for (const { name, code, step, entry } of CASES) {
    await t.test(name, async () => {
      await goToManualEntry(page);
      await enterServer(page, { username: code, ...(await entry()) });
      await heading(page, faultText(code).title).waitFor();
      await page.getByText(faultText(code).next).waitFor();
      await page.getByText(`Code: ${code}`).waitFor();
      const failed = await page.getByRole('listitem').filter({ hasText: 'failed' }).innerText();
      assert.ok(failed.includes(step), failed);
    });
  }
  await assertAccessible(page);
  await takeScreenshots(page, 'connect-3-server');
});

test('another server is tried in place; the password goes to no other host by itself', async () => {
  on.imap.store.addUser('mover', PASSWORD);
  await using visitor = await on.stage.open({ email: 'mover@gmail.example' });
  const { page } = visitor;
  await goToManualEntry(page);
  await enterServer(page, { port: await closedPort(), username: 'mover' });
  await heading(page, 'Nobody answers on this port').waitFor();
  // The same host with another port: the password that is stored may be used there.
  assert.equal(await page.getByLabel('New password').count(), 0);
  await page.getByLabel('Port').fill('70000');
  await page.getByRole('button', { name: 'Save and test again' }).click();
  await page.getByText('Enter a number from 1 to 65535.').waitFor();
  await page.getByLabel('Port').fill(String(on.imap.port));
  await page.getByLabel('Server', { exact: true }).fill('127.0.0.1');
  await page.getByRole('button', { name: 'Save and test again' }).click();
  await page.getByText('Fill this in.').waitFor();
  await page.getByLabel('New password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Save and test again' }).click();
  await heading(page, 'The connection works').waitFor();
});

test('another protocol is another draft, and the first is gone', async () => {
  await using visitor = await on.stage.open({ email: 'changer@gmail.example' });
  const { page } = visitor;
  await goToManualEntry(page);
  const port = await closedPort();
  await enterServer(page, { port, username: 'pop3-draft' });
  await heading(page, 'The test found a problem').waitFor();
  await page.getByRole('button', { name: 'Use another protocol or address' }).click();
  await heading(page, 'Server and password').waitFor();
  await eventually(() => page.getByLabel('Port').inputValue(), String(port));
  await enterServer(page, { protocol: 'pop3', port: on.pop3.port, username: 'pop3-draft' });
  await heading(page, 'The connection works').waitFor();
  await page.getByText('This server has to be asked for new mail').waitFor();
  const { mailboxes } = await visitor.api<{ mailboxes: Mailbox[] }>('/api/v1/mailboxes');
  assert.deepEqual(
    mailboxes.map(({ protocol }) => protocol),
    ['pop3'],
  );
});

test('what a server says in refusing is never shown, and names of accounts are text', async () => {
  const words = `${MARKUP} canary-text`;
  on.imap.tricks.refuse = new Map(['AUTHENTICATE', 'LOGIN'].map((name) => [name, words]));
  try {
    await using visitor = await on.stage.open({ email: 'markup@gmail.example' });
    const { page } = visitor;
    await goToManualEntry(page);
    await enterServer(page, { port: on.imap.port, username: MARKUP });
    await heading(page, 'The test found a problem').waitFor();
    assert.equal(await page.getByText('canary-text').count(), 0);
    await eventually(() => page.getByLabel('User name').inputValue(), MARKUP);
    assert.equal(await page.locator('img').count(), 0);
  } finally {
    delete on.imap.tricks.refuse;
  }
});

test('what the API does not take is said at the field', async () => {
  await using visitor = await on.stage.open({ email: 'typist@gmail.example' });
  const { page } = visitor;
  await goToManualEntry(page);
  await page.getByRole('button', { name: 'Test the connection' }).click();
  await eventually(() => page.getByText('Fill this in.').count(), 3);
  await assertAccessible(page);
  await enterServer(page, { host: 'not a host', port: 993, username: 'typist' });
  await page.getByText('Must be a host name or an IP address.').waitFor();
  await page.getByText('Enter the password again: it was not kept.').waitFor();
  await eventually(() => page.getByLabel('Password', { exact: true }).inputValue(), '');
  await assertAccessible(page);
  visitor.takeErrors();
});

test('the test is shown while it runs, and after the service was away', async () => {
  on.imap.store.addUser('patient', PASSWORD);
  on.imap.tricks.stall = new Set(['AUTHENTICATE', 'LOGIN']);
  await using visitor = await on.stage.open({ email: 'patient@gmail.example' });
  const { page } = visitor;
  try {
    await goToManualEntry(page);
    await enterServer(page, { port: on.imap.port, username: 'patient' });
    await heading(page, 'Testing the connection').waitFor();
    await page.getByRole('listitem').filter({ hasText: 'Logged in' }).getByText('under way').waitFor();
    await assertAccessible(page);
    await takeScreenshots(page, 'connect-3-running');
  } finally {
    delete on.imap.tricks.stall;
  }
  on.imap.disconnect();
  await heading(page, 'The test found a problem').waitFor();
  await page.getByRole('button', { name: 'Test again' }).click();
  await heading(page, 'The connection works').waitFor();
});

test('a page that cannot be loaded says so and can be loaded again', async () => {
  on.imap.store.addUser('unlucky', PASSWORD);
  await using visitor = await on.stage.open({ email: 'unlucky@gmail.example' });
  const { page } = visitor;
  const id = await connectDraft(page, { port: on.imap.port, username: 'unlucky' });
  await page.route('**/probe', (route) =>
    route.fulfill({ status: 400, json: { error: { code: 'internal', message: 'Something went wrong.' } } }),
  );
  await page.goto(`/connect/${id}`);
  await page.getByText('This could not be loaded').waitFor();
  await assertAccessible(page);
  await page.unroute('**/probe');
  await page.getByRole('button', { name: 'Try again' }).click();
  await heading(page, 'The connection works').waitFor();
  await page.getByRole('button', { name: 'Choose what to import' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.route('**/api/v1/audit?*', (route) =>
    route.fulfill({ status: 400, json: { error: { code: 'internal', message: 'Something went wrong.' } } }),
  );
  await page.getByRole('button', { name: 'Start importing' }).click();
  await page.getByText('This could not be loaded').waitFor();
  assert.equal(await page.getByText('Nothing has arrived yet.').count(), 0);
  await page.unroute('**/api/v1/audit?*');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByText('Nothing has arrived yet.').waitFor();
  visitor.takeErrors();
});
