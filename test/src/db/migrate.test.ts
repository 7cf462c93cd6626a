import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it, type TestContext } from 'node:test';
import pg from 'pg';
import { migrate } from '../../../src/db/migrate.ts';
import { listMigrations } from '../../../src/db/migrations.ts';
import { openTestDatabase } from '../../database.ts';

const database = await openTestDatabase({ after });
const all = (await listMigrations()).map(({ version }) => version);
const migrations = new URL('../../../migrations', import.meta.url).pathname;

/** An empty database; URLs of its owner and of a plain runtime login. */
async function createEmpty(t: TestContext) {
  const name = `empty_${randomBytes(4).toString('hex')}`;
  await database.asOwner(`CREATE DATABASE ${name}`);
  t.after(async () => {
    await database.asOwner(`DROP DATABASE ${name} WITH (FORCE)`);
  });
  const at = (url: string) => Object.assign(new URL(url), { pathname: name }).href;
  return { ownerUrl: at(database.ownerUrl), runtimeUrls: [at(database.webUrl)] };
}

async function copyMigrations(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'migrations-'));
  t.after(() => rm(directory, { recursive: true }));
  await cp(migrations, directory, { recursive: true });
  return directory;
}

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

it('applies every migration once', async (t) => {
  const empty = await createEmpty(t);
  assert.deepEqual(await migrate(empty), all);
  assert.deepEqual(await migrate(empty), []);
});

it('lets one of several that start at once do it', async (t) => {
  const empty = await createEmpty(t);
  const results = await Promise.all([1, 2, 3, 4].map(() => migrate(empty)));
  assert.deepEqual(results.flat(), all);
});

it('refuses a migration that was changed after it was applied', async (t) => {
  const empty = await createEmpty(t);
  const directory = await copyMigrations(t);
  await migrate({ ...empty, directory });
  const file = join(directory, '0001_foundation.sql');
  await writeFile(file, `${await readFile(file, 'utf8')}\n-- changed`);
  await assert.rejects(
    migrate({ ...empty, directory }),
    /Migration 1 \(foundation\) is not the file that was applied/,
  );
});

it('leaves nothing of a migration that fails, and goes on from there', async (t) => {
  const empty = await createEmpty(t);
  const directory = await copyMigrations(t);
  const file = join(directory, '9999_broken.sql');
  await writeFile(file, 'CREATE TABLE half (id integer); SELECT 1/0;');
  assert.ok(all.length > 0 && !all.includes(9999));
  await assert.rejects(migrate({ ...empty, directory }), /division by zero/);
  assert.deepEqual(await ask(empty.ownerUrl, "SELECT to_regclass('half') AS half"), [{ half: null }]);
  await writeFile(file, 'CREATE TABLE whole (id integer)');
  assert.deepEqual(await migrate({ ...empty, directory }), [9999]);
});

it('refuses a runtime login that is the owner, does not exist, or would bypass', async (t) => {
  const empty = await createEmpty(t);
  const withRuntime = (user: string) => ({
    ...empty,
    runtimeUrls: [Object.assign(new URL(empty.ownerUrl), { username: user }).href],
  });
  await assert.rejects(migrate(withRuntime('postgres')), /name the same database role/);
  await assert.rejects(migrate(withRuntime('nobody_at_all')), /"nobody_at_all".*does not exist/);
  const name = `bypassing_${randomBytes(4).toString('hex')}`;
  await database.asOwner(`CREATE ROLE ${name} LOGIN BYPASSRLS`);
  t.after(async () => {
    await database.asOwner(`DROP ROLE ${name}`);
  });
  await assert.rejects(migrate(withRuntime(name)), /would bypass row-level security/);
});

it('makes the runtime login a member of both roles', async (t) => {
  const empty = await createEmpty(t);
  const name = `plain_${randomBytes(4).toString('hex')}`;
  await database.asOwner(`CREATE ROLE ${name} LOGIN`);
  t.after(async () => {
    await database.asOwner(`DROP ROLE ${name}`);
  });
  await migrate({ ...empty, runtimeUrls: [Object.assign(new URL(empty.ownerUrl), { username: name }).href] });
  const rows = await database.asOwner(
    `SELECT pg_has_role('${name}', 'smtp_sync_web', 'USAGE') AS web, pg_has_role('${name}', 'smtp_sync_worker', 'USAGE') AS worker`,
  );
  assert.deepEqual(rows, [{ web: true, worker: true }]);
});

it('chains the audit entries that are there already, mailbox by mailbox in the order of their ids', async (t) => {
  const empty = await createEmpty(t);
  const directory = await copyMigrations(t);
  const late = (await readdir(directory)).filter((name) => name >= '0014');
  await Promise.all(late.map((name) => rm(join(directory, name))));
  await migrate({ ...empty, directory });
  await ask(
    empty.ownerUrl,
    `ALTER TABLE users NO FORCE ROW LEVEL SECURITY; ALTER TABLE mailboxes NO FORCE ROW LEVEL SECURITY;
     INSERT INTO users (google_sub, email) VALUES ('a', 'a@example.com'), ('b', 'b@example.com');
     INSERT INTO mailboxes (user_id, protocol, host, port, security, username, sealed_password, sealed_fingerprint_key, options)
       SELECT id, p, 'mail.example.com', 993, 'tls', 'someone', 'x', 'x', '{}' FROM users, unnest(ARRAY['imap', 'pop3']) p;
     INSERT INTO audit_entries (user_id, mailbox_id, at, sender_domain, status, reason, size_bytes, delay_ms)
       SELECT user_id, id, now() - n * interval '1 hour', n || '.example', 'failed', 'source-timeout', n, n
       FROM generate_series(1, 50) n, mailboxes WHERE protocol = 'imap' OR n < 4;
     ALTER TABLE users FORCE ROW LEVEL SECURITY; ALTER TABLE mailboxes FORCE ROW LEVEL SECURITY`,
  );
  await migrate(empty);
  await ask(
    empty.ownerUrl,
    `INSERT INTO audit_entries (user_id, mailbox_id, sender_domain, status, size_bytes)
     SELECT user_id, id, 'new.example', 'delivered', 1 FROM mailboxes`,
  );
  const rows = await ask(
    empty.ownerUrl,
    `SELECT count(*)::int AS entries, bool_and(hash = audit_hash(before, seq, id, at, mailbox_id, status, reason, size_bytes,
         delay_ms, sender_domain)) AS chained, bool_and(seq = place) AS numbered, bool_or(hash = head) AS ended
     FROM (SELECT e.*, c.hash AS head, lag(e.hash, 1, audit_genesis(e.mailbox_id)) OVER w AS before, row_number() OVER w AS place
       FROM audit_entries e JOIN audit_chains c ON c.mailbox_id = e.mailbox_id
       WINDOW w AS (PARTITION BY e.mailbox_id ORDER BY e.id)) e GROUP BY mailbox_id ORDER BY 1`,
  );
  const whole = { chained: true, numbered: true, ended: true };
  assert.deepEqual(
    rows,
    [4, 4, 51, 51].map((entries) => ({ entries, ...whole })),
  );
});
