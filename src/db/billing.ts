/** Who pays, which plan follows from it (`plan_of` in the schema), and mailboxes brought in line with it. */
import type { Customer } from '../core/billing.ts';
import type { MailboxId, UserId } from '../core/mailbox.ts';
import { GRACE_DAYS, type PlanName, type Plans } from '../core/plan.ts';
import { DAY } from '../core/schedule.ts';
import { lockMailboxes } from './mailboxes.ts';
import { closeNotice, raiseNotice } from './notices.ts';
import type { Tx } from './pool.ts';

/** Whether this installation bills, for everybody who reads the database. For nobody's transaction. */
export async function setBilling(tx: Tx, enabled: boolean): Promise<void> {
  await tx.query('UPDATE billing_settings SET enabled = $1 WHERE enabled <> $1', [enabled]);
}

export interface SubscriptionRow {
  readonly customerId: string;
  /** Stripe's word; null: there never was a subscription. */
  readonly status: string | null;
  readonly trialEndsAt: Date | null;
  readonly periodEndsAt: Date | null;
  readonly cancelsAt: Date | null;
  readonly endedAt: Date | null;
  readonly pastDueSince: Date | null;
  readonly revision: number;
}

const PLAN = 'plan_of(s.status, s.period_ends_at, s.past_due_since)';

/** The tenant's; null when there is no customer. */
export async function readSubscription(tx: Tx): Promise<SubscriptionRow | null> {
  const [row] = await tx.query<SubscriptionRow>(
    `SELECT customer_id AS "customerId", status, trial_ends_at AS "trialEndsAt", period_ends_at AS "periodEndsAt",
       cancels_at AS "cancelsAt", ended_at AS "endedAt", past_due_since AS "pastDueSince", revision
     FROM subscriptions WHERE user_id = current_tenant()`,
  );
  return row ?? null;
}

/** The plan that the tenant is on at this moment; null: nothing is limited. */
export async function readPlan(tx: Tx): Promise<PlanName | null> {
  const [row] = await tx.query<{ plan: PlanName | null }>(
    `SELECT ${PLAN} AS plan FROM (SELECT) AS one LEFT JOIN subscriptions s ON s.user_id = current_tenant()`,
  );
  return row?.plan ?? null;
}

/** Notes the tenant's customer in place of `former`; whoever else did so first wins. The customer there now. */
export async function keepCustomer(
  tx: Tx,
  userId: UserId,
  customerId: string,
  former: string | null,
): Promise<string> {
  const [row] = await tx.query<{ id: string }>(
    `INSERT INTO subscriptions AS s (user_id, customer_id) VALUES ($1, $2)
     ON CONFLICT (user_id) DO UPDATE SET revision = s.revision + 1,
       customer_id = CASE WHEN s.customer_id = $3 THEN EXCLUDED.customer_id ELSE s.customer_id END
     RETURNING customer_id AS id`,
    [userId, customerId, former],
  );
  if (!row) throw new Error('INSERT returned no row');
  return row.id;
}

/** Whose customer this is; null: nobody's, or no longer. For nobody's transaction. */
export async function findCustomerUser(tx: Tx, customerId: string): Promise<UserId | null> {
  const [row] = await tx.query<{ id: UserId | null }>('SELECT customer_user_id($1) AS id', [customerId]);
  return row?.id ?? null;
}

/**
 * Notes what Stripe says, unless somebody has written since `revision`: false then. A payment stays outstanding since its
 * first failure, whichever invoice is the latest; there is a notice for as long.
 */
export async function storeSubscription(tx: Tx, customer: Customer, revision: number): Promise<boolean> {
  const now = customer.state === 'known' ? customer.subscription : null;
  const [noted] = await tx.query<{ userId: UserId; pastDueSince: Date | null }>(
    `UPDATE subscriptions SET subscription_id = COALESCE($2, subscription_id),
       status = CASE WHEN $2::text IS NOT NULL THEN $3 WHEN subscription_id IS NOT NULL THEN 'canceled' END,
       trial_ends_at = to_timestamp($4::double precision / 1000),
       period_ends_at = to_timestamp($5::double precision / 1000),
       cancels_at = to_timestamp($6::double precision / 1000),
       ended_at = COALESCE(to_timestamp($7::double precision / 1000),
         CASE WHEN $2::text IS NULL AND subscription_id IS NOT NULL THEN COALESCE(ended_at, now()) END),
       past_due_since = CASE WHEN $3 IN ('past_due', 'unpaid')
         THEN least(past_due_since, COALESCE(to_timestamp($8::double precision / 1000), past_due_since, now())) END,
       revision = revision + 1, checked_at = now()
     WHERE user_id = current_tenant() AND revision = $1
     RETURNING user_id AS "userId", past_due_since AS "pastDueSince"`,
    [
      revision,
      now?.id ?? null,
      now?.status ?? null,
      now?.trialEndsAt ?? null,
      now?.periodEndsAt ?? null,
      now?.cancelsAt ?? null,
      now?.endedAt ?? null,
      now?.unpaidSince ?? null,
    ],
  );
  if (!noted) return false;
  const { userId, pastDueSince } = noted;
  if (pastDueSince === null) await closeNotice(tx, 'payment-failed', null);
  else {
    const graceUntil = new Date(pastDueSince.getTime() + GRACE_DAYS * DAY).toISOString();
    await raiseNotice(tx, { userId, mailboxId: null, kind: 'payment-failed', detail: { graceUntil } });
  }
  return true;
}

/**
 * Brings the tenant's mailboxes in line with the plan: those over its limit, newest first, are suspended, and those that
 * were and no longer are go on. Whoever holds one of them, or all when the plan has changed, is told. How many changed.
 */
export async function applyPlan(tx: Tx, plans: Plans): Promise<number> {
  await lockMailboxes(tx);
  const plan = await readPlan(tx);
  const allowed = plan === null ? null : plans[plan].mailboxes;
  const changed = await tx.query<{ id: MailboxId }>(APPLY, [allowed]);
  const moved = await tx.query(
    'UPDATE subscriptions SET applied_plan = $1 WHERE user_id = current_tenant() AND applied_plan IS DISTINCT FROM $1 RETURNING 1',
    [plan],
  );
  // Another interval: a mailbox that would be looked at soon enough is not disturbed.
  if (moved.length > 0 && plan !== 'free') await tx.query(HURRY);
  if (moved.length > 0 || changed.length > 0)
    await tx.query(RECALL, [moved.length > 0 ? null : changed.map(({ id }) => id)]);
  return changed.length;
}

/** $1: how many may run; null: all. Paused ones do not run, so they do not count. */
const APPLY = `
  WITH ranked AS (
    SELECT id, row_number() OVER (ORDER BY created_at, id) <= COALESCE($1::integer, 2147483647) AS allowed
    FROM mailboxes WHERE user_id = current_tenant() AND state <> 'paused' AND NOT draft
      AND (state <> 'suspended' OR fault_code = 'plan-limit')
  ), consent AS (SELECT EXISTS (SELECT FROM grants WHERE user_id = current_tenant()) AS given)
  UPDATE mailboxes m SET changed_at = now(),
    state = CASE WHEN NOT r.allowed THEN 'suspended' WHEN consent.given THEN 'active' ELSE 'needs-consent' END,
    fault_code = CASE WHEN NOT r.allowed THEN 'plan-limit' WHEN consent.given THEN NULL ELSE 'grant-missing' END,
    failures = 0, next_run_at = CASE WHEN r.allowed THEN now() ELSE m.next_run_at END
  FROM ranked r, consent WHERE m.id = r.id AND r.allowed = (m.state = 'suspended')
  RETURNING m.id`;

const HURRY = `UPDATE mailboxes SET next_run_at = now()
  WHERE user_id = current_tenant() AND state = 'active' AND next_run_at > now() + interval '1 minute'`;

const RECALL = `INSERT INTO recalls (worker_id, mailbox_id)
  SELECT leased_by, id FROM mailboxes WHERE user_id = current_tenant() AND leased_by IS NOT NULL
    AND ($1::uuid[] IS NULL OR id = ANY ($1)) ON CONFLICT DO NOTHING`;

/** Users whose mailboxes are not as their plan has them. For nobody's transaction, in a worker. */
export async function findPlansToApply(tx: Tx, { free, paid }: Plans): Promise<UserId[]> {
  const limits = [free.mailboxes, paid.mailboxes];
  const rows = await tx.query<{ id: UserId }>('SELECT * FROM plans_to_apply($1, $2) AS id', limits);
  return rows.map(({ id }) => id);
}

/** Users whose subscription was not looked at for long. For nobody's transaction, in a worker. */
export async function findSubscriptionsToCheck(tx: Tx, limit: number): Promise<UserId[]> {
  const rows = await tx.query<{ id: UserId }>('SELECT * FROM subscriptions_to_check($1) AS id', [limit]);
  return rows.map(({ id }) => id);
}
