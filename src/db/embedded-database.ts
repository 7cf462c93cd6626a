/** What a fresh embedded server needs before migrations: our database and the two login roles. */
import pg from 'pg';
import type { Secrets } from './embedded-cluster.ts';

const connect = async (port: number, password: string, database: string): Promise<pg.Client> => {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: 'postgres',
    password,
    database,
    connectionTimeoutMillis: 5_000,
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
};

/** True when the server at `port` accepts our password and serves `dataDirectory`. Never throws. */
export async function isServing(port: number, secrets: Secrets, dataDirectory: string): Promise<boolean> {
  try {
    const client = await connect(port, secrets.owner, 'postgres');
    try {
      const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory');
      return rows[0]?.data_directory === dataDirectory;
    } finally {
      await client.end();
    }
  } catch {
    return false;
  }
}

/** Idempotent: whoever finds the server does it again, in case its starter died before it was done. */
export async function prepareDatabase(port: number, secrets: Secrets): Promise<void> {
  const client = await connect(port, secrets.owner, 'postgres');
  try {
    // The server's log quotes statements that fail; these hold passwords.
    await client.query('SET log_min_error_statement = panic; SET log_min_messages = panic');
    const { rows } = await client.query<{ name: string }>(
      `SELECT rolname AS name FROM pg_roles WHERE rolname LIKE 'smtp\\_sync\\_%\\_login'
       UNION ALL SELECT datname FROM pg_database WHERE datname = 'smtp_sync'`,
    );
    const there = new Set(rows.map((row) => row.name));
    for (const [role, password] of [
      ['smtp_sync_web_login', secrets.web],
      ['smtp_sync_worker_login', secrets.worker],
    ] as const) {
      if (there.has(role)) continue;
      const attributes = 'LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE';
      await unlessThere(
        client.query(`CREATE ROLE ${role} ${attributes} PASSWORD ${client.escapeLiteral(password)}`),
      );
    }
    if (!there.has('smtp_sync')) await unlessThere(client.query('CREATE DATABASE smtp_sync'));
  } finally {
    await client.end();
  }
}

/** duplicate_object, duplicate_database, and the form both take when two sessions create at once. */
const THERE = new Set(['42710', '42P04', '23505']);

async function unlessThere(query: Promise<unknown>): Promise<void> {
  await query.catch((error: pg.DatabaseError) => {
    if (!THERE.has(error.code ?? '')) throw error;
  });
}
