/**
 * Keys for an installation: a key pair for sealing and a secret for cookies, in the form of the environment.
 * `npm run keys` prints a fresh set; `npm start` without any keeps one in the data directory.
 */
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

export interface Keys {
  readonly SEAL_PUBLIC_KEY: string;
  /** The current key first, separated by commas. */
  readonly UNSEAL_PRIVATE_KEYS: string;
  readonly SESSION_SECRET: string;
}

const FILE = 'keys.env';

export function generateKeys(): Keys {
  const { d, x } = generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' });
  return {
    SEAL_PUBLIC_KEY: `smtp-sync-pub1:${x}`,
    UNSEAL_PRIVATE_KEYS: `smtp-sync-prv1:${d}`,
    SESSION_SECRET: randomBytes(32).toString('base64url'),
  };
}

/** Lines for an env file. */
export const formatKeys = (keys: Keys): string =>
  Object.entries(keys)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');

/**
 * The keys kept in `<dataDir>/keys` (0700) as `keys.env` (0600), made if there are none. Processes that start at
 * once agree: a complete file is linked into place, and the first link wins. Throws when the file lacks a key.
 */
export function keepKeys(dataDir: string): Keys {
  const dir = join(dataDir, 'keys');
  const path = join(dir, FILE);
  const kept = readKeys(path);
  if (kept) return kept;
  // The data directory itself stays traversable: the embedded database may run under another account.
  mkdirSync(dataDir, { recursive: true });
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const draft = join(dir, `.${FILE}.${randomUUID()}`);
  writeFileSync(draft, formatKeys(generateKeys()), { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  const made = readKeys(path);
  if (!made) throw new Error(`${path} vanished`);
  return made;
}

/** The keys that `keepKeys` made before; null when there are none. Writes nothing. */
export const findKeys = (dataDir: string): Keys | null => readKeys(join(dataDir, 'keys', FILE));

function readKeys(path: string): Keys | null {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const { SEAL_PUBLIC_KEY, UNSEAL_PRIVATE_KEYS, SESSION_SECRET } = parseEnv(content);
  if (!SEAL_PUBLIC_KEY || !UNSEAL_PRIVATE_KEYS || !SESSION_SECRET) {
    throw new Error(`${path} must hold SEAL_PUBLIC_KEY, UNSEAL_PRIVATE_KEYS and SESSION_SECRET`);
  }
  return { SEAL_PUBLIC_KEY, UNSEAL_PRIVATE_KEYS, SESSION_SECRET };
}

if (import.meta.main) process.stdout.write(formatKeys(generateKeys()));
