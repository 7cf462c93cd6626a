/** How the stand-in IMAP server can be told to misbehave. Read at each use, so it can be changed under way. */
import type { StoredMessage } from './imap-store.ts';

export interface ImapTricks {
  /** Instead of `* OK …`; without CRLF. */
  greeting?: string;
  /** Says nothing at all to these commands, or with `GREETING` on connecting. */
  stall?: ReadonlySet<string>;
  /** Answers these with NO and this text; also by command and first argument, e.g. `EXAMINE Public`. */
  refuse?: ReadonlyMap<string, string>;
  /** Leaves these out of CAPABILITY; the command STARTTLS is then refused too. */
  without?: ReadonlySet<string>;
  /** Adds these to CAPABILITY. */
  also?: readonly string[];
  /** Sent in the same packet as the consent to STARTTLS. */
  injected?: string;
  /** Cuts the connection at this byte of a body literal. */
  cutAt?: number;
  /** What RFC822.SIZE claims. */
  claimSize?: (message: StoredMessage) => number;
  /** Answers NO to a FETCH of a body of these UIDs. */
  unreadable?: ReadonlySet<number>;
  /** Ends the session, as Dovecot does, where a FETCH comes to the size or the body of one of these UIDs. */
  breaksAt?: ReadonlySet<number>;
  /** Answers OK to a FETCH but says nothing of these UIDs. */
  silentOn?: ReadonlySet<number>;
  /** Answers NIL for a piece that starts at this offset. */
  nilAt?: number;
  /** Answers every request for a piece with the whole message. */
  ignoreRanges?: boolean;
  /** Answers a request for a piece with at most this many bytes. */
  shortPieces?: number;
  /** Attributes of folders in LIST, e.g. `\\Junk` (RFC 6154), by folder. */
  folderFlags?: ReadonlyMap<string, string>;
  /** Does not tell UIDNEXT. */
  noUidNext?: boolean;
  /** Once IDLE has begun, neither pushes nor answers anything. */
  deadIdle?: boolean;
  /** Told of each command before it is answered. */
  hear?: (command: string) => void;
  /** Says that these UIDs are removed or moved, and keeps them. */
  keeps?: ReadonlySet<number>;
  /** Ends the connection when this command comes: before it is done, or done but not answered. */
  lose?: { readonly command: string; readonly when: 'before' | 'after' };
  /** Messages per command, highest UIDs first, with the MESSAGELIMIT response code (RFC 9738). */
  messageLimit?: number;
}

/** What CAPABILITY tells. `tokens`: access tokens are taken. */
export function capabilitiesOf(tricks: ImapTricks, secure: boolean, tokens: boolean): string {
  const all = ['IMAP4rev1', 'ID', 'NAMESPACE', 'IDLE', 'LITERAL+', 'SASL-IR', 'UIDPLUS', 'MOVE'];
  const ways = tokens ? ['AUTH=PLAIN', 'AUTH=XOAUTH2'] : ['AUTH=PLAIN'];
  const login = secure ? ways : ['STARTTLS', 'LOGINDISABLED'];
  const names = [...all, ...login, ...(tricks.also ?? [])].filter((name) => !tricks.without?.has(name));
  if (tricks.messageLimit !== undefined) names.push(`MESSAGELIMIT=${tricks.messageLimit}`);
  return names.join(' ');
}

/** What a command is refused with. */
export const refusalOf = (
  { refuse }: ImapTricks,
  { name, args }: { readonly name: string; readonly args: readonly string[] },
): string | undefined => refuse?.get(name) ?? refuse?.get(`${name} ${args[0]}`);
