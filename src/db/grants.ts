/** Google consents: one per user, or none. */
import type { UserId } from '../core/mailbox.ts';
import type { Tx } from './pool.ts';

export interface GrantRow {
  readonly sealedRefreshToken: Uint8Array;
  readonly scopes: readonly string[];
  readonly grantedAt: Date;
  /** Gmail refuses the account as such; null: all is well. */
  readonly faultCode: string | null;
}

/** The tenant's grant; null when none was given or it was destroyed. */
export async function readGrant(tx: Tx): Promise<GrantRow | null> {
  const [row] = await tx.query<GrantRow>(
    `SELECT sealed_refresh_token AS "sealedRefreshToken", scopes, granted_at AS "grantedAt",
       fault_code AS "faultCode" FROM grants WHERE user_id = current_tenant()`,
  );
  return row ?? null;
}

/** A new consent replaces the one there and clears its fault. */
export async function saveGrant(
  tx: Tx,
  grant: {
    readonly userId: UserId;
    readonly sealedRefreshToken: Uint8Array;
    /** base64(SHA-512(SHA-512(token))), as Google's RISC events name it. */
    readonly refreshTokenHash: string;
    readonly scopes: readonly string[];
  },
): Promise<void> {
  await tx.query(
    `INSERT INTO grants (user_id, sealed_refresh_token, refresh_token_hash, scopes) VALUES ($1, $2, $3, $4)
     ON CONFLICT (user_id) DO UPDATE SET sealed_refresh_token = EXCLUDED.sealed_refresh_token,
       refresh_token_hash = EXCLUDED.refresh_token_hash, scopes = EXCLUDED.scopes, granted_at = now(),
       fault_code = NULL`,
    [grant.userId, grant.sealedRefreshToken, grant.refreshTokenHash, [...grant.scopes]],
  );
}

/** A consent renewed without a new refresh token: the one there stays. False when there is none. */
export async function renewGrant(tx: Tx, scopes: readonly string[]): Promise<boolean> {
  const rows = await tx.query(
    `UPDATE grants SET scopes = $1, granted_at = now(), fault_code = NULL
     WHERE user_id = current_tenant() RETURNING user_id`,
    [[...scopes]],
  );
  return rows.length > 0;
}
