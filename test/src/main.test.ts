import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import * as test from 'node:test';
import { generateKeys } from '../../src/keys.ts';
import { openTestDatabase } from '../database.ts';

const database = await openTestDatabase(test);
const { UNSEAL_PRIVATE_KEYS, ...webKeys } = generateKeys();
const BASE = {
  PATH: process.env.PATH ?? '',
  PORT: '0',
  METRICS_PORT: '0',
  PUBLIC_URL: 'http://localhost:3000',
};

interface Line {
  readonly event: string;
  readonly port?: number;
}

const start = (env: Record<string, string>): ChildProcess =>
  spawn(process.execPath, ['src/main.ts'], { env, stdio: ['ignore', 'pipe', 'pipe'] });

/** Log lines up to the event. */
async function readUntil(child: ChildProcess, event: string): Promise<Line[]> {
  assert.ok(child.stdout);
  const lines: Line[] = [];
  for await (const text of createInterface({ input: child.stdout })) {
    const line = JSON.parse(text) as Line;
    lines.push(line);
    if (line.event === event) return lines;
  }
  throw new Error(`ended without ${event}`);
}

test.test('the web process gets ready, holds no private key, and ends on SIGTERM', async (t) => {
  const child = start({ ...BASE, ...webKeys, UNSEAL_PRIVATE_KEYS, DATABASE_URL: database.webUrl });
  t.after(() => child.kill('SIGKILL'));
  const lines = await readUntil(child, 'web-listening');
  assert.ok(lines.some(({ event }) => event === 'private-keys-dropped'));
  const port = lines.at(-1)?.port;
  assert.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200);
  assert.match(await (await fetch(`http://127.0.0.1:${port}/`)).text(), /Continue with Google/);
  const began = performance.now();
  child.kill('SIGTERM');
  const [code, signal] = await once(child, 'exit');
  assert.deepEqual([code, signal], [0, null]);
  assert.ok(performance.now() - began < 5000);
});

test.test('a database login that row-level security does not hold is refused with a sentence', async (t) => {
  const programs = [
    ['src/main.ts', { ...BASE, ...webKeys }],
    ['workers/main.ts', { PATH: BASE.PATH, METRICS_PORT: '0', UNSEAL_PRIVATE_KEYS }],
  ] as const;
  for (const [program, env] of programs) {
    const child = spawn(process.execPath, [program], {
      env: { ...env, DATABASE_URL: database.ownerUrl },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    t.after(() => child.kill('SIGKILL'));
    const words = await child.stderr.setEncoding('utf8').toArray();
    assert.match(words.join(''), /"postgres" is a superuser.*put it into DATABASE_URL.*npm run migrate/);
    assert.ok(!words.join('').includes(new URL(database.ownerUrl).password));
    assert.equal(child.exitCode ?? (await once(child, 'exit'))[0], 1);
  }
});

test.test('an unusable configuration ends it with a sentence that holds no value', async (t) => {
  const child = start({ ...BASE, DATABASE_URL: 'postgres://me:canary@', SEAL_PUBLIC_KEY: 'canary' });
  t.after(() => child.kill('SIGKILL'));
  let text = '';
  child.stderr?.on('data', (chunk) => {
    text += chunk;
  });
  const [code] = await once(child, 'close');
  assert.equal(code, 1);
  assert.match(text, /SEAL_PUBLIC_KEY/);
  assert.match(text, /SESSION_SECRET/);
  assert.doesNotMatch(text, /canary/);
});

test.test('a taken PORT is a sentence, a taken METRICS_PORT only a warning', async (t) => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  t.after(() => holder.close());
  const taken = String((holder.address() as AddressInfo).port);
  const env = { ...BASE, ...webKeys, DATABASE_URL: database.webUrl };

  const refused = start({ ...env, PORT: taken });
  t.after(() => refused.kill('SIGKILL'));
  let said = '';
  refused.stderr?.on('data', (chunk) => {
    said += chunk;
  });
  assert.deepEqual(await once(refused, 'close'), [1, null]);
  assert.match(said, new RegExp(`PORT ${taken} is in use`));

  const warned = start({ ...env, METRICS_PORT: taken });
  t.after(() => warned.kill('SIGKILL'));
  const lines = await readUntil(warned, 'web-listening');
  assert.ok(lines.some(({ event }) => event === 'no metrics'));
  warned.kill('SIGTERM');
  await once(warned, 'exit');
});
