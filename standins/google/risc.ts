/** Cross-Account Protection: the security event tokens that Google would send. https://developers.google.com/identity/protocols/risc */
import { createHash, randomUUID } from 'node:crypto';
import { accountOf } from './grants.ts';
import type { State } from './state.ts';

const TYPES = {
  'tokens-revoked': 'https://schemas.openid.net/secevent/oauth/event-type/tokens-revoked',
  'token-revoked': 'https://schemas.openid.net/secevent/oauth/event-type/token-revoked',
  'sessions-revoked': 'https://schemas.openid.net/secevent/risc/event-type/sessions-revoked',
  'account-disabled': 'https://schemas.openid.net/secevent/risc/event-type/account-disabled',
  'account-enabled': 'https://schemas.openid.net/secevent/risc/event-type/account-enabled',
  verification: 'https://schemas.openid.net/secevent/risc/event-type/verification',
} as const;

export interface SecurityEvent {
  readonly name: keyof typeof TYPES;
  /** The account it is about; with `token-revoked` all its live refresh tokens, one event each, else none. */
  readonly email: string;
  /** Claims in place of what Google would say, to be dishonest with. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** Signed tokens for the event: one, but for `token-revoked`, which has one per token. */
export function securityEvents(state: State, { name, email, claims }: SecurityEvent): string[] {
  const { settings, issuer, keys } = state;
  return subjects(state, name, email).map((subject) =>
    keys.signJwt({
      // With a slash, as Google's are.
      iss: `${issuer}/`,
      aud: settings.clientId,
      iat: Math.floor(settings.now() / 1000),
      jti: randomUUID(),
      events: { [TYPES[name]]: name === 'verification' ? { state: 'hello' } : { subject } },
      ...claims,
    }),
  );
}

function subjects(state: State, name: SecurityEvent['name'], email: string): unknown[] {
  if (name !== 'token-revoked')
    return [{ subject_type: 'iss-sub', iss: `${state.issuer}/`, sub: accountOf(state, email).sub }];
  const sha512 = (data: string | Buffer) => createHash('sha512').update(data).digest();
  return [...state.grants.entries()]
    .filter(([, { account }]) => account.email === email)
    .map(([token]) => ({
      subject_type: 'oauth_token',
      token_type: 'refresh_token',
      token_identifier_alg: 'hash_base64_sha512_sha512',
      token: sha512(sha512(token)).toString('base64'),
    }));
}
