/**
 * Sign-in and grant in one flow: OpenID Connect with PKCE S256, state and nonce.
 * https://developers.google.com/identity/protocols/oauth2/web-server, OpenID Connect Core 1.0 §3.1, RFC 7636
 */
import { createHash, createPublicKey } from 'node:crypto';
import { CodeChallengeMethod, OAuth2Client } from 'google-auth-library';
import { Fault } from '../core/fault.ts';
import { GMAIL_INSERT_SCOPE, GMAIL_LABELS_SCOPE } from '../core/scopes.ts';

export { GMAIL_INSERT_SCOPE };

const SCOPES = ['openid', 'email', GMAIL_INSERT_SCOPE];
const DEADLINE = 20_000;

export interface ConsentEndpoints {
  readonly authUrl: string;
  readonly tokenUrl: string;
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** `{PUBLIC_URL}/auth/google/callback`, as registered with Google. */
  readonly redirectUri: string;
}

/** One walk through the consent screen; all three are secrets of the browser session that began it. */
export interface ConsentAttempt {
  readonly state: string;
  readonly nonce: string;
  /** 43 to 128 characters of RFC 7636 §4.1. */
  readonly codeVerifier: string;
}

export interface Consent {
  readonly sub: string;
  readonly email: string;
  /** null: keep the one you have. */
  readonly refreshToken: string | null;
  readonly grantedScopes: readonly string[];
}

/**
 * `partial`: the user left the permission to add mail unticked; Google has given tokens all the same. `refused`: the code
 * was used, expired, or not meant for this attempt; starting again is all that helps.
 */
export type ConsentResult =
  | { readonly kind: 'granted' | 'partial'; readonly consent: Consent }
  | { readonly kind: 'refused'; readonly reason: 'code' | 'id-token' };

/** What is asked for beside the sign-in and mail. */
export interface Wish {
  readonly labels: boolean;
  /** Whose account Google should offer; null: it asks. */
  readonly email: string | null;
}

/** Where to send the browser. */
export function consentUrl(
  endpoints: ConsentEndpoints,
  attempt: ConsentAttempt,
  { labels, email }: Wish = { labels: false, email: null },
): string {
  return createClient(endpoints).generateAuthUrl({
    scope: labels ? [...SCOPES, GMAIL_LABELS_SCOPE] : SCOPES,
    // What was granted before is in the new tokens, too: signing in again loses no permission.
    include_granted_scopes: true,
    ...(email !== null && { login_hint: email }),
    access_type: 'offline',
    // Google hands out a refresh token for sure only when it asks the user.
    prompt: 'consent',
    state: attempt.state,
    nonce: attempt.nonce,
    code_challenge: createHash('sha256').update(attempt.codeVerifier).digest('base64url'),
    // The library's own default is `plain`.
    code_challenge_method: CodeChallengeMethod.S256,
  });
}

/**
 * Exchanges the callback's code and verifies whose consent it is. The caller has compared the state. Fault
 * `google-unavailable`; library errors are not kept as causes: they quote tokens and the client's secret.
 */
export async function exchangeCode(
  endpoints: ConsentEndpoints,
  attempt: Pick<ConsentAttempt, 'nonce' | 'codeVerifier'>,
  code: string,
  signal: AbortSignal,
): Promise<ConsentResult> {
  signal.throwIfAborted();
  const client = createClient(endpoints, AbortSignal.any([signal, AbortSignal.timeout(DEADLINE)]));
  const tokens = await redeem(client, code, attempt.codeVerifier, signal);
  if (!tokens) return { kind: 'refused', reason: 'code' };
  const claims = await verifyIdToken(client, endpoints, tokens.id_token ?? '', signal);
  if (claims?.nonce !== attempt.nonce || !claims.email || claims.email_verified !== true)
    return { kind: 'refused', reason: 'id-token' };
  const grantedScopes = (tokens.scope ?? '').split(' ').filter(Boolean);
  const { sub, email } = claims;
  return {
    kind: grantedScopes.includes(GMAIL_INSERT_SCOPE) ? 'granted' : 'partial',
    consent: { sub, email, refreshToken: tokens.refresh_token ?? null, grantedScopes },
  };
}

/** One client per call: it keeps credentials and certificates that must not be shared between users. */
function createClient(endpoints: ConsentEndpoints, signal?: AbortSignal): OAuth2Client {
  return new OAuth2Client({
    clientId: endpoints.clientId,
    clientSecret: endpoints.clientSecret,
    redirectUri: endpoints.redirectUri,
    endpoints: { oauth2AuthBaseUrl: endpoints.authUrl, oauth2TokenUrl: endpoints.tokenUrl },
    transporterOptions: {
      fetchImplementation: fetch,
      redirect: 'error',
      ...(signal ? { signal } : {}),
    },
  });
}

/** null: Google does not honour the code with this verifier. */
async function redeem(client: OAuth2Client, code: string, codeVerifier: string, signal: AbortSignal) {
  try {
    return (await client.getToken({ code, codeVerifier })).tokens;
  } catch (error) {
    signal.throwIfAborted();
    if (errorStatus(error) === 400) return null;
    throw unavailable('the token endpoint', errorStatus(error));
  }
}

/** The claims; null when signature, issuer, audience or times are wrong. */
async function verifyIdToken(
  client: OAuth2Client,
  { jwksUrl, issuer, clientId }: ConsentEndpoints,
  idToken: string,
  signal: AbortSignal,
) {
  const keys = await fetchKeys(client, jwksUrl, signal);
  // Google writes its issuer with and without the scheme; a configured URL may have gained a slash.
  const bare = issuer.replace(/\/$/, '');
  const issuers = [bare, bare.replace(/^https:\/\//, '')];
  try {
    const ticket = await client.verifySignedJwtWithCertsAsync(idToken, keys, clientId, issuers);
    return ticket.getPayload() ?? null;
  } catch {
    return null;
  }
}

interface Jwks {
  readonly keys?: readonly Readonly<Record<string, string>>[];
}

/** RSA keys of the JWKS document (RFC 7517) as PEM by key id, the form the library verifies with. */
async function fetchKeys(
  client: OAuth2Client,
  url: string,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  try {
    const { data } = await client.transporter.request<Jwks>({ url });
    const rsa = (data.keys ?? []).filter(({ kty }) => kty === 'RSA');
    return Object.fromEntries(
      rsa.map(({ kid = '', kty = '', n = '', e = '' }) => [
        kid,
        createPublicKey({ key: { kty, n, e }, format: 'jwk' })
          .export({ type: 'spki', format: 'pem' })
          .toString(),
      ]),
    );
  } catch (error) {
    signal.throwIfAborted();
    throw unavailable('the key set', errorStatus(error));
  }
}

const errorStatus = (error: unknown): number | undefined => {
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  return typeof status === 'number' ? status : undefined;
};

const unavailable = (what: string, status: number | undefined): Fault =>
  new Fault('google-unavailable', { cause: new Error(`${what} answered with status ${status ?? 'none'}`) });
