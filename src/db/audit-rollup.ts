/**
 * Adds up the audit log by the hour, when somebody looks at it: the ledger's writes cost what they did before. Entries
 * are immutable and go only with their mailbox, so what was added up stays right.
 */
import type { UserId } from '../core/mailbox.ts';
import type { Database, Tx } from './pool.ts';

/** Entries of one step: about a second. */
const STEP = 500_000;

/**
 * An entry's time is taken a moment before its transaction commits; five minutes are more than any transaction gets,
 * so nobody writes to this hour any more.
 */
const TARGET = "date_trunc('hour', now() - interval '5 minutes', 'UTC')";

/** Brings the tenant's totals up to the last hour that is over. Usually there is nothing to do. */
export async function rollUpAudit(db: Database, userId: UserId): Promise<void> {
  const isDue = await db.withTenant(userId, async (tx) => {
    const rows = await tx.query(
      `SELECT FROM audit_rollups r WHERE user_id = current_tenant() AND until >= ${TARGET}
         AND NOT EXISTS (SELECT FROM ${LATE} LIMIT 1)`,
    );
    return rows.length === 0;
  });
  for (let more = isDue; more; ) more = await db.withTenant(userId, (tx) => addUp(tx, userId));
}

/**
 * What was written behind the totals' back, of rollup `r`: found by the primary key, never by time, which would read all
 * that has been added up.
 */
const LATE = `(SELECT id, at, mailbox_id, status, size_bytes, sender_domain FROM audit_entries
    WHERE user_id = current_tenant() AND id > r.last_id AND isfinite(r.until) OFFSET 0) AS late
  WHERE late.at < r.until`;

/** Adds up the next whole hours, in one transaction; whether there are more. Concurrent calls wait for one another. */
async function addUp(tx: Tx, userId: UserId): Promise<boolean> {
  await tx.query(
    "INSERT INTO audit_rollups (user_id, until) VALUES ($1, '-infinity') ON CONFLICT DO NOTHING",
    [userId],
  );
  await tx.query('SELECT FROM audit_rollups WHERE user_id = current_tenant() FOR UPDATE');
  // Each statement may see more than the one before; what comes after this id is for the next time.
  const [newest] = await tx.query<{ id: string }>(
    'SELECT COALESCE(max(id), 0)::text AS id FROM audit_entries WHERE user_id = current_tenant()',
  );
  const late = `(SELECT late.* FROM audit_rollups r, LATERAL ${LATE} AND r.user_id = current_tenant()
    AND late.id <= $1::bigint) AS e`;
  await tx.query(addHours(late), [newest?.id]);
  await tx.query(addDomains(late), [newest?.id]);
  const [window] = await tx.query<{ from: string; to: string; last: boolean }>(NEXT_WINDOW);
  if (window) {
    const range = [newest?.id, window.from, window.to];
    await tx.query(addHours(IN_WINDOW), range);
    await tx.query(addDomains(IN_WINDOW), range);
  }
  await tx.query(
    'UPDATE audit_rollups SET until = COALESCE($1, until), last_id = $2 WHERE user_id = current_tenant()',
    [window?.to ?? null, newest?.id],
  );
  return window !== undefined && !window.last;
}

/** No row when all is added up. At least one hour of entries, at most about STEP of them. */
const NEXT_WINDOW = `WITH rollup AS (
    SELECT until, ${TARGET} AS target FROM audit_rollups WHERE user_id = current_tenant()
  ), hours AS (
    SELECT (SELECT at FROM audit_entries WHERE user_id = current_tenant() AND at >= until ORDER BY at LIMIT 1) AS first,
      (SELECT at FROM audit_entries WHERE user_id = current_tenant() AND at >= until ORDER BY at OFFSET ${STEP} LIMIT 1) AS far
    FROM rollup
  ), next AS (
    SELECT least(target, CASE WHEN far IS NULL THEN target
      ELSE greatest(date_trunc('hour', far, 'UTC'), date_trunc('hour', first, 'UTC') + interval '1 hour') END) AS to
    FROM rollup, hours
  )
  SELECT until::text AS from, next.to::text, next.to = target AS last FROM rollup, next WHERE until < target`;

const IN_WINDOW = `audit_entries AS e
  WHERE user_id = current_tenant() AND id <= $1::bigint
    AND at >= $2::timestamptz AND at < $3::timestamptz`;

const addHours = (entries: string): string =>
  `INSERT INTO audit_hours AS h (user_id, mailbox_id, hour, status, messages, bytes)
  SELECT current_tenant(), mailbox_id, date_trunc('hour', at, 'UTC'), status, count(*), sum(size_bytes)
  FROM ${entries} GROUP BY mailbox_id, date_trunc('hour', at, 'UTC'), status
  ON CONFLICT (user_id, hour, mailbox_id, status)
  DO UPDATE SET messages = h.messages + EXCLUDED.messages, bytes = h.bytes + EXCLUDED.bytes`;

const addDomains = (entries: string): string =>
  `INSERT INTO audit_domains AS d (user_id, mailbox_id, domain, messages)
  SELECT current_tenant(), mailbox_id, sender_domain, count(*)
  FROM ${entries} GROUP BY mailbox_id, sender_domain
  ON CONFLICT (mailbox_id, domain) DO UPDATE SET messages = d.messages + EXCLUDED.messages`;
