/**
 * What Gmail's answers mean. Pure. The reason and the message decide before the status does:
 * https://developers.google.com/workspace/gmail/api/guides/handle-errors
 */
import type { gmail_v1 } from '@googleapis/gmail';
import { Fault, type FaultCode } from '../../src/core/fault.ts';
import type { UploadStatus } from '../../src/core/ports.ts';

export interface Answer {
  readonly status: number;
  /** The headers `location`, `range` and `retry-after`, when present. */
  readonly location: string | undefined;
  readonly range: string | undefined;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

/** Which question was answered: what an unclear answer means depends on what may have happened. */
export type Question = 'open' | 'put' | 'status';

export interface Verdict {
  readonly code: FaultCode;
  /** ms since the epoch. */
  readonly retryAt?: number;
}

interface ErrorBody {
  readonly reasons: readonly string[];
  readonly message: string;
}

const RATE_REASONS = ['rateLimitExceeded', 'userRateLimitExceeded', 'quotaExceeded', 'RATE_LIMIT_EXCEEDED'];
const SCOPE_REASONS = ['insufficientPermissions', 'ACCESS_TOKEN_SCOPE_INSUFFICIENT'];
/** Further ahead than any of Gmail's limits reaches, a named time is not believed. */
const LONGEST_WAIT = 25 * 3_600_000;

/** What an upload session says: where it stands, or the Fault that its answer means. `now`: ms since the epoch. */
export function readUploadAnswer(
  question: 'put' | 'status',
  answer: Answer,
  now: number,
): UploadStatus | Fault {
  const { status } = answer;
  if (status === 200 || status === 201) {
    const gmailId = readMessageId(answer.body);
    return gmailId === null ? unclear(question) : { state: 'committed', gmailId };
  }
  if (status === 308) {
    const stored = readRange(answer.range);
    return stored === null ? unclear(question) : { state: 'incomplete', stored };
  }
  if (status === 404 || status === 410) return { state: 'gone' };
  return faultOf(question, answer, now);
}

/** The Fault that an answer which is no success means. */
export function faultOf(question: Question, answer: Answer, now: number): Fault {
  const { code, retryAt } = judge(question, answer, now);
  return new Fault(code, retryAt === undefined ? {} : { retryAt });
}

export function judge(question: Question, answer: Answer, now: number): Verdict {
  const { status } = answer;
  const error = readError(answer.body);
  const told = retryTime(error.message, answer.retryAfter, now);
  const wait = told === null ? {} : { retryAt: told };
  const has = (reasons: readonly string[]) => error.reasons.some((reason) => reasons.includes(reason));
  if (status === 413) return { code: 'message-too-large' };
  if (status === 429 || status === 403 || status === 400) {
    if (/too many concurrent requests/i.test(error.message)) return { code: 'gmail-too-concurrent', ...wait };
    if (has(['dailyLimitExceeded'])) return { code: 'project-quota', ...wait };
    if (status === 429 || has(RATE_REASONS) || /^quota exceeded/i.test(error.message))
      return { code: 'gmail-rate-limited', ...wait };
    if (has(['domainPolicy'])) return { code: 'domain-policy' };
    if (has(SCOPE_REASONS)) return { code: 'scope-missing' };
  }
  if (isAboutLabels(status, error.message)) return { code: 'label-refused' };
  if (status === 400) return { code: badRequestCode(error.message) };
  // Whatever else was answered to bytes may have come after they were taken: the session knows.
  if (question === 'put' && (status >= 500 || status === 408 || status === 416 || status < 400))
    return { code: 'upload-interrupted', ...wait };
  // An answer nobody foresaw says nothing against the message, so it must not cost the message its passage.
  return { code: 'gmail-unavailable', ...wait };
}

/** At its beginning: further on it may quote the message. */
const isAboutLabels = (status: number, message: string): boolean =>
  (status === 400 || status === 404) && /^(?:invalid label|labelids? )/i.test(message);

function badRequestCode(message: string): FaultCode {
  if (/expected a single 'from' header/i.test(message)) return 'from-header-missing';
  if (/invalid from header/i.test(message)) return 'from-header-invalid';
  if (/mail service not enabled/i.test(message)) return 'gmail-not-enabled';
  if (/too large|exceeds? .*size|maximum .*size/i.test(message)) return 'message-too-large';
  if (/\b(nul|null (byte|character))s?\b/i.test(message)) return 'null-byte';
  if (/\b(invalid (message|mime)|header)\b/i.test(message)) return 'message-refused';
  return 'upload-bad-request';
}

const unclear = (question: 'put' | 'status'): Fault =>
  new Fault(question === 'put' ? 'upload-interrupted' : 'gmail-unavailable');

/** `errors[].reason`, the status name and the reasons in `details`; whatever the body is. */
function readError(body: string): ErrorBody {
  const error = field(parseJson(body), 'error');
  const message = field(error, 'message');
  const listed = [field(error, 'errors'), field(error, 'details')].flatMap((list) =>
    Array.isArray(list) ? list.map((item: unknown) => field(item, 'reason')) : [],
  );
  return {
    reasons: listed.filter((reason) => typeof reason === 'string'),
    message: typeof message === 'string' ? message : '',
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;

function readMessageId(body: string): string | null {
  const id = field(parseJson(body), 'id' satisfies keyof gmail_v1.Schema$Message);
  return typeof id === 'string' && id !== '' ? id : null;
}

/** Bytes stored according to `0-42` or `bytes=0-42`; none without the header; null for anything else. */
export function readRange(range: string | undefined): number | null {
  if (range === undefined) return 0;
  const last = /^(?:bytes=)?0-(\d{1,15})$/.exec(range.trim())?.[1];
  return last === undefined ? null : Number(last) + 1;
}

/** The later of the times named in the message's text and in Retry-After (RFC 9110 §10.2.3); null: none usable. */
export function retryTime(message: string, retryAfter: string | undefined, now: number): number | null {
  const inText = /retry after (\d{4}-\d\d-\d\dT[\d:.]+Z)/i.exec(message)?.[1];
  const header = retryAfter?.trim() ?? '';
  const times = [
    Date.parse(inText ?? ''),
    /^\d{1,7}$/.test(header) ? now + Number(header) * 1000 : Date.parse(header),
  ].filter((time) => time > now);
  return times.length === 0 ? null : Math.min(Math.max(...times), now + LONGEST_WAIT);
}
