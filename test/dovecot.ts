/**
 * Debian's Dovecot as a child process, wholly inside a temporary directory, on loopback ports of its own. Works as
 * root (mail then belongs to `nobody`, because Dovecot serves none to root) and as anybody else.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Authority } from '../standins/authority.ts';
import { configuration, type DovecotPorts, heardIn, isRoot, mailGid, mailUid } from './dovecot-config.ts';

const BINARY = '/usr/sbin/dovecot';
const READY_MS = 20_000;
const STOP_MS = 10_000;

export interface Delivery {
  /** Default INBOX. */
  readonly folder?: string | undefined;
  /** INTERNALDATE; default now. */
  readonly at?: Date | undefined;
  /** Maildir's letters in alphabetical order, e.g. `FS` for flagged and seen; default none, and recent. */
  readonly flags?: string;
}

export interface Dovecot {
  readonly ports: DovecotPorts;
  addUser(name: string, password: string): Promise<void>;
  /**
   * Drops the message into the user's Maildir, bytes unchanged; UIDs follow the order of the calls. Dovecot serves
   * CRLF line ends, so what is to come back byte for byte must have no bare LF.
   */
  deliver(user: string, bytes: Uint8Array, delivery?: Delivery): Promise<void>;
  /** File names and bytes of what the folder holds now, oldest first; the name carries the flags after `:2,`. */
  stored(
    user: string,
    folder?: string,
  ): Promise<readonly { readonly name: string; readonly bytes: Buffer }[]>;
  /** Removes the `index`th stored message behind every client's back. */
  remove(user: string, index: number, folder?: string): Promise<void>;
  /** Makes the folder come back under another UIDVALIDITY; no session may have it open. */
  renumber(user: string, folder?: string): Promise<void>;
  /** Makes the folder go, with all that is in it. */
  removeFolder(user: string, folder: string): Promise<void>;
  /** Whether its file can be read, of the `index`th stored message. */
  setReadable(user: string, index: number, readable: boolean): Promise<void>;
  /** What clients have said to this user's sessions since the first call, without their logins. */
  heard(user: string): Promise<string>;
  /** Ends it, lets `between` happen while nobody is there, and starts it again on the same ports, as `settings` say. */
  restart(settings?: string, between?: () => Promise<void>): Promise<void>;
  /** Ends the process and removes the directory. */
  stop(): Promise<void>;
}

/**
 * Starts Dovecot with a certificate for localhost and 127.0.0.1. Throws when it is not installed. `specialUses`: what it
 * tells of folders by name, e.g. `\\Junk` (RFC 6154). `settings`: more of its configuration.
 */
export async function startDovecot(
  authority: Authority,
  specialUses: Readonly<Record<string, string>> = {},
  settings = '',
): Promise<Dovecot> {
  if (!existsSync(BINARY)) {
    throw new Error(`${BINARY} is missing: install dovecot-imapd and dovecot-pop3d (apt-get install)`);
  }
  const leaf = await authority.issue(['localhost', '127.0.0.1']);
  const dir = await mkdtemp(join(tmpdir(), 'smtp-sync-dovecot-'));
  await chmod(dir, 0o755);
  await writeFile(join(dir, 'cert.pem'), leaf.cert);
  await writeFile(join(dir, 'key.pem'), leaf.key, { mode: 0o600 });
  await mkdir(join(dir, 'passwd'), { mode: 0o755 });
  await mkdir(join(dir, 'heard'), { mode: 0o755 });
  const start = async (ports: DovecotPorts, more: string): Promise<ChildProcess> => {
    await writeFile(join(dir, 'dovecot.conf'), configuration(dir, ports, specialUses, more));
    const child = spawn(BINARY, ['-F', '-c', join(dir, 'dovecot.conf')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    try {
      await untilReady(child);
      return child;
    } catch (error) {
      await end(child);
      throw error;
    }
  };
  for (let tries = 1; ; tries += 1) {
    const [imap = 0, imaps = 0, pop3 = 0, pop3s = 0] = await freePorts(4);
    const ports = { imap, imaps, pop3, pop3s };
    try {
      let child = await start(ports, settings);
      const restart: Dovecot['restart'] = async (other = settings, between) => {
        await end(child);
        await between?.();
        child = await start(ports, other);
      };
      return { ports, ...mailOf(dir), restart, stop: () => stop(child, dir) };
    } catch (error) {
      // Another process may have taken a port in between.
      if (tries < 3 && String(error).includes('Address already in use')) continue;
      await rm(dir, { recursive: true, force: true });
      throw error;
    }
  }
}

/** Ports that are free now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function untilReady(child: ChildProcess): Promise<void> {
  let said = '';
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error(`Dovecot did not start in time: ${said}`)), READY_MS);
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said.includes('starting up')) resolve();
    if (said.includes('Fatal')) reject(new Error(`Dovecot does not start: ${said}`));
    if (said.length > 100_000) said = said.slice(-10_000);
  });
  child.once('exit', () => reject(new Error(`Dovecot does not start: ${said}`)));
  child.once('error', reject);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  child.once('exit', () => resolve());
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  child.kill('SIGTERM');
  await promise;
  clearTimeout(timer);
}

async function stop(child: ChildProcess, dir: string): Promise<void> {
  await end(child);
  await rm(dir, { recursive: true, force: true, maxRetries: 5 });
}

function mailOf(dir: string): Omit<Dovecot, 'ports' | 'restart' | 'stop'> {
  let delivered = 0;
  const made = new Set<string>();
  /** A Maildir++ folder: INBOX at the top, others as `.Name`. */
  const folderOf = (user: string, folder = 'INBOX'): string =>
    folder === 'INBOX' ? join(dir, 'mail', user) : join(dir, 'mail', user, `.${folder.replaceAll('/', '.')}`);

  const make = async (path: string): Promise<void> => {
    if (made.has(path)) return;
    await mkdir(path, { recursive: true });
    for (const each of [path, ...['cur', 'new', 'tmp'].map((name) => join(path, name))]) {
      await mkdir(each, { recursive: true });
      if (isRoot()) await chown(each, mailUid(), mailGid());
    }
    made.add(path);
  };

  const files = async (user: string, folder?: string): Promise<string[]> => {
    const path = folderOf(user, folder);
    const found = await Promise.all(
      ['cur', 'new'].map(async (name) =>
        (await readdir(join(path, name))).map((file) => join(path, name, file)),
      ),
    );
    const nameOf = (file: string) => file.slice(file.lastIndexOf('/') + 1);
    return found.flat().sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  };

  const fileOf = async (user: string, index: number, folder?: string): Promise<string> => {
    const file = (await files(user, folder))[index];
    if (file === undefined) throw new RangeError('no such message');
    return file;
  };

  return {
    addUser: async (name, password) => {
      await make(folderOf(name));
      // A file for each, because a changed one is not always noticed within the same second.
      await writeFile(join(dir, 'passwd', name), `${name}:{PLAIN}${password}\n`, { mode: 0o644 });
    },
    deliver: async (user, bytes, { folder, at = new Date(), flags } = {}) => {
      const path = folderOf(user, folder);
      await make(path);
      // Dovecot gives out UIDs in the order of the time that begins the name.
      const name = `${1_000_000_000 + delivered}.M0P1.localhost`;
      delivered += 1;
      const draft = join(path, 'tmp', name);
      await writeFile(draft, bytes);
      if (isRoot()) await chown(draft, mailUid(), mailGid());
      await utimes(draft, at, at);
      await rename(
        draft,
        flags === undefined ? join(path, 'new', name) : join(path, 'cur', `${name}:2,${flags}`),
      );
    },
    stored: async (user, folder) => {
      for (;;) {
        const read = (await files(user, folder)).map(async (file) => ({
          name: file.slice(file.lastIndexOf('/') + 1),
          bytes: await readFile(file),
        }));
        try {
          return await Promise.all(read);
        } catch (error) {
          // Renamed or removed meanwhile.
          if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
        }
      }
    },
    remove: async (user, index, folder) => rm(await fileOf(user, index, folder)),
    removeFolder: async (user, folder) => {
      made.delete(folderOf(user, folder));
      await rm(folderOf(user, folder), { recursive: true });
    },
    setReadable: async (user, index, readable) => chmod(await fileOf(user, index), readable ? 0o644 : 0),
    heard: async (user) => {
      const path = heardIn(dir, user);
      await mkdir(path, { recursive: true });
      if (isRoot()) await chown(path, mailUid(), mailGid());
      const names = (await readdir(path)).filter((name) => name.endsWith('.in')).sort();
      return (await Promise.all(names.map((name) => readFile(join(path, name), 'latin1')))).join('');
    },
    renumber: async (user, folder) => {
      const path = folderOf(user, folder);
      const uidlist = join(path, 'dovecot-uidlist');
      const old = Number(/^3 V(\d+)/.exec(await readFile(uidlist, 'utf8'))?.[1]);
      for (const name of await readdir(path)) {
        if (name.startsWith('dovecot')) await rm(join(path, name), { force: true });
      }
      // Left alone Dovecot would take the clock, and within the same second the same number.
      await writeFile(uidlist, `3 V${old + 1} N1\n`);
      if (isRoot()) await chown(uidlist, mailUid(), mailGid());
    },
  };
}
