/** What is known about a provider of mailboxes, or a hoster of mail for domains of one's own. */
import type { Auth, HintCode } from '../core/discovery.ts';

export interface Provider {
  readonly domains: readonly string[];
  /** Names under which its mail exchangers lie, for domains of one's own. */
  readonly exchangers?: readonly string[];
  readonly imap?: string;
  readonly pop3?: string;
  /** Offered beside implicit TLS. */
  readonly startTls?: true;
  /** As which it may know an address, likeliest first; default: the whole address. */
  readonly usernames?: readonly ('address' | 'local part')[];
  /** Default: `password`. */
  readonly auth?: Auth;
  /** Default: what `auth` calls for. */
  readonly hint?: HintCode;
  /** The provider's own page that explains it, and what the setting is called there. */
  readonly url?: string;
  readonly setting?: string;
}
