/** The wizard's stage: mail servers to connect, the way through its first steps, and an eye on the password. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { createAuthority } from '../../standins/authority.ts';
import { type ImapServer, startImapServer } from '../../standins/imap.ts';
import { type Pop3Server, startPop3Server } from '../../standins/pop3.ts';
import { openStage, type Stage } from './stage.ts';

export const PASSWORD = 'canary-3c6d-password';
/** Markup that would run if it were ever drawn as such. */
export const MARKUP = '<img src=x onerror=alert(1)>';

export interface ConnectStage extends AsyncDisposable {
  readonly stage: Stage;
  readonly imap: ImapServer;
  readonly pop3: Pop3Server;
  /** Its certificate is for another name. */
  readonly foreign: ImapServer;
}

const POP3_USERS = ['pop3-user', 'pop3-draft'];

export async function openConnectStage(): Promise<ConnectStage> {
  const authority = await createAuthority();
  const leaf = await authority.issue(['localhost', '127.0.0.1']);
  const imap = await startImapServer({ leaf, security: 'tls' });
  const pop3 = await startPop3Server({
    leaf,
    security: 'tls',
    accounts: POP3_USERS.map((username) => ({ username, password: PASSWORD })),
  });
  const foreign = await startImapServer({
    leaf: await authority.issue(['mail.example.com']),
    security: 'tls',
  });
  const stage = await openStage({ authority });
  return {
    stage,
    imap,
    pop3,
    foreign,
    [Symbol.asyncDispose]: async () => {
      await stage[Symbol.asyncDispose]();
      await Promise.all([imap.close(), pop3.close(), foreign.close()]);
    },
  };
}

export const message = (from: string, subject: string): Buffer =>
  Buffer.from(
    `From: ${from}\r\nTo: owner@example.com\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@example.com>\r\n` +
      `Date: ${new Date().toUTCString()}\r\n\r\nHello.\r\n`,
  );

export interface Entry {
  readonly protocol?: 'imap' | 'pop3';
  readonly host?: string;
  readonly port: number;
  readonly username: string;
  readonly password?: string;
}

/** Onto the page with the server and the password, without a look-up. */
export async function goToManualEntry(page: Page): Promise<void> {
  await page.goto('/connect');
  await page.getByRole('button', { name: 'Enter the server yourself' }).click();
  await page.getByRole('heading', { name: 'Server and password' }).waitFor();
}

export async function enterServer(page: Page, entry: Entry): Promise<void> {
  const { protocol = 'imap', host = 'localhost', port, username, password = PASSWORD } = entry;
  await page.getByLabel('Protocol').selectOption(protocol);
  await page.getByLabel('Server', { exact: true }).fill(host);
  await page.getByLabel('Port').fill(String(port));
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Test the connection' }).click();
}

export const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true });

/** A draft whose test went well. */
export async function connectDraft(page: Page, entry: Entry): Promise<string> {
  await goToManualEntry(page);
  await enterServer(page, entry);
  await heading(page, 'The connection works').waitFor();
  return idOf(page);
}

export const idOf = (page: Page): string => /\/connect\/([0-9a-f-]{36})/.exec(page.url())?.[1] ?? '';

export interface PasswordWatch {
  /** Asserts that the password is nowhere that it does not belong; how often it was sent. */
  check(): Promise<number>;
}

/** From now on: what is sent and answered, and where the password could have stayed behind. */
export function watchPassword(page: Page, passwords: readonly string[] = [PASSWORD]): PasswordWatch {
  const holds = (text: string): boolean => passwords.some((password) => text.includes(password));
  let sent = 0;
  const found: string[] = [];
  const answers: Promise<void>[] = [];
  page.on('request', (request) => {
    if (holds(request.url())) found.push(`address ${request.url()}`);
    if (holds(JSON.stringify(request.headers()))) found.push('headers');
    if (!holds(request.postData() ?? '')) return;
    sent += 1;
    const { pathname } = new URL(request.url());
    if (!/^\/api\/v1\/mailboxes(\/[0-9a-f-]+)?$/.test(pathname)) found.push(`sent to ${pathname}`);
  });
  page.on('response', (response) => {
    // The event stream never ends.
    if (response.url().endsWith('/events')) return;
    const body = response.text().catch(() => '');
    answers.push(
      body.then((text) => {
        if (holds(text)) found.push(`answer of ${response.url()}`);
      }),
    );
  });
  return {
    check: async () => {
      await Promise.all(answers);
      const kept = await page.evaluate<string>(`JSON.stringify([
        document.documentElement.outerHTML, [...document.querySelectorAll('input, textarea')].map((each) => each.value),
        Object.entries(sessionStorage), Object.entries(localStorage), document.cookie, location.href,
        history.state, window.name])`);
      if (holds(kept)) found.push('the page, its storage or its address');
      assert.deepEqual(found, []);
      return sent;
    },
  };
}
