/**
 * The user's own labels: https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.labels
 * Nested ones have `/` in their names. Which names Gmail refuses is known from those who tried.
 */
import {
  authorize,
  type Call,
  pause,
  readBody,
  sendApiError,
  sendBytes,
  sendJson,
  strike,
} from './answer.ts';
import { LABELS_SCOPE } from './scopes.ts';
import type { Account } from './state.ts';

export const LABELS_PATH = '/gmail/v1/users/me/labels';
const BODY_CAP = 65_536;
const LONGEST_NAME = 225;
const MOST_LABELS = 10_000;
const UNITS: Readonly<Record<string, number>> = { GET: 1, POST: 5, DELETE: 5 };

/** Those that a message can be imported with. */
const SETTABLE = new Set([
  ...['INBOX', 'SPAM', 'TRASH', 'UNREAD', 'STARRED', 'IMPORTANT', 'CATEGORY_PERSONAL', 'CATEGORY_SOCIAL'],
  ...['CATEGORY_PROMOTIONS', 'CATEGORY_UPDATES', 'CATEGORY_FORUMS'],
]);
const SYSTEM = [...SETTABLE, 'SENT', 'DRAFT', 'CHAT'];
/** In English, and some of those that other languages have. */
const RESERVED = new Set([
  ...['drafts', 'bin', 'muted', 'todo', 'voicemail', 'migrated', 'buzz', 'sent mail', 'all mail'],
  ...['gearchiveerd', 'enviado', 'da leggere', 'ongelezen'],
]);

/** The first that a message cannot be imported with. */
export const unknownLabel = ({ labels }: Account, ids: readonly string[]): string | undefined =>
  ids.find((id) => !SETTABLE.has(id) && !labels.has(id));

/** The label with this name, whatever its case. */
export const labelNamed = ({ labels }: Account, name: string): string | undefined =>
  [...labels].find(([, other]) => other.toLowerCase() === name.toLowerCase())?.[0];

export function createLabel(account: Account, name: string): string {
  account.labelsMade += 1;
  const id = `Label_${account.labelsMade}`;
  account.labels.set(id, name);
  return id;
}

/** GET and POST …/labels, DELETE …/labels/:id. */
export async function answerLabels(call: Call): Promise<void> {
  const { state, request } = call;
  const method = request.method ?? '';
  const account = authorize(call, LABELS_SCOPE);
  if (!account) {
    request.resume();
    return;
  }
  const exhausted = state.quotas.spend(account.email, UNITS[method] ?? 1);
  if (exhausted) {
    request.resume();
    return sendApiError(call, 429, 'rateLimitExceeded', exhausted);
  }
  if (strike(call, state.faults.take('labels', account.email))) return;
  const body = await readBody(request, BODY_CAP);
  await pause(call);
  if (method === 'GET') list(call, account);
  else if (method === 'POST') create(call, account, body);
  else remove(call, account);
}

function remove(call: Call, account: Account): void {
  const { url } = call;
  const id = decodeURIComponent(url.pathname.slice(LABELS_PATH.length + 1));
  if (account.labels.delete(id)) sendBytes(call, 204, {}, Buffer.alloc(0));
  else sendApiError(call, 404, 'notFound', 'Requested entity was not found.');
}

function list(call: Call, { labels }: Account): void {
  const own = [...labels].map(([id, name]) => ({ id, name, type: 'user' }));
  sendJson(call, 200, { labels: [...SYSTEM.map((id) => ({ id, name: id, type: 'system' })), ...own] });
}

function create(call: Call, account: Account, body: Buffer): void {
  const name: unknown = JSON.parse(body.toString() || '{}').name;
  if (typeof name !== 'string' || !isValid(name) || account.labels.size >= MOST_LABELS)
    sendApiError(call, 400, 'invalidArgument', 'Invalid label name');
  else if (labelNamed(account, name) !== undefined)
    sendApiError(call, 409, 'aborted', 'Label name exists or conflicts');
  else {
    const shown = { messageListVisibility: 'show', labelListVisibility: 'labelShow' };
    sendJson(call, 200, { id: createLabel(account, name), name, type: 'user', ...shown });
  }
}

function isValid(name: string): boolean {
  if (name.length > LONGEST_NAME || /[\p{Cc}^]/u.test(name)) return false;
  if (name.split('/').some((part) => part === '' || part !== part.trim())) return false;
  return !SYSTEM.includes(name.toUpperCase()) && !RESERVED.has(name.toLowerCase());
}
