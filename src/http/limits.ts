/** How often: sign-ins by address, calls that make a worker dial out by user. Counted in this process only. */
import type { RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { HttpError } from './errors.ts';
import type { Settings } from './parts.ts';
import { callerOf } from './session.ts';

export interface Limits {
  readonly signIn: RequestHandler;
  readonly dial: RequestHandler;
}

const limitPerMinute = {
  windowMs: 60_000,
  standardHeaders: 'draft-8',
  legacyHeaders: false,
  handler: () => {
    throw new HttpError('rate-limited');
  },
} as const;

export const createLimits = (settings: Settings): Limits => ({
  signIn: rateLimit({
    ...limitPerMinute,
    limit: settings.signInsPerMinute,
    identifier: 'sign-in',
    keyGenerator: (req) => ipKeyGenerator(req.ip ?? ''),
  }),
  dial: rateLimit({
    ...limitPerMinute,
    limit: settings.dialsPerMinute,
    identifier: 'dial',
    keyGenerator: (_req, res) => callerOf(res).userId,
  }),
});
