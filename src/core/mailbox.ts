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
  readonly afterImport: 'keep' | 'delete';
  readonly deleteAfterDays: number | null;
  readonly pollSeconds: number;
}

export interface Server {
  readonly protocol: Protocol;
  readonly host: string;
  readonly port: number;
  readonly security: Security;
}

/** Opened for one run only, never logged. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}
