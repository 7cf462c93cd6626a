/** What each plan gives. Which plan a user has, the schema's `plan_of` says; null is an installation that does not bill. */
export interface PlanLimits {
  /** How many mailboxes may be connected. */
  readonly mailboxes: number;
  /** Shortest time between two visits to a mailbox. */
  readonly pollSeconds: number;
  /** Whether an IMAP server may tell of new mail at once (IDLE, RFC 2177). */
  readonly idle: boolean;
}

export const PLANS = {
  free: { mailboxes: 1, pollSeconds: 900, idle: false },
  paid: { mailboxes: 20, pollSeconds: 60, idle: true },
} as const satisfies Record<string, PlanLimits>;

export type PlanName = keyof typeof PLANS;

/** At the first checkout. */
export const TRIAL_DAYS = 14;
/** How long a payment that failed changes nothing; `plan_of` in the schema has the same number. */
export const GRACE_DAYS = 14;

/**
 * Seconds between visits that this plan lets the chosen interval be. Whether a choice is within the paid plan was
 * checked when it was made: an operator may allow less than a minute (POLL_SECONDS).
 */
export const effectivePollSeconds = (chosen: number, plan: PlanName | null): number =>
  plan === 'free' ? Math.max(chosen, PLANS.free.pollSeconds) : chosen;

/** Whether runs of this plan may wait for news at the source. */
export const mayWatch = (plan: PlanName | null): boolean => plan === null || PLANS[plan].idle;
