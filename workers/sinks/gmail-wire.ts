/**
 * One HTTP/1.1 exchange with Gmail over a kept-alive connection. Bodies are written from the parts given, without
 * copying; redirects are not followed; whatever goes wrong destroys the connection before the caller hears of it,
 * so that no byte of a part is read after the caller has it back.
 */

import type { Answer } from './gmail-answer.ts';
import { type Agent, ExchangeBroken, type GmailRoot } from './gmail-connection.ts';
import type { HttpAnswer } from './http-answer.ts';

/** Google closes connections that have been idle for four minutes. */
const IDLE_MS = 230_000;

export interface Exchange {
  readonly method: 'POST' | 'PUT';
  readonly path: string;
  /** Name, value, name, value, …; Host and Content-Length are added. */
  readonly headers: readonly string[];
  readonly parts: readonly Uint8Array[];
  /** ms for the whole exchange. */
  readonly deadline: number;
}

/** https, or plain http on loopback, without a path. RangeError otherwise. */
export function readRoot(rootUrl: string): GmailRoot {
  const url = new URL(rootUrl);
  const secure = url.protocol === 'https:';
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if ((!secure && !(url.protocol === 'http:' && loopback)) || url.pathname !== '/' || url.search !== '')
    throw new RangeError('Gmail’s root must be an https origin, or http on loopback');
  return {
    origin: url.origin,
    secure,
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (secure ? 443 : 80),
    host: url.host,
  };
}

/** Rejects with `signal.reason` when aborted, otherwise with ExchangeBroken. */
export async function exchange(
  root: GmailRoot,
  agent: Agent,
  call: Exchange,
  signal: AbortSignal,
): Promise<Answer> {
  signal.throwIfAborted();
  const connection = agent.take();
  const { promise: stopped, reject: stop } = Promise.withResolvers<never>();
  const onAbort = (): void => stop(signal.reason);
  const late = (): void => stop(new ExchangeBroken('no answer before the deadline', false));
  const timer = setTimeout(late, call.deadline);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const answer = await Promise.race([stopped, connection.ask(headOf(root, call), call.parts)]);
    // An answer may come before all was sent.
    if (answer.keepAlive && connection.flushed) agent.giveBack(connection, idleMs(answer));
    else connection.destroy();
    return answerOf(answer);
  } catch (error) {
    connection.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

function headOf(root: GmailRoot, { method, path, headers, parts }: Exchange): string {
  let head = `${method} ${path} HTTP/1.1\r\nHost: ${root.host}\r\n`;
  for (let at = 0; at < headers.length; at += 2) head += `${headers[at]}: ${headers[at + 1]}\r\n`;
  return `${head}Content-Length: ${parts.reduce((sum, part) => sum + part.length, 0)}\r\n\r\n`;
}

/** A second less than the server says it keeps the connection, so that no request meets its end. */
function idleMs({ headers }: HttpAnswer): number {
  const seconds = /\btimeout=(\d{1,6})/i.exec(headers.get('keep-alive') ?? '')?.[1];
  return seconds === undefined ? IDLE_MS : Math.min(IDLE_MS, Number(seconds) * 1000 - 1000);
}

const answerOf = ({ status, headers, body }: HttpAnswer): Answer => ({
  status,
  location: headers.get('location'),
  range: headers.get('range'),
  retryAfter: headers.get('retry-after'),
  body,
});
