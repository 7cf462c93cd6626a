/** The stand-in for Google in a process of its own; says when messages came. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type GoogleStandin, startGoogle } from '../standins/google/server.ts';
import { serve } from './child.ts';
import { digestOf } from './small-mail.ts';

export type GoogleQuestion =
  | { readonly kind: 'start' }
  | { readonly kind: 'grant'; readonly email: string }
  /** From now on every answer to an import takes this long. */
  | { readonly kind: 'reset'; readonly delayMs: number }
  /** Answers when that many messages have come since the reset. */
  | { readonly kind: 'wait'; readonly count: number }
  /** How many messages have come since the reset. */
  | { readonly kind: 'count' }
  /** Answers what has become of small messages 1 to `messages` in this account. */
  | { readonly kind: 'tally'; readonly email: string; readonly messages: number };

/** All zero: each is there once, as it was. */
export interface SmallTally {
  readonly lost: number;
  readonly twice: number;
  /** Nobody sent these. */
  readonly strange: number;
}

export interface Arrivals {
  /** From Google's first call to the last message, ms. */
  readonly ms: number;
  /** Accounts whose bytes were on their way at one moment, at most. */
  readonly atOnce: number;
}

let google: GoogleStandin;
let base = 0;
let firstCall: number | null = null;
const firstBytes = new Map<string, number>();

const hook = (at: string, account: string | null): undefined => {
  if (at === 'open' || at === 'import') firstCall ??= Date.now();
  if (at === 'put' && account !== null && !firstBytes.has(account)) firstBytes.set(account, Date.now());
};

function arrivals(): Arrivals {
  const own = google.messages.slice(base);
  const spans = own.map(({ account, receivedAt }) => [firstBytes.get(account) ?? receivedAt, receivedAt]);
  const atOnce = spans.map(([begin = 0]) => spans.filter(([b = 0, e = 0]) => b <= begin && begin < e).length);
  return {
    ms: (own.at(-1)?.receivedAt ?? 0) - (firstCall ?? 0),
    atOnce: atOnce.reduce((most, count) => Math.max(most, count), 0),
  };
}

function tally(email: string, messages: number): SmallTally {
  const times = new Map(Array.from({ length: messages }, (_, n) => [digestOf(n + 1), 0]));
  let strange = 0;
  for (const { account, sha256 } of google.messages) {
    const before = account === email ? times.get(sha256) : 0;
    if (before === undefined) strange += 1;
    else if (account === email) times.set(sha256, before + 1);
  }
  const all = [...times.values()];
  return { lost: all.filter((n) => n === 0).length, twice: all.filter((n) => n > 1).length, strange };
}

serve(async (question: GoogleQuestion) => {
  switch (question.kind) {
    case 'start':
      google = await startGoogle({ hook });
      return google.environment;
    case 'grant':
      return google.grant(question.email);
    case 'reset':
      google.order({ delayMs: question.delayMs, forgetSessions: true });
      base = google.messages.length;
      firstCall = null;
      firstBytes.clear();
      return null;
    case 'wait':
      while (google.messages.length - base < question.count) await sleep(10);
      return arrivals();
    case 'count':
      return google.messages.length - base;
    case 'tally':
      return tally(question.email, question.messages);
  }
});
