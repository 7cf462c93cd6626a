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
import { openBilling } from '../src/http/billing-parts.ts';
import { installationOf } from '../src/http/installation.ts';
import type { Parts, Settings } from '../src/http/parts.ts';
import { consentEndpoints } from '../src/http/parts.ts';
import { serveWeb } from '../src/http/server.ts';
import { hashToken } from '../src/http/session.ts';
import { generateKeys } from '../src/keys.ts';
import { createLog } from '../src/log.ts';
import { createSeal } from '../src/seal.ts';
import { type GoogleStandin, startGoogle } from '../standins/google/server.ts';
import { type Browser, createBrowser } from './browser.ts';
import { openTestDatabase, type Scope, type TestDatabase } from './database.ts';

export const PUBLIC_URL = 'https://mail.example.com';

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

export async function startWeb(
  scope: Scope,
  settings: Partial<Settings> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<Web> {
  const test = await openTestDatabase(scope);
  const google = await startGoogle({ redirectUris: [`${PUBLIC_URL}/auth/google/callback`] });
  const keys = generateKeys();
  const config = readWebConfig({
    ...google.environment,
    ...keys,
    DATABASE_URL: test.webUrl,
    PUBLIC_URL,
    ...env,
  });
  const database = await test.open('web');
  const lines: string[] = [];
  const queue = await openQueue(database, { onError: (error) => assert.fail(String(error)) });
  const parts: Parts = {
    database,
    queue,
    seal: createSeal(config.sealPublicKey),
    google: consentEndpoints(config),
    signIns: config.signIns,
    billing: await openBilling(config, database),
    log: createLog({ level: 'debug', name: 'web', destination: { write: (line) => lines.push(line) } }),
    pendingMigrations: () => countPendingMigrations(database),
    settings: {
      publicUrl: PUBLIC_URL,
      sessionSecret: config.sessionSecret,
      pollSeconds: 300,
      plans: config.plans,
      allowance: config.allowance,
      trustedProxies: 1,
      signInsPerMinute: 1000,
      dialsPerMinute: 1000,
      revokeWaitMs: 300,
      discoverWaitMs: 0,
      webhookPrivateNetworks: [],
      sendsMail: true,
      installation: installationOf(config),
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
  const browser = () => createBrowser(base, PUBLIC_URL);
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
