/** Which folders of an IMAP account `all` means: those that hold mail which belongs into an inbox. */
import { Fault } from '../../src/core/fault.ts';
import type { FolderUse } from '../../src/core/folder.ts';

/** A folder as LIST shows it (RFC 3501 §7.2.2, RFC 6154). */
export interface FolderEntry {
  readonly path: string;
  readonly name: string;
  readonly delimiter: string;
  readonly flags: ReadonlySet<string>;
  /** A use that the library guesses from the folder's name, in many languages; at most one folder a use. */
  readonly guess: string | undefined;
}

export interface Folder {
  readonly name: string;
  /** True: `all` leaves it out; its owner may still name it. */
  readonly aside: boolean;
  /** What it is for, as the server or else its name says. */
  readonly use: FolderUse | null;
  readonly path: readonly string[];
}

const UNSELECTABLE: ReadonlySet<string> = new Set(['\\noselect', '\\nonexistent']);
/** Folders that only show messages of others (RFC 6154 §2). */
const VIEWS: ReadonlySet<string> = new Set(['\\all', '\\flagged', '\\important']);
/** What was thrown away, refused or never sent does not belong into an inbox. */
const UNWANTED: ReadonlySet<string> = new Set(['\\junk', '\\trash', '\\drafts']);
/** For servers without special uses, beside the library's guesses. */
const UNWANTED_NAMES: ReadonlySet<string> = new Set([
  'junk',
  'junk e-mail',
  'junk email',
  'spam',
  'bulk mail',
  'trash',
  'deleted items',
  'deleted messages',
  'drafts',
]);

const isAny = (flags: ReadonlySet<string>, wanted: ReadonlySet<string>): boolean =>
  [...flags].some((flag) => wanted.has(flag.toLowerCase()));

/** More than anybody sorts mail into; every one of them is opened at each visit. */
const MAX_FOLDERS = 10_000;
/** What our books can hold as a name and find again: text without control characters or halves of characters. */
const MAX_NAME = 500;
const CONTROL = /[\x00-\x1f\x7f]/;
const canBeBooked = ({ path }: FolderEntry): boolean =>
  path.length <= MAX_NAME && path.isWellFormed() && !CONTROL.test(path);

/**
 * The folders that can be opened, in the order given. Names count only where the server tells no use at all. Fault
 * `source-protocol` when there are more than anybody can have.
 */
export function foldersOf(entries: readonly FolderEntry[]): Folder[] {
  if (entries.length > MAX_FOLDERS) throw new Fault('source-protocol');
  const tells = entries.some(({ flags }) => isAny(flags, UNWANTED));
  const isUnwanted = ({ flags, name, guess = '' }: FolderEntry): boolean =>
    isAny(flags, UNWANTED) ||
    (!tells && (UNWANTED.has(guess.toLowerCase()) || UNWANTED_NAMES.has(name.toLowerCase())));
  const unwanted = new Set(
    entries
      .filter((entry) => entry.path.toUpperCase() !== 'INBOX' && isUnwanted(entry))
      .map(({ path }) => path),
  );
  const isAside = (entry: FolderEntry): boolean =>
    isAny(entry.flags, VIEWS) ||
    unwanted.has(entry.path) ||
    ancestorsOf(entry).some((path) => unwanted.has(path));
  return entries
    .filter((entry) => !isAny(entry.flags, UNSELECTABLE) && canBeBooked(entry))
    .map((entry) => ({ name: entry.path, aside: isAside(entry), use: useOf(entry), path: partsOf(entry) }));
}

const USES: ReadonlyMap<string, FolderUse> = new Map([
  ['\\inbox', 'inbox'],
  ['\\sent', 'sent'],
  ['\\archive', 'archive'],
  ['\\drafts', 'drafts'],
  ['\\junk', 'junk'],
  ['\\trash', 'trash'],
  ['\\all', 'all'],
  ['\\flagged', 'flagged'],
]);

function useOf({ path, flags, guess = '' }: FolderEntry): FolderUse | null {
  if (path.toUpperCase() === 'INBOX') return 'inbox';
  const uses = [...flags, guess].map((flag) => USES.get(flag.toLowerCase()));
  return uses.find((use) => use !== undefined) ?? null;
}

const partsOf = ({ path, delimiter }: FolderEntry): string[] =>
  delimiter === '' ? [path] : path.slice(0, MAX_NAME).split(delimiter);

function ancestorsOf(entry: FolderEntry): string[] {
  const { delimiter } = entry;
  const parts = partsOf(entry);
  return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join(delimiter));
}
