/** What each plan gives. Which plan a user has, the schema's `plan_of` says; null is an installation that does not bill. */
export type PlanName = 'free' | 'paid';

export interface PlanLimits {
  /** How many mailboxes may be connected. */
  readonly mailboxes: number;
  /** Shortest time between two visits to a mailbox. */
  readonly pollSeconds: number;
  /** Whether an IMAP server may tell of new mail at once (IDLE, RFC 2177). */
  readonly idle: boolean;
}

export type Plans = Readonly<Record<PlanName, PlanLimits>>;

/** At the first checkout. */
export const TRIAL_DAYS = 14;
/** How long a payment that failed changes nothing; `plan_of` in the schema has the same number. */
export const GRACE_DAYS = 14;

export interface PlanSettings {
  readonly freeMailboxes: number;
  readonly freePollSeconds: number;
  /** The interval of mailboxes that chose none: an operator who looks more often than each minute lets payers do so. */
  readonly pollSeconds: number;
}

export const plansOf = ({ freeMailboxes, freePollSeconds, pollSeconds }: PlanSettings): Plans => ({
  free: { mailboxes: freeMailboxes, pollSeconds: freePollSeconds, idle: false },
  paid: { mailboxes: 20, pollSeconds: Math.min(60, pollSeconds), idle: true },
});

export const DEFAULT_PLANS = plansOf({ freeMailboxes: 1, freePollSeconds: 900, pollSeconds: 300 });

/** Seconds between visits, given what the owner chose. */
export const effectivePollSeconds = (chosen: number, limits: PlanLimits | null): number =>
  limits === null ? chosen : Math.max(chosen, limits.pollSeconds);

/** Whether runs may wait for news at the source. */
export const mayWatch = (limits: PlanLimits | null): boolean => limits === null || limits.idle;
