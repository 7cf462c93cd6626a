/** The consent of a mailbox's owner at its provider, which stands in a password's place. */
import type { MailboxId, Server, UserId } from './mailbox.ts';

export interface SourceGrant {
  /** An id of the table of providers. */
  readonly provider: string;
  /** null: nobody has consented yet, or the provider no longer honours it. */
  readonly sealedRefreshToken: Uint8Array | null;
  /** Counts consents; 0: there was none. What belongs to a former one counts for nothing. */
  readonly consent: number;
}

/** The consents in the books. All faults: `database-unavailable`. */
export interface SourceGrants {
  /** null: the mailbox is gone, or takes a password. */
  load(userId: UserId, mailboxId: MailboxId): Promise<SourceGrant | null>;
  /**
   * Puts `next` in the place of exactly the sealed value given, of exactly this consent; durable when it resolves. False
   * when something else is there by now.
   */
  replace(
    userId: UserId,
    mailboxId: MailboxId,
    known: SourceGrant,
    next: Uint8Array | null,
  ): Promise<boolean>;
}

export interface RefreshedToken {
  readonly accessToken: string;
  /** ms since the epoch. */
  readonly expiresAt: number;
  /** null: the one used goes on. */
  readonly refreshToken: string | null;
}

/** The providers' token endpoints. */
export interface SourceSignIns {
  /**
   * Whether tokens of the provider may be shown to the server. Fault `source-sign-in-missing` when this installation does
   * not offer the provider's sign-in.
   */
  allows(provider: string, server: Server): boolean;
  /** Faults `source-consent-gone`, `source-sign-in-unavailable` (with `retryAt` when told), `source-sign-in-missing`. */
  refresh(provider: string, refreshToken: string, signal: AbortSignal): Promise<RefreshedToken>;
}

export interface TokenMailbox {
  readonly userId: UserId;
  readonly mailboxId: MailboxId;
  readonly server: Server;
}

/** Access tokens for sources. */
export interface SourceTokens {
  /**
   * One that is good for some minutes, for this mailbox's server and no other. `refused`: the one that the server has just
   * refused, which is not given again. Faults of `SourceSignIns`; `source-consent-missing`, `source-host-foreign`.
   */
  take(mailbox: TokenMailbox, signal: AbortSignal, refused?: string): Promise<string>;
}
