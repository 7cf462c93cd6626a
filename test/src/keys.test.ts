import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { readWebConfig, readWorkerConfig } from '../../src/config.ts';
import { generateKeys, keepKeys } from '../../src/keys.ts';
import { publicKeyOf } from '../../workers/unseal.ts';

const run = promisify(execFile);

async function newDir(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'smtp-sync-keys-'));
  t.after(() => rm(dir, { recursive: true }));
  return dir;
}

test('a fresh set fits together and into the configuration', () => {
  const keys = generateKeys();
  assert.equal(publicKeyOf(keys.UNSEAL_PRIVATE_KEYS), keys.SEAL_PUBLIC_KEY);
  const env = { ...keys, DATABASE_URL: 'postgres://db.example.org/x' };
  assert.equal(readWebConfig(env).sealPublicKey, keys.SEAL_PUBLIC_KEY);
  assert.deepEqual(readWorkerConfig(env).unsealPrivateKeys, [keys.UNSEAL_PRIVATE_KEYS]);
  assert.notDeepEqual(generateKeys(), keys);
});

test('keys are kept for their owner’s eyes only, and found again', async (t) => {
  const dir = join(await newDir(t), 'data');
  const keys = keepKeys(dir);
  assert.deepEqual(keepKeys(dir), keys);
  assert.equal((await stat(join(dir, 'keys'))).mode & 0o777, 0o700);
  assert.equal((await stat(join(dir, 'keys/keys.env'))).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(join(dir, 'keys')), ['keys.env']);
});

test('processes that start at once agree', async (t) => {
  const dir = await newDir(t);
  const script = `import { keepKeys } from './src/keys.ts'; console.log(JSON.stringify(keepKeys(${JSON.stringify(dir)})))`;
  const args = ['--input-type=module', '-e', script];
  const made = await Promise.all(Array.from({ length: 4 }, () => run(process.execPath, args)));
  assert.equal(new Set(made.map(({ stdout }) => stdout)).size, 1);
});

test('a file that lacks a key is not silently completed', async (t) => {
  const dir = await newDir(t);
  keepKeys(dir);
  await writeFile(join(dir, 'keys/keys.env'), 'SESSION_SECRET=canary\n');
  assert.throws(
    () => keepKeys(dir),
    (error: Error) => /keys\.env must hold/.test(error.message) && !error.message.includes('canary'),
  );
});

test('`npm run keys` prints an env file', async () => {
  const { stdout } = await run(process.execPath, ['src/keys.ts']);
  assert.match(stdout, /^SEAL_PUBLIC_KEY=\S+\nUNSEAL_PRIVATE_KEYS=\S+\nSESSION_SECRET=\S+\n$/);
});
