/** From an e-mail address to the servers that may hold its mail: the words, and what is asked of the network. */
import type { Server } from './mailbox.ts';

/** `app-password`: one made in the provider's settings for other programs. `oauth`: no password will do. */
export type Auth = 'password' | 'app-password' | 'oauth';

/** A server to try, with the user name it is likely to know. */
export interface Candidate extends Server {
  readonly username: string;
  readonly auth: Auth;
  /** Whose sign-in this installation offers for it; with `oauth` only. */
  readonly provider?: string;
}

/** What the owner should know beside, or instead of, the candidates. Values from outside are never part of it. */
export const HINTS = {
  'already-gmail': 'This mailbox is at Google already.',
  'oauth-only':
    'This provider no longer lets other programs log in with a password, and this installation does not offer its sign-in.',
  'app-password':
    'This provider wants a password made for other programs, not the one you sign in with on its website.',
  'access-off': 'This provider lets other programs in only after you have allowed it in its settings.',
  'bridge-needed':
    'This provider’s mail is encrypted and can be read only through its own bridge on your computer, which cannot be reached from here.',
  'no-access': 'This provider offers neither IMAP nor POP3.',
  'user-name': 'This provider may know you by another user name than the one shown here.',
  guessed: 'Nothing is published about this address. These servers are only guessed from their names.',
  'nothing-found': 'No mail server was found for this address. Your provider can name it.',
  unfinished: 'The search took too long. Try again, or enter the server yourself.',
} as const;

export type HintCode = keyof typeof HINTS;

export interface Hint {
  readonly code: HintCode;
  readonly message: string;
  /** The provider's own page about it. */
  readonly url?: string;
  /** What the setting is called there. */
  readonly setting?: string;
}

export interface Discovery {
  /** Best first. */
  readonly candidates: readonly Candidate[];
  readonly hint?: Hint;
}

export const hintOf = (code: HintCode, where: Omit<Hint, 'code' | 'message'> = {}): Hint => ({
  code,
  message: HINTS[code],
  ...where,
});

export interface ServiceRecord {
  /** `.` (or empty) says that the service is not offered (RFC 2782). */
  readonly target: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** What discovery asks of the network. Whatever goes wrong reads as `nothing there`; only an abort rejects. */
export interface DiscoveryNet {
  /** The document at an https URL; null when there is none that is small, whole and publicly served. */
  fetchText(url: string, signal: AbortSignal): Promise<string | null>;
  /** Mail exchangers, preferred first. */
  mailExchangers(domain: string, signal: AbortSignal): Promise<readonly string[]>;
  services(name: string, signal: AbortSignal): Promise<readonly ServiceRecord[]>;
  /** Whether the host has an address that may be dialled. */
  resolves(host: string, signal: AbortSignal): Promise<boolean>;
}
