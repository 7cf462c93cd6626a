/** API keys: only the SHA-256 of a key is here. */
import type { UserId } from '../core/mailbox.ts';
import type { Tx } from './pool.ts';

export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
}

/** Whose key this is; null when unknown. For nobody's transaction. */
export async function findApiKeyOwner(tx: Tx, keyHash: Uint8Array): Promise<UserId | null> {
  const statement = { name: 'api-key-owner', text: 'SELECT api_key_user_id($1) AS id' };
  const [row] = await tx.query<{ id: UserId | null }>(statement, [keyHash]);
  return row?.id ?? null;
}

/** Until the transaction ends nobody else makes a key for the tenant. */
export async function lockApiKeys(tx: Tx): Promise<void> {
  await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('api keys ' || current_tenant(), 0))");
}

/** Returns the key's id. */
export async function createApiKey(
  tx: Tx,
  key: { readonly userId: UserId; readonly name: string; readonly keyHash: Uint8Array },
): Promise<string> {
  const [row] = await tx.query<{ id: string }>(
    'INSERT INTO api_keys (user_id, name, key_hash) VALUES ($1, $2, $3) RETURNING id',
    [key.userId, key.name, key.keyHash],
  );
  if (!row) throw new Error('INSERT returned no row');
  return row.id;
}

/** The tenant's keys, oldest first. */
export async function listApiKeys(tx: Tx): Promise<ApiKey[]> {
  return tx.query<ApiKey>(
    `SELECT id, name, created_at AS "createdAt", last_used_at AS "lastUsedAt" FROM api_keys
     WHERE user_id = current_tenant() ORDER BY created_at, id`,
  );
}

/** Hashes of the tenant's keys. */
export async function listLiveKeys(tx: Tx): Promise<Uint8Array[]> {
  const rows = await tx.query<{ hash: Uint8Array }>(
    'SELECT key_hash AS hash FROM api_keys WHERE user_id = current_tenant()',
  );
  return rows.map((row) => row.hash);
}

/** False when the tenant has no such key. */
export async function deleteApiKey(tx: Tx, id: string): Promise<boolean> {
  const rows = await tx.query('DELETE FROM api_keys WHERE id = $1 RETURNING id', [id]);
  return rows.length > 0;
}
