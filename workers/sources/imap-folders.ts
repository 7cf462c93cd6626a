/** Which folders of an IMAP account `all` means: those that hold mail which belongs into an inbox. */
import { Fault } from '../../src/core/fault.ts';
import { type FolderUse, isView } from '../../src/core/folder.ts';
import { namedUse } from '../../src/core/folder-names.ts';
import { isText } from './imap-names.ts';

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
/** What was thrown away, refused or never sent does not belong into an inbox. */
const UNWANTED: ReadonlySet<FolderUse | null> = new Set<FolderUse>(['junk', 'trash', 'drafts']);
/** What is below such a folder is for the same. */
const HANDED_DOWN: ReadonlySet<FolderUse | null> = new Set<FolderUse>([
  'sent',
  'archive',
  'junk',
  'trash',
  'drafts',
]);

const isUnselectable = ({ flags }: FolderEntry): boolean =>
  [...flags].some((flag) => UNSELECTABLE.has(flag.toLowerCase()));

/** More than anybody sorts mail into; every one of them is opened at each visit. */
const MAX_FOLDERS = 10_000;
/** What our books can hold as a name and find again. */
const MAX_NAME = 500;
const canBeBooked = ({ path }: FolderEntry): boolean => path.length <= MAX_NAME && isText(path);

/**
 * The folders that can be opened, in the order given. What the server says of their uses counts first (RFC 6154); names,
 * and the library's guess, only for a use that it tells of no folder. Fault `source-protocol` when there are more than
 * anybody can have.
 */
export function foldersOf(entries: readonly FolderEntry[]): Folder[] {
  if (entries.length > MAX_FOLDERS) throw new Fault('source-protocol');
  const told = new Map(entries.map((entry) => [entry.path, toldUse(entry)]));
  const tells = new Set(told.values());
  const own = new Map(
    entries.map((entry) => [entry.path, told.get(entry.path) ?? guessedUse(entry, tells)] as const),
  );
  // A server that knows what is not wanted is not outguessed in what to leave out.
  const decides = [...tells].some((use) => UNWANTED.has(use)) ? told : own;
  const isUnwanted = (path: string): boolean => UNWANTED.has(decides.get(path) ?? null);
  return entries
    .filter((entry) => !isUnselectable(entry) && canBeBooked(entry))
    .map((entry) => {
      const above = ancestorsOf(entry);
      const use = useIn(entry.path, above, told, own);
      const aside = isView(told.get(entry.path) ?? null) || [entry.path, ...above].some(isUnwanted);
      return { name: entry.path, aside, use, path: partsOf(entry) };
    });
}

const USES: ReadonlyMap<string, FolderUse> = new Map([
  ['\\sent', 'sent'],
  ['\\archive', 'archive'],
  ['\\drafts', 'drafts'],
  ['\\junk', 'junk'],
  ['\\trash', 'trash'],
  ['\\all', 'all'],
  ['\\flagged', 'flagged'],
  // One more that shows what lies elsewhere.
  ['\\important', 'all'], // RFC 8457
]);

function toldUse({ path, flags }: FolderEntry): FolderUse | null {
  if (path.toUpperCase() === 'INBOX') return 'inbox';
  for (const flag of flags) {
    const use = USES.get(flag.toLowerCase());
    if (use !== undefined) return use;
  }
  return null;
}

function guessedUse(
  { name, guess = '' }: FolderEntry,
  tells: ReadonlySet<FolderUse | null>,
): FolderUse | null {
  const use = namedUse(name) ?? USES.get(guess.toLowerCase()) ?? null;
  return tells.has(use) ? null : use;
}

/** Whatever lies in the trash is trash, whatever it is called; else the own use goes before that of the nearest parent. */
function useIn(
  path: string,
  ancestors: readonly string[],
  told: ReadonlyMap<string, FolderUse | null>,
  own: ReadonlyMap<string, FolderUse | null>,
): FolderUse | null {
  const above = ancestors.flatMap((each) => own.get(each) ?? []);
  const nearest = above.at(-1) ?? null;
  return (
    told.get(path) ??
    above.find((use) => UNWANTED.has(use)) ??
    own.get(path) ??
    (HANDED_DOWN.has(nearest) ? nearest : null)
  );
}

const partsOf = ({ path, delimiter }: FolderEntry): string[] =>
  delimiter === '' ? [path] : path.slice(0, MAX_NAME).split(delimiter);

/** Nobody sorts mail deeper; what is further down belongs to its outermost parents all the same. */
const DEEPEST = 30;

/** The outermost first. */
function ancestorsOf(entry: FolderEntry): string[] {
  const { delimiter } = entry;
  const parts = partsOf(entry);
  return parts.slice(1, DEEPEST + 1).map((_, at) => parts.slice(0, at + 1).join(delimiter));
}
