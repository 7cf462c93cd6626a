/**
 * The consent screen: https://developers.google.com/identity/protocols/oauth2/web-server
 * GET shows it, its form is posted back with everything it was asked; no JavaScript, no cookies.
 */
import { randomBytes } from 'node:crypto';
import { type Call, readForm, sendHtml } from './answer.ts';
import { consentPage, refusalPage } from './consent-page.ts';
import { accountOf, scopesOf as grantedBefore } from './grants.ts';
import type { State } from './state.ts';

/** Scopes that sign-in brings along; they have no tick box. */
export const SIGN_IN_SCOPES: ReadonlySet<string> = new Set(['openid', 'email', 'profile']);
/** What Google calls the short names in its answers. */
const LONG_NAMES: ReadonlyMap<string, string> = new Map([
  ['email', 'https://www.googleapis.com/auth/userinfo.email'],
  ['profile', 'https://www.googleapis.com/auth/userinfo.profile'],
]);
const KNOWN_SCOPES = new Set([
  ...SIGN_IN_SCOPES,
  'https://www.googleapis.com/auth/gmail.insert',
  'https://www.googleapis.com/auth/gmail.labels',
]);
const CODE_LIFETIME = 600_000;

/** Why Google shows an error page instead of asking; null: the request is in order. */
function refusalOf(state: State, asked: URLSearchParams): string | null {
  const { clientId, redirectUris } = state.settings;
  const redirect = asked.get('redirect_uri') ?? '';
  if (asked.get('client_id') !== clientId) return 'invalid_client: The OAuth client was not found.';
  if (redirectUris ? !redirectUris.includes(redirect) : !isLoopback(redirect)) return 'redirect_uri_mismatch';
  if (asked.get('response_type') !== 'code') return 'invalid_request: response_type must be code';
  if (asked.get('code_challenge_method') !== 'S256')
    return 'invalid_request: code_challenge_method must be S256';
  if (!/^[\w-]{43}$/.test(asked.get('code_challenge') ?? '')) return 'invalid_request: code_challenge';
  if (!asked.get('state')) return 'invalid_request: state is missing';
  if (!asked.get('nonce')) return 'invalid_request: nonce is missing';
  if (!['online', 'offline', null].includes(asked.get('access_type'))) return 'invalid_request: access_type';
  if (!['consent', 'select_account', 'none', null].includes(asked.get('prompt')))
    return 'invalid_request: prompt';
  if (!['true', 'false', null].includes(asked.get('include_granted_scopes')))
    return 'invalid_request: include_granted_scopes';
  const scopes = scopesOf(asked);
  if (!scopes.includes('openid')) return 'invalid_scope: openid is needed to sign in';
  return scopes.every((scope) => KNOWN_SCOPES.has(scope)) ? null : 'invalid_scope';
}

function isLoopback(uri: string): boolean {
  const url = URL.canParse(uri) ? new URL(uri) : null;
  return url !== null && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
}

const scopesOf = (asked: URLSearchParams): string[] => (asked.get('scope') ?? '').split(' ').filter(Boolean);

export function showConsent(call: Call): void {
  const asked = call.url.searchParams;
  const refusal = refusalOf(call.state, asked);
  if (refusal) sendHtml(call, 400, refusalPage(refusal));
  else sendHtml(call, 200, consentPage(asked, scopesOf(asked), [...call.state.accounts.values()]));
}

/**
 * Form fields: those of the request, plus `account` (an e-mail address) or `other`, `granted` once per ticked
 * scope, `decision` `allow` or `deny`.
 */
export async function decideConsent(call: Call): Promise<void> {
  const form = await readForm(call.request);
  const { state } = call;
  const refusal = refusalOf(state, form);
  if (refusal) return sendHtml(call, 400, refusalPage(refusal));
  const target = new URL(form.get('redirect_uri') ?? '');
  target.searchParams.set('state', form.get('state') ?? '');
  if (form.get('decision') !== 'allow') {
    target.searchParams.set('error', 'access_denied');
  } else {
    const email = form.get('other') || form.get('account');
    if (!email) return sendHtml(call, 400, refusalPage('no account chosen'));
    const ticked = form.getAll('granted');
    const asked = scopesOf(form);
    call.account = accountOf(state, email);
    const before = form.get('include_granted_scopes') === 'true' ? grantedBefore(state, call.account) : [];
    const now = asked
      .filter((scope) => SIGN_IN_SCOPES.has(scope) || ticked.includes(scope))
      .map((scope) => LONG_NAMES.get(scope) ?? scope);
    const scopes = [...new Set([...now, ...before])];
    const code = `4/${randomBytes(24).toString('base64url')}`;
    state.codes.set(code, {
      account: call.account,
      scopes,
      redirectUri: form.get('redirect_uri') ?? '',
      codeChallenge: form.get('code_challenge') ?? '',
      nonce: form.get('nonce') ?? '',
      offline: form.get('access_type') === 'offline' && form.get('prompt') === 'consent',
      expiresAt: state.settings.now() + CODE_LIFETIME,
    });
    target.searchParams.set('code', code);
    target.searchParams.set('scope', scopes.join(' '));
    target.searchParams.set('authuser', '0');
    target.searchParams.set('prompt', 'consent');
  }
  call.response.writeHead(302, { Location: target.href, 'Content-Length': 0 }).end();
}
