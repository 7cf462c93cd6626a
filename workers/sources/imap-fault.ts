/**
 * From what an IMAP server or the library says to a Fault. Throttling, outages and busy mailboxes often come
 * dressed as a failed login, so response codes (RFC 5530) and words are looked at before a refusal is believed.
 */
import { Fault, type FaultCode, isFault } from '../../src/core/fault.ts';
import { faultOfTls } from './dial.ts';

/** What was being done when it failed. */
export type ImapPhase = 'connect' | 'folder' | 'listing' | 'body';

/** What a tagged NO or BAD means when nothing in it says more. */
const REFUSED: Record<ImapPhase, FaultCode> = {
  connect: 'login-refused',
  folder: 'source-unavailable',
  listing: 'source-unavailable',
  body: 'message-unreadable',
};

/** RFC 5530 §3, RFC 9738 (LIMIT as providers use it since RFC 5530). */
const BY_RESPONSE_CODE: Readonly<Record<string, FaultCode>> = {
  UNAVAILABLE: 'source-unavailable',
  SERVERBUG: 'source-unavailable',
  CONTACTADMIN: 'source-unavailable',
  INUSE: 'source-busy',
  LIMIT: 'source-throttled',
  PRIVACYREQUIRED: 'tls-unavailable',
};

const CREDENTIALS_REFUSED: ReadonlySet<string> = new Set([
  'AUTHENTICATIONFAILED',
  'AUTHORIZATIONFAILED',
  'EXPIRED',
]);

const THROTTLED =
  /too many|too often|too frequent|rate.?limit|throttl|limit (?:is )?(?:hit|reached|exceeded)|exceeded|slow down|max(?:imum)? (?:number of )?(?:connections?|sessions?|logins?)|wait (?:for )?\d+ (?:sec|min|hour)/i;

/** In this order: `too many` beats `try again`, both beat a plain refusal. */
const BY_WORDS: readonly (readonly [RegExp, FaultCode])[] = [
  [THROTTLED, 'source-throttled'],
  [
    /\b(?:is )?in use\b|locked by|already (?:open|logged in)|another (?:session|client|program|process)/i,
    'source-busy',
  ],
  [
    /temporar|try again later|unavailable|service (?:is )?not available|timed out|internal (?:server )?error|system error|maintenance/i,
    'source-unavailable',
  ],
];

/** Node's and the library's own codes (`ImapFlowErrorCode`). */
const BY_ERROR_CODE: Readonly<Record<string, FaultCode>> = {
  ECONNREFUSED: 'connect-refused',
  ENETUNREACH: 'connect-timeout',
  EHOSTUNREACH: 'connect-timeout',
  CONNECT_TIMEOUT: 'connect-timeout',
  GREETING_TIMEOUT: 'source-timeout',
  UPGRADE_TIMEOUT: 'source-timeout',
  ETIMEDOUT: 'source-timeout',
  ETIMEOUT: 'source-timeout',
  ETHROTTLE: 'source-throttled',
  ECONNRESET: 'source-disconnected',
  EPIPE: 'source-disconnected',
  NoConnection: 'source-disconnected',
  EConnectionClosed: 'source-disconnected',
  StateLogout: 'source-disconnected',
  ClosedAfterConnectText: 'source-disconnected',
  ClosedAfterConnectTLS: 'source-disconnected',
  STARTTLS_INJECTION: 'source-protocol',
  LineTooLarge: 'source-protocol',
  LiteralTooLarge: 'source-protocol',
  ResponseTooLarge: 'source-protocol',
};

const TLS = /^(?:ERR_SSL_|ERR_TLS_|EPROTO$)/;

/** The parts of a library error that we read. All of them come from outside and none goes into a Fault. */
interface Told {
  readonly code: string;
  readonly responseStatus: string;
  readonly responseCode: string;
  readonly text: string;
  readonly authenticationFailed: boolean;
  readonly tlsFailed: boolean;
  readonly mailboxMissing: boolean;
  /** The library knows no mechanism of the server's that takes what there is: an access token, mostly. */
  readonly noMechanism: boolean;
}

const stringOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function readError(error: unknown): Told {
  const told: Record<string, unknown> = error instanceof Error ? { ...error, message: error.message } : {};
  return {
    code: stringOf(told.code),
    responseStatus: stringOf(told.responseStatus),
    responseCode: stringOf(told.serverResponseCode).toUpperCase(),
    text: `${stringOf(told.responseText)} ${stringOf(told.response)} ${stringOf(told.reason)}`,
    authenticationFailed: told.authenticationFailed === true,
    tlsFailed: told.tlsFailed === true,
    mailboxMissing: told.mailboxMissing === true,
    noMechanism: told.message === 'Unsupported authentication mechanism',
  };
}

const byWords = (text: string): FaultCode | undefined => BY_WORDS.find(([words]) => words.test(text))?.[1];

function codeOf(told: Told, phase: ImapPhase): FaultCode {
  if (TLS.test(told.code)) return 'tls-failed';
  if (told.responseStatus === 'NO' || told.responseStatus === 'BAD') {
    if (told.code === 'ETHROTTLE') return 'source-throttled';
    if (told.mailboxMissing) return 'folder-missing';
    if (CREDENTIALS_REFUSED.has(told.responseCode)) {
      // Some providers throttle with this code; of the words only those that cannot mean a typing error count.
      return THROTTLED.test(told.text) ? 'source-throttled' : 'login-refused';
    }
    return BY_RESPONSE_CODE[told.responseCode] ?? byWords(told.text) ?? REFUSED[phase];
  }
  // A BYE that says why, or a connection that is simply gone.
  const known = BY_ERROR_CODE[told.code];
  if (known === 'source-disconnected') return byWords(told.text) ?? known;
  if (known) return known;
  // The library's own verdicts, reached without asking the server.
  if (told.tlsFailed) return 'tls-unavailable';
  if (told.noMechanism) return 'login-disabled';
  if (told.authenticationFailed) return told.text.trim() === '' ? 'login-disabled' : 'source-unavailable';
  return 'source-protocol';
}

/**
 * A stand-in for the library's error that keeps where it happened and drops what it quotes: its properties hold
 * server text, commands and pieces of mail.
 */
function trimmed(error: unknown): Error | undefined {
  if (!(error instanceof Error)) return undefined;
  const told = readError(error);
  const label = told.code || told.responseStatus || 'unknown';
  const copy = new Error(`IMAP: ${/^[A-Za-z0-9_]{1,40}$/.test(label) ? label : 'unknown'}`);
  copy.stack = `${copy.message}\n${(error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n')}`;
  return copy;
}

/** The Fault for anything thrown while talking to an IMAP server. Faults pass through. */
export function imapFault(error: unknown, phase: ImapPhase): Fault {
  if (isFault(error)) return error;
  const cause = trimmed(error);
  const code =
    faultOfTls(error).code === 'certificate-invalid'
      ? 'certificate-invalid'
      : codeOf(readError(error), phase);
  return new Fault(code, cause ? { cause } : {});
}
