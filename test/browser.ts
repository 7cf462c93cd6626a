/** A person's browser, as far as the tests need one: cookies, our Origin on writes, and the way through Google's consent. */
import assert from 'node:assert/strict';

const GMAIL_INSERT = 'https://www.googleapis.com/auth/gmail.insert';

export interface Browser {
  readonly cookies: Map<string, string>;
  /** One request, no redirect followed; writes carry our Origin unless `headers` says otherwise. */
  send(method: string, path: string, options?: SendOptions): Promise<Response>;
  /** The same, and its JSON; asserts the status. */
  json<T = Record<string, unknown>>(
    method: string,
    path: string,
    status: number,
    options?: SendOptions,
  ): Promise<T>;
  /** From /auth/google through the stand-in's consent page; the answer of our callback. */
  signIn(email: string, choice?: ConsentChoice): Promise<Response>;
  /** Up to Google's answer: our callback's path with its query. */
  consent(email: string, choice?: ConsentChoice): Promise<string>;
}

export interface ConsentChoice {
  /** What is left ticked; default: the permission to add mail. */
  readonly scopes?: readonly string[];
  readonly deny?: boolean;
  /** Where to begin; default `/auth/google`. */
  readonly from?: string;
}

export interface SendOptions {
  readonly body?: unknown;
  readonly form?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

/** `base`: where the web process listens; `origin`: the public URL that it believes in. */
export function createBrowser(base: string, origin: string): Browser {
  const cookies = new Map<string, string>();
  const send: Browser['send'] = async (method, path, options = {}) => {
    const headers: Record<string, string> = { ...(method !== 'GET' && { origin }) };
    if (cookies.size > 0) headers.cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
    let body: string | null = null;
    if (options.form) {
      headers['content-type'] = 'application/x-www-form-urlencoded';
      body = new URLSearchParams(options.form).toString();
    } else if (options.body !== undefined) {
      headers['content-type'] = 'application/json';
      body = typeof options.body === 'string' ? options.body : JSON.stringify(options.body);
    }
    for (const [name, value] of Object.entries(options.headers ?? {}))
      if (value === '') delete headers[name];
      else headers[name] = value;
    const signal = options.signal ?? null;
    const answer = await fetch(base + path, { method, headers, body, signal, redirect: 'manual' });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    return answer;
  };
  const consent: Browser['consent'] = async (
    email,
    { scopes = [GMAIL_INSERT], deny = false, from = '/auth/google' } = {},
  ) => {
    const start = await send('GET', from);
    assert.equal(start.status, 302, await start.text());
    const page = new URL(start.headers.get('location') ?? '');
    assert.equal((await fetch(page)).status, 200);
    const form = new URLSearchParams(page.searchParams);
    form.set('other', email);
    form.set('decision', deny ? 'deny' : 'allow');
    for (const scope of scopes) form.append('granted', scope);
    const answer = await fetch(page, { method: 'POST', body: form, redirect: 'manual' });
    const back = answer.headers.get('location') ?? '';
    assert.ok(back.startsWith(`${origin}/`), back);
    return back.slice(origin.length);
  };
  return {
    cookies,
    send,
    json: async <T>(method: string, path: string, status: number, options?: SendOptions) => {
      const answer = await send(method, path, options);
      const text = await answer.text();
      assert.equal(answer.status, status, `${method} ${path}: ${text}`);
      return JSON.parse(text) as T;
    },
    consent,
    signIn: async (email, choice) => send('GET', await consent(email, choice)),
  };
}
