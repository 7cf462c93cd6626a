import { type Fault, isFault } from './fault.ts';

/** What a folder at the source is for (RFC 6154), and which of two copies of a message is wanted. */
export const FOLDER_USES = ['inbox', 'sent', 'archive', 'drafts', 'junk', 'trash', 'all', 'flagged'] as const;
export type FolderUse = (typeof FOLDER_USES)[number];

/** Folders that only show messages of others (RFC 6154 §2). */
export const isView = (use: FolderUse | null): boolean => use === 'all' || use === 'flagged';

/** Of a message that lies in several folders, the copy in the folder of the lowest rank is wanted. */
export function rankOf(use: FolderUse | null): number {
  return use === null ? ORDINARY : RANKS[use];
}

const ORDINARY = 1;
const RANKS: Readonly<Record<FolderUse, number>> = {
  inbox: 0,
  sent: 2,
  drafts: 2,
  archive: 3,
  flagged: 4,
  all: 5,
  trash: 6,
  junk: 7,
};

/** Copies in these never win over one elsewhere that was listed at the same visit. */
export const isLast = (use: FolderUse | null): boolean => use === 'junk' || use === 'trash';

/** INBOX is one folder whatever the case of its letters (RFC 3501 §5.1); all other names are as the server has them. */
export const isInbox = (name: string): boolean => name.toUpperCase() === 'INBOX';

/** Each folder once, by its own name. */
export const canonicalFolders = (names: readonly string[]): string[] => [
  ...new Set(names.map((name) => (isInbox(name) ? 'INBOX' : name))),
];

/**
 * Servers list folders that they never open: those of others, without rights, broken ones. Where nobody has chosen it by
 * name, such a one keeps no other waiting. Should the session have ended over it, the next command tells.
 */
export const isFolderClosed = (
  chosen: 'all' | readonly string[],
  name: string,
  error: unknown,
): error is Fault =>
  chosen === 'all' &&
  !isInbox(name) &&
  (isFault(error, 'folder-missing') || isFault(error, 'source-unavailable'));
