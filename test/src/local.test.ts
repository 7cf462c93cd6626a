import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { type Embedded, startEmbedded } from '../../src/db/embedded.ts';
import { type Keys, keepKeys } from '../../src/keys.ts';
import { withLocalDefaults } from '../../src/local.ts';

let dir: string;
let keys: Keys;
let embedded: Embedded;
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'smtp-sync-local-'));
  await chmod(dir, 0o755);
  keys = keepKeys(dir);
  embedded = await startEmbedded(dir);
});
after(async () => {
  await embedded.stop();
  await rm(dir, { recursive: true, force: true });
});

it('gives each process what is its own; an empty value counts as absent', async () => {
  const { SEAL_PUBLIC_KEY, SESSION_SECRET, UNSEAL_PRIVATE_KEYS } = keys;
  const env = { DATA_DIR: dir, DATABASE_URL: '', SESSION_SECRET: '' };
  const web = { SEAL_PUBLIC_KEY, SESSION_SECRET, DATABASE_URL: embedded.webUrl, DATA_DIR: dir };
  assert.deepEqual(await withLocalDefaults(env, 'web'), web);
  const worker = { UNSEAL_PRIVATE_KEYS, DATABASE_URL: embedded.workerUrl, DATA_DIR: dir };
  assert.deepEqual(await withLocalDefaults(env, 'worker'), worker);
});

it('leaves what is configured, and gives no keys in production', async () => {
  const env = { DATA_DIR: dir, DATABASE_URL: 'postgres://db.example.org/x', NODE_ENV: 'production' };
  for (const process of ['web', 'worker'] as const)
    assert.deepEqual(await withLocalDefaults(env, process), env);
});
