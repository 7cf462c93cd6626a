/**
 * Every foreseen failure is a Fault: a code from this catalogue, what it concerns, and whether trying
 * again can help. Adapters throw them and keep the library's error as `cause`; only workers/run.ts
 * decides what one means for a mailbox, only http/errors.ts makes one an HTTP status.
 */
export type FaultScope = 'message' | 'session' | 'mailbox' | 'grant' | 'service';

interface FaultEntry {
  readonly scope: FaultScope;
  readonly retry: 'never' | 'later';
  /** One sentence for the mailbox's owner: what happened and what to do. Never holds a value from outside. */
  readonly message: string;
}

const entry = (scope: FaultScope, retry: 'never' | 'later', message: string): FaultEntry => ({
  scope,
  retry,
  message,
});

export const FAULTS = {
  // One message; its neighbours go on.
  'message-gone': entry(
    'message',
    'never',
    'The message was removed at the source before it could be transferred.',
  ),
  'message-truncated': entry('message', 'later', 'The source ended the message before its announced end.'),
  'message-changed': entry(
    'message',
    'never',
    'The source now serves other bytes under the same message id.',
  ),
  'message-too-large': entry('message', 'never', 'The message is larger than Gmail accepts.'),
  'over-size-limit': entry(
    'message',
    'never',
    'The message is larger than the limit that is set for this mailbox.',
  ),
  'message-unreadable': entry('message', 'later', 'The source could not serve this message.'),
  'from-header-missing': entry(
    'message',
    'never',
    'Gmail accepts only messages with exactly one From header.',
  ),
  'from-header-invalid': entry('message', 'never', 'Gmail does not accept the From header of this message.'),
  'null-byte': entry('message', 'never', 'Gmail does not accept the NUL byte in this message.'),
  'message-refused': entry('message', 'never', 'Gmail refused this message.'),
  'upload-bad-request': entry('message', 'later', 'Gmail could not make sense of the upload.'),
  'label-refused': entry('message', 'later', 'Gmail does not know the label of this message any more.'),
  'upload-interrupted': entry(
    'message',
    'later',
    'The upload to Gmail broke off; its session will be asked how far it got.',
  ),
  'upload-lost': entry(
    'message',
    'never',
    'Gmail has forgotten the upload, so it is unknown whether the message arrived.',
  ),

  // One connection to the source; a new one may do better.
  'source-timeout': entry('session', 'later', 'The mail server did not answer in time.'),
  'source-disconnected': entry('session', 'later', 'The mail server closed the connection.'),
  'source-protocol': entry(
    'session',
    'later',
    'The mail server answered something that its protocol does not allow.',
  ),
  'source-busy': entry(
    'session',
    'later',
    'The mail server says that the mailbox is in use by another program.',
  ),
  'source-throttled': entry('session', 'later', 'The mail server asks to come back later.'),
  'source-sign-in-unavailable': entry(
    'session',
    'later',
    'The sign-in of the mailbox’s provider has a temporary problem.',
  ),
  'source-unavailable': entry('session', 'later', 'The mail server has a temporary problem.'),

  // The mailbox as it is configured.
  'login-refused': entry(
    'mailbox',
    'never',
    'The mail server refuses this user name and password. Enter the password again, or an app password if the provider asks for one.',
  ),
  'login-disabled': entry('mailbox', 'never', 'The mail server offers no way to log in with a password.'),
  'credentials-invalid': entry(
    'mailbox',
    'never',
    'User name and password must not contain control characters.',
  ),
  'source-consent-missing': entry(
    'mailbox',
    'never',
    'Nobody has signed in at the mailbox’s provider yet. Sign in there, so that its mail can be fetched.',
  ),
  'source-consent-gone': entry(
    'mailbox',
    'never',
    'The mailbox’s provider no longer honours your sign-in there. Sign in there again.',
  ),
  'source-token-refused': entry(
    'mailbox',
    'never',
    'The provider knows your sign-in, and its mail server does not let this account in. IMAP or POP may be switched off for it: check that in the provider’s settings, then sign in there again.',
  ),
  'source-sign-in-missing': entry(
    'mailbox',
    'later',
    'This installation does not offer the sign-in of the mailbox’s provider any more.',
  ),
  'source-host-foreign': entry(
    'mailbox',
    'never',
    'This server is none of the provider’s, so your sign-in there is not shown to it.',
  ),
  'no-uidl': entry(
    'mailbox',
    'never',
    'This POP3 server gives its messages no permanent ids (UIDL), so they cannot be transferred once each. Use IMAP if the provider has it.',
  ),
  'host-unknown': entry('mailbox', 'later', 'The mail server’s name cannot be found.'),
  'address-forbidden': entry(
    'mailbox',
    'never',
    'The mail server’s address is not a public one, so it is not contacted.',
  ),
  'port-forbidden': entry('mailbox', 'never', 'Only the mail ports 110, 143, 993 and 995 are contacted.'),
  'connect-refused': entry('mailbox', 'later', 'The mail server does not accept connections on this port.'),
  'connect-timeout': entry('mailbox', 'later', 'The mail server cannot be reached.'),
  'tls-unavailable': entry(
    'mailbox',
    'never',
    'The mail server does not offer an encrypted connection on this port.',
  ),
  'tls-failed': entry('mailbox', 'later', 'No encrypted connection could be agreed with the mail server.'),
  'certificate-invalid': entry(
    'mailbox',
    'later',
    'The mail server’s certificate cannot be verified for this name.',
  ),
  'folder-missing': entry('mailbox', 'later', 'A chosen folder does not exist at the source.'),
  'plan-limit': entry(
    'mailbox',
    'never',
    'The plan allows fewer mailboxes than are connected, so this one waits. It goes on by itself when the plan allows it: see the page Billing.',
  ),
  'setup-unfinished': entry('mailbox', 'never', 'You have not chosen yet what to import.'),

  // The user's consent and allowance at Google.
  'grant-missing': entry('grant', 'never', 'There is no consent from Google. Sign in again to give it.'),
  'grant-revoked': entry(
    'grant',
    'never',
    'Google no longer honours the consent. Sign in again to renew it.',
  ),
  'scope-missing': entry(
    'grant',
    'never',
    'The permission to add mail was not given. Sign in again and leave it ticked.',
  ),
  'gmail-not-enabled': entry('grant', 'never', 'This Google account has no Gmail.'),
  'domain-policy': entry(
    'grant',
    'never',
    'The administrator of this Google account does not allow the Gmail API.',
  ),
  'gmail-rate-limited': entry(
    'grant',
    'later',
    'Gmail asks to slow down for this account; the transfer goes on at the time it named.',
  ),
  'gmail-too-concurrent': entry('grant', 'later', 'Gmail asks for fewer requests at once for this account.'),

  // Everybody.
  'project-quota': entry('service', 'later', 'The service has used its daily allowance at Gmail.'),
  'gmail-unavailable': entry('service', 'later', 'Gmail has a temporary problem.'),
  'google-unavailable': entry('service', 'later', 'Google’s sign-in has a temporary problem.'),
  'stripe-unavailable': entry('service', 'later', 'The payment service has a temporary problem.'),
  'lease-lost': entry('service', 'later', 'Another worker has taken over this mailbox.'),
  'seal-broken': entry('service', 'never', 'A stored secret cannot be opened. Enter it again.'),
  'database-unavailable': entry('service', 'later', 'The database cannot be reached.'),
} as const satisfies Record<string, FaultEntry>;

export type FaultCode = keyof typeof FAULTS;

export interface FaultDetail {
  readonly cause?: unknown;
  /** When the other side said to come back, in ms since the epoch. */
  readonly retryAt?: number;
}

export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;
  readonly scope: FaultScope;
  readonly retry: 'never' | 'later';
  readonly retryAt: number | undefined;

  constructor(code: FaultCode, detail: FaultDetail = {}) {
    super(FAULTS[code].message, detail.cause === undefined ? {} : { cause: detail.cause });
    this.code = code;
    this.scope = FAULTS[code].scope;
    this.retry = FAULTS[code].retry;
    this.retryAt = detail.retryAt;
  }
}

export const isFault = (error: unknown, code?: FaultCode): error is Fault =>
  error instanceof Fault && (code === undefined || error.code === code);
