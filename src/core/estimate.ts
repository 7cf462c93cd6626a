/** How long a backlog takes under Gmail's allowance. Pure; times in ms since the epoch. */
import { DAY } from './schedule.ts';

/** What Gmail allows one user. */
export interface Allowance {
  readonly importsPerMinute: number;
  /** Bytes per UTC day. */
  readonly bytesPerDay: number;
}

/** Of the daily bytes; the rest is left to new mail. */
export const BACKLOG_SHARE = 0.8;

export interface BacklogFacts {
  readonly now: number;
  /** Everything that waits for this user, in all mailboxes that are being visited. */
  readonly messages: number;
  /** Mean size of what was delivered so far; null: nothing was. */
  readonly meanBytes: number | null;
  /** Delivered on this UTC day, by all mailboxes of the user. */
  readonly bytesToday: number;
  /** Messages per minute, over the last minutes; 0: none moved. */
  readonly pace: number;
}

export interface Estimate {
  readonly seconds: number;
  readonly limitedBy: 'imports' | 'bytes' | 'pace';
}

/**
 * The longest of three: by imports per minute, by bytes per day, by the pace observed. null when nothing moves and the
 * daily bytes are not the reason: then nobody can tell.
 */
export function estimateBacklog(facts: BacklogFacts, allowance: Allowance): Estimate | null {
  const { messages, pace } = facts;
  const byBytes = bytesSeconds(facts, allowance);
  if (pace <= 0) return byBytes > 0 ? { seconds: Math.round(byBytes), limitedBy: 'bytes' } : null;
  const byImports = (messages / allowance.importsPerMinute) * 60;
  // Days on which the bytes are used up are no measure of the pace.
  const byPace = (messages / pace) * 60;
  if (byBytes >= byPace && byBytes >= byImports) return { seconds: Math.round(byBytes), limitedBy: 'bytes' };
  if (byImports >= byPace * 0.9)
    return { seconds: Math.round(Math.max(byImports, byPace)), limitedBy: 'imports' };
  return { seconds: Math.round(byPace), limitedBy: 'pace' };
}

/** Until the last day on which there are bytes for it has begun; 0 when today's suffice. */
function bytesSeconds(
  { now, messages, meanBytes, bytesToday }: BacklogFacts,
  { bytesPerDay }: Allowance,
): number {
  if (meanBytes === null) return 0;
  const daily = bytesPerDay * BACKLOG_SHARE;
  const rest = messages * meanBytes - Math.max(0, daily - bytesToday);
  if (rest <= 0) return 0;
  const midnight = (Math.floor(now / DAY) + 1) * DAY;
  return (midnight - now + (Math.ceil(rest / daily) - 1) * DAY) / 1000;
}
