/** The audit log in figures: from the hours that are added up, and from the entries themselves where those do not reach. */
import type { AuditStatus } from '../core/audit.ts';
import { type AuditFilter, conditionsOf, listAuditEntries } from './audit.ts';
import type { Tx } from './pool.ts';

/** Messages and bytes of one status in the `bucket`-th stretch of `bucketSeconds` since the epoch. */
export interface AuditSum {
  readonly bucket: number;
  readonly status: AuditStatus;
  readonly messages: number;
  readonly bytes: number;
}

/** A filter whose period is known. */
export interface AuditPeriod extends AuditFilter {
  readonly from: Date;
  readonly to: Date;
}

const HOUR_SECONDS = 3600;

/** When the first entry was written that passes the filter; null: none does. */
export async function firstAuditAt(tx: Tx, filter: AuditFilter): Promise<Date | null> {
  const [entry] = await listAuditEntries(tx, filter, { after: null, limit: 1, oldestFirst: true });
  return entry?.at ?? null;
}

/** Sums by bucket and status; only what there is, in no order. */
export async function sumAudit(tx: Tx, period: AuditPeriod, bucketSeconds: number): Promise<AuditSum[]> {
  // The hours know no domains, and are no help below themselves.
  if (period.senderDomain !== null || bucketSeconds < HOUR_SECONDS)
    return sumEntries(tx, period, bucketSeconds);
  const [rollup] = await tx.query<{ until: Date | null }>(
    "SELECT NULLIF(until, '-infinity') AS until FROM audit_rollups WHERE user_id = current_tenant()",
  );
  const until = rollup?.until?.getTime() ?? 0;
  const hour = HOUR_SECONDS * 1000;
  const first = Math.ceil(period.from.getTime() / hour) * hour;
  const last = Math.min(until, Math.floor(period.to.getTime() / hour) * hour);
  if (first >= last) return sumEntries(tx, period, bucketSeconds);
  const sums = await Promise.all([
    sumEntries(tx, { ...period, to: new Date(first) }, bucketSeconds),
    sumHours(tx, { ...period, from: new Date(first), to: new Date(last) }, bucketSeconds),
    sumEntries(tx, { ...period, from: new Date(last) }, bucketSeconds),
  ]);
  return sums.flat();
}

async function sumEntries(tx: Tx, period: AuditPeriod, bucketSeconds: number): Promise<AuditSum[]> {
  if (period.from >= period.to) return [];
  const values: unknown[] = [];
  const conditions = conditionsOf(period, values);
  const bucket = `floor(extract(epoch FROM e.at) / $${values.push(bucketSeconds)})::bigint`;
  return tx.query<AuditSum>(
    `SELECT ${bucket} AS bucket, e.status, count(*) AS messages, sum(e.size_bytes)::bigint AS bytes
     FROM audit_entries e WHERE ${conditions.join(' AND ')} GROUP BY 1, 2`,
    values,
  );
}

/** `period` begins and ends with an hour that is added up. */
function sumHours(tx: Tx, period: AuditPeriod, bucketSeconds: number): Promise<AuditSum[]> {
  return tx.query<AuditSum>(
    `SELECT floor(extract(epoch FROM hour) / $1)::bigint AS bucket, status, sum(messages)::bigint AS messages,
       sum(bytes)::bigint AS bytes
     FROM audit_hours
     WHERE user_id = current_tenant() AND hour >= $2 AND hour < $3 AND ($4::uuid IS NULL OR mailbox_id = $4)
       AND ($5::text IS NULL OR status = $5)
     GROUP BY 1, 2`,
    [bucketSeconds, period.from, period.to, period.mailboxId, period.status],
  );
}

/** The tenant's sender domains that hold `part`, most frequent first; 10 at most. Hours that are not over do not count. */
export async function suggestDomains(tx: Tx, part: string): Promise<string[]> {
  const rows = await tx.query<{ domain: string }>(
    `SELECT domain FROM audit_domains WHERE user_id = current_tenant() AND position($1 in domain) > 0
     GROUP BY domain ORDER BY position($1 in domain) > 1, sum(messages) DESC, domain LIMIT 10`,
    [part.toLowerCase()],
  );
  return rows.map(({ domain }) => domain);
}
