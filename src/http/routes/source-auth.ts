/** Sign-in at the provider of a mailbox, for whoever is signed in here by session. */
import { type Request, type Response, Router } from 'express';
import type { MailboxId } from '../../core/mailbox.ts';
import { frameOf } from '../frame-of.ts';
import type { Limits } from '../limits.ts';
import { nextQuery } from '../next-page.ts';
import { sourceRefusalPage, sourceRefusalStatus } from '../pages/source-refusals.ts';
import type { Parts } from '../parts.ts';
import { type Caller, identify } from '../session.ts';
import { finishSourceConsent, type SourceOutcome, startSourceConsent } from '../source-consent.ts';

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function createSourceAuthRouter(parts: Parts, limits: Limits): Router {
  const router = Router();
  router.get('/auth/source/start', limits.signIn, async (req, res) => {
    const { mailbox } = req.query;
    if (typeof mailbox !== 'string' || !ID.test(mailbox))
      return answer(parts, req, res, { kind: 'refused', reason: 'missing', mailbox: null });
    const caller = await sessionOf(parts, req);
    if (caller === null) return res.redirect(303, `/auth/start${nextQuery(`/mailboxes/${mailbox}`)}`);
    answer(parts, req, res, await startSourceConsent(parts, caller, mailbox as MailboxId));
  });
  router.get('/auth/source/callback', limits.signIn, async (req, res) => {
    answer(parts, req, res, await finish(parts, req));
  });
  return router;
}

async function finish(parts: Parts, req: Request): Promise<SourceOutcome> {
  const { state, code, error, error_description: description } = req.query;
  const expired: SourceOutcome = { kind: 'refused', reason: 'expired', mailbox: null };
  if (typeof state !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(state)) return expired;
  const caller = await sessionOf(parts, req);
  return caller === null ? expired : finishSourceConsent(parts, caller, { state, code, error, description });
}

/** An API key has no browser to go there with. */
async function sessionOf(parts: Parts, req: Request): Promise<Caller | null> {
  const caller = await identify(parts, req);
  return caller?.kind === 'session' ? caller : null;
}

function answer(parts: Parts, req: Request, res: Response, outcome: SourceOutcome): void {
  if (outcome.kind === 'go') {
    res.redirect(302, outcome.url);
    return;
  }
  const { mailbox } = outcome;
  if (outcome.kind === 'done') {
    const { id, draft } = outcome.mailbox;
    res.redirect(303, draft ? `/connect/${id}` : `/mailboxes/${id}`);
    return;
  }
  const name = parts.signIns.get(mailbox?.provider ?? '')?.provider.name ?? null;
  const page = sourceRefusalPage(frameOf(parts, req), outcome.reason, name, mailbox);
  res.status(sourceRefusalStatus(outcome.reason)).send(page);
}
