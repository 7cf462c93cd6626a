/** Browser sessions: only the SHA-256 of a session's token is here. */
import type { UserId } from '../core/mailbox.ts';
import type { Tx } from './pool.ts';

/** Whose session this is; null when unknown or expired. For nobody's transaction. */
export async function findSessionUser(tx: Tx, tokenHash: Uint8Array): Promise<UserId | null> {
  const statement = { name: 'session-user', text: 'SELECT session_user_id($1) AS id' };
  const [row] = await tx.query<{ id: UserId | null }>(statement, [tokenHash]);
  return row?.id ?? null;
}

export async function createSession(
  tx: Tx,
  session: { readonly tokenHash: Uint8Array; readonly userId: UserId; readonly lifetimeMs: number },
): Promise<void> {
  await tx.query(
    `INSERT INTO sessions (token_hash, user_id, expires_at)
     VALUES ($1, $2, now() + $3 * interval '1 millisecond')`,
    [session.tokenHash, session.userId, session.lifetimeMs],
  );
}

export async function deleteSession(tx: Tx, tokenHash: Uint8Array): Promise<void> {
  await tx.query('DELETE FROM sessions WHERE token_hash = $1', [tokenHash]);
}

/** The tenant's sessions that have not expired. */
export async function listSessions(tx: Tx): Promise<{ createdAt: Date; expiresAt: Date }[]> {
  return tx.query(
    `SELECT created_at AS "createdAt", expires_at AS "expiresAt" FROM sessions
     WHERE user_id = current_tenant() AND expires_at > now() ORDER BY created_at`,
  );
}

/** Token hashes of the tenant's sessions that have not expired. */
export async function listLiveSessions(tx: Tx): Promise<Uint8Array[]> {
  const rows = await tx.query<{ hash: Uint8Array }>(
    'SELECT token_hash AS hash FROM sessions WHERE user_id = current_tenant() AND expires_at > now()',
  );
  return rows.map((row) => row.hash);
}
