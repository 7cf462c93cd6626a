/** Ends mails of one kind by the link in them: no session, no script, and one POST is enough (RFC 8058). */
import { type Request, type Response, Router } from 'express';
import { isVouchedFor, parseUnsubscription, type Unsubscription } from '../../core/unsubscribe.ts';
import { findNoticeKey, listMuted, lockMuted, muteKinds } from '../../db/notices.ts';
import { frameOf } from '../frame-of.ts';
import { askPage, donePage, unknownPage } from '../pages/unsubscribe.ts';
import type { Parts } from '../parts.ts';

export function createUnsubscribeRouter(parts: Parts): Router {
  const router = Router();
  router.get('/unsubscribe', (req, res) => ask(parts, req, res));
  // From any origin: mail providers send it in their users' name. The token vouches, whatever the body says.
  router.post('/unsubscribe', (req, res) => unsubscribe(parts, req, res));
  return router;
}

async function ask(parts: Parts, req: Request, res: Response): Promise<void> {
  const wanted = await vouchedFor(parts, req);
  const frame = frameOf(parts, req);
  if (wanted === null) res.status(404).send(unknownPage(frame));
  else res.send(askPage(frame, wanted));
}

async function unsubscribe(parts: Parts, req: Request, res: Response): Promise<void> {
  const wanted = await vouchedFor(parts, req);
  const frame = frameOf(parts, req);
  if (wanted === null) {
    res.status(404).send(unknownPage(frame));
    return;
  }
  const { userId, kind } = wanted;
  await parts.database.withTenant(userId, async (tx) => {
    await lockMuted(tx);
    const muted = await listMuted(tx);
    await muteKinds(tx, userId, [...new Set([...muted, kind])]);
  });
  res.send(donePage(frame, kind));
}

/** Unknown users and wrong tokens are answered alike. */
async function vouchedFor(parts: Parts, req: Request): Promise<Unsubscription | null> {
  const wanted = parseUnsubscription(req.query);
  if (wanted === null) return null;
  const key = await parts.database.withTenant(wanted.userId, findNoticeKey);
  return key !== null && isVouchedFor(wanted, key) ? wanted : null;
}
