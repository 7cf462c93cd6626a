/** Sign-in at Google and the grant in one flow: OAuth 2.0 code flow with PKCE, bound to the browser. */
import { type Request, type Response, Router } from 'express';
import { isFault } from '../../core/fault.ts';
import { GMAIL_LABELS_SCOPE } from '../../core/scopes.ts';
import { beginSignIn, takeSignIn } from '../../db/sign-ins.ts';
import { type ConsentEndpoints, consentUrl, exchangeCode } from '../../google/consent.ts';
import { readAccount } from '../account.ts';
import { admit, decline, isOf } from '../admission.ts';
import { readCookie, setCookie } from '../cookies.ts';
import { frameOf } from '../frame-of.ts';
import { labelViewerOf, showLabels } from '../labels.ts';
import type { Limits } from '../limits.ts';
import { forgetNextPage, keepNextPage, keptNextPage, nextPage, nextQuery } from '../next-page.ts';
import { REFUSALS, type RefusalReason, refusalPage, switchedPage } from '../pages/refusals.ts';
import { startPage } from '../pages/start.ts';
import type { Parts } from '../parts.ts';
import { endSession, hashToken, identify, newToken, openSession, requireOwnForm } from '../session.ts';
import { deriveSignIn } from '../sign-in.ts';

const EXCHANGE_MS = 20_000;
const SIGN_IN_MS = 10 * 60 * 1000;
/** Longer than a sign-in, so that one that took too long can be told from one of another browser. */
const BROWSER_MS = 60 * 60 * 1000;

/** What Google's redirect may say instead of a code, https://developers.google.com/identity/protocols/oauth2/web-server */
const GOOGLE_ERRORS: ReadonlyMap<unknown, RefusalReason> = new Map([
  ['access_denied', 'denied'],
  ['admin_policy_enforced', 'blocked'],
  ['org_internal', 'blocked'],
  ['disabled_account', 'blocked'],
  ['server_error', 'unavailable'],
  ['temporarily_unavailable', 'unavailable'],
]);

export function createAuthRouter(parts: Parts, limits: Limits): Router {
  const { publicUrl } = parts.settings;
  const router = Router();
  router.get('/auth/start', (req, res) => showStart(parts, req, res));
  router.get('/auth/labels', (req, res) => showLabels(parts, req, res));
  router.get('/auth/google', limits.signIn, (req, res) => startSignIn(parts, req, res));
  router.get('/auth/google/callback', limits.signIn, (req, res) => finishSignIn(parts, req, res));
  router.get('/auth/switched', (req, res) => showSwitched(parts, req, res));
  router.post('/auth/logout', requireOwnForm(publicUrl), async (req, res) => {
    await endSession(parts, req, res);
    if (req.accepts(['json', 'html']) === 'html') res.redirect(303, '/');
    else res.status(204).end();
  });
  return router;
}

function refuse(parts: Parts, req: Request, res: Response, reason: RefusalReason): void {
  const { state } = req.query;
  const next =
    typeof state === 'string'
      ? keptNextPage(req, parts.settings, state)
      : nextPage(req.query.next, parts.settings.publicUrl);
  res.status(REFUSALS[reason].status).send(refusalPage(frameOf(parts, req), reason, next));
}

async function showStart(parts: Parts, req: Request, res: Response): Promise<void> {
  const next = nextPage(req.query.next, parts.settings.publicUrl);
  const account = await viewerOf(parts, req);
  const viewer = account && { email: account.email, consent: account.grant.state };
  const frame = { ...frameOf(parts, req), path: `/auth/start${nextQuery(next)}` };
  res.send(startPage({ frame, next, viewer }));
}

async function showSwitched(parts: Parts, req: Request, res: Response): Promise<void> {
  const next = nextPage(req.query.next, parts.settings.publicUrl);
  const account = await viewerOf(parts, req);
  if (account === null) res.redirect(303, '/');
  else res.send(switchedPage(frameOf(parts, req), account.email, next));
}

async function viewerOf(parts: Parts, req: Request) {
  const caller = await identify(parts, req);
  return caller?.kind === 'session' ? readAccount(parts, caller.userId) : null;
}

async function startSignIn(parts: Parts, req: Request, res: Response): Promise<void> {
  const { publicUrl, sessionSecret } = parts.settings;
  if (parts.google === null) return refuse(parts, req, res, 'not-configured');
  const viewer = await labelViewerOf(parts, req);
  // Only somebody who is here can have switched them on.
  const labels = viewer !== null && req.query.labels === '1';
  const state = newToken();
  // Kept while it is there, so that two tabs can sign in side by side.
  const browser = readCookie(req, 'browser', publicUrl) ?? newToken();
  await parts.database.asNobody((tx) =>
    beginSignIn(tx, { stateHash: hashToken(state), lifetimeMs: SIGN_IN_MS, labels }),
  );
  setCookie(res, 'browser', browser, BROWSER_MS, publicUrl);
  const path = nextPage(req.query.next, publicUrl);
  keepNextPage(res, parts.settings, { state, path, maxAgeMs: BROWSER_MS });
  const wish = { labels: labels || viewer?.wanted === true, email: labels ? viewer.email : null };
  res.redirect(
    302,
    consentUrl(parts.google, { state, ...deriveSignIn(sessionSecret, state, browser) }, wish),
  );
}

interface Attempt {
  readonly google: ConsentEndpoints;
  readonly state: string;
  readonly browser: string;
  readonly code: string;
  /** It was begun to allow labels, by somebody who was signed in. */
  readonly labels: boolean;
}

async function finishSignIn(parts: Parts, req: Request, res: Response): Promise<void> {
  const { state, code, error } = req.query;
  const browser = readCookie(req, 'browser', parts.settings.publicUrl);
  const { google } = parts;
  if (google === null) return refuse(parts, req, res, 'not-configured');
  if (typeof state !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(state) || browser === null)
    return refuse(parts, req, res, 'foreign');
  const known = await parts.database.asNobody((tx) => takeSignIn(tx, hashToken(state)));
  if (!known) return refuse(parts, req, res, 'expired');
  const { labels } = known;
  if (typeof code !== 'string' || code === '' || error !== undefined) {
    const reason = GOOGLE_ERRORS.get(error) ?? 'failed';
    return refuse(parts, req, res, labels && reason === 'denied' ? 'labels' : reason);
  }
  try {
    await enter(parts, req, res, { google, state, browser, code, labels });
  } catch (failure) {
    if (isFault(failure, 'google-unavailable')) return refuse(parts, req, res, 'unavailable');
    throw failure;
  }
}

async function enter(parts: Parts, req: Request, res: Response, attempt: Attempt): Promise<void> {
  const { google, state, browser, code, labels } = attempt;
  const secrets = deriveSignIn(parts.settings.sessionSecret, state, browser);
  const result = await exchangeCode(google, secrets, code, AbortSignal.timeout(EXCHANGE_MS));
  if (result.kind === 'refused') return refuse(parts, req, res, 'failed');
  const before = await identify(parts, req);
  if (result.kind === 'partial') {
    await decline(parts, result.consent);
    return refuse(parts, req, res, labels ? 'labels' : 'scope');
  }
  if (labels && before !== null && !(await isOf(parts, result.consent, before.userId))) {
    await decline(parts, result.consent);
    return refuse(parts, req, res, 'labels-elsewhere');
  }
  const { userId, lostLabels } = await admit(parts, result.consent);
  await openSession(parts, req, res, userId);
  if (labels && !result.consent.grantedScopes.includes(GMAIL_LABELS_SCOPE))
    return refuse(parts, req, res, 'labels');
  const next = keptNextPage(req, parts.settings, state);
  forgetNextPage(res, parts.settings);
  const switched = before !== null && before.userId !== userId;
  if (switched) res.redirect(303, `/auth/switched${nextQuery(next)}`);
  else res.redirect(303, lostLabels ? `/auth/labels${nextQuery(next)}` : (next ?? '/'));
}
