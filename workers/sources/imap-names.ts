/**
 * Folder names as their server spells them. Names travel in modified UTF-7 (RFC 3501 §5.1.3), and the library decodes what
 * it is told and encodes what it asks for. A name that does not survive that, such as a plain `R&D`, would be shown as
 * another one (`R`) and could not be opened. Such names, and those that decode to what is no text, are taken, and sent,
 * just as the server spells them.
 */
import { encodeFolderName } from './folder-name.ts';

/** A folder as the library lists it. */
interface Entry {
  readonly path: string;
  readonly pathAsListed: string;
  readonly delimiter: string;
}

/** The library, as far as it is used here. */
interface NamesClient {
  readonly enabled: Set<string>;
  list(...args: readonly unknown[]): Promise<Entry[]>;
  mailboxOpen(folder: string, ...args: readonly unknown[]): Promise<unknown>;
  status(folder: string, ...args: readonly unknown[]): Promise<unknown>;
}

/** Names that need no encoding. */
const ORDINARY = /^[\x20-\x25\x27-\x7e]*$/;

/** What our books can hold: text without control characters or halves of characters. */
export const isText = (name: string): boolean => name.isWellFormed() && !/[\x00-\x1f\x7f]/.test(name);

/** The library puts the namespace in front and takes a leading delimiter away. */
function survives({ path, pathAsListed, delimiter }: Entry): boolean {
  const spelled =
    delimiter !== '' && pathAsListed.startsWith(delimiter) ? pathAsListed.slice(1) : pathAsListed;
  if (!isText(path)) return false;
  return path.toUpperCase() === 'INBOX' || encodeFolderName(path).endsWith(spelled);
}

function asSpelled<E extends Entry>(entry: E): E {
  const { pathAsListed: path, delimiter } = entry;
  return { ...entry, path, name: delimiter === '' ? path : path.split(delimiter).at(-1) };
}

/** By session, as of its last listing. */
const ODD = new WeakMap<object, ReadonlySet<string>>();

/** How a folder that has been listed is named in a command. */
export const spell = (client: object, folder: string): string =>
  ODD.get(client)?.has(folder) ? folder : encodeFolderName(folder);

/** Teaches the library, for this session, to list, open and count folders of such names. */
export function keepOddNames(client: object): void {
  const library = client as NamesClient;
  const { enabled, list, mailboxOpen, status } = library;
  if (!(enabled instanceof Set) || [list, mailboxOpen, status].some((call) => typeof call !== 'function'))
    throw new TypeError('the IMAP library has changed');
  /** undefined: the folders have not been listed yet. */
  let odd: ReadonlySet<string> | undefined;

  /** Where an odd name is also another folder's proper name, that one has it. */
  library.list = async (...args) => {
    const all = await list.apply(client, [...args]);
    const proper = all.filter(survives);
    const taken = new Set(proper.map(({ path }) => path));
    const others = all.filter((entry) => !survives(entry) && !taken.has(entry.pathAsListed)).map(asSpelled);
    odd = new Set(others.map(({ path }) => path));
    ODD.set(client, odd);
    return [...proper, ...others];
  };

  const spelled = async <T>(folder: string, ask: () => Promise<T>): Promise<T> => {
    if (ORDINARY.test(folder)) return await ask();
    if (!odd) await library.list();
    if (!odd?.has(folder)) return await ask();
    // The library's own switch for servers that take names unencoded (RFC 6855), which we never ask a server for.
    enabled.add('UTF8=ACCEPT');
    try {
      return await ask();
    } finally {
      enabled.delete('UTF8=ACCEPT');
    }
  };
  library.mailboxOpen = (folder, ...args) =>
    spelled(folder, () => mailboxOpen.apply(client, [folder, ...args]));
  library.status = (folder, ...args) => spelled(folder, () => status.apply(client, [folder, ...args]));
}
