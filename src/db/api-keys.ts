/** API keys: only the SHA-256 of a key is here. */
import type { KeyScope } from '../core/api-key.ts';
import type { UserId } from '../core/mailbox.ts';
import type { Tx } from './pool.ts';

export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly scopes: readonly KeyScope[];
  /** null: it does not end by itself. */
  readonly expiresAt: Date | null;
}

/** Whose key this is and what it may do; null when unknown or past its end. For nobody's transaction. */
export async function findApiKey(
  tx: Tx,
  keyHash: Uint8Array,
): Promise<{ readonly userId: UserId; readonly scopes: readonly KeyScope[] } | null> {
  const statement = { name: 'api-key', text: 'SELECT user_id AS "userId", scopes FROM find_api_key($1)' };
  const [row] = await tx.query<{ userId: UserId; scopes: KeyScope[] }>(statement, [keyHash]);
  return row ?? null;
}

/** Until the transaction ends nobody else makes a key for the tenant. */
export async function lockApiKeys(tx: Tx): Promise<void> {
  await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('api keys ' || current_tenant(), 0))");
}

export interface NewApiKey {
  readonly userId: UserId;
  readonly name: string;
  readonly keyHash: Uint8Array;
  readonly scopes: readonly KeyScope[];
  /** null: it does not end by itself. */
  readonly expiresInDays: number | null;
}

/** Returns the key's id. */
export async function createApiKey(tx: Tx, key: NewApiKey): Promise<string> {
  const [row] = await tx.query<{ id: string }>(
    `INSERT INTO api_keys (user_id, name, key_hash, scopes, expires_at)
     VALUES ($1, $2, $3, $4, now() + make_interval(days => $5)) RETURNING id`,
    [key.userId, key.name, key.keyHash, key.scopes, key.expiresInDays],
  );
  if (!row) throw new Error('INSERT returned no row');
  return row.id;
}

/** The tenant's keys, oldest first. */
export async function listApiKeys(tx: Tx): Promise<ApiKey[]> {
  return tx.query<ApiKey>(
    `SELECT id, name, created_at AS "createdAt", last_used_at AS "lastUsedAt", scopes, expires_at AS "expiresAt"
     FROM api_keys WHERE user_id = current_tenant() ORDER BY created_at, id`,
  );
}

/** Hashes of the tenant's keys, without those past their end. */
export async function listLiveKeys(tx: Tx): Promise<Uint8Array[]> {
  const rows = await tx.query<{ hash: Uint8Array }>(
    `SELECT key_hash AS hash FROM api_keys
     WHERE user_id = current_tenant() AND (expires_at IS NULL OR expires_at > now())`,
  );
  return rows.map((row) => row.hash);
}

/** False when the tenant has no such key. */
export async function deleteApiKey(tx: Tx, id: string): Promise<boolean> {
  const rows = await tx.query('DELETE FROM api_keys WHERE id = $1 RETURNING id', [id]);
  return rows.length > 0;
}
