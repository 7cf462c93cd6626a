/** Sign-ins under way at Google, by SHA-256 of their `state`. Nobody's rows. */
import type { Tx } from './pool.ts';

export async function beginSignIn(
  tx: Tx,
  signIn: { readonly stateHash: Uint8Array; readonly lifetimeMs: number },
): Promise<void> {
  await tx.query(
    `INSERT INTO sign_ins (state_hash, expires_at) VALUES ($1, now() + $2 * interval '1 millisecond')`,
    [signIn.stateHash, signIn.lifetimeMs],
  );
}

/** Uses the sign-in up. False when it is unknown, used before or expired. */
export async function takeSignIn(tx: Tx, stateHash: Uint8Array): Promise<boolean> {
  const rows = await tx.query<{ live: boolean }>(
    'DELETE FROM sign_ins WHERE state_hash = $1 RETURNING expires_at > now() AS live',
    [stateHash],
  );
  return rows[0]?.live ?? false;
}
