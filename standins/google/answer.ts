/** Requests in, answers out, in Google's shapes. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { deliver, type FaultAction } from './faults.ts';
import type { Account, State } from './state.ts';

export interface Call {
  readonly state: State;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  /** Whom the call turned out to concern; for the log. */
  account: Account | null;
  /** The fault that strikes this call, when one does. */
  fault: FaultAction | undefined;
}

export type Headers = Readonly<Record<string, string>>;

export function sendBytes(call: Call, status: number, headers: Headers, body: Buffer): void {
  const { response } = call;
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, { ...headers, 'Content-Length': body.length });
  deliver(response, body, call.fault);
}

export const sendJson = (call: Call, status: number, value: unknown, headers: Headers = {}): void =>
  sendBytes(
    call,
    status,
    { 'Content-Type': 'application/json; charset=UTF-8', ...headers },
    Buffer.from(JSON.stringify(value)),
  );

export const sendHtml = (call: Call, status: number, html: string): void =>
  sendBytes(
    call,
    status,
    { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' },
    Buffer.from(html),
  );

const STATUS_NAMES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ALREADY_EXISTS',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
};

/** Gmail's error JSON: https://developers.google.com/workspace/gmail/api/guides/handle-errors */
export function sendApiError(
  call: Call,
  code: number,
  reason: string,
  message: string,
  headers: Headers = {},
): void {
  const domain = code === 429 || reason.includes('Limit') ? 'usageLimits' : 'global';
  const status = STATUS_NAMES[code];
  const error = {
    code,
    message,
    errors: [{ message, domain, reason }],
    ...(status === undefined ? {} : { status }),
  };
  sendJson(call, code, { error }, headers);
}

export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new RangeError('request body too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export const readForm = async (request: IncomingMessage): Promise<URLSearchParams> =>
  new URLSearchParams((await readBody(request, 65_536)).toString());

/**
 * Whose valid access token with this scope the call carries; null after having answered. A token that has
 * expired or died: 401; one without the scope: 403.
 */
export function authorize(call: Call, scope: string): Account | null {
  const bearer = /^Bearer (\S+)$/i.exec(call.request.headers.authorization ?? '')?.[1];
  const token = bearer === undefined ? undefined : call.state.accessTokens.get(bearer);
  if (!token || token.expiresAt <= call.state.settings.now()) {
    sendApiError(call, 401, 'authError', 'Invalid Credentials', {
      'WWW-Authenticate': 'Bearer error="invalid_token"',
    });
    return null;
  }
  call.account = token.grant.account;
  if (!token.grant.scopes.includes(scope)) {
    sendApiError(call, 403, 'insufficientPermissions', 'Request had insufficient authentication scopes.');
    return null;
  }
  return token.grant.account;
}

/** Lets the asked-for fault strike. True: it has answered, or will never; the call is over. */
export function strike(call: Call, action: FaultAction | undefined): boolean {
  call.fault = action;
  switch (action?.kind) {
    case 'status': {
      call.request.resume();
      const retry: Headers = action.retryAfter === undefined ? {} : { 'Retry-After': action.retryAfter };
      sendApiError(
        call,
        action.status,
        action.reason ?? 'backendError',
        action.message ?? 'Backend Error',
        retry,
      );
      return true;
    }
    case 'body':
      call.request.resume();
      sendBytes(call, 200, { 'Content-Type': 'application/json' }, Buffer.from(action.body));
      return true;
    case 'drop-before':
      call.request.destroy();
      return true;
    case 'stall':
      call.request.resume();
      return true;
    default:
      return false;
  }
}

/** Waits as long as every answer is to be delayed, and this one in particular. */
export async function pause(call: Call): Promise<void> {
  const ms = call.state.faults.delayMs + (call.fault?.kind === 'delay' ? call.fault.ms : 0);
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}

export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
