/** The plan's limits where a user asks for more. */
import type { UserId } from '../core/mailbox.ts';
import type { Plans } from '../core/plan.ts';
import { applyPlan, readPlan } from '../db/billing.ts';
import type { MailboxRow } from '../db/mailboxes.ts';
import type { Tx } from '../db/pool.ts';
import { HttpError } from './errors.ts';
import type { Parts } from './parts.ts';

/** Throws `plan-limit` when the tenant may connect no further mailbox. */
export async function assertMayConnect(
  tx: Tx,
  plans: Plans,
  connected: readonly MailboxRow[],
): Promise<void> {
  const plan = await readPlan(tx);
  if (plan !== null && connected.length >= plans[plan].mailboxes) throw planLimit(plans[plan].mailboxes);
}

/** Throws `plan-limit` when as many other mailboxes run as the plan allows. A paused one does not run, nor does a draft. */
export async function assertMayRun(tx: Tx, plans: Plans, others: readonly MailboxRow[]): Promise<void> {
  const plan = await readPlan(tx);
  const running = others.filter(({ state, draft }) => !draft && state !== 'paused' && state !== 'suspended');
  if (plan !== null && running.length >= plans[plan].mailboxes) throw planLimit(plans[plan].mailboxes);
}

const planLimit = (mailboxes: number): HttpError =>
  new HttpError(
    'plan-limit',
    `Your plan allows ${mailboxes === 1 ? 'one mailbox' : `${mailboxes} mailboxes`}. The page Billing (/billing) shows the plans.`,
  );

/** Where a mailbox has made room, one that waited for it goes on. */
export async function fillRoom(parts: Parts, userId: UserId): Promise<void> {
  if (parts.billing === null) return;
  await parts.database.withTenant(userId, (tx) => applyPlan(tx, parts.settings.plans));
}
