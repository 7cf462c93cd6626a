/** Ends a grant at Google. The token was taken out of the database before; only this job still has it, sealed. */
import { isFault } from '../../src/core/fault.ts';
import { refreshTokenPlace } from '../../src/core/place.ts';
import type { Log, Unseal } from '../../src/core/ports.ts';
import type { RevokeJob } from '../../src/db/queue.ts';
import type { TokenClient } from '../../src/google/tokens.ts';

export interface RevokeDeps {
  readonly log: Log;
  readonly unseal: Unseal;
  /** null: no OAuth client is configured, so nobody can have given a grant. */
  readonly tokens: TokenClient | null;
}

/** Throws when Google could not be reached, so that the job is tried again. */
export async function revoke(
  job: RevokeJob,
  { log, unseal, tokens }: RevokeDeps,
  signal: AbortSignal,
): Promise<void> {
  try {
    const sealed = Buffer.from(job.sealedRefreshToken, 'base64');
    const token = await unseal(sealed, refreshTokenPlace(job.userId));
    await tokens?.revoke(Buffer.from(token).toString('utf8'), signal);
  } catch (error) {
    // Nobody can open it any more, so nobody can use it either.
    if (!isFault(error, 'seal-broken')) throw error;
    log.warn('token not revoked', { code: error.code });
  }
}
