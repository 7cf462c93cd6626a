/** Sign-in at Google and the grant in one flow: OAuth 2.0 code flow with PKCE, bound to the browser. */
import { type Request, type Response, Router } from 'express';
import { isFault } from '../../core/fault.ts';
import { beginSignIn, takeSignIn } from '../../db/sign-ins.ts';
import { consentUrl, exchangeCode } from '../../google/consent.ts';
import { admit, decline } from '../admission.ts';
import { readCookie, setCookie } from '../cookies.ts';
import type { Limits } from '../limits.ts';
import { notice } from '../pages/layout.ts';
import type { Parts } from '../parts.ts';
import { endSession, hashToken, newToken, openSession, requireOwnForm } from '../session.ts';
import { deriveSignIn } from '../sign-in.ts';

const EXCHANGE_MS = 20_000;
const SIGN_IN_MS = 10 * 60 * 1000;

const REFUSALS = {
  'not-configured': [503, 'Sign-in is not set up', 'This installation has no OAuth client at Google yet.'],
  stale: [
    400,
    'That sign-in has expired',
    'It was used before, took longer than ten minutes, or was started in another browser.',
  ],
  denied: [403, 'You have not agreed', 'Without your consent at Google no mail can be passed on.'],
  scope: [
    403,
    'One permission is missing',
    'The permission to add mail to your Gmail was not ticked. Try again and leave it ticked; it does not let us read your mail.',
  ],
  failed: [400, 'Google did not complete the sign-in', 'Google refused to go on with this sign-in.'],
  unavailable: [503, 'Google cannot be reached', 'Google’s sign-in has a temporary problem.'],
} as const satisfies Record<string, readonly [number, string, string]>;

function refuse(res: Response, reason: keyof typeof REFUSALS): void {
  const [status, title, sentence] = REFUSALS[reason];
  res.status(status).send(notice(title, sentence, { href: '/auth/google', text: 'Try again' }));
}

export function createAuthRouter(parts: Parts, limits: Limits): Router {
  const { publicUrl } = parts.settings;
  const router = Router();
  router.get('/auth/google', limits.signIn, (req, res) => startSignIn(parts, req, res));
  router.get('/auth/google/callback', limits.signIn, (req, res) => finishSignIn(parts, req, res));
  router.post('/auth/logout', requireOwnForm(publicUrl), async (req, res) => {
    await endSession(parts, req, res);
    if (req.accepts(['json', 'html']) === 'html') res.redirect(303, '/');
    else res.status(204).end();
  });
  return router;
}

async function startSignIn(parts: Parts, req: Request, res: Response): Promise<void> {
  const { publicUrl, sessionSecret } = parts.settings;
  if (parts.google === null) return refuse(res, 'not-configured');
  const state = newToken();
  // Kept while it is there, so that two tabs can sign in side by side.
  const browser = readCookie(req, 'browser', publicUrl) ?? newToken();
  await parts.database.asNobody((tx) =>
    beginSignIn(tx, { stateHash: hashToken(state), lifetimeMs: SIGN_IN_MS }),
  );
  setCookie(res, 'browser', browser, SIGN_IN_MS, publicUrl);
  res.redirect(302, consentUrl(parts.google, { state, ...deriveSignIn(sessionSecret, state, browser) }));
}

async function finishSignIn(parts: Parts, req: Request, res: Response): Promise<void> {
  const { publicUrl, sessionSecret } = parts.settings;
  const { state, code, error } = req.query;
  const browser = readCookie(req, 'browser', publicUrl);
  if (parts.google === null) return refuse(res, 'not-configured');
  if (typeof state !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(state) || browser === null)
    return refuse(res, 'stale');
  const known = await parts.database.asNobody((tx) => takeSignIn(tx, hashToken(state)));
  if (!known) return refuse(res, 'stale');
  if (error === 'access_denied') return refuse(res, 'denied');
  if (typeof code !== 'string' || code === '' || error !== undefined) return refuse(res, 'failed');
  try {
    const attempt = deriveSignIn(sessionSecret, state, browser);
    const result = await exchangeCode(parts.google, attempt, code, AbortSignal.timeout(EXCHANGE_MS));
    if (result.kind === 'refused') return refuse(res, 'failed');
    if (result.kind === 'partial') {
      await decline(parts, result.consent);
      return refuse(res, 'scope');
    }
    await openSession(parts, req, res, await admit(parts, result.consent));
    res.redirect(303, '/');
  } catch (failure) {
    if (isFault(failure, 'google-unavailable')) return refuse(res, 'unavailable');
    throw failure;
  }
}
