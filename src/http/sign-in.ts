/**
 * The secrets of one sign-in. Only SHA-256 of `state` is stored; nonce and PKCE verifier are derived from it,
 * the browser's cookie and SESSION_SECRET, so neither a stolen database nor a stolen callback URL has them
 * (RFC 9700 §2.1, RFC 7636 §4.1).
 */
import { createHmac } from 'node:crypto';

export interface SignInSecrets {
  readonly nonce: string;
  /** 43 characters, as RFC 7636 wants at least. */
  readonly codeVerifier: string;
}

export function deriveSignIn(sessionSecret: string, state: string, browser: string): SignInSecrets {
  const derive = (purpose: string): string =>
    createHmac('sha256', sessionSecret)
      .update(`sign-in ${purpose}\n${state}\n${browser}`)
      .digest('base64url');
  return { nonce: derive('nonce'), codeVerifier: derive('verifier') };
}
