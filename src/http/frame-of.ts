/** From a request to the frame that its page is drawn in. No database: pages about its absence need one, too. */
import type { Request } from 'express';
import { readCookie } from './cookies.ts';
import type { Frame } from './pages/frame.ts';
import type { Parts } from './parts.ts';
import { readTheme } from './theme.ts';

export const frameOf = ({ settings }: Pick<Parts, 'settings'>, req: Request): Frame => ({
  theme: readTheme(req),
  // Queries hold what is good once, or what somebody typed; and what was posted cannot be come back to.
  path: req.method === 'GET' && !req.path.startsWith('/auth/') ? req.path : '/',
  hasSession: readCookie(req, 'session', settings.publicUrl) !== null,
});
