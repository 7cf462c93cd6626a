/**
 * One HTTP/1.1 exchange with Gmail over a kept-alive connection. Bodies are written from the parts given, without
 * copying; redirects are not followed; whatever goes wrong destroys the connection before the caller hears of
 * it, so that no byte of a part is read after the caller has it back.
 */
import http from 'node:http';
import https from 'node:https';
import type { Answer } from './gmail-answer.ts';

const ANSWER_LIMIT = 65_536;

export interface GmailRoot {
  readonly origin: string;
  readonly secure: boolean;
  readonly hostname: string;
  readonly port: number;
  /** The Host header. */
  readonly host: string;
}

export interface Exchange {
  readonly method: 'POST' | 'PUT';
  readonly path: string;
  /** Name, value, name, value, …; Host and Content-Length are added. */
  readonly headers: readonly string[];
  readonly parts: readonly Uint8Array[];
  /** ms for the whole exchange. */
  readonly deadline: number;
}

/** The exchange broke: no (whole) answer came. `stale`: a connection that had been idle turned out to be dead. */
export class ExchangeBroken extends Error {
  override readonly name = 'ExchangeBroken';
  readonly stale: boolean;
  constructor(message: string, stale: boolean, cause?: unknown) {
    super(message, { cause });
    this.stale = stale;
  }
}

/** https, or plain http on loopback, without a path. RangeError otherwise. */
export function readRoot(rootUrl: string): GmailRoot {
  const url = new URL(rootUrl);
  const secure = url.protocol === 'https:';
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if ((!secure && !(url.protocol === 'http:' && loopback)) || url.pathname !== '/' || url.search !== '')
    throw new RangeError('Gmail’s root must be an https origin, or http on loopback');
  return {
    origin: url.origin,
    secure,
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (secure ? 443 : 80),
    host: url.host,
  };
}

export function createAgent(secure: boolean): http.Agent {
  const options = {
    keepAlive: true,
    noDelay: true,
    scheduling: 'lifo',
    maxFreeSockets: 256,
    timeout: 240_000,
  } as const;
  return secure ? new https.Agent({ ...options, minVersion: 'TLSv1.2' }) : new http.Agent(options);
}

/** Rejects with `signal.reason` when aborted, otherwise with ExchangeBroken. */
export function exchange(
  root: GmailRoot,
  agent: http.Agent,
  call: Exchange,
  signal: AbortSignal,
): Promise<Answer> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const request = start(root, agent, call);
    let over = false;
    const end = (): boolean => {
      if (over) return false;
      over = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      return true;
    };
    const fail = (error: unknown): void => {
      if (!end()) return;
      request.destroy();
      reject(error);
    };
    const broken = (message: string, cause?: unknown): void =>
      fail(new ExchangeBroken(message, false, cause));
    const onAbort = (): void => fail(signal.reason);
    const timer = setTimeout(() => broken('no answer before the deadline'), call.deadline);
    signal.addEventListener('abort', onAbort, { once: true });
    request.on('error', (error) =>
      fail(new ExchangeBroken('the connection failed', request.reusedSocket, error)),
    );
    request.on('response', (response) => {
      collect(response, broken, (body) => {
        // An answer that comes before all was sent: what is still queued must never be sent.
        if (!request.writableFinished) request.destroy();
        if (end()) resolve(answerOf(response, body));
      });
    });
  });
}

function start(root: GmailRoot, agent: http.Agent, call: Exchange): http.ClientRequest {
  const length = call.parts.reduce((sum, part) => sum + part.length, 0);
  const request = (root.secure ? https : http).request({
    agent,
    host: root.hostname,
    port: root.port,
    method: call.method,
    path: call.path,
    headers: ['Host', root.host, ...call.headers, 'Content-Length', String(length)],
  });
  const last = call.parts.length - 1;
  for (let index = 0; index < last; index += 1) request.write(call.parts[index]);
  if (last >= 0) request.end(call.parts[last]);
  else request.end();
  return request;
}

function collect(
  response: http.IncomingMessage,
  broken: (message: string, cause?: unknown) => void,
  done: (body: string) => void,
): void {
  let body = '';
  let size = 0;
  response.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > ANSWER_LIMIT) broken('the answer is too long');
    else body += chunk.toString('latin1');
  });
  response.on('error', (error) => broken('the answer broke off', error));
  response.on('end', () => done(body));
}

const answerOf = (response: http.IncomingMessage, body: string): Answer => ({
  status: response.statusCode ?? 0,
  location: response.headers.location,
  range: response.headers.range,
  retryAfter: response.headers['retry-after'],
  body,
});
