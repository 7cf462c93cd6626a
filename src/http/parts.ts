/** What the web process is wired from; src/main.ts and the tests fill it in. */
import type { WebConfig } from '../config.ts';
import type { Log, Seal } from '../core/ports.ts';
import type { Database } from '../db/pool.ts';
import type { JobQueue } from '../db/queue.ts';
import type { ConsentEndpoints } from '../google/consent.ts';

export interface Parts {
  readonly database: Database;
  readonly queue: JobQueue;
  readonly seal: Seal;
  /** null: no OAuth client is configured, so nobody can sign in. */
  readonly google: ConsentEndpoints | null;
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
  /** ms that a discovery waits for a worker's answer; a worker takes up to 10 s. */
  readonly discoverWaitMs: number;
}

/** How this installation asks for consent; null when no OAuth client is configured. */
export function consentEndpoints({ google, publicUrl }: WebConfig): ConsentEndpoints | null {
  if (google.client === null) return null;
  const { authUrl, tokenUrl, jwksUrl, issuer } = google;
  return {
    authUrl,
    tokenUrl,
    jwksUrl,
    issuer,
    clientId: google.client.id,
    clientSecret: google.client.secret,
    redirectUri: `${publicUrl}/auth/google/callback`,
  };
}
