/**
 * The user's labels in Gmail: users.labels.list and .create.
 * https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.labels
 */
import { parseObject, readText } from '../../src/core/answer.ts';
import { Fault } from '../../src/core/fault.ts';
import type { LabelClient } from '../../src/core/ports.ts';
import { type Answer, faultOf } from './gmail-answer.ts';
import { readRoot } from './gmail-wire.ts';

const PATH = '/gmail/v1/users/me/labels';
const DEADLINE = 20_000;
/** More than 10,000 labels with names of 225 characters take. */
const LONGEST_ANSWER = 16_777_216;

export interface GmailLabelOptions {
  /** As for the sink. */
  readonly rootUrl: string;
  readonly accessToken: (signal: AbortSignal, refresh?: boolean) => Promise<string>;
}

/** Throws RangeError for a root that is neither https nor on loopback. */
export function createGmailLabels({ rootUrl, accessToken }: GmailLabelOptions): LabelClient {
  const { origin } = readRoot(rootUrl);
  const ask = async (path: string, name: string | null, signal: AbortSignal): Promise<Answer> => {
    const answer = await call(origin + path, name, await accessToken(signal), signal);
    // One from before the permission was given lacks it for as long as it lasts.
    const isStale = answer.status === 403 && faultOf('open', answer, Date.now()).code === 'scope-missing';
    if (answer.status !== 401 && !isStale) return answer;
    return call(origin + path, name, await accessToken(signal, true), signal);
  };
  return {
    async list(signal) {
      const answer = await ask(`${PATH}?fields=labels(id,name,type)`, null, signal);
      if (answer.status !== 200) throw refusal(answer);
      return new Map(readLabels(answer.body).map(({ name, id }) => [name, id]));
    },
    async create(name, signal) {
      const answer = await ask(PATH, name, signal);
      if (answer.status === 409) return 'exists';
      const fault = answer.status === 200 ? null : refusal(answer);
      // Of all that Gmail refuses, what is wrong with the name is left over.
      if (fault && answer.status === 400 && fault.scope === 'message') return 'refused';
      if (fault) throw fault;
      const id = idOf(parseObject(answer.body));
      if (id === null) throw new Fault('gmail-unavailable');
      return { id };
    },
  };
}

/** Never one of a message: there is none. */
function refusal(answer: Answer): Fault {
  const fault = faultOf('open', answer, Date.now());
  return fault.scope === 'message' && answer.status !== 400 ? new Fault('gmail-unavailable') : fault;
}

/** `name` null: GET. Rejects with `signal.reason`, or Fault `gmail-unavailable`. */
async function call(url: string, name: string | null, token: string, signal: AbortSignal): Promise<Answer> {
  signal.throwIfAborted();
  const shown = { labelListVisibility: 'labelShow', messageListVisibility: 'show' };
  try {
    const response = await fetch(url, {
      method: name === null ? 'GET' : 'POST',
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE)]),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json; charset=UTF-8' },
      body: name === null ? null : JSON.stringify({ name, ...shown }),
    });
    const retryAfter = response.headers.get('retry-after') ?? undefined;
    const body = await readText(response.body, LONGEST_ANSWER);
    return { status: response.status, location: undefined, range: undefined, retryAfter, body };
  } catch (cause) {
    signal.throwIfAborted();
    throw new Fault('gmail-unavailable', { cause });
  }
}

/** Gmail's own are not the user's: nothing may be put under them this way. */
function readLabels(body: string): { readonly name: string; readonly id: string }[] {
  const { labels } = parseObject(body);
  // A user without any label has no list.
  if (labels === undefined) return [];
  if (!Array.isArray(labels)) throw new Fault('gmail-unavailable');
  return labels.flatMap((label: Readonly<Record<string, unknown>> | null) => {
    const id = label && idOf(label);
    return id && typeof label.name === 'string' && label.type === 'user' ? [{ name: label.name, id }] : [];
  });
}

const idOf = ({ id }: Readonly<Record<string, unknown>>): string | null =>
  typeof id === 'string' && /^[\x21-\x7e]{1,255}$/.test(id) ? id : null;
