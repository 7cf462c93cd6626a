/** The service's HTTP API, as `GET /api/openapi.json` describes it. The key goes to its origin and nowhere else. */
import { Failure } from './failure.ts';
import { safe } from './text.ts';

const PATIENCE_MS = 60_000;
/** Of an answer that is read whole, and of one event. */
const MAX_ANSWER = 32 * 1_048_576;
const MAX_EVENT = 1_048_576;
const MAX_REFUSAL = 65_536;

export interface Service {
  readonly url: string;
  /** Failure with the service's own sentence when it refuses. `undefined` for an answer without content. */
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** The same for a body that is sent as it is. */
  send<T>(path: string, body: Uint8Array, type: string): Promise<T>;
  /** An answer that is passed on as it comes. */
  download(path: string): Promise<AsyncIterable<Uint8Array>>;
  /** Server-sent events until the connection ends. */
  events(): AsyncGenerator<ServiceEvent, void, undefined>;
}

export interface ServiceEvent {
  readonly name: string;
  readonly data: unknown;
}

/** A refusal of the service, with the contract's code. */
export class Refusal extends Failure {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export function createService(url: string, key: string, signal: AbortSignal): Service {
  const ask = async (method: string, path: string, init: RequestInit = {}, patience = PATIENCE_MS) => {
    const late = patience > 0 ? [AbortSignal.timeout(patience)] : [];
    try {
      const answer = await fetch(`${url}${path}`, {
        ...init,
        method,
        headers: { authorization: `Bearer ${key}`, ...(init.headers as Record<string, string> | undefined) },
        // Nobody else is to be told the key.
        redirect: 'manual',
        signal: AbortSignal.any([signal, ...late]),
      });
      if (!answer.ok) throw await refusalOf(answer, url);
      return answer;
    } catch (error) {
      throw failureOf(error, url, signal);
    }
  };
  const json = async <T>(answer: Response): Promise<T> => {
    if (answer.status === 204) return undefined as T;
    return parse<T>(await readText(answer, url, signal), url);
  };
  return {
    url,
    call: async (method, path, body) =>
      json(
        await ask(
          method,
          path,
          body === undefined
            ? {}
            : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } },
        ),
      ),
    send: async (path, body, type) =>
      json(await ask('POST', path, { body: Buffer.from(body), headers: { 'content-type': type } })),
    download: async (path) => passOn((await ask('GET', path, {}, 0)).body, url, signal),
    async *events() {
      const { body } = await ask('GET', '/api/v1/events', {}, 0);
      yield* readEvents(passOn(body, url, signal), url);
    },
  };
}

/** What comes, as it comes; a connection that breaks off is not the end of it. */
async function* passOn(
  body: Response['body'],
  url: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* (body ?? []) as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw failureOf(error, url, signal);
  }
}

async function readText(answer: Response, url: string, signal: AbortSignal): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of passOn(answer.body, url, signal)) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_ANSWER) throw new Failure(`${url} answers with more than anybody can use.`);
  }
  return text + decoder.decode();
}

export const notOurs = (url: string): Failure =>
  new Failure(`${url} does not answer like smtp-sync. Is the address right?`);

/** Every answer of the API is an object. */

function parse<T>(text: string, url: string): T {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as T;
  } catch {
    // Said below.
  }
  throw notOurs(url);
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html, as far as the service uses it. */
async function* readEvents(
  body: AsyncIterable<Uint8Array>,
  url: string,
): AsyncGenerator<ServiceEvent, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    if (rest.length > MAX_EVENT) throw new Failure(`${url} sends events without an end.`);
    for (const block of blocks) {
      const field = (name: string): string | undefined =>
        block
          .split('\n')
          .find((line) => line.startsWith(`${name}: `))
          ?.slice(name.length + 2);
      const name = field('event');
      const data = field('data');
      if (name !== undefined && data !== undefined) yield { name, data: parse(data, url) };
    }
  }
}

async function refusalOf(answer: Response, url: string): Promise<Failure> {
  if (answer.status >= 300 && answer.status < 400)
    return new Failure(
      `${url} points elsewhere, and the key is for it alone. Log in with the other address.`,
    );
  const text = await beginningOf(answer);
  try {
    const { error } = JSON.parse(text) as { error?: { code?: unknown; message?: unknown } };
    if (typeof error?.code === 'string' && typeof error.message === 'string')
      return new Refusal(answer.status, error.code, sentenceOf(error.code, safe(error.message)));
  } catch {
    // Not the service's words.
  }
  return new Failure(`${url} answers with status ${answer.status}. Is the address right?`);
}

/** As much as a refusal can be long; the rest is not waited for. */
async function beginningOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      if (text.length > MAX_REFUSAL) break;
    }
  } catch {
    // What has come must do.
  }
  return text;
}

const sentenceOf = (code: string, message: string): string =>
  code === 'unauthorized'
    ? 'The API key is not valid, or not any more. Make one on the dashboard’s page Account, then: smtp-sync login'
    : message;

/** Why nothing came of a request, from Node's own codes. */
const CAUSES: readonly (readonly [RegExp, (url: string) => string])[] = [
  [/^ECONNREFUSED$/, (url) => `Nobody answers at ${url}.`],
  [
    /^(?:ENOTFOUND|EAI_AGAIN)$/,
    (url) => `There is no host of the name in ${url}, or names cannot be looked up now.`,
  ],
  [
    /CERT|^ERR_TLS|^ERR_SSL|SELF_SIGNED|UNABLE_TO_VERIFY/,
    (url) =>
      `The certificate of ${url} is not trusted. If its authority is your own, name the authority’s file in NODE_EXTRA_CA_CERTS.`,
  ],
  [/^(?:ECONNRESET|EPIPE|UND_ERR_SOCKET)$/, (url) => `The connection to ${url} broke off.`],
  [/^(?:ETIMEDOUT|UND_ERR_\w*TIMEOUT)$/, (url) => `${url} did not answer in time.`],
];

function failureOf(error: unknown, url: string, signal: AbortSignal): unknown {
  if (error instanceof Failure || signal.aborted) return error;
  if (error instanceof Error && error.name === 'TimeoutError')
    return new Failure(`${url} did not answer in time.`);
  const code = codeOf(error);
  const sentence = CAUSES.find(([pattern]) => pattern.test(code))?.[1];
  return new Failure(sentence ? sentence(url) : `${url} cannot be reached${code && ` (${code})`}.`);
}

function codeOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException;
    if (typeof code === 'string') return code.replace(/[^\w]/g, '');
    // Of several addresses that were tried.
    if (at instanceof AggregateError && at.errors[0] instanceof Error) return codeOf(at.errors[0]);
  }
  return '';
}
