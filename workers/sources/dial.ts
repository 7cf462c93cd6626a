/**
 * The one door to mail servers, and to whatever else a user names: resolves a name once, judges every address it has (address.ts), dials exactly
 * what was judged, and speaks TLS ≥ 1.2 verified against the name that the user gave. imapflow dials for
 * itself, with what `check` and `tlsOptions` give it.
 */
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import {
  connect as connectTls,
  createSecureContext,
  getCACertificates,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import { Fault, isFault } from '../../src/core/fault.ts';
import type { Server } from '../../src/core/mailbox.ts';
import { waitFor } from '../../src/core/wait.ts';
import { type Address, parseHost, parseNetworks, permittedOf } from './address.ts';
import { type Resolve, resolveName } from './resolve.ts';

/** A host that may be dialled. */
export interface Checked extends Address {
  /** The first few addresses of the host that may be dialled, `address` first. */
  readonly addresses: readonly Address[];
  /** For SNI and verification. undefined when the host is an IP literal: no SNI, the IP is verified. */
  readonly servername: string | undefined;
}

export interface Dial {
  /** For `tls.connect`, to be merged with host, port and servername. One context for all connections. */
  readonly tlsOptions: {
    readonly secureContext: SecureContext;
    readonly minVersion: 'TLSv1.2';
    readonly rejectUnauthorized: true;
  };
  /** Faults `address-forbidden`, `port-forbidden`, `host-unknown`, `connect-timeout`. Dials nothing. */
  check(host: string, port: number, signal: AbortSignal): Promise<Checked>;
  /**
   * A connected socket, nothing read from it: TLS for security `tls`, still plain for `starttls`. Beside the
   * faults of `check`: `connect-refused`, `connect-timeout`, `tls-failed`, `certificate-invalid`.
   */
  connect(server: Omit<Server, 'protocol'>, signal: AbortSignal): Promise<Socket>;
  /**
   * STARTTLS: the plain socket's TLS successor, verified for `host`. `early` is how many bytes the caller has
   * read beyond the server's consent; any, or any in the socket's own buffer, is an injected response
   * (RFC 3207 §6, CVE-2011-0411) and the fault `source-protocol`.
   */
  upgrade(socket: Socket, host: string, early: number, signal: AbortSignal): Promise<TLSSocket>;
}

export interface DialOptions {
  /** CIDRs that may be dialled although private, on any port. */
  readonly privateNetworks: readonly string[];
  /** Ports of public addresses; default: those of mail. */
  readonly ports?: readonly number[] | undefined;
  /** PEM certificates trusted beside Node's own. */
  readonly ca?: string | undefined;
  readonly resolve?: Resolve | undefined;
  /** For one connect or upgrade with everything in it, in ms; default 20 s. */
  readonly deadlineMs?: number | undefined;
}

/** Addresses of one host that are tried: each gets a share of the deadline, and a name may have thousands of strangers’. */
const MAX_TRIES = 4;

export function createDial(options: DialOptions): Dial {
  const networks = parseNetworks(options.privateNetworks);
  const resolve = options.resolve ?? resolveName;
  const deadlineMs = options.deadlineMs ?? 20_000;
  const tlsOptions = {
    secureContext: createSecureContext({
      minVersion: 'TLSv1.2',
      ...(options.ca === undefined ? {} : { ca: [...getCACertificates('default'), options.ca] }),
    }),
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
  } as const;

  const check = async (typed: string, port: number, signal: AbortSignal): Promise<Checked> => {
    const host = parseHost(typed);
    const found =
      host.kind === 'address'
        ? [host.address]
        : // Not waited for beyond the signal: getaddrinfo itself cannot be called off.
          await waitFor(resolve(host.name, signal), signal).catch(unknownHost);
    const addresses = permittedOf(found, port, networks, options.ports).slice(0, MAX_TRIES);
    const [first] = addresses;
    if (!first) throw new Fault('host-unknown');
    return { ...first, addresses, servername: host.kind === 'name' ? host.name : undefined };
  };

  const secure = async (
    socket: Socket,
    servername: string | undefined,
    host: string,
    signal: AbortSignal,
  ) => {
    const secured = connectTls({ socket, host, ...(servername ? { servername } : {}), ...tlsOptions });
    secured.on('error', ignore);
    try {
      await once(secured, 'secureConnect', { signal });
      return secured;
    } catch (error) {
      secured.destroy();
      socket.destroy();
      throw faultOfTls(error);
    }
  };

  return {
    tlsOptions,
    check: (host, port, signal) => withDeadline(deadlineMs, signal, (limited) => check(host, port, limited)),
    connect: (server, signal) =>
      withDeadline(deadlineMs, signal, async (limited) => {
        const checked = await check(server.host, server.port, limited);
        const socket = await connectFirst(checked.addresses, server.port, deadlineMs, limited);
        if (server.security === 'starttls') return socket;
        return secure(socket, checked.servername, checked.address, limited);
      }),
    upgrade: (socket, host, early, signal) =>
      withDeadline(deadlineMs, signal, async (limited) => {
        if (early > 0 || socket.readableLength > 0) {
          socket.destroy();
          throw new Fault('source-protocol');
        }
        const parsed = parseHost(host);
        if (parsed.kind === 'name') return secure(socket, parsed.name, parsed.name, limited);
        return secure(socket, undefined, parsed.address.address, limited);
      }),
  };
}

/** Runs `task` under the deadline; its passing is `connect-timeout`, the caller's abort the caller's reason. */
async function withDeadline<T>(
  ms: number,
  signal: AbortSignal,
  task: (limited: AbortSignal) => Promise<T>,
): Promise<T> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(ms)]);
  try {
    limited.throwIfAborted();
    return await task(limited);
  } catch (error) {
    signal.throwIfAborted();
    if (limited.aborted) throw new Fault('connect-timeout', { cause: error });
    throw error;
  }
}

/** The first address that answers; each try gets its share of what is left of the time. */
async function connectFirst(
  addresses: readonly Address[],
  port: number,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<Socket> {
  const share = Math.ceil(deadlineMs / addresses.length);
  let failure: unknown;
  for (const { address, family } of addresses) {
    const socket = connectTcp({ host: address, port, family, noDelay: true });
    socket.on('error', ignore);
    try {
      await once(socket, 'connect', { signal: AbortSignal.any([signal, AbortSignal.timeout(share)]) });
      return socket;
    } catch (error) {
      socket.destroy();
      signal.throwIfAborted();
      failure = error;
    }
  }
  const refused = codeOf(failure) === 'ECONNREFUSED';
  throw new Fault(refused ? 'connect-refused' : 'connect-timeout', { cause: failure });
}

/** Whoever waits on a socket hears of its error; between two waits it must not end the process. */
const ignore = (): void => {};

function unknownHost(error: unknown): never {
  throw isFault(error) ? error : new Fault('host-unknown', { cause: error });
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** OpenSSL's verification results and Node's own name check (node:tls, "X509 certificate error codes"). */
const CERTIFICATE =
  /^(?:CERT_|UNABLE_TO_|CRL_|ERROR_IN_CERT_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_CERT_ALTNAME|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_EXCEEDED$|HOSTNAME_MISMATCH$)/;

/** `certificate-invalid` where the peer's certificate is the reason, else `tls-failed`. */
export function faultOfTls(error: unknown): Fault {
  return new Fault(CERTIFICATE.test(codeOf(error)) ? 'certificate-invalid' : 'tls-failed', { cause: error });
}
