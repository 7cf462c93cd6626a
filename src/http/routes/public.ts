/** Pages for everybody, the theme's form, and the files by which machines find their way. */
import express, { type Request, type RequestHandler, type Response, Router } from 'express';
import { HttpError } from '../errors.ts';
import { frameOf } from '../frame-of.ts';
import { nextPage, nextQuery } from '../next-page.ts';
import { apiDocsPage } from '../pages/api-docs.ts';
import type { Frame } from '../pages/frame.ts';
import { landingPage } from '../pages/landing.ts';
import { privacyPage } from '../pages/privacy.ts';
import { securityPage } from '../pages/security.ts';
import { termsPage } from '../pages/terms.ts';
import type { Parts, Settings } from '../parts.ts';
import { identify, requireOwnForm } from '../session.ts';
import { setTheme } from '../theme.ts';

const DOCUMENTS = {
  '/privacy': privacyPage,
  '/terms': termsPage,
  '/security': securityPage,
  '/docs/api': apiDocsPage,
} as const;
/** What search engines may find; everything else tells them not to. */
const INDEXED = ['/', ...Object.keys(DOCUMENTS)];
/** Days that security.txt is good for; each answer counts anew (RFC 9116 §2.5.5 asks for less than a year). */
const SECURITY_TXT_DAYS = 90;

export function createPublicRouter(parts: Parts): Router {
  const { settings } = parts;
  const { publicUrl, installation } = settings;
  const router = Router();
  router.get(INDEXED, (_req, res, next) => {
    res.removeHeader('X-Robots-Tag');
    next();
  });
  router.get('/', (req, res) => showLanding(parts, req, res));
  for (const [path, page] of Object.entries(DOCUMENTS))
    router.get(path, (req, res) => {
      res.send(page({ frame: frameOf(parts, req), url: publicUrl + path, installation }));
    });
  const body = express.urlencoded({ extended: false, limit: '4kb', inflate: false, parameterLimit: 5 });
  router.post('/theme', requireOwnForm(publicUrl), body, (req, res) => chooseTheme(settings, req, res));
  router.get('/robots.txt', (_req, res) => {
    res.type('text/plain').send(ROBOTS);
  });
  router.get('/.well-known/security.txt', (_req, res) => {
    if (installation.contactEmail === null) throw new HttpError('not-found');
    res.type('text/plain').send(securityText(installation.contactEmail, publicUrl));
  });
  router.all([...INDEXED, '/robots.txt', '/.well-known/security.txt'], refuseMethod('GET, HEAD'));
  router.all('/theme', refuseMethod('POST'));
  return router;
}

async function showLanding(parts: Parts, req: Request, res: Response): Promise<void> {
  const { publicUrl, installation } = parts.settings;
  const next = nextPage(req.query.next, publicUrl);
  if ((await identify(parts, req))?.kind === 'session') {
    res.redirect(303, next ?? '/mailboxes');
    return;
  }
  const frame: Frame = { ...frameOf(parts, req), path: `/${nextQuery(next)}`, hasSession: false };
  res.send(landingPage({ frame, url: `${publicUrl}/`, installation, next }));
}

function chooseTheme(settings: Settings, req: Request, res: Response): void {
  const form: Readonly<Record<string, unknown>> = req.body ?? {};
  const theme = ([null, 'light', 'dark'] as const).find((one) => (one ?? 'system') === form.theme);
  if (theme === undefined) throw new HttpError('invalid-request', 'theme: must be system, light or dark');
  setTheme(res, theme, settings.publicUrl);
  if (req.accepts(['json', 'html']) === 'html')
    res.redirect(303, nextPage(form.back, settings.publicUrl) ?? '/');
  else res.status(204).end();
}

/** The stylesheet may be fetched, so that engines see the pages as people do. */
const ROBOTS = `User-agent: *
${INDEXED.map((path) => `Allow: ${path}$`).join('\n')}
Allow: /assets/
Disallow: /
`;

/** RFC 9116. */
function securityText(contact: string, publicUrl: string): string {
  const expires = new Date(Date.now() + SECURITY_TXT_DAYS * 24 * 3600 * 1000).toISOString();
  return [
    `Contact: mailto:${contact}`,
    `Expires: ${expires.replace(/\.\d+Z$/, 'Z')}`,
    'Preferred-Languages: en',
    `Canonical: ${publicUrl}/.well-known/security.txt`,
    `Policy: ${publicUrl}/security#report`,
    '',
  ].join('\n');
}

const refuseMethod =
  (allowed: string): RequestHandler =>
  (_req, res) => {
    res.set('Allow', allowed);
    throw new HttpError('method-not-allowed');
  };

/** Before everything else: what is not explicitly public is not for search engines. */
export const hideFromSearch: RequestHandler = (_req, res, next) => {
  res.set('X-Robots-Tag', 'noindex');
  next();
};
