/** An IMAP stand-in with one user, for the tests of the IMAP source. */
import { after } from 'node:test';
import type { Security } from '../../../src/core/mailbox.ts';
import type { Source } from '../../../src/core/ports.ts';
import { createAuthority } from '../../../standins/authority.ts';
import { type ImapServer, startImapServer } from '../../../standins/imap.ts';
import type { ImapTricks } from '../../../standins/imap-tricks.ts';
import { createDial } from '../../../workers/sources/dial.ts';
import { openImap } from '../../../workers/sources/imap.ts';
import type { ImapTimeouts } from '../../../workers/sources/imap-deadline.ts';

export const never = new AbortController().signal;
export const USER = 'anna@example.com';
export const PASSWORD = 'correct horse battery';

const authority = await createAuthority();
const leaf = await authority.issue(['localhost']);
const networks = { privateNetworks: ['127.0.0.0/8', '::1/128'], ca: authority.caPem };
const dial = createDial(networks);

/** For which every name has these IPv4 addresses. */
export const dialTo = (...addresses: string[]) =>
  createDial({ ...networks, resolve: async () => addresses.map((address) => ({ address, family: 4 })) });

export interface Setup {
  readonly security?: Security;
  /** Default: a good certificate for localhost. */
  readonly certificate?: { readonly names: readonly string[]; readonly expired?: boolean };
}

export interface Fixture {
  readonly server: ImapServer;
  open(timeouts?: Partial<ImapTimeouts>, password?: string): Promise<Source>;
  /** Puts in messages with the numbers as subjects; returns their UIDs. */
  fill(...numbers: number[]): number[];
}

/** Ends with the test file. */
export async function setUp(
  tricks: ImapTricks = {},
  { security = 'tls', certificate }: Setup = {},
): Promise<Fixture> {
  const own = certificate
    ? await authority.issue(certificate.names, { expired: certificate.expired ?? false })
    : leaf;
  const server = await startImapServer({ leaf: own, security, tricks });
  after(() => server.close());
  server.store.addUser(USER, PASSWORD);
  const target = { protocol: 'imap', host: 'localhost', port: server.port, security } as const;
  return {
    server,
    open: (timeouts, password = PASSWORD) =>
      openImap(target, { username: USER, password }, dial, never, { logout: 100, ...timeouts }),
    fill: (...numbers) =>
      numbers.map((n) => server.append(USER, Buffer.from(`Subject: ${n}\r\n\r\n${n}\r\n`))),
  };
}

export async function readAll(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}
