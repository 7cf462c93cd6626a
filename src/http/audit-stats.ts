/** The audit log over time. */
import { AUDIT_STATUSES } from '../core/audit.ts';
import type { UserId } from '../core/mailbox.ts';
import type { AuditFilter } from '../db/audit.ts';
import { rollUpAudit } from '../db/audit-rollup.ts';
import { type AuditSum, firstAuditAt, sumAudit } from '../db/audit-stats.ts';
import type { AuditStats } from './api.ts';
import type { Parts } from './parts.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;

/** Widths of a bucket, and the longest period that each serves, in seconds. The last one serves any. */
const WIDTHS = [
  [60, 3 * HOUR],
  [300, 12 * HOUR],
  [HOUR, 8 * DAY],
  [6 * HOUR, 50 * DAY],
  [DAY, 200 * DAY],
  [7 * DAY, 1400 * DAY],
] as const;
const WIDEST = 28 * DAY;

export const bucketSecondsFor = (periodSeconds: number): number =>
  WIDTHS.find(([, longest]) => periodSeconds <= longest)?.[0] ?? WIDEST;

export async function readAuditStats(parts: Parts, userId: UserId, filter: AuditFilter): Promise<AuditStats> {
  const { database } = parts;
  await rollUpAudit(database, userId);
  return database.withTenant(userId, async (tx) => {
    const from = filter.from ?? (await firstAuditAt(tx, filter));
    if (from === null) return { from: null, to: null, bucketSeconds: HOUR, total: tallies([]), buckets: [] };
    // A moment later, so that an entry of this millisecond counts.
    const to = filter.to ?? new Date(Math.max(Date.now(), from.getTime()) + 1);
    const bucketSeconds = bucketSecondsFor((to.getTime() - from.getTime()) / 1000);
    const sums = await sumAudit(tx, { ...filter, from, to }, bucketSeconds);
    const buckets = [...Map.groupBy(sums, ({ bucket }) => bucket)]
      .sort(([a], [b]) => a - b)
      .map(([bucket, of]) => ({
        from: new Date(bucket * bucketSeconds * 1000).toISOString(),
        ...tallies(of),
      }));
    return { from: from.toISOString(), to: to.toISOString(), bucketSeconds, total: tallies(sums), buckets };
  });
}

type Tallies = AuditStats['total'];

const tallies = (sums: readonly AuditSum[]): Tallies =>
  Object.fromEntries(
    AUDIT_STATUSES.map((status) => {
      const of = sums.filter((sum) => sum.status === status);
      return [status, { messages: total(of, 'messages'), bytes: total(of, 'bytes') }];
    }),
  ) as Tallies;

const total = (sums: readonly AuditSum[], key: 'messages' | 'bytes'): number =>
  sums.reduce((all, sum) => all + sum[key], 0);
