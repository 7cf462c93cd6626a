/** What the flags of `npm run worker` allow: an attempt of each kind of writing and starting. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { commandOf } from '../processes.ts';

const run = promisify(execFile);

test('a worker writes no file and starts no program', async () => {
  const flags = (await commandOf('worker')).filter((word) => word.startsWith('--'));
  const target = join(tmpdir(), `smtp-sync-written-${process.pid}`);
  const attempts = [
    `await fs.promises.writeFile(${JSON.stringify(target)}, 'x')`,
    `fs.mkdirSync(${JSON.stringify(target)})`,
    `fs.symlinkSync('/etc', ${JSON.stringify(target)})`,
    "(await import('node:child_process')).execFileSync('true')",
    "new (await import('node:worker_threads')).Worker('', { eval: true })",
  ];
  for (const attempt of attempts) {
    const code = `import fs from 'node:fs'; try { ${attempt}; console.log('done'); } catch (error) { console.log(error.code); }`;
    const { stdout } = await run(process.execPath, [...flags, '--input-type=module', '-e', code]);
    assert.equal(stdout.trim(), 'ERR_ACCESS_DENIED', attempt);
  }
  assert.ok(!existsSync(target));
});
