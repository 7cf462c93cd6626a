/** What the embedded PostgreSQL keeps on disk: its passwords and its data directory, each made once. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  access,
  chown,
  link,
  mkdir,
  readFile,
  realpath,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { type Account, type Binaries, isReachable } from './embedded-binaries.ts';

const run = promisify(execFile);

const secretsSchema = z.object({ owner: z.string(), web: z.string(), worker: z.string() });
export type Secrets = z.infer<typeof secretsSchema>;

export interface Cluster {
  /** The data directory, symbolic links resolved. */
  readonly dir: string;
  readonly binaries: Binaries;
}

/** The passwords in `postgres.json`; null when there are none and `create` is false. */
export async function readSecrets(dir: string, options: { create: boolean }): Promise<Secrets | null> {
  const file = join(dir, 'postgres.json');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text !== null) return secretsSchema.parse(JSON.parse(text));
  if (!options.create) return null;
  const password = () => randomBytes(24).toString('base64url');
  const secrets: Secrets = { owner: password(), web: password(), worker: password() };
  const own = `${file}.${randomBytes(4).toString('hex')}`;
  await writeFile(own, `${JSON.stringify(secrets)}\n`, { mode: 0o600 });
  try {
    // A link is made whole or not at all; the second of two processes reads the first one's.
    await link(own, file);
    return secrets;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return readSecrets(dir, options);
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

/**
 * The data directory `<dir>/postgres`, initialised at the first call. When root's data directory is one that
 * PostgreSQL's account cannot reach (below /root), `<dir>/postgres` becomes a link to `data` in a directory of its own
 * in /var/lib, which says in `belongs-to` whose it is. It is never removed here: who removes `dir` removes it too.
 */
export async function ensureCluster(
  dir: string,
  secrets: Secrets,
  account: Account | null,
  binaries: Binaries,
): Promise<Cluster> {
  const target = join(dir, 'postgres');
  const there = await access(join(target, 'PG_VERSION')).then(
    () => true,
    () => false,
  );
  if (!there) await initialise(dir, target, secrets, account, binaries);
  return { dir: await realpath(target), binaries };
}

async function initialise(
  dir: string,
  target: string,
  secrets: Secrets,
  account: Account | null,
  binaries: Binaries,
): Promise<void> {
  const elsewhere = account !== null && !(await isReachable(dir, account));
  const name = `${process.pid}-${randomBytes(4).toString('hex')}`;
  const own = elsewhere ? `/var/lib/smtp-sync-postgres-${name}` : `${target}.${name}`;
  const passwordFile = join(own, 'password');
  const data = join(own, 'data');
  await mkdir(data, { recursive: true, mode: 0o700 });
  try {
    await writeFile(passwordFile, `${secrets.owner}\n`, { mode: 0o600 });
    if (account) {
      for (const path of [own, data, passwordFile]) await chown(path, account.uid, account.gid);
    }
    const flags = ['--username=postgres', '--encoding=UTF8', '--locale=C', '--auth=scram-sha-256'];
    await run(binaries.initdb, [`--pgdata=${data}`, `--pwfile=${passwordFile}`, ...flags], {
      ...account,
      cwd: '/',
      env: { LC_ALL: 'C' },
    });
    await rm(passwordFile);
    if (elsewhere) await writeFile(join(own, 'belongs-to'), `${dir}\n`);
    // Of two processes the first to get here wins; the other's work is thrown away.
    if (elsewhere) await symlink(data, target);
    else await rename(data, target);
    if (!elsewhere) await rm(own, { recursive: true });
  } catch (error) {
    await rm(own, { recursive: true, force: true });
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'EEXIST' && code !== 'ENOTEMPTY') throw error;
  }
}
