/** Codes, grants and the tokens that stand for them, as Microsoft's identity platform gives them out. */
import { createHash, randomBytes } from 'node:crypto';

export interface Grant {
  readonly email: string;
  readonly scopes: readonly string[];
  ended: boolean;
}

export interface Code {
  readonly email: string;
  readonly scopes: readonly string[];
  readonly redirectUri: string;
  readonly challenge: string;
  readonly nonce: string;
}

export interface TokenRules {
  accessTokenSeconds: number;
  /** A refresh token works once: seen again, its whole grant ends. Microsoft lets the old ones live. */
  strict: boolean;
}

interface Access {
  readonly grant: Grant;
  readonly expiresAt: number;
}

export class Tokens {
  readonly codes = new Map<string, Code>();
  readonly #refresh = new Map<string, Grant>();
  readonly #used = new Set<string>();
  readonly #access = new Map<string, Access>();
  readonly rules: TokenRules;

  constructor(rules: TokenRules) {
    this.rules = rules;
  }

  /** Live refresh tokens of the account. */
  refreshTokens(email: string): string[] {
    return [...this.#refresh].flatMap(([token, grant]) =>
      !grant.ended && grant.email === email && !(this.rules.strict && this.#used.has(token)) ? [token] : [],
    );
  }

  issue(grant: Grant): { accessToken: string; refreshToken: string } {
    const accessToken = `EwB.${randomBytes(900).toString('base64url')}`;
    const refreshToken = `M.C5.${randomBytes(300).toString('base64url')}`;
    this.#refresh.set(refreshToken, grant);
    this.#access.set(accessToken, {
      grant,
      expiresAt: Date.now() + this.rules.accessTokenSeconds * 1000,
    });
    return { accessToken, refreshToken };
  }

  /** null: not honoured. */
  redeem(refreshToken: string): Grant | null {
    const grant = this.#refresh.get(refreshToken);
    if (!grant || grant.ended) return null;
    if (this.rules.strict && this.#used.has(refreshToken)) {
      grant.ended = true;
      return null;
    }
    this.#used.add(refreshToken);
    return grant;
  }

  /** What a mail server asks: whether this user may come in with this token, by this protocol. */
  admits(protocol: 'imap' | 'pop3', user: string, accessToken: string): boolean {
    const access = this.#access.get(accessToken);
    if (!access || access.grant.ended || access.expiresAt <= Date.now()) return false;
    const scope = `https://outlook.office.com/${protocol === 'imap' ? 'IMAP' : 'POP'}.AccessAsUser.All`;
    return access.grant.email === user && access.grant.scopes.includes(scope);
  }

  /** Access tokens given out so far are no good any more; the grants are. */
  expire(): void {
    this.#access.clear();
  }

  /** As if its owner had taken the app's access back, or the administrator had. */
  revoke(email: string): void {
    for (const grant of this.#refresh.values()) if (grant.email === email) grant.ended = true;
  }
}

export const subjectOf = (email: string): string =>
  createHash('sha256').update(`subject ${email}`).digest('base64url');
