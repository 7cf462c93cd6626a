/** A PostgreSQL that the service did not bring: the oldest on this machine, Debian's where there is one. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from '../demo/free-port.ts';
import { type Account, type Binaries, findAccount, findBinaries } from '../src/db/embedded-binaries.ts';
import { untilSome } from './service.ts';

const run = promisify(execFile);

export interface ExternalDatabase {
  /** Every role's password is `secret`. */
  urlOf(role: string, database: string): string;
  /** As the superuser; the last statement's rows. */
  query<Row extends pg.QueryResultRow>(database: string, ...statements: string[]): Promise<Row[]>;
  /** SIGINT: orderly, but at once; SIGQUIT: as in a crash. Resolves when it serves again. */
  restart(signal: 'SIGINT' | 'SIGQUIT'): Promise<void>;
  stop(): Promise<void>;
}

export async function startExternalDatabase(): Promise<ExternalDatabase> {
  const dir = await mkdtemp(join(tmpdir(), 'smtp-sync-external-'));
  await chmod(dir, 0o755);
  const account = await findAccount();
  const { initdb, postgres } = await oldestBinaries(account);
  const data = join(dir, 'data');
  const passwordFile = join(dir, 'password');
  await mkdir(data, { mode: 0o700 });
  await writeFile(passwordFile, 'secret\n');
  if (account) await chown(data, account.uid, account.gid);
  const as = { ...account, cwd: '/', env: { LC_ALL: 'C' } };
  const flags = ['-U', 'postgres', '-A', 'scram-sha-256', '--locale=C', '-E', 'UTF8'];
  await run(initdb, ['-D', data, `--pwfile=${passwordFile}`, ...flags], as);
  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'];
  const options = ['-D', data, '-p', String(port), ...settings.flatMap((one) => ['-c', one])];
  const launch = () => spawn(postgres, options, { ...as, stdio: 'ignore' });
  let server = launch();
  const urlOf = (role: string, database: string) => `postgres://${role}:secret@127.0.0.1:${port}/${database}`;
  const query: ExternalDatabase['query'] = async <Row extends pg.QueryResultRow>(
    database: string,
    ...statements: string[]
  ) => {
    const client = new pg.Client({ connectionString: urlOf('postgres', database) });
    await client.connect();
    try {
      let rows: Row[] = [];
      for (const statement of statements) ({ rows } = await client.query<Row>(statement));
      return rows;
    } finally {
      await client.end();
    }
  };
  const serves = () => untilSome(() => query('postgres', 'SELECT 1').catch(() => null));
  await serves();
  return {
    urlOf,
    query,
    async restart(signal) {
      server.kill(signal);
      await once(server, 'exit');
      server = launch();
      await serves();
    },
    async stop() {
      server.kill('SIGINT');
      await once(server, 'exit');
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function oldestBinaries(account: Account | null): Promise<Binaries> {
  const [oldest] = globSync('/usr/lib/postgresql/*/bin').sort();
  if (!oldest || !existsSync(join(oldest, 'initdb'))) return findBinaries(account);
  return { initdb: join(oldest, 'initdb'), postgres: join(oldest, 'postgres') };
}
