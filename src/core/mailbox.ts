/** A connected legacy account: its settings, its state, and what its owner chose. */
export type UserId = string & { readonly __brand: 'UserId' };
export type MailboxId = string & { readonly __brand: 'MailboxId' };

export type Protocol = 'imap' | 'pop3';
/** `tls`: from the first byte; `starttls`: STARTTLS or STLS before anything else. There is no third. */
export type Security = 'tls' | 'starttls';

export const MAILBOX_STATES = [
  'probing',
  'active',
  'paused',
  'needs-password',
  'needs-consent',
  'unreachable',
  'suspended',
] as const;
export type MailboxState = (typeof MAILBOX_STATES)[number];

export interface MailboxOptions {
  readonly history: 'all' | 'new' | 'since';
  /** `YYYY-MM-DD`, UTC; present exactly when history is `since`. */
  readonly since: string | null;
  readonly folders: 'all' | readonly string[];
  readonly skipInbox: boolean;
  readonly label: string | null;
  readonly neverSpam: boolean;
  readonly afterImport: AfterImport;
  /** Present only with `delete`; null or 0: at once. */
  readonly deleteAfterDays: number | null;
  readonly pollSeconds: number;
  /** Messages of a folder get a Gmail label of its name, below `label` where there is one. IMAP only. */
  readonly folderLabels: boolean;
  /** Present exactly with `move`: the folder at the source. */
  readonly moveTo: string | null;
  /** A copy that Gmail takes may be imported of a message that Gmail refuses for its headers. */
  readonly repair: boolean;
  /** A short message in Gmail tells of each message that Gmail refuses. */
  readonly noticeRefused: boolean;
  /** Addresses or domains, in lower case, domains as A-labels; a domain stands for its subdomains, too. */
  readonly skipSenders: readonly string[];
  /** As `skipSenders`, domains only. */
  readonly neverSpamDomains: readonly string[];
  /** Larger messages are not imported; null: no limit but Gmail's. */
  readonly maxBytes: number | null;
}

/** What happens to a message at the source, after Gmail has it for certain. `move` and `mark-read`: IMAP only. */
export const AFTER_IMPORT = ['keep', 'delete', 'move', 'mark-read'] as const;
export type AfterImport = (typeof AFTER_IMPORT)[number];

/** What an option is when it was never sent; `pollSeconds` is the operator's (POLL_SECONDS). */
export const DEFAULT_OPTIONS = {
  history: 'all',
  since: null,
  folders: ['INBOX'],
  skipInbox: false,
  label: null,
  neverSpam: false,
  afterImport: 'keep',
  deleteAfterDays: null,
  folderLabels: false,
  moveTo: null,
  repair: false,
  noticeRefused: false,
  skipSenders: [],
  neverSpamDomains: [],
  maxBytes: null,
} as const satisfies Omit<MailboxOptions, 'pollSeconds'>;

export interface Server {
  readonly protocol: Protocol;
  readonly host: string;
  readonly port: number;
  readonly security: Security;
}

/** How its owner lets us in: by a password, or by signing in at the provider (OAuth 2.0). */
export const MAILBOX_AUTHS = ['password', 'oauth'] as const;
export type MailboxAuth = (typeof MAILBOX_AUTHS)[number];

/** Opened for one run only, never logged. */
export type Credentials =
  | { readonly username: string; readonly password: string; readonly accessToken?: never }
  /** For SASL XOAUTH2. */
  | { readonly username: string; readonly accessToken: string; readonly password?: never };
