/**
 * Our cookies: HttpOnly, SameSite=Lax, host-only. Under https they carry the `__Host-` prefix (RFC 6265bis
 * §4.1.3.2), which plain http on loopback cannot have.
 */
import type { Request, Response } from 'express';

export type CookieName = 'session' | 'browser' | 'next';

/** On loopback cookies know no ports, so there the name must not be anybody else's. */
export const cookieName = (name: CookieName, publicUrl: string): string =>
  publicUrl.startsWith('https:') ? `__Host-${name}` : `smtp-sync-${name}`;

/** Tokens only: anything that is not 43 characters of base64url counts as absent. */
export function readCookie(req: Request, name: CookieName, publicUrl: string): string | null {
  const value = readCookieText(req, name, publicUrl) ?? '';
  return /^[A-Za-z0-9_-]{43}$/.test(value) ? value : null;
}

/** As the browser sent it. */
export function readCookieText(req: Request, name: CookieName, publicUrl: string): string | null {
  const prefix = `${cookieName(name, publicUrl)}=`;
  for (const pair of (req.headers.cookie ?? '').split(';')) {
    const cookie = pair.trim();
    if (cookie.startsWith(prefix)) return cookie.slice(prefix.length);
  }
  return null;
}

export function setCookie(
  res: Response,
  name: CookieName,
  value: string,
  maxAgeMs: number,
  publicUrl: string,
): void {
  res.cookie(cookieName(name, publicUrl), value, { ...attributes(publicUrl), maxAge: maxAgeMs });
}

export function clearCookie(res: Response, name: CookieName, publicUrl: string): void {
  res.clearCookie(cookieName(name, publicUrl), attributes(publicUrl));
}

const attributes = (publicUrl: string) => ({
  httpOnly: true,
  secure: publicUrl.startsWith('https:'),
  sameSite: 'lax' as const,
  path: '/',
});
