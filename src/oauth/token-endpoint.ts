/**
 * A provider's token endpoint (RFC 6749 §3.2), asked as if it were hostile: one deadline, a bounded answer, no redirect
 * followed. Nothing it says goes into a log or an error but its status and known words.
 */
import { parseObject, readText } from '../core/answer.ts';
import { Fault } from '../core/fault.ts';
import type { SignInClient } from '../core/sign-in-providers.ts';

const DEADLINE = 20_000;
const ANSWER_LIMIT = 65_536;
/** ms: longer is not believed. */
const LONGEST_PAUSE = 86_400_000;

export interface TokenAnswer {
  readonly status: number;
  /** The JSON object answered; empty for anything else. */
  readonly body: Readonly<Record<string, unknown>>;
  /** When to come back, as it said, in ms since the epoch. */
  readonly retryAt: number | undefined;
}

/** Posts the form with the client's own credentials. Fault `source-sign-in-unavailable`. */
export async function askTokenEndpoint(
  { tokenUrl, clientId, clientSecret }: SignInClient,
  form: Readonly<Record<string, string>>,
  signal: AbortSignal,
  now: () => number,
): Promise<TokenAnswer> {
  signal.throwIfAborted();
  try {
    const response = await fetch(tokenUrl, {
      method: 'POST',
      headers: { Accept: 'application/json' },
      body: new URLSearchParams({ ...form, client_id: clientId, client_secret: clientSecret }),
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE)]),
    });
    const retryAt = retryTime(response.headers.get('retry-after'), now());
    return {
      status: response.status,
      body: parseObject(await readText(response.body, ANSWER_LIMIT)),
      retryAt,
    };
  } catch {
    signal.throwIfAborted();
    // Its cause is not kept: fetch may quote what was sent, and that is all secrets.
    throw new Fault('source-sign-in-unavailable');
  }
}

/** Seconds or a date (RFC 9110 §10.2.3). */
function retryTime(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const at = /^\d{1,9}$/.test(header) ? now + Number(header) * 1000 : Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.min(Math.max(at, now), now + LONGEST_PAUSE);
}

/** A token becomes part of a header or a SASL message: nothing but visible ASCII, and no more than fits in there. */
export const tokenOf = (value: unknown): string | null =>
  typeof value === 'string' && /^[\x21-\x7e]{1,16384}$/.test(value) ? value : null;

/** The provider's own error codes in an answer, such as `AADSTS65001`. */
export function codesOf({ error_codes: numbers, error_description: text }: TokenAnswer['body']): string[] {
  const listed = Array.isArray(numbers) ? numbers.slice(0, 16).map((each) => `AADSTS${String(each)}`) : [];
  return [...listed, ...codesIn(text)];
}

/** The same in the words of a description, which are read for nothing else. */
export const codesIn = (description: unknown): string[] =>
  typeof description === 'string' ? (description.slice(0, 2000).match(/\bAADSTS\d{4,9}\b/g) ?? []) : [];

export const unavailable = ({ status, retryAt }: TokenAnswer): Fault =>
  new Fault('source-sign-in-unavailable', {
    cause: Object.assign(new Error(`the token endpoint answered with status ${status}`), { status }),
    ...(retryAt === undefined ? {} : { retryAt }),
  });
