/** The account as a whole: what it is, and its end. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { UserId } from '../core/mailbox.ts';
import { readSubscription } from '../db/billing.ts';
import { readGrant } from '../db/grants.ts';
import { listMailboxes, recallMailbox } from '../db/mailboxes.ts';
import { deleteUser, findUser } from '../db/users.ts';
import type { Account } from './api.ts';
import { faultView, HttpError } from './errors.ts';
import type { Parts } from './parts.ts';

const POLL_MS = 100;

export async function readAccount(parts: Parts, userId: UserId): Promise<Account> {
  return parts.database.withTenant(userId, async (tx) => {
    const [user, grant] = await Promise.all([findUser(tx), readGrant(tx)]);
    if (user === null) throw new HttpError('unauthorized');
    const state = grant === null ? 'missing' : grant.faultCode === null ? 'given' : 'refused';
    return {
      id: user.id,
      email: user.email,
      createdAt: user.createdAt.toISOString(),
      grant: {
        state,
        fault: faultView(grant === null ? 'grant-missing' : grant.faultCode),
        scopes: [...(grant?.scopes ?? [])],
        grantedAt: grant?.grantedAt.toISOString() ?? null,
      },
    };
  });
}

/**
 * Deletes every row of the account in one transaction that also enqueues the revocation at Google, which only a
 * worker can do; then waits a few seconds for it. True when it is done or there was nothing to revoke.
 */
export async function deleteAccount(parts: Parts, userId: UserId): Promise<boolean> {
  const job = await parts.database.withTenant(userId, async (tx) => {
    const grant = await readGrant(tx);
    for (const { id } of await listMailboxes(tx)) await recallMailbox(tx, id);
    const enqueued =
      grant &&
      (await parts.queue.revoke(tx, {
        userId,
        sealedRefreshToken: Buffer.from(grant.sealedRefreshToken).toString('base64'),
      }));
    const subscription = await readSubscription(tx);
    if (subscription) await parts.queue.endCustomer(tx, { customerId: subscription.customerId });
    await deleteUser(tx);
    return enqueued;
  });
  if (job === null) return true;
  const deadline = performance.now() + parts.settings.revokeWaitMs;
  while (performance.now() < deadline) {
    if (await parts.database.asNobody((tx) => parts.queue.isDone(tx, job))) return true;
    await sleep(POLL_MS);
  }
  return false;
}
