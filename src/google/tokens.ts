/**
 * Access tokens from refresh tokens, and their end.
 * https://developers.google.com/identity/protocols/oauth2/web-server#offline
 */
import { createHash } from 'node:crypto';
import { parseObject, readText } from '../core/answer.ts';
import { Fault } from '../core/fault.ts';
import { waitFor } from '../core/wait.ts';

const DEADLINE = 20_000;
const ANSWER_LIMIT = 65_536;
/** ms that a token handed out is good for at least. */
const MARGIN = 300_000;

export interface TokenEndpoints {
  readonly tokenUrl: string;
  readonly revokeUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface FreshToken {
  readonly accessToken: string;
  /** ms since the epoch. */
  readonly expiresAt: number;
  /** What the user granted; empty when Google did not say. */
  readonly scopes: readonly string[];
}

export interface TokenClient {
  /** Faults `grant-revoked` (invalid_grant), `google-unavailable`. */
  refresh(refreshToken: string, signal: AbortSignal): Promise<FreshToken>;
  /** Ends a grant, given its refresh or access token. One that is dead already counts. Fault `google-unavailable`. */
  revoke(token: string, signal: AbortSignal): Promise<void>;
}

/** The client for Google's token and revocation endpoints. `now`: ms since the epoch. */
export function createTokenClient(endpoints: TokenEndpoints, now: () => number = Date.now): TokenClient {
  const { tokenUrl, revokeUrl, clientId, clientSecret } = endpoints;
  return {
    async refresh(refreshToken, signal) {
      const answer = await postForm(
        tokenUrl,
        {
          grant_type: 'refresh_token',
          refresh_token: refreshToken,
          client_id: clientId,
          client_secret: clientSecret,
        },
        signal,
      );
      const token = answer.status === 200 ? readToken(answer.body, now()) : null;
      if (token) return token;
      if (answer.body.error === 'invalid_grant') throw new Fault('grant-revoked');
      throw unexpected(answer.status);
    },
    async revoke(token, signal) {
      // As a form, not in the query: URLs end up in logs.
      const { status, body } = await postForm(revokeUrl, { token }, signal);
      if (status === 200 || (status === 400 && body.error === 'invalid_token')) return;
      throw unexpected(status);
    },
  };
}

/** How RISC events name a refresh token: base64 of the double SHA-512 (`hash_base64_sha512_sha512`). */
export const refreshTokenHash = (refreshToken: string): string =>
  createHash('sha512').update(createHash('sha512').update(refreshToken).digest()).digest('base64');

interface FormAnswer {
  readonly status: number;
  /** The JSON object answered; empty for anything else. */
  readonly body: Readonly<Record<string, unknown>>;
}

async function postForm(
  url: string,
  form: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<FormAnswer> {
  signal.throwIfAborted();
  const deadline = AbortSignal.timeout(DEADLINE);
  try {
    const response = await fetch(url, {
      method: 'POST',
      body: new URLSearchParams(form),
      redirect: 'error',
      signal: AbortSignal.any([signal, deadline]),
    });
    return { status: response.status, body: parseObject(await readText(response.body, ANSWER_LIMIT)) };
  } catch (error) {
    signal.throwIfAborted();
    throw new Fault('google-unavailable', { cause: error });
  }
}

function readToken(body: FormAnswer['body'], now: number): FreshToken | null {
  const { access_token: accessToken, expires_in: seconds, scope } = body;
  // It becomes a header: nothing but visible ASCII.
  if (typeof accessToken !== 'string' || !/^[\x21-\x7e]+$/.test(accessToken)) return null;
  if (typeof seconds !== 'number' || !(seconds > 0)) return null;
  const scopes = typeof scope === 'string' ? scope.split(' ').filter(Boolean) : [];
  return { accessToken, expiresAt: now + seconds * 1000, scopes };
}

const unexpected = (status: number): Fault =>
  new Fault('google-unavailable', { cause: new Error(`answered with status ${status}`) });

/** Gives one grant's valid access token. `refresh` true: the last one was refused. */
export type AccessTokenProvider = (signal: AbortSignal, refresh?: boolean) => Promise<string>;

export interface AccessTokens {
  /** For the grant `id` with this refresh token; another refresh token under the same id replaces it. */
  of(id: string, refreshToken: string): AccessTokenProvider;
  /** Forgets the grant's token. */
  forget(id: string): void;
}

interface CacheEntry {
  readonly refreshTokenHash: string;
  fresh: FreshToken | null;
  pending: Promise<FreshToken> | null;
}

/**
 * A worker's access tokens, in memory only: one refresh at a time per grant, renewed five minutes before the end. Faults
 * as `TokenClient.refresh`; a failed refresh is not remembered.
 */
export function createAccessTokens(
  client: Pick<TokenClient, 'refresh'>,
  now: () => number = Date.now,
): AccessTokens {
  const entries = new Map<string, CacheEntry>();
  const entryOf = (id: string, hash: string): CacheEntry => {
    const known = entries.get(id);
    if (known?.refreshTokenHash === hash) return known;
    const entry: CacheEntry = { refreshTokenHash: hash, fresh: null, pending: null };
    entries.set(id, entry);
    return entry;
  };
  const renew = (entry: CacheEntry, refreshToken: string): Promise<FreshToken> => {
    // Shared by all who wait, so no single waiter's signal may end it; it has a deadline of its own.
    entry.pending ??= client
      .refresh(refreshToken, new AbortController().signal)
      .then((fresh) => {
        entry.fresh = fresh;
        return fresh;
      })
      .finally(() => {
        entry.pending = null;
      });
    return entry.pending;
  };
  return {
    of(id, refreshToken) {
      const hash = refreshTokenHash(refreshToken);
      return async (signal, refresh = false) => {
        signal.throwIfAborted();
        const entry = entryOf(id, hash);
        const { fresh } = entry;
        if (!refresh && fresh && fresh.expiresAt - MARGIN > now()) return fresh.accessToken;
        return (await waitFor(renew(entry, refreshToken), signal)).accessToken;
      };
    },
    forget: (id) => void entries.delete(id),
  };
}
