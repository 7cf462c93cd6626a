/**
 * Says something to an address that a user chose. Through the one door (sources/dial.ts): resolved once, judged, and
 * exactly what was judged is dialled; no redirect is followed, and nothing of the answer is read but its status.
 */
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { isFault } from '../src/core/fault.ts';
import { createDial } from './sources/dial.ts';
import type { Resolve } from './sources/resolve.ts';

export interface WebhookPostOptions {
  /** CIDRs that may be dialled although private, on any port, and there without TLS, too. */
  readonly privateNetworks: readonly string[];
  readonly resolve?: Resolve;
  /** PEM certificates trusted beside Node's own. */
  readonly ca?: string;
  /** For all of it, in ms; default 10 s. */
  readonly deadlineMs?: number;
}

/** An answer's status, or a code of ours: a fault of the way there, `no-answer` or `answer-broken`. */
export type PostResult = { readonly status: number } | { readonly failure: string };

export type WebhookPost = (
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
) => Promise<PostResult>;

/** Ports of public addresses that https is spoken on. */
const PUBLIC_PORTS = [443, 8443];
const MAX_HEADER_BYTES = 16_384;

/** Never rejects, unless the signal aborts. */
export function createWebhookPost(options: WebhookPostOptions): WebhookPost {
  const { deadlineMs = 10_000, privateNetworks, resolve, ca } = options;
  const dialPublic = createDial({ privateNetworks, resolve, ca, deadlineMs, ports: PUBLIC_PORTS });
  const dialPrivate = createDial({ privateNetworks, resolve, ca, deadlineMs, ports: [] });

  const connect = (url: URL, signal: AbortSignal): Promise<Socket> => {
    const secure = url.protocol === 'https:';
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const port = Number(url.port || (secure ? 443 : 80));
    // A socket that is not secured is what a dial calls one before STARTTLS.
    const security = secure ? 'tls' : 'starttls';
    return (secure ? dialPublic : dialPrivate).connect({ host, port, security }, signal);
  };

  return async (address, headers, body, signal) => {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
    const url = new URL(address);
    let socket: Socket | undefined;
    try {
      socket = await connect(url, limited);
      return { status: await exchange(socket, url, headers, body, limited) };
    } catch (error) {
      signal.throwIfAborted();
      if (isFault(error)) return { failure: error.code };
      return { failure: limited.aborted ? 'no-answer' : 'answer-broken' };
    } finally {
      socket?.destroy();
    }
  };
}

/** The status of the answer. Whoever calls ends the connection, and with it whatever else comes. */
async function exchange(
  socket: Socket,
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const asked = request({
    method: 'POST',
    createConnection: () => socket,
    host: url.hostname,
    path: url.pathname + url.search,
    setHost: false,
    headers: { host: url.host, connection: 'close', ...headers, 'content-length': Buffer.byteLength(body) },
    maxHeaderSize: MAX_HEADER_BYTES,
    signal,
  });
  // Also later, when the connection is cut off. A 101 is neither, and without a listener would never end.
  asked.on('error', reject).on('response', resolve).on('upgrade', resolve);
  asked.on('close', () => reject(new Error('the connection ended without an answer')));
  asked.end(body);
  const answer = await promise;
  answer.on('error', () => {});
  return answer.statusCode ?? 0;
}
