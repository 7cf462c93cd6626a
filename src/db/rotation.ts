/** Sealed values, found and replaced one at a time: for workers/rotate-keys.ts. */
import type { UserId } from '../core/mailbox.ts';
import type { SealPlace } from '../core/ports.ts';
import type { Database } from './pool.ts';

/** Every sealed column of the schema and what names its row in the associated data; cf. src/core/place.ts. */
const SEALED_COLUMNS = [
  { table: 'mailboxes', column: 'sealed_password', row: 'id' },
  { table: 'mailboxes', column: 'sealed_fingerprint_key', row: 'id' },
  { table: 'grants', column: 'sealed_refresh_token', row: 'user_id' },
  { table: 'source_grants', column: 'sealed_refresh_token', row: 'mailbox_id' },
  { table: 'run_keys', column: 'sealed', row: 'id' },
  { table: 'webhook_secrets', column: 'sealed', row: 'id' },
] as const;

export interface SealedValue {
  readonly place: SealPlace;
  readonly sealed: Uint8Array;
}

/** Up to `limit` users after `after` (null: from the first), in order. */
export async function listTenants(
  database: Database,
  after: UserId | null,
  limit: number,
): Promise<UserId[]> {
  const sql = 'SELECT tenants_after($1, $2) AS id';
  const rows = await database.asNobody((tx) => tx.query<{ id: UserId }>(sql, [after, limit]));
  return rows.map(({ id }) => id);
}

/** The user's sealed values that do not begin with `head` (version and key id of the current key). */
export async function listSealedOtherwise(
  database: Database,
  userId: UserId,
  head: Uint8Array,
): Promise<SealedValue[]> {
  const selects = SEALED_COLUMNS.map(
    ({ table, column, row }) =>
      `SELECT '${table}' AS "table", '${column}' AS "column", ${row}::text AS "row", ${column} AS sealed
       FROM ${table} WHERE user_id = $1 AND substring(${column} FOR $3) <> $2`,
  );
  const values = [userId, Buffer.from(head), head.length];
  const rows = await database.withTenant(userId, (tx) =>
    tx.query<{ table: string; column: string; row: string; sealed: Uint8Array }>(
      `${selects.join(' UNION ALL ')} ORDER BY 1, 2, 3`,
      values,
    ),
  );
  return rows.map(({ sealed, ...place }) => ({ place: { tenant: userId, ...place }, sealed }));
}

/** Replaces the value unless it has changed since; whether it did. */
export async function replaceSealed(
  database: Database,
  { place, sealed }: SealedValue,
  resealed: Uint8Array,
): Promise<boolean> {
  const known = SEALED_COLUMNS.find(({ table, column }) => table === place.table && column === place.column);
  if (!known) throw new RangeError('not a sealed column');
  const { table, column, row } = known;
  const sql = `UPDATE ${table} SET ${column} = $1 WHERE user_id = $2 AND ${row} = $3 AND ${column} = $4 RETURNING 1 AS done`;
  const values = [Buffer.from(resealed), place.tenant, place.row, Buffer.from(sealed)];
  const rows = await database.withTenant(place.tenant as UserId, (tx) => tx.query(sql, values));
  return rows.length === 1;
}
