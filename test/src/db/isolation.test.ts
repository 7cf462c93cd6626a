/** Every tenant table × every verb × {another tenant, no tenant} × both runtime roles. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { UserId } from '../../../src/core/mailbox.ts';
import { sqlState } from '../../../src/db/connection.ts';
import type { Database, Tx } from '../../../src/db/pool.ts';
import { openTestDatabase } from '../../database.ts';

const database = await openTestDatabase({ after });
const pools = { web: await database.open('web'), worker: await database.open('worker') };
const owner = await database.addUser('owner');
const stranger = await database.addUser('stranger');
const mailbox = await database.addMailbox(owner);

for (const sql of [
  "INSERT INTO grants (user_id, sealed_refresh_token, refresh_token_hash, scopes) VALUES ($1, 'x', 'x', '{}')",
  'INSERT INTO allowances (user_id) VALUES ($1)',
  'INSERT INTO audit_rollups (user_id, until) VALUES ($1, now())',
  "INSERT INTO sessions (token_hash, user_id, expires_at) VALUES ('x', $1, now() + interval '1 day')",
  "INSERT INTO api_keys (user_id, name, key_hash) VALUES ($1, 'x', 'x')",
  "INSERT INTO discoveries (user_id, email) VALUES ($1, 'someone@example.org')",
  "INSERT INTO notices (user_id, kind, detail) VALUES ($1, 'payment-failed', '{}')",
  'INSERT INTO notice_settings (user_id) VALUES ($1)',
  "INSERT INTO subscriptions (user_id, customer_id) VALUES ($1, 'cus_1')",
]) {
  await database.asOwner(sql, [owner]);
}
for (const sql of [
  "INSERT INTO folder_cursors (user_id, mailbox_id, folder, uid_validity, baseline) VALUES ($1, $2, 'INBOX', 1, 1)",
  "INSERT INTO uidls (user_id, mailbox_id, hash, settled) VALUES ($1, $2, decode(repeat('00', 16), 'hex'), true)",
  "INSERT INTO run_keys (id, user_id, mailbox_id, sealed) VALUES (gen_random_uuid(), $1, $2, 'x')",
  'INSERT INTO notice_marks (user_id, mailbox_id) VALUES ($1, $2)',
  "INSERT INTO transfers (user_id, mailbox_id, key, state, backlog) VALUES ($1, $2, 'pop3:a', 'failed', false)",
  "INSERT INTO fingerprints (user_id, mailbox_id, fingerprint, generation) VALUES ($1, $2, decode(repeat('00', 16), 'hex'), 0)",
  "INSERT INTO audit_entries (user_id, mailbox_id, sender_domain, status, size_bytes) VALUES ($1, $2, 'example.org', 'delivered', 1)",
  "INSERT INTO audit_hours (user_id, mailbox_id, hour, status, messages, bytes) VALUES ($1, $2, now(), 'delivered', 1, 1)",
  "INSERT INTO audit_domains (user_id, mailbox_id, domain, messages) VALUES ($1, $2, 'example.org', 1)",
  'INSERT INTO reconciliations (user_id, mailbox_id, day, at, listed, delivered, rejected, failed, uncertain, waiting, skipped, missing) VALUES ($1, $2, now(), now(), 1, 1, 0, 0, 0, 0, 0, 0)',
  "INSERT INTO passed_over (user_id, mailbox_id, folder, uid_validity) VALUES ($1, $2, 'INBOX', 1)",
  "INSERT INTO probe_reports (user_id, mailbox_id, revision, step) VALUES ($1, $2, 0, 'login')",
  "INSERT INTO previews (user_id, mailbox_id, question) VALUES ($1, $2, '{}')",
  "INSERT INTO labels (user_id, mailbox_id, name, gmail_label_id) VALUES ($1, $2, 'Old mail', 'Label_1')",
]) {
  await database.asOwner(sql, [owner, mailbox]);
}

interface Table {
  name: string;
  tenant: string;
  row: unknown;
}

const tables: Table[] = [];
for (const { name } of await database.asOwner<{ name: string }>(
  `SELECT c.relname AS name FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
   AND c.relname NOT IN ('schema_migrations', 'workers', 'recalls', 'sign_ins', 'billing_settings', 'webhook_events') ORDER BY 1`,
)) {
  const tenant = name === 'users' ? 'id' : 'user_id';
  const [found] = await database.asOwner<{ row: unknown }>(
    `SELECT to_jsonb(t) AS row FROM ${name} t WHERE ${tenant} = $1`,
    [owner],
  );
  // Fifteen of the sixteen partitions of the audit log hold none of the owner's rows.
  if (found) tables.push({ name, tenant, row: found.row });
}

const verbs: Record<string, (tx: Tx, table: Table) => Promise<unknown[]>> = {
  SELECT: (tx, { name }) => tx.query(`SELECT 1 FROM ${name}`),
  UPDATE: (tx, { name, tenant }) => tx.query(`UPDATE ${name} SET ${tenant} = ${tenant} RETURNING 1`),
  DELETE: (tx, { name }) => tx.query(`DELETE FROM ${name} RETURNING 1`),
  INSERT: (tx, { name, row }) =>
    tx.query(`INSERT INTO ${name} SELECT (jsonb_populate_record(NULL::${name}, $1)).*`, [
      JSON.stringify(row),
    ]),
};

/** The number of the owner's rows that the verb reached, or that it was denied. Undone afterwards. */
async function attempt(
  db: Database,
  as: UserId | null,
  verb: string,
  table: Table,
): Promise<number | 'denied'> {
  const undo = new Error('undo');
  let reached = 0;
  const fn = async (tx: Tx): Promise<never> => {
    const run = verbs[verb];
    assert.ok(run);
    const rows = await run(tx, table);
    reached = verb === 'INSERT' ? 1 : rows.length;
    throw undo;
  };
  try {
    await (as ? db.withTenant(as, fn) : db.asNobody(fn));
  } catch (error) {
    if (error === undo) return reached;
    if (sqlState(error) === '42501') return 'denied';
    throw error;
  }
  throw new Error('not undone');
}

it('has every tenant table in the matrix', () => {
  assert.deepEqual(
    tables.map(({ name }) => name).filter((name) => !/^audit_entries_\d\d$/.test(name)),
    [
      'allowances',
      'api_keys',
      'audit_chains',
      'audit_domains',
      'audit_entries',
      'audit_hours',
      'audit_rollups',
      'discoveries',
      'fingerprints',
      'folder_cursors',
      'grants',
      'labels',
      'mailboxes',
      'notice_marks',
      'notice_settings',
      'notices',
      'passed_over',
      'previews',
      'probe_reports',
      'reconciliations',
      'run_keys',
      'sessions',
      'subscriptions',
      'transfers',
      'uidls',
      'users',
    ],
  );
});

for (const [role, db] of Object.entries(pools)) {
  describe(`the ${role} role reaches no row of another's:`, () => {
    for (const table of tables) {
      it(table.name, async () => {
        for (const verb of Object.keys(verbs)) {
          for (const as of [null, stranger]) {
            const reached = await attempt(db, as, verb, table);
            // A stranger has a row of his own in users, and no other.
            const own = as && table.name === 'users' && verb === 'SELECT' ? 1 : 0;
            if (verb === 'INSERT')
              assert.equal(reached, 'denied', `${verb} as ${as ? 'stranger' : 'nobody'}`);
            else if (table.name === 'users' && as) assert.ok(reached === 'denied' || reached <= 1);
            else
              assert.ok(reached === 'denied' || reached === own, `${verb} as ${as ? 'stranger' : 'nobody'}`);
          }
        }
      });
    }
  });
}

it('lets each role do to its tenant’s audit log what it may, and no more', async () => {
  const table = tables.find(({ name }) => name === 'audit_entries');
  assert.ok(table);
  const may = async (db: Database) => ({
    select: await attempt(db, owner, 'SELECT', table),
    update: await attempt(db, owner, 'UPDATE', table),
    delete: await attempt(db, owner, 'DELETE', table),
  });
  const denied = { select: 'denied', update: 'denied', delete: 'denied' };
  assert.deepEqual(await may(pools.worker), denied);
  assert.deepEqual(await may(pools.web), { ...denied, select: 1 });
  const append = `INSERT INTO audit_entries (user_id, mailbox_id, sender_domain, status, size_bytes)
    VALUES ($1, $2, 'example.org', 'delivered', 1)`;
  await pools.worker.withTenant(owner, (tx) => tx.query(append, [owner, mailbox]));
  await assert.rejects(
    pools.web.withTenant(owner, (tx) => tx.query(append, [owner, mailbox])),
    (error) => sqlState(error) === '42501',
  );
});

it('leaves nothing of a tenant on the connection for the next transaction', async () => {
  const db = await database.open('web', 1);
  await db.withTenant(owner, (tx) => tx.query('SELECT 1'));
  const [row] = await db.asNobody((tx) => tx.query<{ tenant: unknown }>('SELECT current_tenant() AS tenant'));
  assert.equal(row?.tenant, null);
});

it('inlines nothing but a UUID', async () => {
  const hostile = "'; DROP TABLE users; --" as UserId;
  await assert.rejects(
    pools.web.withTenant(hostile, (tx) => tx.query('SELECT 1')),
    RangeError,
  );
});

it('lets nobody but the roles in question call what crosses tenants', async () => {
  const callable = await database.asOwner<{ name: string; roles: string[] }>(
    `SELECT p.proname AS name, array_agg(r ORDER BY r) AS roles FROM pg_proc p, unnest(ARRAY['public', 'smtp_sync_web', 'smtp_sync_worker']) r
     WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace AND has_function_privilege(r, p.oid, 'EXECUTE')
     GROUP BY 1 HAVING count(*) <> 1 OR 'public' = ANY (array_agg(r))`,
  );
  assert.deepEqual(callable, []);
});

it('looks for the tables of such a call in no place that its caller can write to', async () => {
  for (const [role, db] of Object.entries(pools)) {
    const forge = db.asNobody(async (tx) => {
      await tx.query(
        'CREATE TEMP TABLE users (id uuid, google_sub text, email text); CREATE TEMP TABLE subscriptions (LIKE public.subscriptions)',
      );
      await tx.query('GRANT ALL ON pg_temp.users, pg_temp.subscriptions TO smtp_sync_gate');
      await tx.query("INSERT INTO pg_temp.users VALUES (gen_random_uuid(), 'forged', 'forged@example.com')");
      const call =
        role === 'web'
          ? "SELECT google_user_id('forged') AS id"
          : 'SELECT * FROM tenants_after(NULL, 1000) AS id';
      const found = await tx.query<{ id: string | null }>(call);
      const real = found.map(({ id }) => id).filter((id) => id !== null && id !== owner && id !== stranger);
      assert.deepEqual(real, [], role);
      throw new Error('undo');
    });
    await assert.rejects(forge, /undo/);
  }
  const open = await database.asOwner(
    `SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace
     AND proconfig[1] IS DISTINCT FROM 'search_path=pg_catalog, public, pg_temp'`,
  );
  assert.deepEqual(open, []);
});
