/** Calls of the HTTP API, typed by its contract (src/http/api.ts). */

/** An answer that is a refusal, or no answer: `offline` with status 0. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
  }
}

type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Dispatched on window when an answer says that nobody is signed in any more. */
export const SESSION_ENDED = 'session-ended';

/** `/api/v1` + path with its query; what is null, undefined or empty is left out. */
export function apiUrl(path: string, query: Query = {}): string {
  const given = Object.entries(query).filter(
    ([, value]) => value !== undefined && value !== null && value !== '',
  );
  const search = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]));
  return `/api/v1${path}${given.length > 0 ? `?${search}` : ''}`;
}

/** The answer's JSON. ApiError. */
export const get = <T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> =>
  request<T>('GET', apiUrl(path, query), undefined, signal);

export const post = <T>(path: string, body?: unknown): Promise<T> => request<T>('POST', apiUrl(path), body);
/** A file as it is, unread. */
export const postCsv = <T>(path: string, file: Blob): Promise<T> => request<T>('POST', apiUrl(path), file);
export const patch = <T>(path: string, body: unknown): Promise<T> => request<T>('PATCH', apiUrl(path), body);
export const remove = <T = void>(path: string): Promise<T> => request<T>('DELETE', apiUrl(path));

async function request<T>(method: string, url: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const isFile = body instanceof Blob;
  const response = await fetch(url, {
    method,
    signal: signal ?? null,
    headers: body === undefined ? {} : { 'content-type': isFile ? 'text/csv' : 'application/json' },
    body: body === undefined ? null : isFile ? body : JSON.stringify(body),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new ApiError(0, 'offline', 'The service cannot be reached.');
  });
  if (response.status === 204) return undefined as T;
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) return answer as T;
  if (response.status === 401) window.dispatchEvent(new Event(SESSION_ENDED));
  const { code, message } = refusalOf(answer);
  throw new ApiError(response.status, code, message);
}

function refusalOf(answer: unknown): { code: string; message: string } {
  const refusal = (answer as { error?: { code?: unknown; message?: unknown } } | null)?.error;
  return {
    code: typeof refusal?.code === 'string' ? refusal.code : 'unexpected',
    message:
      typeof refusal?.message === 'string' ? refusal.message : 'The service gave an unexpected answer.',
  };
}
