/**
 * Whose a running embedded server is. Its starter's, as `<dir>/postgres.owner` says; when that process has died, for
 * it may have been killed, the server is adopted by whoever finds it next, so that in the end somebody stops it.
 */
import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const fileIn = (dir: string): string => join(dir, 'postgres.owner');

/** A process for good: its number and, where the system tells, when it began (proc(5), field 22). Null: it is gone. */
async function identify(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat !== null) return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  try {
    process.kill(pid, 0);
    return process.platform === 'linux' ? null : `${pid}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? `${pid}` : null;
  }
}

const readOwner = async (dir: string): Promise<string> =>
  (await readFile(fileIn(dir), 'utf8').catch(() => '')).trim();

/** Makes the caller the owner; of several that do so the last one is. Returns what proves it. */
export async function claim(dir: string): Promise<string> {
  const mark = randomBytes(8).toString('hex');
  const claimed = `${await identify(process.pid)} ${mark}`;
  const draft = `${fileIn(dir)}.${mark}`;
  await writeFile(draft, `${claimed}\n`);
  await rename(draft, fileIn(dir));
  return claimed;
}

/** Whether the owner's process lives. */
export async function isOwned(dir: string): Promise<boolean> {
  const owner = (await readOwner(dir)).replace(/ [0-9a-f]{16}$/, '');
  return owner !== '' && (await identify(Number(owner.split(' ')[0]))) === owner;
}

export const isStillClaimed = async (dir: string, claimed: string): Promise<boolean> =>
  (await readOwner(dir)) === claimed;
