/** A door to PostgreSQL that counts the prepared statements that pass it (https://www.postgresql.org/docs/18/protocol.html). */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface StatementCount {
  /** The same database through the door. */
  readonly url: string;
  /** How often each prepared statement has been bound so far, by its name; BEGIN, COMMIT and the tenant's setting have none. */
  readonly bound: ReadonlyMap<string, number>;
  [Symbol.asyncDispose](): Promise<void>;
}

const BIND = 0x42;

/** The second of two strings that end in NUL. */
const statementOf = (message: Buffer): string => message.toString('latin1').split('\0', 2)[1] ?? '';

export async function countStatements(databaseUrl: string): Promise<StatementCount> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const bound = new Map<string, number>();
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port: Number(target.port), host: target.hostname, noDelay: true });
    // The first message of a connection has no type.
    let started = false;
    let rest = Buffer.alloc(0);
    near.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk as Buffer]);
      for (;;) {
        const head = started ? 1 : 0;
        if (rest.length < head + 4) return;
        const length = head + rest.readInt32BE(head);
        if (rest.length < length) return;
        const name = started && rest[0] === BIND ? statementOf(rest.subarray(5, length)) : '';
        if (name !== '') bound.set(name, (bound.get(name) ?? 0) + 1);
        started = true;
        rest = rest.subarray(length);
      }
    });
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket
        .on('error', () => {})
        .on('close', () => {
          sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    bound,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
