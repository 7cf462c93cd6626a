/** Billing where nobody clicks and no webhook comes: customers of deleted accounts, lost webhooks, time that went by. */
import { type Biller, syncSubscription } from '../../src/core/billing.ts';
import type { UserId } from '../../src/core/mailbox.ts';
import type { Plans } from '../../src/core/plan.ts';
import type { Log } from '../../src/core/ports.ts';
import {
  applyPlan,
  findPlansToApply,
  findSubscriptionsToCheck,
  readSubscription,
  storeSubscription,
} from '../../src/db/billing.ts';
import type { Database } from '../../src/db/pool.ts';
import type { EndCustomerJob } from '../../src/db/queue.ts';

export interface BillingDeps {
  readonly db: Database;
  readonly log: Log;
  /** null: this worker has no key to Stripe. */
  readonly biller: Biller | null;
  readonly plans: Plans;
}

/** Asked about at each sweep, while there is time: where Stripe does not answer, each takes half a minute. */
const CHECKS = 100;
const CHECKING_MS = 60_000;

/** Throws when Stripe could not be reached, so that the job is tried again. */
export async function endCustomer({ customerId }: EndCustomerJob, { biller }: BillingDeps): Promise<void> {
  if (biller === null) throw new Error('STRIPE_SECRET_KEY is missing, so a customer cannot be ended');
  await biller.endCustomer(customerId);
}

/** Looks again at subscriptions nobody has told about for long, then brings every mailbox in line with its plan. */
export async function sweepBilling(deps: BillingDeps): Promise<void> {
  const { db, log, biller, plans } = deps;
  const stale = biller ? await db.asNobody((tx) => findSubscriptionsToCheck(tx, CHECKS)) : [];
  const enough = AbortSignal.timeout(CHECKING_MS);
  for (const userId of stale) if (!enough.aborted) await check(userId, deps, biller);
  for (const userId of await db.asNobody((tx) => findPlansToApply(tx, plans))) {
    try {
      const count = await db.withTenant(userId, (tx) => applyPlan(tx, plans));
      log.info('plan applied', { userId, count });
    } catch (error) {
      // Of this user, until the next sweep; the others' come all the same.
      log.error('plan not applied', { userId, error });
    }
  }
}

async function check(userId: UserId, { db, log }: BillingDeps, biller: Biller | null): Promise<void> {
  if (biller === null) return;
  try {
    await syncSubscription(biller, {
      load: () => db.withTenant(userId, readSubscription),
      store: (customer, revision) => db.withTenant(userId, (tx) => storeSubscription(tx, customer, revision)),
    });
  } catch (error) {
    // It stays on the list.
    log.warn('subscription not checked', { userId, error });
  }
}
