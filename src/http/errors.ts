/** The one place where a failure becomes an HTTP status. */
import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { z } from 'zod';
import { SOURCE_PROBLEMS, type SourceProblem } from '../core/disposal.ts';
import { FAULTS, type FaultCode, isFault } from '../core/fault.ts';
import { frameOf } from './frame-of.ts';
import { errorPage } from './pages/error.ts';
import type { Parts } from './parts.ts';

const ERRORS = {
  'invalid-request': [400, 'The request is not valid.'],
  'invalid-json': [400, 'The body is not valid JSON.'],
  'credentials-invalid': [400, FAULTS['credentials-invalid'].message],
  'not-yet-available': [400, 'This option is not available yet.'],
  'signature-invalid': [400, 'The signature does not fit.'],
  unauthorized: [401, 'Sign in, or send a valid API key.'],
  'plan-limit': [402, 'Your plan does not allow this. The page Billing (/billing) shows the plans.'],
  'origin-refused': [403, 'This request must come from the service’s own pages.'],
  'scope-missing': [403, 'This API key lacks a scope that this call takes.'],
  'not-found': [404, 'There is nothing here.'],
  'method-not-allowed': [405, 'This address does not take that kind of request.'],
  'mailbox-exists': [409, 'This mailbox is connected already.'],
  'too-many': [409, 'There are as many of these as an account may have. Delete one first.'],
  'sign-in-not-offered': [409, 'This installation does not offer the sign-in of this provider.'],
  'state-conflict': [409, 'The mailbox is in a state that does not allow this.'],
  'webhook-off': [409, 'This webhook is off. Switch it on first.'],
  'delivery-pending': [409, 'This delivery is under way already.'],
  'nothing-to-retry': [409, 'There is nothing left to try again for this entry.'],
  'self-hosted': [409, 'This installation is self-hosted: there is nothing to pay.'],
  'already-subscribed': [409, 'You have a subscription already. Manage it instead.'],
  'not-subscribed': [409, 'There is no subscription to manage yet.'],
  'too-large': [413, 'The body is too large.'],
  'unsupported-media-type': [415, 'Send the body as application/json.'],
  'rate-limited': [429, 'Too many requests. Try again in a minute.'],
  'dashboard-not-built': [503, 'The dashboard is not built on this installation: npm run build.'],
  'count-unfinished': [503, 'Counting took too long. Try again, or go on without a count.'],
  'count-failed': [503, 'The messages could not be counted.'],
  'database-unavailable': [503, FAULTS['database-unavailable'].message],
  'google-unavailable': [503, FAULTS['google-unavailable'].message],
  'stripe-unavailable': [503, FAULTS['stripe-unavailable'].message],
  internal: [500, 'Something went wrong on our side.'],
} as const satisfies Record<string, readonly [number, string]>;

export type ErrorCode = keyof typeof ERRORS;

/** A refusal with its status and the contract's code; the message never holds a value from outside. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code: ErrorCode;
  readonly status: number;

  constructor(code: ErrorCode, message?: string) {
    super(message ?? ERRORS[code][1]);
    this.code = code;
    this.status = ERRORS[code][0];
  }
}

/** What a fault says to its owner; unknown codes (older rows) read as an internal problem. */
export const faultView = (code: string | null): { code: string; message: string } | null => {
  if (code === null) return null;
  return { code, message: code in FAULTS ? FAULTS[code as FaultCode].message : ERRORS.internal[1] };
};

export const problemView = (code: SourceProblem | null): { code: string; message: string } | null =>
  code && { code, message: SOURCE_PROBLEMS[code] };

/** The first thing wrong with the input, by field and rule. zod's own message would quote unknown keys. */
export const invalidInput = (error: z.ZodError, whole: string): HttpError => {
  const issue = error.issues[0];
  if (issue === undefined) return new HttpError('invalid-request');
  const field = issue.path.join('.') || whole;
  if (issue.code === 'unrecognized_keys')
    return new HttpError('invalid-request', `${field}: holds an unknown field`);
  const rule = issue.message.replace(/^Invalid input: /, '');
  const code = issue.code === 'custom' ? issue.params?.code : undefined;
  if (code === 'not-yet-available') return new HttpError(code, `${field}: ${rule}`);
  if (/^(username|password)$/.test(field) && issue.code !== 'invalid_type')
    return new HttpError('credentials-invalid', `${field}: ${rule}`);
  return new HttpError('invalid-request', `${field}: ${rule}`);
};

/** Parses input or throws the contract's 400, which calls what has no field's name by `whole`. */
export const parseInput = <S extends z.ZodType>(schema: S, input: unknown, whole = 'body'): z.infer<S> => {
  const parsed = schema.safeParse(input);
  if (!parsed.success) throw invalidInput(parsed.error, whole);
  return parsed.data;
};

/** Faults of others that a call may meet. */
const PASSING: ReadonlySet<string> = new Set<ErrorCode>([
  'database-unavailable',
  'google-unavailable',
  'stripe-unavailable',
]);

/** Whatever was thrown, as a refusal; the unforeseen becomes a plain 500. */
export const asHttpError = (error: unknown): HttpError => {
  if (error instanceof HttpError) return error;
  if (isFault(error) && PASSING.has(error.code)) return new HttpError(error.code as ErrorCode);
  return new HttpError(parserErrors[typeOf(error)] ?? 'internal');
};

/** body-parser's and the router's `type`/`status`, https://github.com/expressjs/body-parser#errors */
const parserErrors: Readonly<Record<string, ErrorCode>> = {
  'entity.parse.failed': 'invalid-json',
  'entity.too.large': 'too-large',
  'encoding.unsupported': 'unsupported-media-type',
  'charset.unsupported': 'unsupported-media-type',
  'request.aborted': 'invalid-request',
  'request.size.invalid': 'invalid-request',
  'parameters.too.many': 'too-large',
  'malformed-url': 'not-found',
};

const typeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return '';
  if (error instanceof URIError) return 'malformed-url';
  return 'type' in error && typeof error.type === 'string' ? error.type : '';
};

export const answerNotFound: RequestHandler = () => {
  throw new HttpError('not-found');
};

/** Pages get a page, everything else the contract's JSON. The unforeseen is logged, by class and stack only. */
export const errorHandler =
  (parts: Pick<Parts, 'log' | 'settings'>): ErrorRequestHandler =>
  (error, req, res, _next) => {
    const refusal = asHttpError(error);
    if (refusal.status >= 500)
      parts.log.error('request-failed', { method: req.method, status: refusal.status, error });
    if (res.headersSent) {
      res.destroy();
      return;
    }
    res.status(refusal.status);
    if (!req.path.startsWith('/api/') && req.accepts(['json', 'html']) === 'html')
      res.send(errorPage(frameOf(parts, req), refusal));
    else res.json({ error: { code: refusal.code, message: refusal.message } });
  };
