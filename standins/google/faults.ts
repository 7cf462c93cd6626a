/** Misbehaviour on request. */
import type { ServerResponse } from 'node:http';

/** Where a fault can strike: opening a session, a chunk, the last chunk, a status query, a one-request import, … */
export type FaultPoint =
  | 'open'
  | 'put'
  | 'commit'
  | 'status'
  | 'import'
  | 'labels'
  | 'token'
  | 'revoke'
  | 'certs';

export type FaultAction =
  /** Answers with this status instead of doing anything. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly reason?: string;
      readonly message?: string;
      readonly retryAfter?: string;
    }
  /** Drops the connection before anything is done. */
  | { readonly kind: 'drop-before' }
  /** Takes this many bytes of the body, then drops the connection. */
  | { readonly kind: 'drop-during'; readonly bytes: number }
  /** Does everything, then drops the connection instead of answering. */
  | { readonly kind: 'drop-after' }
  /** Takes the body and drops the connection, but does the commit only when released. */
  | { readonly kind: 'hold' }
  /** Never answers; before or after the work is done. */
  | { readonly kind: 'stall' }
  | { readonly kind: 'stall-after' }
  /** Does everything, then drops the connection in the middle of the answer. */
  | { readonly kind: 'truncate' }
  /** Answers after this many ms. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Answers one byte every `ms`. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** Forgets the upload session: 404 from now on. */
  | { readonly kind: 'forget' }
  /** Stores only this many bytes of the chunk and says so. */
  | { readonly kind: 'short'; readonly bytes: number }
  /** Sends the client to another session URI. */
  | { readonly kind: 'location'; readonly uri: string }
  /** Answers 200 with this body instead of its own. */
  | { readonly kind: 'body'; readonly body: string };

export interface FaultRule {
  readonly at: FaultPoint;
  readonly action: FaultAction;
  /** Calls to let pass first; default 0. */
  readonly skip?: number;
  /** How often to strike; default 1. */
  readonly times?: number;
  /** Only for this account's e-mail address. */
  readonly account?: string;
}

export type FaultHook = (at: FaultPoint, account: string | null) => FaultAction | undefined;

export interface FaultRules {
  /** Added to every answer, in ms. */
  delayMs: number;
  add(rule: FaultRule): void;
  clear(): void;
  /** What is to happen to the call at hand; uses the rule up. */
  take(at: FaultPoint, account: string | null): FaultAction | undefined;
}

export function createFaultRules(hook: FaultHook | undefined, delayMs: number): FaultRules {
  const rules: { rule: FaultRule; skip: number; left: number }[] = [];
  return {
    delayMs,
    add: (rule) => void rules.push({ rule, skip: rule.skip ?? 0, left: rule.times ?? 1 }),
    clear: () => void rules.splice(0),
    take(at, account) {
      const hooked = hook?.(at, account);
      if (hooked) return hooked;
      for (const [index, entry] of rules.entries()) {
        const { rule } = entry;
        if (rule.at !== at || (rule.account !== undefined && rule.account !== account)) continue;
        if (entry.skip > 0) {
          entry.skip -= 1;
          continue;
        }
        entry.left -= 1;
        if (entry.left <= 0) rules.splice(index, 1);
        return rule.action;
      }
      return undefined;
    },
  };
}

/** Sends `body` as the fault wants it sent. The response's head must not have been written. */
export function deliver(response: ServerResponse, body: Buffer, action: FaultAction | undefined): void {
  switch (action?.kind) {
    case 'drop-after':
    case 'hold':
      response.destroy();
      return;
    case 'stall-after':
      return;
    case 'truncate':
      response.write(body.subarray(0, Math.ceil(body.length / 2)), () => response.destroy());
      return;
    case 'slow':
      dribble(response, body, action.ms);
      return;
    default:
      response.end(body);
  }
}

function dribble(response: ServerResponse, body: Buffer, ms: number): void {
  let sent = 0;
  const timer = setInterval(() => {
    if (sent < body.length) response.write(body.subarray(sent, sent + 1));
    else response.end();
    sent += 1;
    if (sent > body.length) clearInterval(timer);
  }, ms);
  response.on('close', () => clearInterval(timer));
}
