/**
 * The consent of a mailbox's owner at its provider: authorization code with PKCE S256, state and nonce (RFC 6749 §4.1, RFC
 * 7636, OpenID Connect Core 1.0 §3.1).
 */
import { createHash } from 'node:crypto';
import { parseObject } from '../core/answer.ts';
import type { Protocol } from '../core/mailbox.ts';
import type { SignInClient } from '../core/sign-in-providers.ts';
import { readTokens } from './refresh.ts';
import { askTokenEndpoint, codesIn, codesOf, type TokenAnswer, unavailable } from './token-endpoint.ts';

/** One walk through the provider's pages; all three are secrets of the browser session that began it. */
export interface SourceAttempt {
  readonly state: string;
  readonly nonce: string;
  /** 43 to 128 characters of RFC 7636 §4.1. */
  readonly codeVerifier: string;
}

export interface SourceConsent {
  /** The provider's own id for the account. */
  readonly accountId: string;
  /** What its mail server knows the account by. */
  readonly email: string;
  readonly refreshToken: string;
}

/** `admin`: the account's administrator has to agree first. `scope`: reading mail was not allowed. `blocked`: the provider does not let the account in. `failed`: the code was no good, or the answer not for this attempt. */
export type ConsentRefusal = 'denied' | 'admin' | 'blocked' | 'scope' | 'failed' | 'unavailable';

export type SourceConsentResult =
  | { readonly kind: 'granted'; readonly consent: SourceConsent }
  | { readonly kind: 'refused'; readonly reason: ConsentRefusal };

/** Where to send the browser. `hint`: the address that was typed, which the provider shows first. */
export function sourceConsentUrl(
  { provider, authUrl, clientId }: SignInClient,
  request: { readonly protocol: Protocol; readonly hint: string; readonly redirectUri: string },
  attempt: SourceAttempt,
): string {
  const url = new URL(authUrl);
  const parameters = {
    client_id: clientId,
    response_type: 'code',
    redirect_uri: request.redirectUri,
    scope: [...provider.scopes, provider.access[request.protocol]].join(' '),
    login_hint: request.hint,
    state: attempt.state,
    nonce: attempt.nonce,
    code_challenge: createHash('sha256').update(attempt.codeVerifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...provider.authParameters,
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

/** What the provider's redirect says instead of a code. */
export function refusalOf({ provider }: SignInClient, error: unknown, description: unknown): ConsentRefusal {
  if (error === 'server_error' || error === 'temporarily_unavailable') return 'unavailable';
  return refusalOfCodes(provider, codesIn(description)) ?? (error === 'access_denied' ? 'denied' : 'failed');
}

const refusalOfCodes = (
  { codes }: SignInClient['provider'],
  told: readonly string[],
): 'admin' | 'blocked' | null =>
  told.some((code) => codes.admin.includes(code))
    ? 'admin'
    : told.some((code) => codes.blocked.includes(code))
      ? 'blocked'
      : null;

/** Exchanges the callback's code. The caller has compared the state. Fault `source-sign-in-unavailable`. */
export async function exchangeSourceCode(
  client: SignInClient,
  request: { readonly protocol: Protocol; readonly code: string; readonly redirectUri: string },
  { nonce, codeVerifier }: Pick<SourceAttempt, 'nonce' | 'codeVerifier'>,
  signal: AbortSignal,
  now: () => number = Date.now,
): Promise<SourceConsentResult> {
  const refused = (reason: ConsentRefusal) => ({ kind: 'refused', reason }) as const;
  const form = {
    grant_type: 'authorization_code',
    code: request.code,
    redirect_uri: request.redirectUri,
    code_verifier: codeVerifier,
  };
  const answer = await askTokenEndpoint(client, form, signal, now);
  if (answer.status !== 200) {
    if (answer.status >= 400 && answer.status < 500 && answer.status !== 429)
      return refused(refusalOfCodes(client.provider, codesOf(answer.body)) ?? 'failed');
    throw unavailable(answer);
  }
  const tokens = readTokens(answer.body, now());
  const claims = readClaims(answer.body, client.clientId, nonce, now());
  if (!tokens?.refreshToken || claims === null) return refused('failed');
  const access = client.provider.access[request.protocol];
  if (!scopesOf(answer, access).includes(access.toLowerCase())) return refused('scope');
  return { kind: 'granted', consent: { ...claims, refreshToken: tokens.refreshToken } };
}

/** Where nothing is said of them, they are those that were asked for (RFC 6749 §5.1): Yahoo does so. */
const scopesOf = ({ body: { scope } }: TokenAnswer, asked: string): readonly string[] =>
  scope === undefined
    ? [asked.toLowerCase()]
    : typeof scope === 'string'
      ? scope.toLowerCase().split(' ')
      : [];

/**
 * Who signed in. The token comes straight from the provider's endpoint over TLS, which vouches for it in its signature's
 * place (OpenID Connect Core 1.0 §3.1.3.7, 6.); it signs nobody in here and only says whose mailbox this is.
 */
function readClaims(
  { id_token: token }: TokenAnswer['body'],
  clientId: string,
  nonce: string,
  now: number,
): Pick<SourceConsent, 'accountId' | 'email'> | null {
  const claims = parseClaims(token);
  if (claims.aud !== clientId || claims.nonce !== nonce || !(Number(claims.exp) * 1000 > now)) return null;
  const { sub } = claims;
  // A work account's mailbox goes by its sign-in name; a personal one may sign in by telephone number.
  const email = [claims.preferred_username, claims.email].find(isAddress);
  return typeof sub === 'string' && /^[\x21-\x7e]{1,255}$/.test(sub) && email !== undefined
    ? { accountId: sub, email }
    : null;
}

function parseClaims(token: unknown): Readonly<Record<string, unknown>> {
  const payload = typeof token === 'string' ? (token.split('.')[1] ?? '') : '';
  return parseObject(Buffer.from(payload, 'base64url').toString());
}

const isAddress = (value: unknown): value is string =>
  typeof value === 'string' && /^[^\s@\p{C}]{1,64}@[^\s@\p{C}]{1,250}$/u.test(value);
