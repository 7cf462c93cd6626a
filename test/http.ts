/**
 * The web process over real HTTP: real PostgreSQL, the stand-in for Google, and browsers with cookie jars. Its
 * public URL is https, as in production; the browser here maps it to the loopback port.
 */
import assert from 'node:assert/strict';
import { readWebConfig } from '../src/config.ts';
import type { UserId } from '../src/core/mailbox.ts';
import { countPendingMigrations } from '../src/db/migration-state.ts';
import type { Database } from '../src/db/pool.ts';
import { openQueue } from '../src/db/queue.ts';
import type { Parts, Settings } from '../src/http/parts.ts';
import { consentEndpoints } from '../src/http/parts.ts';
import { serveWeb } from '../src/http/server.ts';
import { hashToken } from '../src/http/session.ts';
import { generateKeys } from '../src/keys.ts';
import { createLog } from '../src/log.ts';
import { createSeal } from '../src/seal.ts';
import { type GoogleStandin, startGoogle } from '../standins/google/server.ts';
import { openTestDatabase, type Scope, type TestDatabase } from './database.ts';

export const PUBLIC_URL = 'https://mail.example.com';
const GMAIL_INSERT = 'https://www.googleapis.com/auth/gmail.insert';

export interface Web {
  readonly base: string;
  readonly google: GoogleStandin;
  readonly test: TestDatabase;
  readonly database: Database;
  /** What opens what the web process sealed; for tests only. */
  readonly unsealKeys: string;
  /** Everything that was logged, as one text. */
  logged(): string;
  close(): Promise<void>;
  /** A browser that has never been here. */
  browser(): Browser;
  /** A browser that is signed in as `<name>@example.com`. */
  signedIn(name: string): Promise<Browser>;
}

export interface Browser {
  readonly cookies: Map<string, string>;
  /** One request, no redirect followed; writes carry our Origin unless `headers` says otherwise. */
  send(method: string, path: string, options?: SendOptions): Promise<Response>;
  /** The same, and its JSON; asserts the status. */
  json<T = Record<string, unknown>>(
    method: string,
    path: string,
    status: number,
    options?: SendOptions,
  ): Promise<T>;
  /** From /auth/google through the stand-in's consent page; the answer of our callback. */
  signIn(email: string, choice?: { scopes?: string[]; deny?: boolean }): Promise<Response>;
  /** Up to Google's answer: our callback's path with its query. */
  consent(email: string, choice?: { scopes?: string[]; deny?: boolean }): Promise<string>;
}

export interface SendOptions {
  readonly body?: unknown;
  readonly form?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

export async function startWeb(scope: Scope, settings: Partial<Settings> = {}): Promise<Web> {
  const test = await openTestDatabase(scope);
  const google = await startGoogle({ redirectUris: [`${PUBLIC_URL}/auth/google/callback`] });
  const keys = generateKeys();
  const config = readWebConfig({
    ...google.environment,
    ...keys,
    DATABASE_URL: test.webUrl,
    PUBLIC_URL,
  });
  const database = await test.open('web');
  const lines: string[] = [];
  const queue = await openQueue(database, { onError: (error) => assert.fail(String(error)) });
  const parts: Parts = {
    database,
    queue,
    seal: createSeal(config.sealPublicKey),
    google: consentEndpoints(config),
    log: createLog({ level: 'debug', name: 'web', destination: { write: (line) => lines.push(line) } }),
    pendingMigrations: () => countPendingMigrations(database),
    settings: {
      publicUrl: PUBLIC_URL,
      sessionSecret: config.sessionSecret,
      pollSeconds: 300,
      trustedProxies: 1,
      signInsPerMinute: 1000,
      dialsPerMinute: 1000,
      revokeWaitMs: 300,
      ...settings,
    },
  };
  const server = await serveWeb(parts, 0, '127.0.0.1');
  let closed: Promise<void> | null = null;
  const close = () => {
    closed ??= server.close(2000);
    return closed;
  };
  scope.after(async () => {
    await close();
    await queue.stop();
    await google.close();
  });
  const base = `http://127.0.0.1:${server.port}`;
  const browser = () => createBrowser(base);
  return {
    base,
    google,
    test,
    database,
    unsealKeys: keys.UNSEAL_PRIVATE_KEYS,
    logged: () => lines.join(''),
    close,
    browser,
    signedIn: async (name) => {
      const one = browser();
      const answer = await one.signIn(`${name}@example.com`);
      assert.equal(answer.status, 303, await answer.text());
      return one;
    },
  };
}

function createBrowser(base: string): Browser {
  const cookies = new Map<string, string>();
  const send: Browser['send'] = async (method, path, options = {}) => {
    const headers: Record<string, string> = { ...(method !== 'GET' && { origin: PUBLIC_URL }) };
    if (cookies.size > 0) headers.cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
    let body: string | null = null;
    if (options.form) {
      headers['content-type'] = 'application/x-www-form-urlencoded';
      body = new URLSearchParams(options.form).toString();
    } else if (options.body !== undefined) {
      headers['content-type'] = 'application/json';
      body = typeof options.body === 'string' ? options.body : JSON.stringify(options.body);
    }
    for (const [name, value] of Object.entries(options.headers ?? {}))
      if (value === '') delete headers[name];
      else headers[name] = value;
    const signal = options.signal ?? null;
    const answer = await fetch(base + path, { method, headers, body, signal, redirect: 'manual' });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    return answer;
  };
  const consent: Browser['consent'] = async (email, { scopes = [GMAIL_INSERT], deny = false } = {}) => {
    const start = await send('GET', '/auth/google');
    assert.equal(start.status, 302, await start.text());
    const page = new URL(start.headers.get('location') ?? '');
    assert.equal((await fetch(page)).status, 200);
    const form = new URLSearchParams(page.searchParams);
    form.set('other', email);
    form.set('decision', deny ? 'deny' : 'allow');
    for (const scope of scopes) form.append('granted', scope);
    const answer = await fetch(page, { method: 'POST', body: form, redirect: 'manual' });
    const back = answer.headers.get('location') ?? '';
    assert.ok(back.startsWith(`${PUBLIC_URL}/`), back);
    return back.slice(PUBLIC_URL.length);
  };
  return {
    cookies,
    send,
    json: async <T>(method: string, path: string, status: number, options?: SendOptions) => {
      const answer = await send(method, path, options);
      const text = await answer.text();
      assert.equal(answer.status, status, `${method} ${path}: ${text}`);
      return JSON.parse(text) as T;
    },
    consent,
    signIn: async (email, choice) => send('GET', await consent(email, choice)),
  };
}

/** A session made behind the scenes, for tests that are not about signing in. */
export async function sessionFor(web: Web, name: string): Promise<{ browser: Browser; userId: UserId }> {
  const userId = await web.test.addUser(name);
  const token = Buffer.from(name.padEnd(32, '-')).subarray(0, 32).toString('base64url');
  await web.test.asOwner(
    "INSERT INTO sessions (token_hash, user_id, expires_at) VALUES ($1, $2, now() + interval '1 hour')",
    [hashToken(token), userId],
  );
  const browser = web.browser();
  browser.cookies.set('__Host-session', token);
  return { browser, userId };
}

export const MAILBOX = {
  protocol: 'imap',
  host: 'imap.example.com',
  port: 993,
  security: 'tls',
  username: 'someone@example.com',
  password: 'canary-4f1c-password',
} as const;
