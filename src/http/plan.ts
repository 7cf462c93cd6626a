/** The plan's limits where a user asks for more. */
import type { UserId } from '../core/mailbox.ts';
import { PLANS } from '../core/plan.ts';
import { applyPlan, readPlan } from '../db/billing.ts';
import type { MailboxRow } from '../db/mailboxes.ts';
import type { Tx } from '../db/pool.ts';
import { HttpError } from './errors.ts';
import type { Parts } from './parts.ts';

/** Throws `plan-limit` when the tenant may connect no further mailbox. */
export async function assertMayConnect(tx: Tx, connected: readonly MailboxRow[]): Promise<void> {
  const plan = await readPlan(tx);
  if (plan !== null && connected.length >= PLANS[plan].mailboxes) throw planLimit(PLANS[plan].mailboxes);
}

/** Throws `plan-limit` when as many other mailboxes run as the plan allows. A paused one does not run. */
export async function assertMayRun(tx: Tx, others: readonly MailboxRow[]): Promise<void> {
  const plan = await readPlan(tx);
  const running = others.filter(({ state }) => state !== 'paused' && state !== 'suspended');
  if (plan !== null && running.length >= PLANS[plan].mailboxes) throw planLimit(PLANS[plan].mailboxes);
}

const planLimit = (mailboxes: number): HttpError =>
  new HttpError(
    'plan-limit',
    `Your plan allows ${mailboxes === 1 ? 'one mailbox' : `${mailboxes} mailboxes`}. The page Billing (/billing) shows the plans.`,
  );

/** Where a mailbox has made room, one that waited for it goes on. */
export async function fillRoom(parts: Parts, userId: UserId): Promise<void> {
  if (parts.billing !== null) await parts.database.withTenant(userId, applyPlan);
}
