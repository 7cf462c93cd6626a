/**
 * A small honest IMAP4rev1 server on loopback, for the demo and the tests. TLS only, mail in memory; it misbehaves
 * when told to.
 */
import { createServer, type Socket } from 'node:net';
import { createSecureContext, createServer as createTlsServer, TLSSocket } from 'node:tls';
import type { Leaf } from './authority.ts';
import type { TokenCheck } from './imap-login.ts';
import { ImapServerSession } from './imap-session.ts';
import { ImapStore, type Placement, type StoredMessage } from './imap-store.ts';
import type { ImapTricks } from './imap-tricks.ts';

export interface ImapServerOptions {
  readonly leaf: Leaf;
  /** `tls`: from the first byte; `starttls`: nothing but STARTTLS in plain. */
  readonly security: 'tls' | 'starttls';
  /** Default: one that is free. */
  readonly port?: number | undefined;
  readonly tricks?: ImapTricks | undefined;
  /** Present: access tokens are taken (XOAUTH2), and no passwords. */
  readonly tokens?: TokenCheck | undefined;
}

export interface ImapServer {
  readonly port: number;
  /** May be changed at any time. */
  readonly tricks: ImapTricks;
  /** Names of all commands received, in order. */
  readonly commands: readonly string[];
  /** Everything a client did that changes mail; stays empty when clients only look. */
  readonly changes: readonly string[];
  /** Open connections. */
  readonly connections: number;
  readonly store: ImapStore;
  append(user: string, bytes: Uint8Array, placement?: Placement): number;
  stored(user: string, folder?: string): readonly StoredMessage[];
  /** Cuts every connection. */
  disconnect(): void;
  /** Resolves once no connection is open. */
  idle(): Promise<void>;
  /** Cuts every connection and stops listening. */
  close(): Promise<void>;
}

export async function startImapServer(options: ImapServerOptions): Promise<ImapServer> {
  const { leaf, security, tokens, tricks = {} } = options;
  const secureContext = createSecureContext({ key: leaf.key, cert: leaf.cert, minVersion: 'TLSv1.2' });
  const store = new ImapStore();
  const commands: string[] = [];
  const changes: string[] = [];
  const sockets = new Set<Socket>();
  const waiting = new Set<() => void>();

  const upgrade = async (socket: Socket): Promise<Socket> => {
    const secured = new TLSSocket(socket, { isServer: true, secureContext });
    secured.on('error', () => socket.destroy());
    return secured;
  };

  const serve = (socket: Socket, secure: boolean): void => {
    socket.on('error', () => {});
    new ImapServerSession(socket, secure, { store, tricks, tokens, commands, changes, upgrade })
      .run()
      // The client is gone, or has its answer to LOGOUT and goes now.
      .finally(() => socket.destroy())
      .catch(() => {});
  };

  const server =
    security === 'tls'
      ? createTlsServer({ ...leaf, minVersion: 'TLSv1.2', noDelay: true }, (socket) => serve(socket, true))
      : createServer({ noDelay: true }, (socket) => serve(socket, false));
  server.on('tlsClientError', (_error: Error, socket: Socket) => socket.destroy());
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      if (sockets.size === 0) for (const resolve of waiting) resolve();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const address = server.address();

  return {
    port: typeof address === 'object' && address ? address.port : 0,
    tricks,
    commands,
    changes,
    get connections() {
      return sockets.size;
    },
    store,
    append: (user, bytes, placement) => store.append(user, bytes, placement),
    stored: (user, folder) => store.folder(user, folder).messages,
    disconnect: () => {
      for (const socket of sockets) socket.destroy();
    },
    idle: async () => {
      if (sockets.size > 0) await new Promise<void>((resolve) => waiting.add(resolve));
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
