/** How often and how much: sign-ins by address; what makes a worker dial out or the database toil by user. In this process only. */
import type { RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { HttpError } from './errors.ts';
import type { Settings } from './parts.ts';
import { callerOf } from './session.ts';
import { createTurns, type Turns } from './turns.ts';

export interface Limits {
  readonly signIn: RequestHandler;
  readonly dial: RequestHandler;
  readonly turns: Readonly<Record<'sums' | 'download', Turns>>;
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
  // A page asks for the figures of each mailbox at once.
  turns: { sums: createTurns(2, 120), download: createTurns(2, 0) },
});
