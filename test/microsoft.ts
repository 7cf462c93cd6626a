/** A person's way through the stand-in for Microsoft. */
import assert from 'node:assert/strict';
import { type MicrosoftStandin, startMicrosoft } from '../standins/microsoft/server.ts';
import type { Browser } from './browser.ts';
import type { Scope } from './database.ts';

/** What the tests connect; `MICROSOFT_MAIL_SERVERS` names these. */
export const OUTLOOK = {
  protocol: 'imap',
  host: 'outlook.example.com',
  port: 993,
  security: 'tls',
  username: 'nora@outlook.example',
  auth: 'oauth',
  provider: 'microsoft',
} as const;
export const OUTLOOK_SERVERS = [
  'imaps://outlook.example.com:993',
  'pop3s://outlook.example.com:995',
] as const;

export async function openMicrosoft(
  scope: Scope,
  options: Parameters<typeof startMicrosoft>[0] = {},
): Promise<MicrosoftStandin> {
  const microsoft = await startMicrosoft(options);
  scope.after(() => microsoft.close());
  return microsoft;
}

export interface Choice {
  /** Default: the account that was hinted at. */
  readonly email?: string;
  readonly decision?: 'accept' | 'cancel' | 'admin';
  /** As if the permission to read mail were withheld. */
  readonly partial?: boolean;
}

/** From our start page through the provider's; our callback's path with its query. */
export async function consentAt(browser: Browser, mailboxId: string, choice: Choice = {}): Promise<string> {
  const start = await browser.send('GET', `/auth/source/start?mailbox=${mailboxId}`);
  assert.equal(start.status, 302, await start.text());
  const url = new URL(start.headers.get('location') ?? '');
  const shown = await fetch(url);
  assert.equal(shown.status, 200, await shown.text());
  const form = new URLSearchParams(url.searchParams);
  form.set('account', choice.email ?? form.get('login_hint') ?? '');
  form.set('decision', choice.decision ?? 'accept');
  if (choice.partial) form.set('partial', '1');
  const decided = await fetch(url, { method: 'POST', body: form, redirect: 'manual' });
  const back = new URL(decided.headers.get('location') ?? '');
  return back.pathname + back.search;
}

/** The whole way; the answer of our callback. */
export const signInAt = async (browser: Browser, mailboxId: string, choice: Choice = {}): Promise<Response> =>
  browser.send('GET', await consentAt(browser, mailboxId, choice));
