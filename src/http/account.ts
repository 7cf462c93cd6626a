/** The account as a whole: what it is, everything in it, and its end. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { UserId } from '../core/mailbox.ts';
import { listApiKeys } from '../db/api-keys.ts';
import { readSubscription } from '../db/billing.ts';
import { readGrant } from '../db/grants.ts';
import { listLabels } from '../db/labels.ts';
import { listMailboxes, recallMailbox } from '../db/mailboxes.ts';
import { listMuted, listNotices } from '../db/notices.ts';
import { listReports } from '../db/probe-reports.ts';
import { listReconciliations } from '../db/reconciliations.ts';
import { listSessions } from '../db/sessions.ts';
import { deleteUser, findUser } from '../db/users.ts';
import type { Account } from './api.ts';
import { readAudit } from './audit.ts';
import { faultView, HttpError } from './errors.ts';
import { mailboxView } from './mailboxes.ts';
import { noticeView } from './notices.ts';
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

/** Everything that is stored about the account as one JSON document, piece by piece; no secrets. */
export async function* exportAccount(parts: Parts, userId: UserId): AsyncGenerator<string> {
  const account = await readAccount(parts, userId);
  const [apiKeys, mailboxes, sessions, setups, subscription, notices, muted, reconciliations, labels] =
    await parts.database.withTenant(userId, (tx) =>
      Promise.all([
        listApiKeys(tx),
        listMailboxes(tx),
        listSessions(tx),
        listReports(tx),
        readSubscription(tx),
        listNotices(tx, ALL_NOTICES, null),
        listMuted(tx),
        listReconciliations(tx, ALL_DAYS, MOST_DAYS),
        listLabels(tx),
      ]),
    );
  const head = JSON.stringify({
    account,
    // Without the tokens' hashes.
    sessions: sessions.map(({ tokenHash: _, ...session }) => session),
    apiKeys,
    subscription,
    setups,
    notices: notices.map(noticeView),
    mutedNotices: muted,
    reconciliations,
    mailboxes: mailboxes.map(mailboxView),
    labels,
  });
  yield `${head.slice(0, -1)},"audit":[`;
  let separator = '\n';
  for await (const entry of readAudit(parts, userId, EVERYTHING)) {
    yield separator + JSON.stringify(entry);
    separator = ',\n';
  }
  yield ']}\n';
}

/** More than half a year can bring, which is how long closed ones are kept. */
const ALL_NOTICES = 100_000;
const ALL_DAYS = { mailboxId: null, from: null, to: null };
/** Of 100 mailboxes nearly three years. */
const MOST_DAYS = 100_000;
const EVERYTHING = { mailboxId: null, status: null, senderDomain: null, from: null, to: null };
