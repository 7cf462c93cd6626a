/** Before anything runs: is this login one that row-level security holds? */
import { type Ask, DatabaseRefusal } from './connection.ts';
import { listMigrations } from './migrations.ts';

interface Standing {
  login: string;
  version: number;
  runtime_role: boolean;
  member: boolean;
  migrations: boolean;
}

interface Power {
  name: string;
  superuser: boolean;
  bypasses: boolean;
  creates_roles: boolean;
  owns: boolean;
}

/**
 * Throws DatabaseRefusal with one sentence that says what to do when the login could get round row-level security,
 * by itself or through any role it is a member of, or cannot work as `role`, or migrations are missing.
 */
export async function assertHeldByRls(ask: Ask, role: string): Promise<void> {
  const standing = await readStanding(ask, role);
  if (standing.version < 150_000) throw new DatabaseRefusal('The database must be PostgreSQL 15 or newer.');
  const powers = await ask<Power>(
    `SELECT r.rolname AS name, r.rolsuper AS superuser, r.rolbypassrls AS bypasses, r.rolcreaterole AS creates_roles,
       r.rolname = 'smtp_sync_gate' OR EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid AND c.relrowsecurity) AS owns
     FROM pg_roles r WHERE pg_has_role(session_user, r.oid, 'MEMBER')`,
  );
  for (const power of powers) refusePower(standing.login, power);
  if (!standing.migrations || !standing.runtime_role) throw new DatabaseRefusal(MIGRATE);
  if (!standing.member) {
    throw new DatabaseRefusal(
      `The database role "${standing.login}" is not a member of ${role}: run "npm run migrate" with DATABASE_URL naming this role, or GRANT ${role} TO it as the owner.`,
    );
  }
  await assertMigrated(ask);
}

const MIGRATE = 'The database lacks migrations: run "npm run migrate" first.';

async function readStanding(ask: Ask, role: string): Promise<Standing> {
  const [standing] = await ask<Standing>(
    `SELECT session_user::text AS login, current_setting('server_version_num')::int AS version,
       EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS runtime_role,
       EXISTS (SELECT FROM pg_roles WHERE rolname = $1 AND pg_has_role(session_user, oid, 'USAGE')) AS member,
       to_regclass('public.schema_migrations') IS NOT NULL AS migrations`,
    [role],
  );
  if (!standing) throw new DatabaseRefusal('The database gave no answer.');
  return standing;
}

function refusePower(login: string, power: Power): void {
  const through = power.name === login ? '' : ` through its membership in "${power.name}"`;
  const what = power.superuser
    ? 'is a superuser'
    : power.bypasses
      ? 'bypasses row-level security (BYPASSRLS)'
      : power.creates_roles
        ? 'may create roles and so give itself any other (CREATEROLE)'
        : power.owns
          ? 'owns tenant tables or the functions that cross tenants'
          : null;
  if (!what) return;
  throw new DatabaseRefusal(
    `The database role "${login}" ${what}${through}, so one user's rows would not be safe from another's: CREATE ROLE a plain LOGIN role in SQL, put it into DATABASE_URL, keep this one for DATABASE_OWNER_URL, and run "npm run migrate".`,
  );
}

async function assertMigrated(ask: Ask): Promise<void> {
  const rows = await ask<{ version: number }>('SELECT version FROM public.schema_migrations');
  const applied = new Set(rows.map((row) => row.version));
  const missing = (await listMigrations()).filter((migration) => !applied.has(migration.version));
  if (missing.length > 0) throw new DatabaseRefusal(MIGRATE);
}
