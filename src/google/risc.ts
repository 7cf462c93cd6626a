/**
 * Google's Cross-Account Protection: security event tokens (RFC 8417) that tell of a user's account at Google.
 * https://developers.google.com/identity/protocols/risc
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { readText } from '../core/answer.ts';
import { Fault } from '../core/fault.ts';

export interface RiscEndpoints {
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly clientId: string;
}

/** Whom an event is about: a Google account, or whoever has the refresh token with this double SHA-512. */
export type RiscSubject = { readonly sub: string } | { readonly refreshTokenHash: string };

export interface RiscEvent {
  /** `jti`. */
  readonly id: string;
  /** Short names, e.g. `tokens-revoked`, of those events of the token whose subject is understood. */
  readonly events: readonly { readonly name: string; readonly subject: RiscSubject }[];
}

/** RFC 8935 §2.4. */
export interface RiscRefusal {
  readonly refusal: 'invalid_request' | 'invalid_key' | 'invalid_issuer' | 'invalid_audience';
}

/** Verifies signature (RS256), issuer and audience. No `exp`: such a token tells what has happened. Fault `google-unavailable`. */
export type RiscReader = (token: string, signal: AbortSignal) => Promise<RiscEvent | RiscRefusal>;

const DEADLINE = 10_000;
const ANSWER_LIMIT = 65_536;
/** Anybody can name an unknown key; that must not make us ask Google each time. */
const KEYS_PAUSE_MS = 30_000;

export function createRiscReader({ jwksUrl, issuer, clientId }: RiscEndpoints): RiscReader {
  const keyOf = keepKeys(jwksUrl);
  return async (token, signal) => {
    const [head = '', body = '', signature = '', ...more] = token.trim().split('.');
    const header = parse(head);
    const claims = parse(body);
    if (more.length > 0 || header?.alg !== 'RS256' || typeof header.kid !== 'string' || !claims)
      return { refusal: 'invalid_request' };
    const key = await keyOf(header.kid, signal);
    const signed = Buffer.from(`${head}.${body}`, 'latin1');
    if (!key || !verify('sha256', signed, key, Buffer.from(signature, 'base64url')))
      return { refusal: 'invalid_key' };
    if (!isIssuer(claims.iss, issuer)) return { refusal: 'invalid_issuer' };
    if (![claims.aud].flat().includes(clientId)) return { refusal: 'invalid_audience' };
    if (typeof claims.jti !== 'string' || claims.jti === '' || claims.jti.length > 255)
      return { refusal: 'invalid_request' };
    return { id: claims.jti, events: eventsOf(claims.events, issuer) };
  };
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

function parse(part: string): Fields | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return isFields(value) ? value : null;
  } catch {
    return null;
  }
}

/** Google writes its issuer with and without a slash at its end. */
const isIssuer = (given: unknown, issuer: string): boolean =>
  typeof given === 'string' && given.replace(/\/$/, '') === issuer.replace(/\/$/, '');

/** The keys of `events` are URIs; the last part is the event's name. */
function eventsOf(events: unknown, issuer: string): RiscEvent['events'] {
  if (!isFields(events)) return [];
  return Object.entries(events).flatMap(([type, event]) => {
    const subject = isFields(event) ? subjectOf(event.subject, issuer) : null;
    return subject ? [{ name: type.slice(type.lastIndexOf('/') + 1), subject }] : [];
  });
}

function subjectOf(subject: unknown, issuer: string): RiscSubject | null {
  if (!isFields(subject)) return null;
  if (typeof subject.sub === 'string' && isIssuer(subject.iss, issuer)) return { sub: subject.sub };
  if (subject.token_identifier_alg === 'hash_base64_sha512_sha512' && typeof subject.token === 'string')
    return { refreshTokenHash: subject.token };
  return null;
}

/**
 * RSA keys of the JWKS document (RFC 7517), asked for when one is named that is not there. Whoever comes meanwhile
 * waits for the same answer: an event that is refused does not come again.
 */
function keepKeys(url: string): (kid: string, signal: AbortSignal) => Promise<KeyObject | null> {
  let keys = new Map<string, KeyObject>();
  let askAt = 0;
  let asking: Promise<void> | null = null;
  const ask = async (signal: AbortSignal): Promise<void> => {
    try {
      keys = await fetchKeys(url, signal);
      askAt = performance.now() + KEYS_PAUSE_MS;
    } finally {
      asking = null;
    }
  };
  return async (kid, signal) => {
    if (!keys.has(kid) && performance.now() >= askAt) asking ??= ask(signal);
    if (!keys.has(kid)) await asking;
    return keys.get(kid) ?? null;
  };
}

async function fetchKeys(url: string, signal: AbortSignal): Promise<Map<string, KeyObject>> {
  try {
    const response = await fetch(url, {
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE)]),
    });
    const text = await readText(response.body, ANSWER_LIMIT);
    if (!response.ok) throw new Error(`the key set: ${response.status}`);
    const found: unknown = JSON.parse(text);
    const all: unknown[] = isFields(found) && Array.isArray(found.keys) ? found.keys : [];
    return new Map(all.flatMap(keyEntry));
  } catch (error) {
    throw new Fault('google-unavailable', { cause: error });
  }
}

function keyEntry(jwk: unknown): [string, KeyObject][] {
  if (!isFields(jwk) || jwk.kty !== 'RSA') return [];
  const { kid, n, e } = jwk;
  if (typeof kid !== 'string' || typeof n !== 'string' || typeof e !== 'string') return [];
  return [[kid, createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' })]];
}
