/** What is known of a mailbox's folders at the beginning of a round. */
import { type Fault, isFault } from '../src/core/fault.ts';
import { rankOf } from '../src/core/folder.ts';
import type { SourceFolder } from '../src/core/ports.ts';
import type { Visit } from './visit.ts';

/** More than these are not asked for one by one in a round; their messages go by their folder's name alone. */
const MOST_ALONE = 20;

/**
 * What the chosen folders are for, in the order in which they are listed: copies that are wanted before others come first.
 * Returns the fault of one that is missing, which keeps nobody from recovering what is open. Session Faults are thrown.
 */
export async function learnFolders(visit: Visit): Promise<Fault | null> {
  const { lease, source, control, folders, places } = visit;
  let missing: Fault | null = null;
  try {
    const chosen = await source.folders(lease.options.folders, control.hard);
    // What was moved there has been imported.
    const target = lease.options.afterImport === 'move' ? lease.options.moveTo : null;
    folders.clear();
    for (const folder of chosen.toSorted((a, b) => rankOf(a.use) - rankOf(b.use)))
      if (folder.name !== target) folders.set(folder.name, folder);
  } catch (error) {
    if (!isFault(error, 'folder-missing')) throw error;
    missing = error;
  }
  for (const folder of folders.values()) places.set(folder.name, folder);
  await learnOthers(visit);
  return missing;
}

/** Messages under way may be in folders that are visited no more, or, where one is missing, not yet: they get their labels, too. */
async function learnOthers(visit: Visit): Promise<void> {
  const { open, waiting, places } = visit;
  const names = new Set<string>();
  for (const { ref } of [...open.values(), ...waiting.values()])
    if (ref.protocol === 'imap' && !places.has(ref.folder)) names.add(ref.folder);
  if (names.size === 0) return;
  const found = (await look(visit, [...names])) ?? (await lookAlone(visit, names));
  for (const folder of found) places.set(folder.name, folder);
}

/** One of them is gone. */
async function lookAlone(visit: Visit, names: ReadonlySet<string>): Promise<readonly SourceFolder[]> {
  const found: SourceFolder[] = [];
  if (names.size > 1)
    for (const name of [...names].slice(0, MOST_ALONE)) found.push(...((await look(visit, [name])) ?? []));
  return found;
}

/** null: one is missing. */
async function look(
  { source, control }: Visit,
  names: readonly string[],
): Promise<readonly SourceFolder[] | null> {
  try {
    return await source.folders(names, control.hard);
  } catch (error) {
    if (isFault(error, 'folder-missing')) return null;
    throw error;
  }
}
