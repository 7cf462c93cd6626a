/**
 * Discovery's side of the network: documents over verified https and look-ups in the DNS. Every name comes from a
 * stranger, so each is resolved once, judged like a mail server's, and exactly what was judged is dialled.
 */
import { Resolver } from 'node:dns/promises';
import type { IncomingMessage } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import type { DiscoveryNet } from '../src/core/discovery.ts';
import { isFault } from '../src/core/fault.ts';
import { type Address, isInside, isPublic, parseHost, parseNetworks } from './sources/address.ts';
import { type Resolve, resolveName } from './sources/resolve.ts';

export interface DiscoveryNetOptions {
  /** CIDRs that may be dialled although private. */
  readonly privateNetworks: readonly string[];
  readonly resolve?: Resolve;
  /** PEM certificates trusted beside Node's own. */
  readonly ca?: string;
  /** Where https is spoken, for tests; what is asked for is always an URL without a port. Default 443. */
  readonly port?: number;
  /** Name servers as `address:port`, for tests; default: the system's. */
  readonly nameServers?: readonly string[];
}

const MAX_BYTES = 65_536;
const MAX_REDIRECTS = 2;
const REDIRECTS = [301, 302, 303, 307, 308];

export function createDiscoveryNet(options: DiscoveryNetOptions): DiscoveryNet {
  const networks = parseNetworks(options.privateNetworks);
  const resolve = options.resolve ?? resolveName;
  const ca = options.ca === undefined ? {} : { ca: [...getCACertificates('default'), options.ca] };
  const secureContext = createSecureContext({ minVersion: 'TLSv1.2', ...ca });

  /** The first address that may be dialled; null when there is none, or an IP address instead of a name. */
  const addressOf = async (typed: string, signal: AbortSignal): Promise<Address | null> => {
    const host = parseHost(typed);
    if (host.kind === 'address') return null;
    const found = await resolve(host.name, signal);
    return found.find(({ address }) => isPublic(address) || isInside(networks, address)) ?? null;
  };

  const get = async (url: URL, signal: AbortSignal): Promise<IncomingMessage | null> => {
    const to = await addressOf(url.hostname, signal);
    if (to === null) return null;
    const { promise, resolve: answer, reject } = Promise.withResolvers<IncomingMessage>();
    const through: RequestOptions & { secureContext: SecureContext } = {
      host: to.address,
      family: to.family,
      port: options.port ?? 443,
      servername: url.hostname,
      path: url.pathname + url.search,
      headers: { host: url.hostname, accept: 'text/xml, application/xml', 'accept-encoding': 'identity' },
      agent: false,
      maxHeaderSize: 16_384,
      secureContext,
      rejectUnauthorized: true,
      signal,
    };
    request(through).on('error', reject).on('response', answer).end();
    return promise;
  };

  return {
    fetchText: (url, signal) => nothingIfGone(null, signal, () => fetchText(url, get, signal)),
    mailExchangers: (domain, signal) =>
      nothingIfGone<readonly string[]>([], signal, async () => {
        const found = await askDns(options.nameServers, signal, (resolver) => resolver.resolveMx(domain));
        return found.sort((a, b) => a.priority - b.priority).map(({ exchange }) => exchange);
      }),
    services: (name, signal) =>
      nothingIfGone<Awaited<ReturnType<DiscoveryNet['services']>>>([], signal, async () => {
        const found = await askDns(options.nameServers, signal, (resolver) => resolver.resolveSrv(name));
        return found.map(({ name: target, port, priority, weight }) => ({ target, port, priority, weight }));
      }),
    resolves: (host, signal) =>
      nothingIfGone(false, signal, async () => (await addressOf(host, signal)) !== null),
  };
}

type Get = (url: URL, signal: AbortSignal) => Promise<IncomingMessage | null>;

/** Follows up to two redirects, each judged like the first URL: https, a name, the standard port, nobody's login. */
async function fetchText(first: string, get: Get, signal: AbortSignal): Promise<string | null> {
  let url = URL.parse(first);
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    if (url === null || !isPlainHttps(url)) return null;
    const response = await get(url, signal);
    if (response === null) return null;
    const { statusCode = 0, headers } = response;
    if (statusCode === 200 && (headers['content-encoding'] ?? 'identity') === 'identity')
      return readSmall(response);
    response.destroy();
    if (!REDIRECTS.includes(statusCode) || headers.location === undefined) return null;
    url = URL.parse(headers.location, url.href);
  }
  return null;
}

const isPlainHttps = ({ protocol, port, username, password }: URL): boolean =>
  protocol === 'https:' && port === '' && username === '' && password === '';

/** The body as UTF-8; null when it is more than a configuration can be. One that is cut off rejects. */
async function readSmall(response: IncomingMessage): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Returning early destroys the response and with it the connection.
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_BYTES) return null;
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

/** Over a resolver of its own, which can be called off. */
async function askDns<T>(
  nameServers: readonly string[] | undefined,
  signal: AbortSignal,
  ask: (resolver: Resolver) => Promise<T>,
): Promise<T> {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  if (nameServers) resolver.setServers(nameServers);
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    return await ask(resolver);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/** Faults and the errors of sockets, TLS, HTTP and DNS all say the same; what has no code is our own mistake. */
async function nothingIfGone<T>(nothing: T, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  try {
    return await task();
  } catch (error) {
    signal.throwIfAborted();
    if (isFault(error) || (error instanceof Error && 'code' in error)) return nothing;
    throw error;
  }
}
