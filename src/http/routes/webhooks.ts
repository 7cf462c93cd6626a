/** What Stripe and Google tell us unasked. No cookie counts here, only signatures over the raw body. */
import express, { type Request, type Response, Router } from 'express';
import { createRiscReader, type RiscReader } from '../../google/risc.ts';
import { readStripeEvent } from '../../stripe/webhook.ts';
import { receiveStripeEvent } from '../billing.ts';
import { HttpError } from '../errors.ts';
import type { Parts } from '../parts.ts';
import { receiveRiscEvent } from '../risc.ts';

const READ_MS = 15_000;

export function createWebhooksRouter(parts: Parts): Router {
  const router = Router();
  const raw = express.raw({ type: () => true, limit: '512kb', inflate: false });
  const risc = parts.google && createRiscReader(parts.google);
  router.post('/webhooks/stripe', raw, (req, res) => takeStripe(parts, req, res));
  router.post('/webhooks/google/risc', raw, (req, res) => takeRisc(parts, risc, req, res));
  return router;
}

const bodyOf = (req: Request): Buffer => (Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0));

async function takeStripe(parts: Parts, req: Request, res: Response): Promise<void> {
  if (parts.billing === null) throw new HttpError('not-found');
  const signature = req.get('stripe-signature') ?? '';
  const event = await readStripeEvent(bodyOf(req), signature, parts.billing.webhookSecret);
  if (event === null) throw new HttpError('signature-invalid');
  await receiveStripeEvent(parts, parts.billing, event);
  res.json({ received: true });
}

/** Answers as RFC 8935 §2.2 and §2.4 have it. */
async function takeRisc(parts: Parts, risc: RiscReader | null, req: Request, res: Response): Promise<void> {
  if (risc === null) throw new HttpError('not-found');
  const event = await risc(bodyOf(req).toString('latin1'), AbortSignal.timeout(READ_MS));
  if ('refusal' in event) {
    res.status(400).json({ err: event.refusal, description: 'The token was not accepted.' });
    return;
  }
  await receiveRiscEvent(parts, event);
  res.status(202).end();
}
