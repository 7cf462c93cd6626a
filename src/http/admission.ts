/** What follows when Google has told who somebody is: an account, a grant, mailboxes that go on. */
import { createHash } from 'node:crypto';
import type { UserId } from '../core/mailbox.ts';
import { refreshTokenPlace } from '../core/place.ts';
import { renewGrant, saveGrant } from '../db/grants.ts';
import { resumeAfterConsent } from '../db/mailboxes.ts';
import { signIn } from '../db/users.ts';
import type { Consent } from '../google/consent.ts';
import type { Parts } from './parts.ts';

/** Creates the account on the first visit, stores the grant, and wakes the mailboxes that waited for it. */
export async function admit(parts: Parts, consent: Consent): Promise<UserId> {
  const { sub, email, grantedScopes: scopes, refreshToken } = consent;
  const userId = await parts.database.asNobody((tx) => signIn(tx, sub, email));
  const sealed = refreshToken && (await sealToken(parts, userId, refreshToken));
  await parts.database.withTenant(userId, async (tx) => {
    if (refreshToken && sealed)
      await saveGrant(tx, {
        userId,
        sealedRefreshToken: sealed,
        refreshTokenHash: hashRefreshToken(refreshToken),
        scopes,
      });
    // Google gives no new refresh token: the one there goes on working. Where there is none, nothing is granted.
    else if (!(await renewGrant(tx, scopes))) return;
    await resumeAfterConsent(tx);
  });
  return userId;
}

const sealToken = (parts: Parts, userId: UserId, refreshToken: string): Promise<Uint8Array> =>
  parts.seal(new TextEncoder().encode(refreshToken), refreshTokenPlace(userId));

/** How Google's RISC events name a token: base64(SHA-512(SHA-512(token))). */
const hashRefreshToken = (token: string): string =>
  createHash('sha512').update(createHash('sha512').update(token).digest()).digest('base64');
