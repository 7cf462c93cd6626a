/** What follows when Google has told who somebody is: an account, a grant, mailboxes that go on. */
import { randomUUID } from 'node:crypto';
import type { UserId } from '../core/mailbox.ts';
import { refreshTokenPlace } from '../core/place.ts';
import { GMAIL_LABELS_SCOPE } from '../core/scopes.ts';
import { readGrant, renewGrant, saveGrant } from '../db/grants.ts';
import { wantsLabels } from '../db/labels.ts';
import { lockMailboxes, recallMailboxes, resumeAfterConsent } from '../db/mailboxes.ts';
import { findGoogleUser, signIn } from '../db/users.ts';
import type { Consent } from '../google/consent.ts';
import { refreshTokenHash } from '../google/tokens.ts';
import type { Parts } from './parts.ts';

export interface Admitted {
  readonly userId: UserId;
  /** A mailbox has labels switched on, and this consent no longer allows them. */
  readonly lostLabels: boolean;
}

/** Creates the account on the first visit, stores the grant, and wakes the mailboxes that waited for it. */
export async function admit(parts: Parts, consent: Consent): Promise<Admitted> {
  const { sub, email, grantedScopes: scopes, refreshToken } = consent;
  const userId = await parts.database.asNobody((tx) => signIn(tx, sub, email));
  const sealed = refreshToken && (await sealToken(parts, userId, refreshToken));
  const lostLabels = await parts.database.withTenant(userId, async (tx) => {
    await lockMailboxes(tx);
    const before = new Set((await readGrant(tx))?.scopes);
    if (refreshToken && sealed)
      await saveGrant(tx, {
        userId,
        sealedRefreshToken: sealed,
        refreshTokenHash: refreshTokenHash(refreshToken),
        scopes,
      });
    // Google gives no new refresh token: the one there goes on working. Where there is none, nothing is granted.
    else if (!(await renewGrant(tx, scopes))) return false;
    await resumeAfterConsent(tx);
    // Runs under way go by what was allowed when they began.
    if (before.size > 0 && before.symmetricDifference(new Set(scopes)).size > 0) await recallMailboxes(tx);
    return before.has(GMAIL_LABELS_SCOPE) && !scopes.includes(GMAIL_LABELS_SCOPE) && (await wantsLabels(tx));
  });
  return { userId, lostLabels };
}

/**
 * Gives back a consent that is of no use. Not when there is a grant already: at Google a revocation ends everything
 * that the account has given us.
 */
export async function decline(parts: Parts, { sub, refreshToken }: Consent): Promise<void> {
  if (!refreshToken) return;
  const known = await parts.database.asNobody((tx) => findGoogleUser(tx, sub));
  if (known && (await parts.database.withTenant(known, readGrant))) return;
  // Who has no account gets none for this: the job needs only a name that the token is sealed under.
  const userId = known ?? (randomUUID() as UserId);
  const sealed = await sealToken(parts, userId, refreshToken);
  await parts.database.asNobody((tx) =>
    parts.queue.revoke(tx, { userId, sealedRefreshToken: Buffer.from(sealed).toString('base64') }),
  );
}

/** Whether the consent is of the Google account that this user is. */
export const isOf = async (parts: Parts, { sub }: Consent, userId: UserId): Promise<boolean> =>
  (await parts.database.asNobody((tx) => findGoogleUser(tx, sub))) === userId;

const sealToken = (parts: Parts, userId: UserId, refreshToken: string): Promise<Uint8Array> =>
  parts.seal(new TextEncoder().encode(refreshToken), refreshTokenPlace(userId));
