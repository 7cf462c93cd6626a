/**
 * A stand-in for Mailjet: its Send API v3.1 over https, which refuses what Mailjet refuses and delivers to nobody, and
 * a page over plain http that shows what was sent.
 */
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Leaf } from '../authority.ts';
import { listPage, mailPage } from './page.ts';
import { answerSend, refusal, type SentMail, type Verdict } from './send.ts';

/**
 * What strikes the next calls: a status, or a connection that ends without an answer, before or after the messages were
 * taken.
 */
export type Strike = { readonly status: number } | 'lost-before' | 'lost-after';

export interface MailjetStandin {
  /** What the service has to be started with. */
  readonly environment: Readonly<Record<string, string>>;
  /** Shows what was sent; plain http. */
  readonly pageUrl: string;
  /** In the order of their coming. */
  readonly sent: readonly SentMail[];
  /** Calls to the API, whatever came of them. */
  readonly calls: number;
  strike(strike: Strike, times: number): void;
  /** Resolves when at least `count` mails were sent. */
  untilSent(count: number, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

const MAX_BODY = 15 * 1024 * 1024;
const MAX_KEPT = 1_000;

/** `leaf`: for the name localhost. */
export async function startMailjet({ leaf }: { readonly leaf: Leaf }): Promise<MailjetStandin> {
  const [apiKey, apiSecret, from] = ['stand-in-key', 'stand-in-secret', 'notices@smtp-sync.example'];
  const sent: SentMail[] = [];
  const strikes: Strike[] = [];
  const waiting = new Set<() => void>();
  let calls = 0;

  const judge = async (request: IncomingMessage): Promise<Verdict> => {
    const expected = `Basic ${Buffer.from(`${apiKey}:${apiSecret}`).toString('base64')}`;
    if (request.headers.authorization !== expected) return refusal(401, null, UNAUTHORIZED);
    if (request.method !== 'POST' || request.url !== '/v3.1/send')
      return refusal(404, 'mj-0004', 'Resource not found.');
    return answerSend(await readBody(request), [from]);
  };
  const api = createHttpsServer({ key: leaf.key, cert: leaf.cert }, async (request, response) => {
    calls += 1;
    const strike = strikes.shift();
    const verdict =
      typeof strike === 'object'
        ? refusal(strike.status, null, 'The stand-in was told so.')
        : await judge(request);
    if (strike !== 'lost-before') sent.push(...verdict.accepted);
    sent.splice(0, sent.length - MAX_KEPT);
    if (verdict.accepted.length > 0) for (const wake of waiting) wake();
    if (typeof strike === 'string') request.socket.destroy();
    else
      response
        .writeHead(verdict.status, { 'Content-Type': 'application/json' })
        .end(JSON.stringify(verdict.body));
  });
  const page = createHttpServer((request, response) => {
    const mail = sent[Number(/^\/(\d{1,4})$/.exec(request.url ?? '')?.[1] ?? Number.NaN)];
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' });
    response.end(mail ? mailPage(mail) : listPage(sent));
  });
  const apiPort = await listen(api);
  const pagePort = await listen(page);
  return {
    environment: {
      MAILJET_API_KEY: apiKey,
      MAILJET_API_SECRET: apiSecret,
      MAILJET_API_URL: `https://localhost:${apiPort}`,
      MAIL_FROM: `smtp-sync <${from}>`,
    },
    pageUrl: `http://localhost:${pagePort}/`,
    sent,
    get calls() {
      return calls;
    },
    strike: (strike, times) => void strikes.push(...Array.from({ length: times }, () => strike)),
    untilSent: async (count, signal) => {
      while (sent.length < count) {
        signal.throwIfAborted();
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        const give = () => reject(signal.reason);
        waiting.add(resolve);
        signal.addEventListener('abort', give, { once: true });
        await promise.finally(() => {
          waiting.delete(resolve);
          signal.removeEventListener('abort', give);
        });
      }
    },
    close: async () => {
      await Promise.all([api, page].map(stop));
    },
  };
}

const UNAUTHORIZED =
  'API key authentication/authorization failure. You may be unauthorized to access the API or your API key may be expired. Visit API keys management section to check your keys.';

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function stop(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
