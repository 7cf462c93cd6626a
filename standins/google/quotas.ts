/**
 * Gmail's limits per user, each off until set: units per minute, requests at once, bytes per day.
 * https://developers.google.com/workspace/gmail/api/reference/quota
 */
const MINUTE = 60_000;
const DAY = 86_400_000;

export interface QuotaLimits {
  readonly unitsPerMinute?: number;
  readonly concurrent?: number;
  readonly bytesPerDay?: number;
}

export interface Quotas {
  limits: QuotaLimits;
  /** Spends units; the refusal's text, or null. */
  spend(account: string, units: number): string | null;
  /** Counts bytes against the day. */
  count(account: string, bytes: number): void;
  /** Begins a request; null, or the refusal's text. Every null is followed by one `leave`. */
  enter(account: string): string | null;
  leave(account: string): void;
}

interface Usage {
  minuteFrom: number;
  units: number;
  dayFrom: number;
  bytes: number;
  active: number;
}

const retryAfter = (time: number) => `User-rate limit exceeded.  Retry after ${new Date(time).toISOString()}`;

export function createQuotas(limits: QuotaLimits, now: () => number): Quotas {
  const users = new Map<string, Usage>();
  const usageOf = (account: string): Usage => {
    const time = now();
    let usage = users.get(account);
    if (!usage) {
      usage = { minuteFrom: time, units: 0, dayFrom: time, bytes: 0, active: 0 };
      users.set(account, usage);
    }
    if (time - usage.minuteFrom >= MINUTE) Object.assign(usage, { minuteFrom: time, units: 0 });
    if (time - usage.dayFrom >= DAY) Object.assign(usage, { dayFrom: time, bytes: 0 });
    return usage;
  };
  return {
    limits,
    spend(account, units) {
      const usage = usageOf(account);
      const { unitsPerMinute, bytesPerDay } = this.limits;
      if (bytesPerDay !== undefined && usage.bytes >= bytesPerDay) return retryAfter(usage.dayFrom + DAY);
      if (unitsPerMinute !== undefined && usage.units + units > unitsPerMinute)
        return retryAfter(usage.minuteFrom + MINUTE);
      usage.units += units;
      return null;
    },
    count(account, bytes) {
      usageOf(account).bytes += bytes;
    },
    enter(account) {
      const usage = usageOf(account);
      if (this.limits.concurrent !== undefined && usage.active >= this.limits.concurrent)
        return 'Too many concurrent requests for user';
      usage.active += 1;
      return null;
    },
    leave(account) {
      usageOf(account).active -= 1;
    },
  };
}
