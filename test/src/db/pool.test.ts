import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, it, type TestContext } from 'node:test';
import { isFault } from '../../../src/core/fault.ts';
import { connectionOf } from '../../../src/db/connection.ts';
import { openDatabase } from '../../../src/db/pool.ts';
import { openTestDatabase } from '../../database.ts';

const database = await openTestDatabase({ after });

/** A login role of the given attributes; its URL on the test's database. */
async function addLogin(t: TestContext, attributes: string, memberOf: readonly string[]) {
  const name = `login_${randomBytes(4).toString('hex')}`;
  await database.asOwner(`CREATE ROLE ${name} LOGIN PASSWORD 'secret' ${attributes}`);
  for (const role of memberOf) await database.asOwner(`GRANT ${role} TO ${name}`);
  t.after(async () => {
    await database.asOwner(`REASSIGN OWNED BY ${name} TO postgres`);
    await database.asOwner(`DROP OWNED BY ${name}`);
    await database.asOwner(`DROP ROLE ${name}`);
  });
  const url = new URL(database.webUrl);
  url.username = name;
  url.password = 'secret';
  return { name, url: url.href };
}

const refuses = (url: string, reason: RegExp) => assert.rejects(openDatabase({ url, role: 'web' }), reason);

it('opens for a plain member', async (t) => {
  const { url } = await addLogin(t, '', ['smtp_sync_web', 'smtp_sync_worker']);
  const db = await openDatabase({ url, role: 'worker', max: 1 });
  const [row] = await db.asNobody((tx) => tx.query('SELECT current_user AS role'));
  await db.close();
  assert.deepEqual(row, { role: 'smtp_sync_worker' });
});

it('refuses a superuser, a role that bypasses, and one that makes roles', async (t) => {
  await refuses((await addLogin(t, 'SUPERUSER', [])).url, /is a superuser/);
  await refuses((await addLogin(t, 'BYPASSRLS', ['smtp_sync_web'])).url, /BYPASSRLS/);
  await refuses((await addLogin(t, 'CREATEROLE', ['smtp_sync_web'])).url, /CREATEROLE/);
});

it('refuses a role that could become one that bypasses, without inheriting either', async (t) => {
  const bypassing = await addLogin(t, 'BYPASSRLS', []);
  const between = await addLogin(t, 'NOINHERIT', [bypassing.name]);
  const { url } = await addLogin(t, '', ['smtp_sync_web', between.name]);
  await refuses(url, new RegExp(`BYPASSRLS.*through its membership in "${bypassing.name}"`));
});

it('refuses an owner of tenant tables, directly and through a role, and the gate', async (t) => {
  const owner = await addLogin(t, '', ['smtp_sync_web']);
  const heir = await addLogin(t, '', ['smtp_sync_web', owner.name]);
  await database.asOwner(`ALTER TABLE fingerprints OWNER TO ${owner.name}`);
  await refuses(owner.url, /owns tenant tables/);
  await refuses(heir.url, /owns tenant tables.*through its membership/);
  await refuses((await addLogin(t, '', ['smtp_sync_web', 'smtp_sync_gate'])).url, /cross tenants/);
});

it('refuses a login that is not a member of the role it is to work as', async (t) => {
  const { url } = await addLogin(t, '', ['smtp_sync_worker']);
  await refuses(url, /not a member of smtp_sync_web.*npm run migrate/);
});

it('refuses a database that lacks migrations', async (t) => {
  const name = `empty_${randomBytes(4).toString('hex')}`;
  await database.asOwner(`CREATE DATABASE ${name}`);
  t.after(() => database.asOwner(`DROP DATABASE ${name}`).then(() => undefined));
  const url = new URL(database.webUrl);
  url.pathname = name;
  await refuses(url.href, /lacks migrations: run "npm run migrate"/);
});

it('says database-unavailable when nobody listens, and when the password is not accepted', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address && typeof address === 'object');
  server.close();
  await once(server, 'close');
  await assert.rejects(
    openDatabase({ url: `postgres://u:p@127.0.0.1:${address.port}/x`, role: 'web' }),
    (error) => isFault(error, 'database-unavailable'),
  );
});

it('demands verified TLS of every database that is not on this machine', () => {
  for (const mode of ['disable', 'no-verify']) {
    assert.throws(
      () => connectionOf(`postgres://u:secret@db.example.com/x?sslmode=${mode}`),
      (error: Error) => {
        assert.match(error.message, /verify-full/);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      },
    );
  }
  for (const query of ['', '?sslmode=require', '?sslmode=verify-full', '?sslmode=prefer']) {
    assert.equal(connectionOf(`postgres://u:p@db.example.com/x${query}`).ssl, true);
  }
  for (const host of ['127.0.0.1', 'localhost', '[::1]']) {
    assert.equal(connectionOf(`postgres://u:p@${host}:5433/x?sslmode=disable`).ssl, false);
  }
  assert.equal(connectionOf('postgres://u:p@127.0.0.1.example.com/x').ssl, true);
  const socket = connectionOf('postgres://u:p@/x?host=/run/postgresql');
  assert.deepEqual([socket.host, socket.ssl], ['/run/postgresql', undefined]);
  assert.throws(() => connectionOf('mysql://u:p@localhost/x'), /postgres:\/\//);
});

it('gives every connection back, whatever happens in the transaction', async () => {
  const db = await database.open('web', 1);
  const broken = new Error('mine');
  for (let round = 0; round < 3; round++) {
    await assert.rejects(
      db.asNobody(() => Promise.reject(broken)),
      (error) => error === broken,
    );
    await assert.rejects(
      db.asNobody((tx) => tx.query('SELECT 1/0')),
      /division by zero/,
    );
    await assert.rejects(
      db.asNobody(async (tx) => {
        const [row] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
        await database.asOwner('SELECT pg_terminate_backend($1, 5000)', [row?.pid]);
        await tx.query('SELECT 1');
      }),
      (error) => isFault(error, 'database-unavailable'),
    );
    assert.deepEqual(await db.asNobody((tx) => tx.query('SELECT 1 AS one')), [{ one: 1 }]);
  }
});

it('commits nothing when a statement had failed, even if the failure was swallowed', async () => {
  const db = await database.open('web', 1);
  await assert.rejects(
    db.asNobody(async (tx) => {
      await tx.query("INSERT INTO sign_ins (state_hash, expires_at) VALUES ('swallowed', now())");
      await tx.query('SELECT 1/0').catch(() => undefined);
    }),
  );
  assert.deepEqual(await database.asOwner("SELECT 1 FROM sign_ins WHERE state_hash = 'swallowed'"), []);
});
