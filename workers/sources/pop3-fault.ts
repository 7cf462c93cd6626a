/** What a POP3 server's refusal means: by its response code (RFC 2449 §8, RFC 3206), else by its words. */
import { Fault, type FaultCode } from '../../src/core/fault.ts';

const CODES: readonly (readonly [RegExp, FaultCode])[] = [
  [/^IN-USE$/, 'source-busy'],
  [/^LOGIN-DELAY$/, 'source-throttled'],
  [/^SYS(?:\/|$)/, 'source-unavailable'],
  [/^AUTH$/, 'login-refused'],
];

/** Of no typing error, so believed whatever code stands in front. */
const THROTTLED =
  /too (?:many|often|frequent|soon|small)|rate.?limit|throttl|minimum (?:check|poll|wait|interval|time)|login.?delay|max(?:imum)? (?:number of )?(?:connections?|sessions?|logins?)|wait (?:for )?\d+ (?:sec|min|hour)/i;

/** Words of servers that use no codes; only looked at while logging in. The mailbox is held, not the account. */
const WORDS: readonly (readonly [RegExp, FaultCode])[] = [
  [
    /(?:mailbox|maildrop|mail ?drop|spool|lock file)\b.*\b(?:lock|busy|in use|open)|\block(?:ing)? (?:the )?(?:mailbox|maildrop)|\bin use\b|used by another|already (?:logged in|open|connected)/i,
    'source-busy',
  ],
  [THROTTLED, 'source-throttled'],
  [
    /temporar|try (?:again )?later|internal (?:server )?error|unavailable|service (?:is )?not available|timed out|timeout/i,
    'source-unavailable',
  ],
];

function find(table: readonly (readonly [RegExp, FaultCode])[], text: string): FaultCode | undefined {
  return table.find(([pattern]) => pattern.test(text))?.[1];
}

const codeOf = (text: string): string => /^\s*\[([^\]]{1,64})\]/.exec(text)?.[1]?.toUpperCase() ?? '';

/** A refused login. The server's text is read here and goes no further: it may quote what was sent. */
export function faultOfLogin(text: string): Fault {
  const code = find(CODES, codeOf(text));
  if (code === 'login-refused' && THROTTLED.test(text)) return new Fault('source-throttled');
  return new Fault(code ?? find(WORDS, text) ?? 'login-refused');
}

/** A refused command of a session that is logged in; `otherwise` where its code says nothing better. */
export function faultOfRefusal(text: string, otherwise: FaultCode): Fault {
  const code = find(CODES, codeOf(text));
  return new Fault(code === undefined || code === 'login-refused' ? otherwise : code);
}
