/** Access tokens from refresh tokens at the providers of mailboxes (RFC 6749 §6). */
import { Fault } from '../core/fault.ts';
import { isServerOf, type SignInClient, type SignInClients } from '../core/sign-in-providers.ts';
import type { RefreshedToken, SourceSignIns } from '../core/source-grant.ts';
import { askTokenEndpoint, codesOf, type TokenAnswer, tokenOf, unavailable } from './token-endpoint.ts';

/** Only its owner can go on: RFC 6749 §5.2, OpenID Connect Core 1.0 §3.1.2.6. */
const GONE: ReadonlySet<unknown> = new Set([
  'invalid_grant',
  'interaction_required',
  'consent_required',
  'login_required',
]);
/** What is believed of a token's life, in seconds. */
const LONGEST_LIFE = 86_400;

/** `now`: ms since the epoch. */
export function createSourceSignIns(clients: SignInClients, now: () => number = Date.now): SourceSignIns {
  const clientOf = (provider: string): SignInClient => {
    const client = clients.get(provider);
    if (client === undefined) throw new Fault('source-sign-in-missing');
    return client;
  };
  return {
    allows: (provider, server) => isServerOf(clientOf(provider), server),
    async refresh(provider, refreshToken, signal) {
      const client = clientOf(provider);
      const form = { grant_type: 'refresh_token', refresh_token: refreshToken };
      const answer = await askTokenEndpoint(client, form, signal, now);
      const token = answer.status === 200 ? readTokens(answer.body, now()) : null;
      if (token) return token;
      if (GONE.has(answer.body.error) && !willPass(client, answer)) throw new Fault('source-consent-gone');
      throw unavailable(answer);
    },
  };
}

/** Microsoft says `invalid_grant` to a client that asks too often, too. */
const willPass = ({ provider }: SignInClient, { body }: TokenAnswer): boolean =>
  codesOf(body).some((code) => provider.codes.passing.includes(code));

/** null: it is no token answer that could be used. */
export function readTokens(body: TokenAnswer['body'], now: number): RefreshedToken | null {
  const accessToken = tokenOf(body.access_token);
  const seconds = Number(body.expires_in);
  if (accessToken === null || !(seconds > 0)) return null;
  return {
    accessToken,
    expiresAt: now + Math.min(seconds, LONGEST_LIFE) * 1000,
    refreshToken: tokenOf(body.refresh_token),
  };
}
