/** The one place where a failure becomes an HTTP status. */
import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { z } from 'zod';
import { SOURCE_TROUBLES, type SourceProblem, type SourceTrouble } from '../core/disposal.ts';
import { FAULTS, type FaultCode, isFault } from '../core/fault.ts';
import { ERRORS, type ErrorCode } from './error-codes.ts';
import { frameOf } from './frame-of.ts';
import { errorPage } from './pages/error.ts';
import type { Parts } from './parts.ts';

export type { ErrorCode } from './error-codes.ts';

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
  code && troubleView(code);

export const troubleView = (code: SourceTrouble): { code: string; message: string } => ({
  code,
  message: SOURCE_TROUBLES[code],
});

/** The first thing wrong with the input, by field and rule. zod's own message would quote unknown keys. */
export const invalidInput = (error: z.ZodError, whole: string): HttpError => {
  const issue = error.issues[0];
  if (issue === undefined) return new HttpError('invalid-request');
  const field = issue.path.join('.') || whole;
  if (issue.code === 'unrecognized_keys')
    return new HttpError('invalid-request', `${field}: holds an unknown field`);
  const rule = ruleOf(issue.message);
  if (/^(username|password)$/.test(field) && issue.code !== 'invalid_type')
    return new HttpError('credentials-invalid', `${field}: ${rule}`);
  return new HttpError('invalid-request', `${field}: ${rule}`);
};

/** The parser's own messages speak of types; people write lists and settings, too. */
function ruleOf(message: string): string {
  const [, options] = /^Invalid option: expected one of (.*)$/.exec(message) ?? [];
  if (options !== undefined) return `must be one of ${options.replaceAll('"', '').replaceAll('|', ', ')}`;
  const [, wanted = '', received] = /^Invalid input: expected (\w+), received (\w+)$/.exec(message) ?? [];
  if (received === 'undefined') return 'is required';
  return KINDS[wanted] ?? message.replace(/^Invalid input: /, '');
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'must be text',
  number: 'must be a number',
  int: 'must be a whole number',
  boolean: 'must be true or false',
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
