/** Whether a database has the schema that this code was written for. */
import { listMigrations } from './migrations.ts';
import type { Database } from './pool.ts';

/** How many migrations the database lacks. Fault `database-unavailable`. */
export async function countPendingMigrations(database: Database): Promise<number> {
  const wanted = await listMigrations();
  const applied = await database.asNobody((tx) =>
    tx.query<{ version: number }>('SELECT version FROM schema_migrations'),
  );
  const versions = new Set(applied.map(({ version }) => version));
  return wanted.filter(({ version }) => !versions.has(version)).length;
}
