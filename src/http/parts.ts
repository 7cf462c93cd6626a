/** What the web process is wired from; src/main.ts and the tests fill it in. */
import type { WebConfig } from '../config.ts';
import type { Allowance } from '../core/estimate.ts';
import type { Plans } from '../core/plan.ts';
import type { Log, Seal } from '../core/ports.ts';
import type { SignInClients } from '../core/sign-in-providers.ts';
import type { Database } from '../db/pool.ts';
import type { JobQueue } from '../db/queue.ts';
import type { ConsentEndpoints } from '../google/consent.ts';
import type { BillingParts } from './billing-parts.ts';
import type { Installation } from './installation.ts';

export interface Parts {
  readonly database: Database;
  readonly queue: JobQueue;
  readonly seal: Seal;
  /** null: no OAuth client is configured, so nobody can sign in. */
  readonly google: ConsentEndpoints | null;
  /** Providers of mailboxes that owners can sign in at here. */
  readonly signIns: SignInClients;
  /** null: this installation does not bill and limits nothing. */
  readonly billing: BillingParts | null;
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
  /** What the plans allow, where this installation bills. */
  readonly plans: Plans;
  /** What Gmail allows each user: how long a backlog takes. */
  readonly allowance: Allowance;
  /** How many proxies stand before us, whose X-Forwarded-For counts. */
  readonly trustedProxies: number;
  /** Requests per minute: sign-ins of one address, and calls of one user that make a worker dial out. */
  readonly signInsPerMinute: number;
  readonly dialsPerMinute: number;
  /** ms that the deletion of an account waits for the revocation at Google. */
  readonly revokeWaitMs: number;
  /** ms that a discovery waits for a worker's answer; a worker takes up to 10 s. */
  readonly discoverWaitMs: number;
  /** CIDRs that webhooks may be told in although private; workers judge each address again. */
  readonly webhookPrivateNetworks: readonly string[];
  /** Whether notices go out by mail; workers send them. */
  readonly sendsMail: boolean;
  /** What the public pages say about this installation. */
  readonly installation: Installation;
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
