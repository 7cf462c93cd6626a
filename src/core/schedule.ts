/** When a mailbox is visited next, and the lease under which that happens. Pure; times in ms since the epoch. */
import type { FaultCode } from './fault.ts';
import type { MailboxId, MailboxOptions, MailboxState, Server, UserId } from './mailbox.ts';

/** Exclusive hold of a mailbox by a worker, as claimed: credentials still sealed. */
export interface Lease {
  readonly mailboxId: MailboxId;
  readonly userId: UserId;
  /** Fencing number: every write of the run carries it. */
  readonly epoch: bigint;
  readonly server: Server;
  readonly username: string;
  /** null: its owner signs in at the provider, see `SourceTokens`. */
  readonly sealedPassword: Uint8Array | null;
  readonly sealedFingerprintKey: Uint8Array;
  readonly sealedRefreshToken: Uint8Array;
  /** What the owner allows at Google. */
  readonly scopes: readonly string[];
  /** As the owner chose, within the owner's plan. */
  readonly options: MailboxOptions;
  /** Whether the plan lets a run wait for news at the source. */
  readonly mayWatch: boolean;
  readonly createdAt: number;
  /** Visits in a row that ended in a fault. */
  readonly failures: number;
}

/** What a run leaves in the schedule when it gives its lease back. */
export interface Verdict {
  readonly nextRunAt: number;
  /** Absent: the owner's own choice stands (paused, deleted), or nothing was learnt. */
  readonly state?: MailboxState;
  readonly faultCode: FaultCode | null;
  readonly failures: number;
  /** True when the source was listed to its end. */
  readonly synced: boolean;
}

/** The leases of one worker process. */
export interface Leases {
  /** Proves that this worker lives, once a second. Mailboxes to look at again; null when it was taken for dead. */
  beat(): Promise<readonly MailboxId[] | null>;
  /** Up to `limit` due mailboxes, leased. */
  claim(limit: number): Promise<readonly Lease[]>;
  /** Gives the lease back with the verdict, unless another has it by now; null: only gives it back. */
  release(lease: Lease, verdict: Verdict | null): Promise<void>;
  /** Makes the worker known; leases in its name other than those of `held` (lost answers, an earlier life) are free again. */
  register(held: readonly MailboxId[]): Promise<void>;
  unregister(): Promise<void>;
}

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** How often a message is tried before it is given up as `failed`. */
export const MAX_TRIES = 8;

/** Visits with a refused login before the owner is asked for the password: servers throttle in the same words. */
export const MAX_LOGIN_FAILURES = 3;

/**
 * The pause after the n-th failed visit in a row (n ≥ 1): the poll interval doubled each time, at most an hour,
 * with up to a tenth of jitter so that mailboxes on one broken server do not return together.
 */
export function visitBackoff(failures: number, pollSeconds: number, random: number): number {
  const base = Math.min(pollSeconds * 1000 * 2 ** Math.min(failures - 1, 20), HOUR);
  return Math.round(base * (1 + random / 10));
}

/** The pause before a message's (n+1)-th try (n ≥ 1): 5 s, 30 s, 3 min, 18 min, then 2 h. */
export function messageBackoff(tries: number): number {
  return Math.min(5_000 * 6 ** (tries - 1), 2 * HOUR);
}
