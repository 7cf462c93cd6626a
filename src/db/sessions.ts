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
  session: {
    readonly tokenHash: Uint8Array;
    readonly userId: UserId;
    readonly lifetimeMs: number;
    /** What it was opened with, coarsely; null: not known. */
    readonly browser: string | null;
  },
): Promise<void> {
  await tx.query(
    `INSERT INTO sessions (token_hash, user_id, expires_at, browser)
     VALUES ($1, $2, now() + $3 * interval '1 millisecond', $4)`,
    [session.tokenHash, session.userId, session.lifetimeMs, session.browser],
  );
}

export async function deleteSession(tx: Tx, tokenHash: Uint8Array): Promise<void> {
  await tx.query('DELETE FROM sessions WHERE token_hash = $1', [tokenHash]);
}

/** All of the tenant's. */
export async function deleteSessions(tx: Tx): Promise<void> {
  await tx.query('DELETE FROM sessions WHERE user_id = current_tenant()');
}

export interface SessionRow {
  readonly id: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly browser: string | null;
  readonly tokenHash: Uint8Array;
}

/** The tenant's sessions that have not expired, newest first. */
export async function listSessions(tx: Tx): Promise<SessionRow[]> {
  return tx.query<SessionRow>(
    `SELECT id, created_at AS "createdAt", expires_at AS "expiresAt", browser, token_hash AS "tokenHash" FROM sessions
     WHERE user_id = current_tenant() AND expires_at > now() ORDER BY created_at DESC, id`,
  );
}

/** Ends one of the tenant's sessions; its token's hash, or null when there is no such session. */
export async function endSession(tx: Tx, id: string): Promise<Uint8Array | null> {
  const [row] = await tx.query<{ hash: Uint8Array }>(
    'DELETE FROM sessions WHERE user_id = current_tenant() AND id = $1 RETURNING token_hash AS hash',
    [id],
  );
  return row?.hash ?? null;
}

/** Ends all of the tenant's sessions but the one with this token. */
export async function endOtherSessions(tx: Tx, tokenHash: Uint8Array): Promise<void> {
  await tx.query('DELETE FROM sessions WHERE user_id = current_tenant() AND token_hash <> $1', [tokenHash]);
}

/** Token hashes of the tenant's sessions that have not expired. */
export async function listLiveSessions(tx: Tx): Promise<Uint8Array[]> {
  const rows = await tx.query<{ hash: Uint8Array }>(
    'SELECT token_hash AS hash FROM sessions WHERE user_id = current_tenant() AND expires_at > now()',
  );
  return rows.map((row) => row.hash);
}
