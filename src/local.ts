/** What `npm start` and `npm run demo` keep in the data directory, for a web or worker process started by itself. */
import { type Environment, present } from './config-parse.ts';
import { findEmbedded } from './db/embedded.ts';
import { findKeys, type Keys } from './keys.ts';

/**
 * The environment with what is absent filled in: the running embedded database's URL, and the keys made at the first
 * start (never in production). What is not there stays absent, and the configuration says so.
 */
export async function withLocalDefaults(env: Environment, process: 'web' | 'worker'): Promise<Environment> {
  const dataDir = env.DATA_DIR || './data';
  const embedded = env.DATABASE_URL ? null : await findEmbedded(dataDir);
  const keys = env.NODE_ENV === 'production' ? null : findKeys(dataDir);
  return {
    ...(keys && keysFor(process, keys)),
    ...(embedded && { DATABASE_URL: process === 'web' ? embedded.webUrl : embedded.workerUrl }),
    ...present(env),
  };
}

const keysFor = (process: 'web' | 'worker', { UNSEAL_PRIVATE_KEYS, ...webKeys }: Keys): Environment =>
  process === 'web' ? webKeys : { UNSEAL_PRIVATE_KEYS };
