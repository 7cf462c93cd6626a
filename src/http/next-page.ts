/**
 * Where somebody wanted to go before signing in. It waits in a cookie whose signature binds it to the sign-in's state, so
 * that no other sign-in, of another tab or another day, ends there; and only paths of ours pass, so that no link to
 * our sign-in can end elsewhere (RFC 9700 §4.11.2).
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Request, Response } from 'express';
import { clearCookie, readCookieText, setCookie } from './cookies.ts';
import type { Settings } from './parts.ts';

const LONGEST = 512;
/** Not pages to come back to: the way in itself, and calls of programs. */
const NO_PAGE = /^\/(?:auth|api|webhooks)(?:[/?#]|$)/;

/** The path, normalised, with query and fragment; null for anything that could lead away from us. */
export function nextPage(asked: unknown, publicUrl: string): string | null {
  if (typeof asked !== 'string' || asked.length > LONGEST || !/^\/[\x21-\x7e]*$/.test(asked)) return null;
  const url = URL.parse(asked, publicUrl);
  if (url === null || url.origin !== publicUrl || asked.includes('\\')) return null;
  // `/.//evil.example` is ours as it stands and somebody else's once a browser has read it again.
  const path = url.pathname + url.search + url.hash;
  return path.startsWith('//') || NO_PAGE.test(path) || path.length > LONGEST ? null : path;
}

type Keys = Pick<Settings, 'publicUrl' | 'sessionSecret'>;

/** Keeps `path` for the sign-in with this state; null forgets what was kept for another. */
export function keepNextPage(
  res: Response,
  keys: Keys,
  kept: { readonly state: string; readonly path: string | null; readonly maxAgeMs: number },
): void {
  const { state, path, maxAgeMs } = kept;
  if (path === null) {
    forgetNextPage(res, keys);
    return;
  }
  const value = `${Buffer.from(path).toString('base64url')}.${sign(keys, state, path)}`;
  setCookie(res, 'next', value, maxAgeMs, keys.publicUrl);
}

export const forgetNextPage = (res: Response, { publicUrl }: Keys): void =>
  clearCookie(res, 'next', publicUrl);

/** What was kept for this state; null when nothing was, or for another. */
export function keptNextPage(req: Request, keys: Keys, state: string): string | null {
  const value = readCookieText(req, 'next', keys.publicUrl) ?? '';
  const [, encoded, signature = ''] = /^([A-Za-z0-9_-]{2,700})\.([A-Za-z0-9_-]{43})$/.exec(value) ?? [];
  if (encoded === undefined) return null;
  const path = Buffer.from(encoded, 'base64url').toString();
  const expected = sign(keys, state, path);
  if (!timingSafeEqual(Buffer.from(signature), Buffer.from(expected))) return null;
  return nextPage(path, keys.publicUrl);
}

const sign = ({ sessionSecret }: Keys, state: string, path: string): string =>
  createHmac('sha256', sessionSecret).update(`next page\n${state}\n${path}`).digest('base64url');

/** `?next=…`, or nothing. */
export const nextQuery = (path: string | null): string =>
  path === null ? '' : `?next=${encodeURIComponent(path)}`;
