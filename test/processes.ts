/** The service's processes one by one, as `npm run` starts them. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const ROOT = new URL('..', import.meta.url).pathname;

/** `npm run <script>`, as package.json has it. */
export async function commandOf(script: string): Promise<string[]> {
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  return String(scripts[script])
    .replace(/^exec node /, '')
    .split(' ');
}

/** Resolves when it has logged `event`. */
export async function start(
  script: string,
  env: Record<string, string>,
  event: string,
): Promise<ChildProcess> {
  const child = spawn(process.execPath, await commandOf(script), {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout }))
    if (JSON.parse(line).event === event) {
      child.stdout.resume();
      return child;
    }
  return assert.fail(`${script} ended`);
}

/** The exit code; null when it had ended already or the signal ended it. */
export const end = async (
  child: ChildProcess | undefined,
  signal: NodeJS.Signals,
): Promise<number | null> => {
  if (!child || child.exitCode !== null || child.signalCode !== null) return null;
  child.kill(signal);
  return (await once(child, 'exit'))[0];
};
