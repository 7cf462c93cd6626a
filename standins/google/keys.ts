/** Signs id tokens: RS256, RFC 7515 and 7518 §3.3. */
import { createHash, generateKeyPairSync, type JsonWebKey, sign } from 'node:crypto';

export interface Keys {
  /** The JWKS document (RFC 7517). */
  readonly jwks: { readonly keys: readonly JsonWebKey[] };
  /** A compact JWS over the claims. */
  signJwt(claims: Readonly<Record<string, unknown>>): string;
}

export function createKeys(): Keys {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = publicKey.export({ format: 'jwk' });
  const kid = createHash('sha256').update(String(jwk.n)).digest('hex').slice(0, 40);
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return {
    jwks: { keys: [{ ...jwk, kid, use: 'sig', alg: 'RS256' }] },
    signJwt(claims) {
      const signed = `${encode({ alg: 'RS256', kid, typ: 'JWT' })}.${encode(claims)}`;
      return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
    },
  };
}
