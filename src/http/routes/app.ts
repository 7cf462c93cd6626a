/** The addresses of the dashboard: one shell for all of them, for whoever is signed in. */
import { randomBytes } from 'node:crypto';
import { type RequestHandler, Router } from 'express';
import { assets } from '../assets.ts';
import { HttpError } from '../errors.ts';
import { appPage } from '../pages/app.ts';
import type { Parts } from '../parts.ts';
import { identify } from '../session.ts';
import { readTheme } from '../theme.ts';

const PLACES = [
  '/mailboxes',
  '/mailboxes/:id',
  '/connect',
  '/connect/:id',
  '/glass-box',
  '/billing',
  '/account',
  '/notices',
  '/webhooks',
];

export function createAppRouter(parts: Parts): Router {
  const router = Router();
  router.get(PLACES, showApp(parts));
  return router;
}

/** Who is not signed in is shown the way in, and comes back. */
const showApp =
  (parts: Parts): RequestHandler =>
  async (req, res) => {
    const caller = await identify(parts, req);
    if (caller?.kind !== 'session') {
      res.redirect(303, `/?next=${encodeURIComponent(req.originalUrl)}`);
      return;
    }
    if (assets.script === '') throw new HttpError('dashboard-not-built');
    const nonce = randomBytes(16).toString('base64');
    const policy = String(res.get('Content-Security-Policy'));
    res.set(
      'Content-Security-Policy',
      policy.replace("style-src 'self'", `style-src 'self' 'nonce-${nonce}'`),
    );
    res.send(appPage(assets, nonce, readTheme(req)));
  };
