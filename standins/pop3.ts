/** A POP3 server for the demo and the tests: RFC 1939, 2449, 2595, 5034, on loopback. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { Leaf } from './authority.ts';
import { Maildrop } from './maildrop.ts';
import { type Account, type Pop3Auth, type Pop3Faults, type Pop3Host, Pop3Session } from './pop3-session.ts';

export interface Pop3ServerOptions {
  readonly leaf: Leaf;
  readonly security: 'tls' | 'starttls';
  readonly accounts: readonly Account[];
  /** Ways to log in; default USER/PASS and SASL PLAIN. */
  readonly auth?: readonly Pop3Auth[] | undefined;
  /** What XOAUTH2 asks about access tokens. */
  readonly tokens?: Pop3Host['tokens'];
  /** 0: any free one. */
  readonly port?: number | undefined;
  readonly host?: string | undefined;
}

export interface Pop3Server {
  readonly port: number;
  /** Set its fields to make the server misbehave from now on. */
  readonly faults: Pop3Faults;
  readonly heard: Pop3Host['heard'];
  /** The account's mailbox. Throws RangeError for an account there is none of. */
  mailbox(username: string): Maildrop;
  /** For logins from now on. Throws RangeError as well. */
  setPassword(username: string, password: string): void;
  /** Connections that are open now. */
  readonly connections: number;
  close(): Promise<void>;
}

export async function startPop3Server(options: Pop3ServerOptions): Promise<Pop3Server> {
  const accounts = new Map(
    options.accounts.map((account) => [account.username, { account, maildrop: new Maildrop() }]),
  );
  const host: Pop3Host = {
    secureContext: createSecureContext(options.leaf),
    auth: options.auth ?? ['user', 'plain'],
    accounts,
    tokens: options.tokens,
    faults: {},
    heard: [],
  };
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
    const secure = options.security === 'tls';
    const spoken = secure
      ? new TLSSocket(socket, { isServer: true, secureContext: host.secureContext })
      : socket;
    spoken.on('error', () => socket.destroy());
    new Pop3Session(host, spoken, secure).serve().catch(() => socket.destroy());
  });
  server.listen(options.port ?? 0, options.host ?? '127.0.0.1');
  await once(server, 'listening');
  const held = (username: string) => {
    const found = accounts.get(username);
    if (!found) throw new RangeError('no such account');
    return found;
  };
  return {
    port: (server.address() as AddressInfo).port,
    faults: host.faults,
    heard: host.heard,
    mailbox: (username) => held(username).maildrop,
    setPassword: (username, password) => {
      accounts.set(username, { account: { username, password }, maildrop: held(username).maildrop });
    },
    get connections() {
      return sockets.size;
    },
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
