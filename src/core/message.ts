/** What a message is called: at its source, and in our books. Never a sequence number. */
import { hash } from 'node:crypto';

export type MessageRef =
  | { readonly protocol: 'imap'; readonly folder: string; readonly uidValidity: number; readonly uid: number }
  | { readonly protocol: 'pop3'; readonly uidl: string };

/** A ref's stable string form: `imap:<uidValidity>:<uid>:<folder>` or `pop3:<uidl>`. */
export type MessageKey = string & { readonly __brand: 'MessageKey' };

/** First 16 bytes of SHA-256 of a UIDL, as 32 hex digits: what the cursor remembers of a POP3 message. */
export type UidlHash = string & { readonly __brand: 'UidlHash' };

export const keyOf = (ref: MessageRef): MessageKey =>
  (ref.protocol === 'imap'
    ? `imap:${ref.uidValidity}:${ref.uid}:${ref.folder}`
    : `pop3:${ref.uidl}`) as MessageKey;

const IMAP_KEY = /^imap:(\d+):(\d+):([\s\S]*)$/;

/** The inverse of `keyOf`. Throws RangeError on anything `keyOf` cannot have made. */
export function refOf(key: MessageKey): MessageRef {
  const imap = IMAP_KEY.exec(key);
  if (imap) {
    return { protocol: 'imap', uidValidity: Number(imap[1]), uid: Number(imap[2]), folder: imap[3] ?? '' };
  }
  if (key.startsWith('pop3:')) return { protocol: 'pop3', uidl: key.slice(5) };
  throw new RangeError('not a message key');
}

/** `uidl`: one character per byte. ASCII, which nearly all are, needs no bytes of its own: that is a quarter of the time. */
/** Where the message is; in a maildrop that is `INBOX`. */
export const folderOf = (ref: MessageRef): string => (ref.protocol === 'imap' ? ref.folder : 'INBOX');

export const hashUidl = (uidl: string): UidlHash =>
  hash('sha256', ASCII.test(uidl) ? uidl : Buffer.from(uidl, 'latin1'), 'hex').slice(0, 32) as UidlHash;

const ASCII = /^[ -~]*$/;

/** A message the source has, as its listing tells. */
export interface Listed {
  readonly ref: MessageRef;
  readonly key: MessageKey;
  /** Bytes as the server claims (RFC822.SIZE, LIST); servers err. null: not told. */
  readonly size: number | null;
  /** When it reached the source, ms since the epoch (INTERNALDATE); null: not told by the listing. */
  readonly arrivedAt: number | null;
  /** True: it was there when the mailbox was connected. New mail goes first. */
  readonly backlog: boolean;
  /** It has ended a session before: it goes alone and in pieces, so that the next time costs nobody else. */
  readonly alone?: boolean;
}

/** By what a message in one folder is taken for a copy of one in another: where both contents are known, they count. */
export interface Likeness {
  readonly fingerprint: Uint8Array;
  readonly content: Uint8Array | null;
}
