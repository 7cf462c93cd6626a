/** From a database URL to a connection's settings, and from pg's errors to ours. */
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { Fault } from '../core/fault.ts';

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/;
/** What libpq calls these means a connection that anyone on the way can read. */
const UNVERIFIED = new Set(['disable', 'no-verify', 'false', '0']);

/** Why this database cannot be used, in a sentence for the operator that holds no password. */
export class DatabaseRefusal extends Error {
  override readonly name = 'DatabaseRefusal';
}

/**
 * Settings for pg. TLS with a verified certificate is mandatory unless the server is on this machine (loopback or
 * a unix socket). Knows `sslmode`, `sslrootcert`, `channel_binding` and `host` (a socket's directory). Throws
 * DatabaseRefusal, which names the problem and never the URL.
 */
export function connectionOf(url: string): pg.ClientConfig {
  // libpq allows a URL without a host when a parameter names a socket; WHATWG does not.
  const parsed = URL.parse(url.replace(/^(postgres(?:ql)?:\/\/(?:[^@/]*@)?)(?=\/)/, '$1localhost'));
  if (!parsed || !/^postgres(ql)?:$/.test(parsed.protocol)) {
    throw new DatabaseRefusal(
      'The database URL must have the form postgres://user:password@host:port/database.',
    );
  }
  const parameters = parsed.searchParams;
  const host = parameters.get('host') ?? decodeURIComponent(parsed.hostname);
  const config: pg.ClientConfig = {
    user: decodeURIComponent(parsed.username),
    password: decodeURIComponent(parsed.password),
    database: decodeURIComponent(parsed.pathname.slice(1)),
    port: Number(parsed.port || 5432),
    connectionTimeoutMillis: 10_000,
    query_timeout: 60_000,
    keepAlive: true,
    enableChannelBinding: parameters.get('channel_binding') === 'require',
    application_name: 'smtp-sync',
    types,
  };
  if (host.startsWith('/')) return { ...config, host };
  return { ...config, host: host.replace(/^\[|\]$/g, ''), ssl: tlsOf(host, parameters) };
}

function tlsOf(host: string, parameters: URLSearchParams): pg.ClientConfig['ssl'] {
  const mode = parameters.get('sslmode') ?? parameters.get('ssl') ?? '';
  if (LOOPBACK.test(host)) {
    if (!mode.startsWith('verify') && mode !== 'require') return false;
  } else if (UNVERIFIED.has(mode)) {
    throw new DatabaseRefusal(
      `The database is on another machine and its URL says sslmode=${mode}: use sslmode=verify-full, with sslrootcert=<file> when its certificate is from a private CA.`,
    );
  }
  const file = parameters.get('sslrootcert');
  return file && file !== 'system' ? { ca: readFileSync(file, 'utf8') } : true;
}

/** Counters and ids of ours fit a double; calendar days stay text. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text') => {
    if (oid === pg.types.builtins.INT8) return Number;
    if (oid === pg.types.builtins.DATE) return String;
    return pg.types.getTypeParser(oid, format);
  }) as pg.CustomTypesConfig['getTypeParser'],
};

/** Connection exceptions, shutdown, starting up, too many connections: PostgreSQL's Appendix A. */
const UNAVAILABLE = /^(08...|57P0[1235]|53300)$/;

/** Everything that is no answer of the server to a statement is a Fault `database-unavailable`. */
export function translateError(error: unknown): unknown {
  if (error instanceof Fault) return error;
  if (error instanceof pg.DatabaseError && !UNAVAILABLE.test(error.code ?? '')) return error;
  return new Fault('database-unavailable', { cause: error });
}

/** One statement on one connection; its rows, in the caller's word for their shape. */
export type Ask = <Row extends object>(
  statement: string | pg.QueryConfig,
  values?: readonly unknown[],
) => Promise<Row[]>;

/** The SQLSTATE of a statement's failure, or undefined. */
export const sqlState = (error: unknown): string | undefined =>
  error instanceof pg.DatabaseError ? error.code : undefined;
