/** What follows when Google has told who somebody is: an account and a grant, or neither. */
import { createHash, randomUUID } from 'node:crypto';
import type { UserId } from '../core/mailbox.ts';
import { refreshTokenPlace } from '../core/place.ts';
import { readGrant, renewGrant, saveGrant } from '../db/grants.ts';
import { resumeAfterConsent } from '../db/mailboxes.ts';
import { findGoogleUser, signIn } from '../db/users.ts';
import type { Identity, Parts } from './parts.ts';

/** Creates the account on the first visit, stores the grant, and wakes the mailboxes that waited for it. */
export async function admit(parts: Parts, identity: Identity): Promise<UserId> {
  const { sub, email, scopes, refreshToken } = identity;
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

/**
 * A consent without the one permission that is needed is given back, by a worker. Unless the account has a grant
 * already: Google would end that one too.
 */
export async function declineGrant(parts: Parts, { sub, refreshToken }: Identity): Promise<void> {
  if (refreshToken === null) return;
  const known = await parts.database.asNobody((tx) => findGoogleUser(tx, sub));
  if (known !== null && (await parts.database.withTenant(known, readGrant)) !== null) return;
  // Nobody has to be this user: the id only binds the ciphertext to the job.
  const userId = known ?? (randomUUID() as UserId);
  const sealed = await sealToken(parts, userId, refreshToken);
  const sealedRefreshToken = Buffer.from(sealed).toString('base64');
  await parts.database.asNobody((tx) => parts.queue.revoke(tx, { userId, sealedRefreshToken }));
}

const sealToken = (parts: Parts, userId: UserId, refreshToken: string): Promise<Uint8Array> =>
  parts.seal(new TextEncoder().encode(refreshToken), refreshTokenPlace(userId));

/** How Google's RISC events name a token: base64(SHA-512(SHA-512(token))). */
const hashRefreshToken = (token: string): string =>
  createHash('sha512').update(createHash('sha512').update(token).digest()).digest('base64');
