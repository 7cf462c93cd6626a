/** Brings a database to the present schema: our migrations, the job queue's, and who may use them. */
import pg from 'pg';
import { connectionOf, translateError } from './connection.ts';
import { listMigrations, type Migration } from './migrations.ts';
import { installQueues } from './queue-schema.ts';

export interface MigrateOptions {
  /** Owns the schema; a direct connection, not through a pooler. */
  readonly ownerUrl: string;
  /** DATABASE_URL and its like: whoever they name becomes a member of both runtime roles, or of the one named. */
  readonly runtimeUrls: readonly (string | { readonly url: string; readonly role: 'web' | 'worker' })[];
  /** Another directory than `migrations/`; tests bring their own. */
  readonly directory?: string;
}

/**
 * Applies what is missing, each migration in a transaction, all under a lock, and returns the versions applied.
 * Throws an Error with a sentence for the operator: a changed migration, an owner that is also the runtime
 * login, a runtime login that row-level security would not hold. Fault `database-unavailable`.
 */
export async function migrate(options: MigrateOptions): Promise<number[]> {
  const config = connectionOf(options.ownerUrl);
  const runtimes = options.runtimeUrls.map((each) => {
    const { url, role } = typeof each === 'string' ? { url: each, role: null } : each;
    return { login: connectionOf(url).user ?? '', role };
  });
  if (runtimes.some(({ login }) => login === config.user)) {
    throw new Error(
      'DATABASE_URL and DATABASE_OWNER_URL name the same database role: row-level security does not hold an owner. CREATE ROLE a plain LOGIN role for DATABASE_URL.',
    );
  }
  const client = new pg.Client({ ...config, query_timeout: 600_000 });
  client.on('error', () => undefined);
  await client.connect().catch((error: unknown) => {
    throw translateError(error);
  });
  try {
    // Held by the session: several transactions follow. Two owners at once wait here for one another.
    await client.query("SELECT pg_advisory_lock(hashtext('smtp-sync migrate'))");
    const applied = await applyMigrations(client, await listMigrations(options.directory));
    await client.query('GRANT SELECT ON schema_migrations TO smtp_sync_web, smtp_sync_worker');
    await installQueues(client);
    for (const { login, role } of runtimes) await admit(client, login, role);
    return applied;
  } finally {
    await client.end();
  }
}

async function applyMigrations(client: pg.Client, migrations: readonly Migration[]): Promise<number[]> {
  await client.query(
    `CREATE TABLE IF NOT EXISTS schema_migrations (
       version integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
  );
  const { rows } = await client.query<{ version: number; checksum: string }>(
    'SELECT version, checksum FROM schema_migrations',
  );
  const known = new Map(rows.map((row) => [row.version, row.checksum]));
  const changed = migrations.find((m) => known.has(m.version) && known.get(m.version) !== m.checksum);
  if (changed) {
    throw new Error(
      `Migration ${changed.version} (${changed.name}) is not the file that was applied to this database: restore it and put the change into a new migration.`,
    );
  }
  const missing = migrations.filter((m) => !known.has(m.version));
  for (const migration of missing) await apply(client, migration);
  return missing.map((m) => m.version);
}

async function apply(client: pg.Client, { version, name, checksum, sql }: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(sql);
    await client.query('INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)', [
      version,
      name,
      checksum,
    ]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** Makes a runtime login a member of the runtime roles, unless row-level security would not hold it. */
async function admit(client: pg.Client, login: string, role: 'web' | 'worker' | null): Promise<void> {
  const { rows } = await client.query<{ bypasses: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_roles r WHERE pg_has_role(l.oid, r.oid, 'MEMBER')
       AND (r.rolsuper OR r.rolbypassrls OR r.rolname = current_user)) AS bypasses
     FROM pg_roles l WHERE l.rolname = $1`,
    [login],
  );
  const [found] = rows;
  if (!found) {
    throw new Error(
      `The database role "${login}" that DATABASE_URL names does not exist: CREATE ROLE it with LOGIN and a password.`,
    );
  }
  if (found.bypasses) {
    throw new Error(
      `The database role "${login}" that DATABASE_URL names would bypass row-level security: CREATE ROLE a plain LOGIN role in SQL instead.`,
    );
  }
  for (const name of role ? [role] : ['web', 'worker']) {
    if (login !== `smtp_sync_${name}`)
      await client.query(`GRANT smtp_sync_${name} TO ${client.escapeIdentifier(login)}`);
  }
}
