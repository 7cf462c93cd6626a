/** Views of the environment for the commands around the two processes: start, migrate, rotate-keys. */
import { z } from 'zod';
import { webFields, workerFields } from './config.ts';
import { databaseUrl, integer, privateKeys, text } from './config-fields.ts';
import { ConfigError, type Environment, parse, present } from './config-parse.ts';

/** Read by commands and by neither process. */
const COMMANDS_OWN = ['DATABASE_OWNER_URL', 'DATA_DIR'] as const;
const KEYS = ['SEAL_PUBLIC_KEY', 'UNSEAL_PRIVATE_KEYS', 'SESSION_SECRET'] as const;
/** Well-formed, and replaced before anything starts: lets the rest be checked before there are keys. */
const PLACEHOLDERS = {
  SEAL_PUBLIC_KEY: `smtp-sync-pub1:${'A'.repeat(43)}`,
  UNSEAL_PRIVATE_KEYS: `smtp-sync-prv1:${'A'.repeat(43)}`,
  SESSION_SECRET: '-'.repeat(32),
};

const dataDir = text.prefault('./data');

/** What `npm run migrate` needs. `database` null: the embedded one in `dataDir`. Throws ConfigError. */
export function readMigrateConfig(env: Environment) {
  const given = present(env);
  const external = given.DATABASE_URL !== undefined || given.DATABASE_OWNER_URL !== undefined;
  const url = external ? databaseUrl : databaseUrl.optional();
  const fields = parse(given, z.object({ DATA_DIR: dataDir, DATABASE_URL: url, DATABASE_OWNER_URL: url }));
  const { DATABASE_URL, DATABASE_OWNER_URL } = fields;
  return Object.freeze({
    dataDir: fields.DATA_DIR,
    database:
      DATABASE_URL === undefined || DATABASE_OWNER_URL === undefined
        ? null
        : Object.freeze({ url: DATABASE_URL, ownerUrl: DATABASE_OWNER_URL }),
  });
}

/** What `npm run rotate-keys` needs. What is null is in `dataDir`. Throws ConfigError. */
export function readRotateConfig(env: Environment) {
  const keys = env.NODE_ENV === 'production' ? privateKeys : privateKeys.optional();
  const shape = { DATA_DIR: dataDir, DATABASE_URL: databaseUrl.optional(), UNSEAL_PRIVATE_KEYS: keys };
  const fields = parse(env, z.object(shape));
  return Object.freeze({
    dataDir: fields.DATA_DIR,
    databaseUrl: fields.DATABASE_URL ?? null,
    unsealPrivateKeys: fields.UNSEAL_PRIVATE_KEYS ?? null,
  });
}

/**
 * What `npm start` needs, after checking what its two processes will read, so that a mistake shows at once and
 * whole. Keys must be configured in production; elsewhere all of them or none. Throws ConfigError.
 */
export function readStartConfig(env: Environment) {
  const given = present(env);
  const keysGiven = KEYS.some((key) => given[key] !== undefined);
  const keysNeeded = keysGiven || given.NODE_ENV === 'production';
  const checked = {
    // An owner's connection alone: a database is meant, and not said which login is for the processes.
    ...(given.DATABASE_OWNER_URL === undefined && { DATABASE_URL: 'postgres://to-be-started' }),
    ...(keysNeeded ? {} : PLACEHOLDERS),
    ...given,
  };
  const shape = {
    ...workerFields(checked),
    ...webFields(checked),
    DATA_DIR: dataDir,
    DATABASE_OWNER_URL: databaseUrl.optional(),
  };
  const fields = parse(checked, z.object(shape));
  if (fields.PORT === 0) throw new ConfigError(['PORT must not be 0 here.']);
  return Object.freeze({
    dataDir: fields.DATA_DIR,
    port: fields.PORT,
    host: fields.HOST,
    publicUrl: fields.PUBLIC_URL,
    /** The worker's: next to the web process's, which has METRICS_PORT itself. */
    workerMetricsPort: fields.METRICS_PORT === 0 ? 0 : fields.METRICS_PORT + 1,
    logLevel: fields.LOG_LEVEL,
    /** null: the embedded one in `dataDir`. Its `ownerUrl` null: somebody else runs the migrations. */
    database:
      given.DATABASE_URL === undefined
        ? null
        : Object.freeze({ url: fields.DATABASE_URL, ownerUrl: fields.DATABASE_OWNER_URL ?? null }),
    /** null: to be generated in `dataDir`. */
    keys: keysNeeded
      ? Object.freeze({
          SEAL_PUBLIC_KEY: fields.SEAL_PUBLIC_KEY,
          UNSEAL_PRIVATE_KEYS: fields.UNSEAL_PRIVATE_KEYS.join(','),
          SESSION_SECRET: fields.SESSION_SECRET,
        })
      : null,
    /** The environments of the two processes, still without keys and database where these are null. */
    webEnvironment: environmentFor('web', given),
    workerEnvironment: environmentFor('worker', given),
  });
}
export type StartConfig = ReturnType<typeof readStartConfig>;

/** What `npm run demo` needs: a port if one is wanted, and what is not ours to pass on. Throws ConfigError. */
export function readDemoConfig(env: Environment) {
  const fields = parse(env, z.object({ PORT: integer(0, 65_535).prefault('0') }));
  const ours = new Set([
    ...Object.keys(webFields({})),
    ...Object.keys(workerFields({})),
    ...COMMANDS_OWN,
    'NODE_ENV',
  ]);
  const foreign = Object.entries(present(env)).filter(([key]) => !ours.has(key));
  return Object.freeze({
    port: fields.PORT,
    environment: Object.fromEntries(foreign.map(([key, value]) => [key, String(value)])),
  });
}

/**
 * The environment with only its own part of our keys; what is not ours (PATH, TZ, NODE_EXTRA_CA_CERTS, …) passes.
 * Neither process gets the owner's database connection.
 */
export function environmentFor(process: 'web' | 'worker', env: Environment): Record<string, string> {
  const web = Object.keys(webFields(env));
  const worker = Object.keys(workerFields(env));
  const own = new Set(process === 'web' ? web : worker);
  const ours = new Set([...web, ...worker, ...COMMANDS_OWN]);
  const passing = Object.entries(present(env)).filter(([key]) => own.has(key) || !ours.has(key));
  return Object.fromEntries(passing.map(([key, value]) => [key, String(value)]));
}
