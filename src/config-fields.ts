/** How each kind of environment value is read. A field's message says what the value must be, never what it is. */
import { isIP } from 'node:net';
import { z } from 'zod';
import type { Server } from './core/mailbox.ts';

/** A value that `parse` understands; undefined or a throw means it does not. */
export function field<T>(must: string, parse: (text: string) => T | undefined) {
  return z.string().transform((text, context) => {
    const value = attempt(() => parse(text));
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: must });
    return z.NEVER;
  });
}

function attempt<T>(parse: () => T | undefined): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}

export const text = field('must not be empty', (value) => value);

export const secret = field('must have at least 32 characters', (value) =>
  value.length >= 32 ? value : undefined,
);

export const integer = (low: number, high: number) =>
  field(`must be a whole number from ${low} to ${high}`, (value) => {
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    return number >= low && number <= high ? number : undefined;
  });

export const oneOf = <T extends string>(choices: readonly T[]) =>
  field(`must be one of ${choices.join(', ')}`, (value) => choices.find((choice) => choice === value));

export const publicKey = field('must be a public key as `npm run keys` prints it', (value) =>
  /^smtp-sync-pub1:[A-Za-z0-9_-]{43}$/.test(value) ? value : undefined,
);

export const privateKeys = field(
  'must be private keys as `npm run keys` prints them, the current one first, separated by commas',
  (value) => {
    const keys = value.split(',').map((key) => key.trim());
    return keys.every((key) => /^smtp-sync-prv1:[A-Za-z0-9_-]{43}$/.test(key)) ? keys : undefined;
  },
);

export const databaseUrl = field('must be a URL that starts with postgres:// or postgresql://', (value) =>
  /^postgres(ql)?:$/.test(new URL(value).protocol) ? value : undefined,
);

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || (isIP(host) === 4 && host.startsWith('127.'));

/** A service we call. Plain http only on this machine: for stand-ins, and nobody else can listen in. */
export const serviceUrl = field(
  'must be an https URL without user, query or fragment (http on a loopback host only)',
  (value) => {
    const url = new URL(value);
    const private_ = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
    const bare = url.username === '' && url.password === '' && url.search === '' && url.hash === '';
    return private_ && bare ? value : undefined;
  },
);

/** The same without the exception. */
export const httpsUrl = field('must be an https URL without user, path, query or fragment', (value) => {
  const url = new URL(value);
  return url.protocol === 'https:' && url.href === `${url.origin}/` ? url.origin : undefined;
});

/** Where users find us: an origin, since cookies, `Origin` checks and redirect URIs are built on it. */
export const origin = (production: boolean) =>
  field(
    `must be ${production ? 'an https' : 'an http or https'} URL without a path, such as https://mail.example.com`,
    (value) => {
      const url = new URL(value);
      const scheme = url.protocol === 'https:' || (url.protocol === 'http:' && !production);
      return scheme && url.href === `${url.origin}/` ? url.origin : undefined;
    },
  );

/** An address that may stand in a page, a mailto: link and security.txt. */
export const emailAddress = field('must be an e-mail address', (value) =>
  /^[\w.+-]{1,64}@[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i.test(value) ? value : undefined,
);

export const names = field('must be up to 20 names of up to 80 characters, separated by commas', (value) => {
  const all = value.split(',').map((name) => name.trim());
  return all.length <= 20 && all.every((name) => /^[^\p{C}]{1,80}$/u.test(name)) ? all : undefined;
});

/** `address` or `Name <address>`; the name defaults to ours. */
export const mailFrom = field(
  'must be an e-mail address, or a name followed by one in angle brackets',
  (value) => {
    const match = /^(?:([^<>"\p{C}]{1,80}?)\s*<([^<>]+)>|([^<>]+))$/u.exec(value.trim());
    const email = (match?.[2] ?? match?.[3] ?? '').trim();
    if (!/^[\w.+-]{1,64}@[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i.test(email)) return undefined;
    return { email, name: match?.[1] ?? 'smtp-sync' };
  },
);

const MAIL_SCHEMES: Readonly<Record<string, Pick<Server, 'protocol' | 'security'>>> = {
  'imaps:': { protocol: 'imap', security: 'tls' },
  'imap:': { protocol: 'imap', security: 'starttls' },
  'pop3s:': { protocol: 'pop3', security: 'tls' },
  'pop3:': { protocol: 'pop3', security: 'starttls' },
};

/** Servers with their ports; without the `s` they are spoken to over STARTTLS. */
export const mailServers = field(
  'must be servers such as imaps://mail.example.com:993 or pop3s://mail.example.com:995, separated by commas',
  (value) => {
    const servers = value.split(',').map((text) => mailServer(text.trim()));
    return servers.every((server) => server !== null) ? servers : undefined;
  },
);

function mailServer(text: string): Server | null {
  const [, scheme = '', host = '', port = ''] = /^(\w+:)\/\/([a-z0-9.-]{1,253}):(\d{1,5})$/.exec(text) ?? [];
  const kind = MAIL_SCHEMES[scheme];
  return kind && Number(port) >= 1 && Number(port) <= 65_535 ? { ...kind, host, port: Number(port) } : null;
}

/** Comma-separated CIDRs, IPv4 or IPv6, prefix length spelled out. */
export const networks = field(
  'must be networks such as 10.0.0.0/8 or fd00::/8, separated by commas',
  (value) => {
    const cidrs = value.split(',').map((cidr) => cidr.trim());
    return cidrs.every(isCidr) ? cidrs : undefined;
  },
);

function isCidr(cidr: string): boolean {
  const match = /^([0-9a-f:.]+)\/(\d{1,3})$/i.exec(cidr);
  const version = isIP(match?.[1] ?? '');
  return version !== 0 && Number(match?.[2]) <= (version === 4 ? 32 : 128);
}
