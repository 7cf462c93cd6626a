/** A mail server that says whatever a test wants, over TLS on loopback, and a dial that trusts it. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { createServer, type TLSSocket } from 'node:tls';
import { createAuthority } from '../../../standins/authority.ts';
import { createDial, type Dial } from '../../../workers/sources/dial.ts';

export interface Connection {
  /** Resolves when the bytes have left, false when the client is gone. */
  say(text: string | Uint8Array): Promise<boolean>;
  end(): void;
}

export interface ScriptServer {
  readonly port: number;
  readonly dial: Dial;
  /** Bytes that clients took. */
  readonly taken: number;
  readonly connections: number;
}

const authority = createAuthority();

/** `answer` gets each line of a client, one at a time; `connection` tells clients apart, from 1. */
export async function startScriptServer(
  t: TestContext,
  greeting: string,
  answer: (line: string, to: Connection, connection: number) => Promise<unknown>,
): Promise<ScriptServer> {
  const ca = await authority;
  let taken = 0;
  let connections = 0;
  const sockets = new Set<TLSSocket>();
  const serve = async (socket: TLSSocket): Promise<void> => {
    connections += 1;
    const own = connections;
    const to: Connection = {
      say: (text) =>
        new Promise((resolve) => {
          const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
          const done = (went: boolean): void => {
            socket.off('close', gone);
            if (went) taken += bytes.length;
            resolve(went);
          };
          const gone = (): void => done(false);
          if (socket.destroyed) return done(false);
          socket.once('close', gone).write(bytes, (error) => done(!error));
        }),
      end: () => socket.end(),
    };
    await to.say(greeting);
    let rest = '';
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      const lines = `${rest}${chunk.toString('latin1')}`.split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) await answer(line, to, own);
    }
  };
  const leaf = await ca.issue(['localhost']);
  const server = createServer({ ...leaf, noDelay: true }, (socket) => {
    sockets.add(socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket)));
    serve(socket).catch(() => socket.destroy());
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    dial: createDial({
      privateNetworks: ['127.0.0.0/8'],
      ca: ca.caPem,
      resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    }),
    get taken() {
      return taken;
    },
    get connections() {
      return connections;
    },
  };
}
