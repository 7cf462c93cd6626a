/**
 * Where the service is and the API key for it: from SMTP_SYNC_URL and SMTP_SYNC_KEY, else from a file that only its owner
 * may read, in the directory that XDG_CONFIG_HOME names (https://specifications.freedesktop.org/basedir/).
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { Failure, misused } from './failure.ts';

export interface Login {
  readonly url: string;
  readonly key: string;
}

export interface CliConfig {
  /** SMTP_SYNC_URL, else the saved one; null: there is none. */
  readonly url: string | null;
  /** SMTP_SYNC_KEY, else the saved one. */
  readonly key: string | null;
  readonly file: string;
  /** NO_COLOR is set and not empty, or the terminal is a dumb one. */
  readonly plain: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

export function readCliConfig(env: Environment): CliConfig {
  // A path that is not absolute is to be ignored.
  const base = isAbsolute(env.XDG_CONFIG_HOME ?? '')
    ? (env.XDG_CONFIG_HOME ?? '')
    : join(homedir(), '.config');
  const file = join(base, 'smtp-sync', 'login.json');
  // What is kept takes no part where nothing of it is needed, whatever has become of the file.
  const saved = env.SMTP_SYNC_URL && env.SMTP_SYNC_KEY ? null : readLogin(file);
  const url = env.SMTP_SYNC_URL || saved?.url || null;
  // A saved key is for the service that it was given for, and no other is told of it.
  const savedKey = saved && url !== null && checkUrl(url) === saved.url ? saved.key : null;
  return {
    url: url === null ? null : checkUrl(url),
    key: env.SMTP_SYNC_KEY || savedKey,
    file,
    plain: (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb',
  };
}

function readLogin(file: string): Login | null {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new Failure(`${file} cannot be read.`);
  }
  try {
    const { url, key } = JSON.parse(content) as Partial<Login>;
    if (typeof url === 'string' && typeof key === 'string') return { url, key };
  } catch {
    // Said below.
  }
  throw new Failure(`${file} is damaged. Log in again after deleting it.`);
}

/** Replaces what was saved before. Failure where that cannot be. */
export function saveLogin(file: string, login: Login): void {
  const directory = join(file, '..');
  const draft = `${file}.${process.pid}`;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(draft, `${JSON.stringify(login)}\n`, { mode: 0o600, flag: 'wx' });
    renameSync(draft, file);
  } catch (error) {
    throw new Failure(`${file} cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`);
  }
}

/** False: nothing was saved. */
export function forgetLogin(file: string): boolean {
  const saved = readLogin(file) !== null;
  rmSync(file, { force: true });
  return saved;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** The service's origin. In plain http only on this machine, because the key goes with every request. */
export function checkUrl(text: string): string {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol))
    throw misused('The address must be like https://mail.example.com.');
  if (url.username !== '' || url.password !== '') throw misused('The address must hold no password.');
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname))
    throw misused('The address must begin with https://, because the key goes there.');
  return url.origin;
}
