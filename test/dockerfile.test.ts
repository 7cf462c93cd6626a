import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = new URL('..', import.meta.url).pathname;

/** What each stage of the Dockerfile takes from the checkout, in order. */
async function copiedByStage(): Promise<readonly (readonly string[])[]> {
  const stages: string[][] = [];
  for (const line of (await readFile(join(ROOT, 'Dockerfile'), 'utf8')).split('\n')) {
    if (line.startsWith('FROM ')) stages.push([]);
    if (line.startsWith('COPY ') && !line.includes('--from='))
      stages.at(-1)?.push(...line.split(/\s+/).slice(1, -1));
  }
  return stages;
}

test('the image’s first stage copies what building the dashboard takes', async (t) => {
  const [paths = []] = await copiedByStage();
  const dir = await mkdtemp(join(tmpdir(), 'smtp-sync-image-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  for (const path of paths) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    const filter = (source: string) => !source.endsWith('/dist');
    await cp(join(ROOT, path), join(dir, path), { recursive: true, filter });
  }
  await symlink(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
  await run(process.execPath, ['dashboard/build.ts'], { cwd: dir });
  assert.ok((await stat(join(dir, 'dashboard/dist'))).isDirectory());
});

test('the build’s context has every file that a stage copies', async () => {
  const allowed = (await readFile(join(ROOT, '.dockerignore'), 'utf8')).split('\n');
  for (const path of (await copiedByStage()).flat()) assert.ok(allowed.includes(`!${path}`), path);
});
