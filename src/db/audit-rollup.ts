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
      `SELECT FROM audit_rollups WHERE user_id = current_tenant() AND until >= ${TARGET}`,
    );
    return rows.length === 0;
  });
  for (let more = isDue; more; ) more = await db.withTenant(userId, (tx) => addUp(tx, userId));
}

/** Adds up the next whole hours, in one transaction; whether there are more. Concurrent calls wait for one another. */
async function addUp(tx: Tx, userId: UserId): Promise<boolean> {
  await tx.query(
    "INSERT INTO audit_rollups (user_id, until) VALUES ($1, '-infinity') ON CONFLICT DO NOTHING",
    [userId],
  );
  await tx.query('SELECT FROM audit_rollups WHERE user_id = current_tenant() FOR UPDATE');
  const [window] = await tx.query<{ from: string; to: string; last: boolean }>(NEXT_WINDOW);
  if (!window) return false;
  const range = [window.from, window.to];
  await tx.query(ADD_HOURS, range);
  await tx.query(ADD_DOMAINS, range);
  await tx.query('UPDATE audit_rollups SET until = $1 WHERE user_id = current_tenant()', [window.to]);
  return !window.last;
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

const IN_WINDOW = 'user_id = current_tenant() AND at >= $1::timestamptz AND at < $2::timestamptz';

const ADD_HOURS = `INSERT INTO audit_hours (user_id, mailbox_id, hour, status, messages, bytes)
  SELECT current_tenant(), mailbox_id, date_trunc('hour', at, 'UTC'), status, count(*), sum(size_bytes)
  FROM audit_entries WHERE ${IN_WINDOW} GROUP BY mailbox_id, date_trunc('hour', at, 'UTC'), status`;

const ADD_DOMAINS = `INSERT INTO audit_domains AS d (user_id, mailbox_id, domain, messages)
  SELECT current_tenant(), mailbox_id, sender_domain, count(*)
  FROM audit_entries WHERE ${IN_WINDOW} GROUP BY mailbox_id, sender_domain
  ON CONFLICT (mailbox_id, domain) DO UPDATE SET messages = d.messages + EXCLUDED.messages`;
