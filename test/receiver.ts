/** A program of a user that takes webhooks: https on loopback, and as bad-mannered as a test wants it. */
import { once } from 'node:events';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Authority } from '../standins/authority.ts';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What it does with a request: answers a status, or whatever else. */
export type Manner = number | ((response: ServerResponse) => void);

export interface Receiver extends AsyncDisposable {
  readonly port: number;
  readonly received: Received[];
  /** For the next requests, in order; after that it answers 200. */
  behave(...manners: Manner[]): void;
}

export async function startReceiver(authority: Authority, names: readonly string[]): Promise<Receiver> {
  const received: Received[] = [];
  const manners: Manner[] = [];
  const server = createServer(await authority.issue(names), (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      });
      const manner = manners.shift() ?? 200;
      if (typeof manner === 'number') response.writeHead(manner).end();
      else manner(response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    received,
    behave: (...more) => manners.push(...more),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
