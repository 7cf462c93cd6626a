/**
 * One mailbox with very many small messages on a real Dovecot, which serves it over IMAP and POP3. Its Maildir is written
 * file by file; the names carry the sizes, so that a listing need not open them (https://doc.dovecot.org/2.3/admin_manual/mailbox_formats/maildir/).
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../demo/free-port.ts';
import type { Leaf } from '../standins/authority.ts';
import { end } from './child.ts';
import { messageOf } from './small-mail.ts';

export const USER = 'full';
export const PASSWORD = 'secret-of-the-benchmark';

const BINARY = '/usr/sbin/dovecot';
const READY_MS = 20_000;
const NOBODY = 65_534;
/** Dovecot’s own without IDLE, so that each look is a visit of its own. */
const CAPABILITY =
  'IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE LITERAL+ NAMESPACE UIDPLUS LIST-EXTENDED CONDSTORE ESEARCH MOVE SPECIAL-USE';
export interface FullMailbox {
  readonly imap: number;
  readonly pop3: number;
  /** Of all messages together. */
  readonly bytes: number;
  [Symbol.asyncDispose](): Promise<void>;
}

const isRoot = (): boolean => process.getuid?.() === 0;

/** Throws when Dovecot is not installed. */
export async function startFullMailbox(
  leaf: Leaf,
  messages: number,
  wrote: (count: number) => void,
  signal: AbortSignal,
): Promise<FullMailbox> {
  if (!existsSync(BINARY))
    throw new Error(`${BINARY} is missing: install dovecot-imapd and dovecot-pop3d (apt-get install)`);
  await using stack = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), 'smtp-sync-bench-dovecot-'));
  stack.defer(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  await chmod(dir, 0o755);
  await writeFile(join(dir, 'cert.pem'), leaf.cert);
  await writeFile(join(dir, 'key.pem'), leaf.key, { mode: 0o600 });
  await writeFile(join(dir, 'passwd'), `${USER}:{PLAIN}${PASSWORD}\n`, { mode: 0o644 });
  const bytes = await fill(join(dir, 'mail', USER), messages, wrote, signal);
  const [imap, pop3] = [await freePort(), await freePort()];
  await writeFile(join(dir, 'dovecot.conf'), configuration(dir, imap, pop3));
  // In a group of its own: a terminal's Ctrl-C ends this process, which then ends Dovecot.
  const dovecot = spawn(BINARY, ['-F', '-c', join(dir, 'dovecot.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  stack.defer(() => end(dovecot, 'SIGTERM'));
  await untilReady(dovecot);
  const all = stack.move();
  return { imap, pop3, bytes, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** Bytes of what it wrote. */
async function fill(
  path: string,
  messages: number,
  wrote: (count: number) => void,
  signal: AbortSignal,
): Promise<number> {
  const own = isRoot() ? NOBODY : null;
  for (const each of [path, ...['cur', 'new', 'tmp'].map((name) => join(path, name))]) {
    await mkdir(each, { recursive: true });
    if (own !== null) await chown(each, own, own);
  }
  let bytes = 0;
  for (let n = 1; n <= messages; n += 1) {
    signal.throwIfAborted();
    const message = messageOf(n);
    const { length } = message;
    bytes += length;
    // Dovecot gives out UIDs in the order of the time that begins the name. All lines end in CRLF, so both sizes are the same.
    // Without `:2,` at its end: with it Dovecot does not find the first message of a FETCH where it looks first, and reads
    // the whole directory each time.
    const name = join(path, 'cur', `${1_000_000_000 + n}.M0P1.localhost,S=${length},W=${length}`);
    await writeFile(name, message, { mode: 0o644 });
    wrote(n);
  }
  return bytes;
}

/** https://doc.dovecot.org/2.3/settings/ */
function configuration(dir: string, imap: number, pop3: number): string {
  const id = isRoot() ? NOBODY : process.getuid?.();
  const gid = isRoot() ? NOBODY : process.getgid?.();
  const users = isRoot()
    ? ''
    : `default_internal_user = ${userInfo().username}
default_login_user = ${userInfo().username}
default_internal_group = ${execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim()}`;
  const login = (protocol: string, port: number) => `
service ${protocol}-login {
  chroot =
  service_count = 0
  inet_listener ${protocol} {
    port = 0
  }
  inet_listener ${protocol}s {
    port = ${port}
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
auth_failure_delay = 0
mail_max_userip_connections = 20
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:${dir}/mail/%u
imap_capability = ${CAPABILITY}
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u ${dir}/passwd
}
userdb {
  driver = static
  args = uid=${id} gid=${gid} home=${dir}/mail/%u allow_all_users=yes
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
${login('imap', imap)}
${login('pop3', pop3)}
`;
}

async function untilReady(child: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let said = '';
  const timer = setTimeout(() => reject(new Error(`Dovecot did not start in time: ${said}`)), READY_MS);
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-10_000);
    if (said.includes('starting up')) resolve();
    if (/(?:Fatal|Error|Panic):/.test(text)) process.stderr.write(text);
  });
  child.once('error', reject).once('exit', () => reject(new Error(`Dovecot does not start: ${said}`)));
  try {
    await promise;
  } finally {
    clearTimeout(timer);
  }
}
