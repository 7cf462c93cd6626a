/** POST /token, POST /revoke, GET /oauth2/v3/certs. Errors as RFC 6749 §5.2 and as Google words them. */
import { createHash } from 'node:crypto';
import { type Call, pause, readForm, sendJson, strike } from './answer.ts';
import { createGrant, endGrant, issueAccessToken } from './grants.ts';
import type { AuthorizationCode, Grant } from './state.ts';

const refuse = (call: Call, status: number, error: string, description: string): void =>
  sendJson(call, status, { error, error_description: description });

export async function answerToken(call: Call): Promise<void> {
  const { state } = call;
  if (strike(call, state.faults.take('token', null))) return;
  const form = await readForm(call.request);
  await pause(call);
  const basic = /^Basic (\S+)$/i.exec(call.request.headers.authorization ?? '')?.[1];
  const [id, secret] = basic
    ? Buffer.from(basic, 'base64').toString().split(':').map(decodeURIComponent)
    : [form.get('client_id'), form.get('client_secret')];
  if (id !== state.settings.clientId || secret !== state.settings.clientSecret)
    return refuse(call, 401, 'invalid_client', 'Unauthorized');
  switch (form.get('grant_type')) {
    case 'authorization_code':
      return exchangeCode(call, form);
    case 'refresh_token':
      return refresh(call, form.get('refresh_token') ?? '');
    default:
      return refuse(call, 400, 'unsupported_grant_type', 'Invalid grant_type');
  }
}

function exchangeCode(call: Call, form: URLSearchParams): void {
  const { state } = call;
  const key = form.get('code') ?? '';
  const code = state.codes.get(key);
  state.codes.delete(key);
  const refusal = refusalOf(code, form, state.settings.now());
  if (!code || refusal) {
    refuse(call, 400, refusal?.[0] ?? 'invalid_grant', refusal?.[1] ?? 'Malformed auth code.');
    return;
  }
  call.account = code.account;
  const grant = createGrant(state, code.account, code.scopes, code.offline);
  const accessToken = issueAccessToken(state, grant);
  sendJson(call, 200, {
    ...tokenAnswer(call, grant, accessToken),
    ...(grant.refreshToken === null ? {} : { refresh_token: grant.refreshToken }),
    id_token: idToken(call, code, accessToken),
  });
}

/** Error and description; null: the code may be exchanged. */
function refusalOf(
  code: AuthorizationCode | undefined,
  form: URLSearchParams,
  now: number,
): readonly [string, string] | null {
  if (!code || code.expiresAt <= now) return ['invalid_grant', 'Malformed auth code.'];
  if (form.get('redirect_uri') !== code.redirectUri) return ['redirect_uri_mismatch', 'Bad Request'];
  const verifier = form.get('code_verifier');
  if (!verifier) return ['invalid_grant', 'Missing code verifier.'];
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  return challenge === code.codeChallenge ? null : ['invalid_grant', 'Invalid code verifier.'];
}

function refresh(call: Call, refreshToken: string): void {
  const grant = call.state.grants.get(refreshToken);
  if (!grant) {
    refuse(call, 400, 'invalid_grant', 'Token has been expired or revoked.');
    return;
  }
  call.account = grant.account;
  sendJson(call, 200, tokenAnswer(call, grant, issueAccessToken(call.state, grant)));
}

const tokenAnswer = (call: Call, grant: Grant, accessToken: string) => ({
  access_token: accessToken,
  expires_in: call.state.settings.accessTokenSeconds,
  scope: grant.scopes.join(' '),
  token_type: 'Bearer',
});

/** OpenID Connect Core 1.0 §2 and §3.1.3.6. */
function idToken(call: Call, code: AuthorizationCode, accessToken: string): string {
  const { settings, issuer, keys } = call.state;
  const now = Math.floor(settings.now() / 1000);
  return keys.signJwt({
    iss: issuer,
    azp: settings.clientId,
    aud: settings.clientId,
    sub: code.account.sub,
    email: code.account.email,
    email_verified: true,
    at_hash: createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url'),
    nonce: code.nonce,
    iat: now,
    exp: now + 3600,
  });
}

/** Form only: Google would also read the query, where a token ends up in logs. */
export async function answerRevoke(call: Call): Promise<void> {
  const { state } = call;
  if (strike(call, state.faults.take('revoke', null))) return;
  const token = (await readForm(call.request)).get('token') ?? '';
  await pause(call);
  const grant = state.grants.get(token) ?? state.accessTokens.get(token)?.grant;
  if (!grant) return refuse(call, 400, 'invalid_token', 'Token expired or revoked');
  call.account = grant.account;
  endGrant(state, grant);
  sendJson(call, 200, {});
}

export function answerCerts(call: Call): void {
  if (strike(call, call.state.faults.take('certs', null))) return;
  sendJson(call, 200, call.state.keys.jwks, { 'Cache-Control': 'public, max-age=3600' });
}
