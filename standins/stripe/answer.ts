/** Requests in, answers out, in Stripe's shapes. https://docs.stripe.com/api/errors */
import { randomBytes } from 'node:crypto';

/** What an API call answers. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export const ok = (body: unknown): Answer => ({ status: 200, body });

interface Problem {
  readonly type: 'invalid_request_error' | 'api_error' | 'idempotency_error';
  readonly message: string;
  readonly code?: string;
  readonly param?: string;
}

export const refuse = (status: number, error: Problem): Answer => ({ status, body: { error } });

/** An id in the path that nobody has: 404; in a parameter: 400. */
export const missing = (what: string, id: string, param: string | null): Answer =>
  refuse(param === null ? 404 : 400, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: `No such ${what}: '${id}'`,
    param: param ?? 'id',
  });

export const invalid = (param: string, message: string): Answer =>
  refuse(400, { type: 'invalid_request_error', message, param });

export const listOf = (url: string, all: readonly unknown[], limit: number): Answer =>
  ok({ object: 'list', url, data: all.slice(0, limit), has_more: all.length > limit });

/** Parameters as sent: `a[b][0]=c` under that very name. */
export type Params = ReadonlyMap<string, string>;

export const parseParams = (text: string): Params => new Map(new URLSearchParams(text));

/** Stripe refuses what it does not know; so do we. Null when all are known. A pattern's `*` is one index. */
export function refuseUnknown(params: Params, known: readonly string[]): Answer | null {
  for (const name of params.keys()) {
    if (known.includes(name.replace(/\[\d*\]/g, '[*]'))) continue;
    return refuse(400, {
      type: 'invalid_request_error',
      code: 'parameter_unknown',
      message: `Received unknown parameter: ${name}`,
      param: name,
    });
  }
  return null;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export const newId = (prefix: string): string =>
  `${prefix}_${Array.from(randomBytes(24), (byte) => ALPHABET[byte % ALPHABET.length]).join('')}`;
