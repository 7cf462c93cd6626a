/**
 * A migrated database of its own for each test file, cloned from a template. One server serves the whole run
 * when the runner names it in TEST_DATABASE_URL; a file run alone starts its own and stops it.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { MailboxId, Protocol, UserId } from '../src/core/mailbox.ts';
import { startEmbedded } from '../src/db/embedded.ts';
import { migrate } from '../src/db/migrate.ts';
import { type Database, openDatabase } from '../src/db/pool.ts';

export interface TestServer {
  /** For TEST_DATABASE_URL; the two runtime logins have the owner's password. */
  readonly url: string;
  stop(): Promise<void>;
}

export interface TestDatabase {
  readonly ownerUrl: string;
  readonly webUrl: string;
  readonly workerUrl: string;
  /** A pool that is closed when the test ends. */
  open(role: 'web' | 'worker', max?: number): Promise<Database>;
  /** A statement as the owner, whom row-level security does not hold. */
  asOwner<Row extends pg.QueryResultRow = Record<string, unknown>>(
    sql: string,
    values?: unknown[],
  ): Promise<Row[]>;
  /** A new user; `name` makes the e-mail address `<name>@example.com`. */
  addUser(name: string): Promise<UserId>;
  /** An active mailbox that is due now; its sealed columns hold no real ciphertext. */
  addMailbox(userId: UserId, protocol?: Protocol): Promise<MailboxId>;
}

/** A TestContext; for a whole file `{ after }` of `node:test`, at the top level of the file, outside of any hook. */
export interface Scope {
  after(fn: () => Promise<void>): void;
}

const TEMPLATE = 'smtp_sync';

/** Starts a server with the migrated template. Not durable: it is thrown away. */
export async function startTestServer(): Promise<TestServer> {
  const dir = await mkdtemp(join(tmpdir(), 'smtp-sync-test-'));
  // Else root's data would go to where PostgreSQL's account can reach it, and outlive this directory.
  await chmod(dir, 0o755);
  const settings = ['fsync=off', 'full_page_writes=off', 'max_connections=200', 'shared_buffers=64MB'];
  const server = await startEmbedded(dir, { settings });
  const stop = async () => {
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  };
  try {
    const { password } = new URL(server.ownerUrl);
    await onServer(server.ownerUrl, async (client) => {
      for (const role of ['web', 'worker']) {
        await client.query(`ALTER ROLE smtp_sync_${role}_login PASSWORD ${client.escapeLiteral(password)}`);
      }
    });
    await migrate({
      ownerUrl: server.ownerUrl,
      runtimeUrls: [
        { url: server.webUrl, role: 'web' },
        { url: server.workerUrl, role: 'worker' },
      ],
    });
    return { url: server.ownerUrl, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Clones the template; dropped when the test ends, which fails if a connection to it is left open. */
export async function openTestDatabase(scope: Scope): Promise<TestDatabase> {
  const given = process.env.TEST_DATABASE_URL;
  const server = given ? { url: given, stop: async () => undefined } : await startTestServer();
  const name = `test_${randomBytes(6).toString('hex')}`;
  const admin = urlOf(server.url, 'postgres', 'postgres');
  const opened: Database[] = [];
  scope.after(async () => {
    try {
      await Promise.all(opened.map((database) => database.close()));
      const left = await waitUntilLeft(admin, name);
      await onServer(admin, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
      assert.deepEqual(left, [], 'connections that nobody closed (a pool leak)');
    } finally {
      await server.stop();
    }
  });
  await onServer(admin, (client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`));
  const ownerUrl = urlOf(server.url, 'postgres', name);
  const urls = {
    web: urlOf(server.url, 'smtp_sync_web_login', name),
    worker: urlOf(server.url, 'smtp_sync_worker_login', name),
  };
  const asOwner: TestDatabase['asOwner'] = async <Row extends pg.QueryResultRow>(
    sql: string,
    values?: unknown[],
  ) => onServer(ownerUrl, async (client) => (await client.query<Row>(sql, values)).rows);
  return {
    ownerUrl,
    webUrl: urls.web,
    workerUrl: urls.worker,
    asOwner,
    open: async (role, max = 4) => {
      const database = await openDatabase({ url: urls[role], role, max });
      opened.push(database);
      return database;
    },
    addUser: (user) => addUser(asOwner, user),
    addMailbox: (userId, protocol = 'imap') => addMailbox(asOwner, userId, protocol),
  };
}

async function addUser(asOwner: TestDatabase['asOwner'], name: string): Promise<UserId> {
  const sql = 'INSERT INTO users (google_sub, email) VALUES ($1, $2) RETURNING id';
  const [row] = await asOwner<{ id: UserId }>(sql, [`sub-${name}`, `${name}@example.com`]);
  assert.ok(row);
  return row.id;
}

async function addMailbox(
  asOwner: TestDatabase['asOwner'],
  userId: UserId,
  protocol: Protocol,
): Promise<MailboxId> {
  const [row] = await asOwner<{ id: MailboxId }>(
    `INSERT INTO mailboxes (user_id, protocol, host, port, security, username, sealed_password,
       sealed_fingerprint_key, options, state)
     VALUES ($1, $2, 'mail.example.com', 993, 'tls', 'someone', 'sealed', 'sealed', '{}', 'active') RETURNING id`,
    [userId, protocol],
  );
  assert.ok(row);
  return row.id;
}

function urlOf(url: string, user: string, database: string): string {
  const changed = new URL(url);
  changed.username = user;
  changed.pathname = database;
  return changed.href;
}

async function onServer<T>(url: string, fn: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await fn(client);
  } finally {
    await client.end();
  }
}

/** Backends end a moment after their clients; what is there after five seconds was forgotten. */
async function waitUntilLeft(admin: string, name: string): Promise<string[]> {
  const deadline = Date.now() + 5_000;
  return onServer(admin, async (client) => {
    for (;;) {
      const { rows } = await client.query<{ query: string }>(
        "SELECT query FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'",
        [name],
      );
      if (rows.length === 0 || Date.now() > deadline) return rows.map((row) => row.query);
      await sleep(20);
    }
  });
}
