/** Accounts, grants and the tokens that stand for them. */
import { createHash, randomBytes } from 'node:crypto';
import type { Account, Grant, State } from './state.ts';

/** Google keeps this many live refresh tokens per account and client; the oldest dies silently. */
const MAX_REFRESH_TOKENS = 100;

/** The account with this address, opened on first sight. */
export function accountOf(state: State, email: string): Account {
  const known = state.accounts.get(email);
  if (known) return known;
  const digest = createHash('sha256').update(email).digest();
  const sub = `1${(digest.readBigUInt64BE() % 10n ** 20n).toString().padStart(20, '0')}`;
  const account: Account = { sub, email, labels: new Map(), labelsMade: 0 };
  state.accounts.set(email, account);
  return account;
}

export function createGrant(
  state: State,
  account: Account,
  scopes: readonly string[],
  offline: boolean,
): Grant {
  const refreshToken = offline ? `1//${randomBytes(48).toString('base64url')}` : null;
  const grant: Grant = { account, scopes, refreshToken };
  if (refreshToken === null) return grant;
  const own = [...state.grants.values()].filter((other) => other.account === account);
  const oldest = own.length >= MAX_REFRESH_TOKENS ? own[0] : undefined;
  if (oldest) endGrant(state, oldest);
  state.grants.set(refreshToken, grant);
  return grant;
}

/** What the account has granted and not taken back. */
export const scopesOf = (state: State, account: Account): readonly string[] => [
  ...new Set([...state.grants.values()].flatMap((grant) => (grant.account === account ? grant.scopes : []))),
];

export function issueAccessToken(state: State, grant: Grant): string {
  const now = state.settings.now();
  for (const [token, { expiresAt }] of state.accessTokens) {
    if (expiresAt > now) break;
    state.accessTokens.delete(token);
  }
  const token = `ya29.${randomBytes(96).toString('base64url')}`;
  state.accessTokens.set(token, { grant, expiresAt: now + state.settings.accessTokenSeconds * 1000 });
  return token;
}

/** The refresh token and every access token that came from it stop working. */
export function endGrant(state: State, grant: Grant): void {
  if (grant.refreshToken !== null) state.grants.delete(grant.refreshToken);
  for (const [token, access] of state.accessTokens)
    if (access.grant === grant) state.accessTokens.delete(token);
}
