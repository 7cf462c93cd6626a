/** Sign-ins under way at Google, by SHA-256 of their `state`. Nobody's rows. */
import type { Tx } from './pool.ts';

export async function beginSignIn(
  tx: Tx,
  signIn: {
    readonly stateHash: Uint8Array;
    readonly lifetimeMs: number;
    /** Somebody who is signed in was sent to allow labels. */
    readonly labels: boolean;
  },
): Promise<void> {
  await tx.query(
    `INSERT INTO sign_ins (state_hash, expires_at, labels) VALUES ($1, now() + $2 * interval '1 millisecond', $3)`,
    [signIn.stateHash, signIn.lifetimeMs, signIn.labels],
  );
}

/** Uses the sign-in up. null when it is unknown, used before or expired. */
export async function takeSignIn(
  tx: Tx,
  stateHash: Uint8Array,
): Promise<{ readonly labels: boolean } | null> {
  const [row] = await tx.query<{ live: boolean; labels: boolean }>(
    'DELETE FROM sign_ins WHERE state_hash = $1 RETURNING expires_at > now() AS live, labels',
    [stateHash],
  );
  return row?.live ? { labels: row.labels } : null;
}
