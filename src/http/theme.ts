/** Light or dark, as the user chose it; a cookie, so that the first thing drawn is right already. */
import type { Request, Response } from 'express';

export type Theme = 'light' | 'dark';

/** Not read by `readCookie`: it is no secret, and the dashboard's script sets it too. null: as the system has it. */
export function readTheme(req: Request): Theme | null {
  const [, theme] = /(?:^|;\s*)theme=(light|dark)(?:;|$)/.exec(req.headers.cookie ?? '') ?? [];
  return theme === 'light' || theme === 'dark' ? theme : null;
}

const YEAR_MS = 365 * 24 * 3600 * 1000;

/** null: as the system has it again. */
export function setTheme(res: Response, theme: Theme | null, publicUrl: string): void {
  const options = { path: '/', sameSite: 'lax', secure: publicUrl.startsWith('https:') } as const;
  if (theme === null) res.clearCookie('theme', options);
  else res.cookie('theme', theme, { ...options, maxAge: YEAR_MS });
}
