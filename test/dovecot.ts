/**
 * Debian's Dovecot as a child process, wholly inside a temporary directory, on loopback ports of its own. Works as
 * root (mail then belongs to `nobody`, because Dovecot serves none to root) and as anybody else.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
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
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Authority } from '../standins/authority.ts';

const BINARY = '/usr/sbin/dovecot';
const NOBODY = 65_534;
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
  readonly ports: {
    readonly imap: number;
    readonly imaps: number;
    readonly pop3: number;
    readonly pop3s: number;
  };
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
  /** Ends the process and removes the directory. */
  stop(): Promise<void>;
}

/**
 * Starts Dovecot with a certificate for localhost and 127.0.0.1. Throws when it is not installed. `specialUses`: what it
 * tells of folders by name, e.g. `\\Junk` (RFC 6154).
 */
export async function startDovecot(
  authority: Authority,
  specialUses: Readonly<Record<string, string>> = {},
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
  for (let tries = 1; ; tries += 1) {
    const [imap = 0, imaps = 0, pop3 = 0, pop3s = 0] = await freePorts(4);
    const ports = { imap, imaps, pop3, pop3s };
    await writeFile(join(dir, 'dovecot.conf'), configuration(dir, ports, specialUses));
    const child = spawn(BINARY, ['-F', '-c', join(dir, 'dovecot.conf')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    try {
      await untilReady(child);
      return { ports, ...mailOf(dir), stop: () => stop(child, dir) };
    } catch (error) {
      await end(child);
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

const isRoot = (): boolean => process.getuid?.() === 0;
const mailUid = (): number => (isRoot() ? NOBODY : (process.getuid?.() ?? 0));
const mailGid = (): number => (isRoot() ? NOBODY : (process.getgid?.() ?? 0));

/** https://doc.dovecot.org/2.3/settings/ */
function configuration(
  dir: string,
  ports: Dovecot['ports'],
  specialUses: Readonly<Record<string, string>>,
): string {
  const uses = Object.entries(specialUses).map(
    ([name, use]) => `  mailbox ${name} {\n    special_use = ${use}\n  }\n`,
  );
  const users = isRoot()
    ? ''
    : `default_internal_user = ${userInfo().username}
default_login_user = ${userInfo().username}
default_internal_group = ${execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim()}`;
  const login = (protocol: string, plain: number, tls: number) => `
service ${protocol}-login {
  chroot =
  service_count = 0
  inet_listener ${protocol} {
    port = ${plain}
  }
  inet_listener ${protocol}s {
    port = ${tls}
    ssl = yes
  }
}`;
  return `
base_dir = ${dir}/run
state_dir = ${dir}/state
log_path = /dev/stderr
${users}
protocols = imap pop3
listen = 127.0.0.1
ssl = required
ssl_cert = <${dir}/cert.pem
ssl_key = <${dir}/key.pem
disable_plaintext_auth = yes
auth_failure_delay = 0
mail_max_userip_connections = 200
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:${dir}/mail/%u
mailbox_list_index = no
namespace inbox {
  inbox = yes
${uses.join('')}}
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u ${dir}/passwd/%u
}
userdb {
  driver = static
  args = uid=${mailUid()} gid=${mailGid()} home=${dir}/mail/%u allow_all_users=yes
}
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
${login('imap', ports.imap, ports.imaps)}
${login('pop3', ports.pop3, ports.pop3s)}
`;
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

function mailOf(dir: string): Omit<Dovecot, 'ports' | 'stop'> {
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
    stored: async (user, folder) =>
      Promise.all(
        (await files(user, folder)).map(async (file) => ({
          name: file.slice(file.lastIndexOf('/') + 1),
          bytes: await readFile(file),
        })),
      ),
    remove: async (user, index, folder) => {
      const file = (await files(user, folder))[index];
      if (file === undefined) throw new RangeError('no such message');
      await rm(file);
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
