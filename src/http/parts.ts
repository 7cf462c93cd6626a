/** What the web process is wired from; src/main.ts and the tests fill it in. */
import type { Log, Seal } from '../core/ports.ts';
import type { Database } from '../db/pool.ts';
import type { JobQueue } from '../db/queue.ts';

/** Whom Google says that somebody is, and what was granted. */
export interface Identity {
  /** Google's permanent id of the account. */
  readonly sub: string;
  readonly email: string;
  /** As granted, which may be less than was asked for. */
  readonly scopes: readonly string[];
  /** null: the one given earlier stays valid. */
  readonly refreshToken: string | null;
}

export interface Consent {
  /** Where the browser goes to be asked. */
  authorizationUrl(secrets: { state: string; nonce: string; codeVerifier: string }): string;
  /** Redeems the code and verifies the id token. Faults `google-unavailable`, `consent-failed`. */
  exchange(answer: { code: string; nonce: string; codeVerifier: string }): Promise<Identity>;
}

export interface Parts {
  readonly database: Database;
  readonly queue: JobQueue;
  readonly seal: Seal;
  /** null: no OAuth client is configured, so nobody can sign in. */
  readonly consent: Consent | null;
  readonly log: Log;
  /** How many migrations the database lacks. Fault `database-unavailable`. */
  pendingMigrations(): Promise<number>;
  readonly settings: Settings;
}

export interface Settings {
  /** An origin, without a trailing slash. */
  readonly publicUrl: string;
  readonly sessionSecret: string;
  /** Seconds between visits to a mailbox that chose no interval of its own. */
  readonly pollSeconds: number;
  /** How many proxies stand before us, whose X-Forwarded-For counts. */
  readonly trustedProxies: number;
  /** Requests per minute: sign-ins of one address, and calls of one user that make a worker dial out. */
  readonly signInsPerMinute: number;
  readonly dialsPerMinute: number;
  /** ms that the deletion of an account waits for the revocation at Google. */
  readonly revokeWaitMs: number;
}
