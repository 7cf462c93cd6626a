/** The IMAP source as the engine sees it, made of what imap-wire.ts names. */
import { Fault } from '../../src/core/fault.ts';
import { canonicalFolders } from '../../src/core/folder.ts';
import type { MailboxOptions } from '../../src/core/mailbox.ts';
import type { Source, SourceFolder } from '../../src/core/ports.ts';
import { disposeInFolder } from './imap-dispose.ts';
import { fetchMessages } from './imap-fetch.ts';
import type { Folder } from './imap-folders.ts';
import { listIds } from './imap-ids.ts';
import { listFolder } from './imap-list.ts';
import type { Examined, ImapWire } from './imap-wire.ts';

/** Messages at whose size a server may hang up, in all folders: each takes a session of its own to find. */
const MOST_REOPENED = 8;

/** `reopen`: another session of the same kind, in place of one that ended over a message that its server cannot measure. */
export function createImapSource(
  first: ImapWire,
  reopen?: (signal: AbortSignal) => Promise<ImapWire>,
): Source {
  let wire = first;
  /** Folders as their last listing saw them. */
  const listed = new Map<string, Examined>();
  const unmeasured = new Map<string, Set<number>>();
  let reopened = 0;
  return {
    folders: (chosen, signal) => chooseFolders(chosen, () => wire.folders(signal)),
    ids: async (folder, signal) => listIds(wire, await wire.examine(folder, signal), signal),
    count: async (folder, signal) => (await wire.examine(folder, signal)).exists,
    list: async (folder, cursor, history, signal) => {
      if (cursor?.protocol === 'pop3') throw new RangeError('not an IMAP cursor');
      for (;;) {
        const examined = await wire.examine(folder, signal);
        listed.set(folder, examined);
        const known = unmeasured.get(`${examined.uidValidity} ${folder}`) ?? new Set();
        unmeasured.set(`${examined.uidValidity} ${folder}`, known);
        const before = known.size;
        try {
          return await listFolder(wire, examined, cursor, history, signal, known);
        } catch (error) {
          if (!reopen || known.size === before || reopened >= MOST_REOPENED) throw error;
          reopened += 1;
          // One message that its server cannot read must not keep its neighbours from being listed.
          await wire.close();
          wire = await reopen(signal);
        }
      }
    },
    fetch: (messages, signal) => fetchMessages(wire, messages, signal),
    dispose: (order, signal) => disposeInFolder(wire, order, signal),
    watch: (folder, ms, signal) => watchFolder(wire, folder, listed.get(folder), ms, signal),
    close: () => wire.close(),
  };
}

/** One IDLE after another (RFC 2177), each behind a NOOP that shows whether the server still lives. */
async function watchFolder(
  wire: ImapWire,
  folder: string,
  seen: Examined | undefined,
  ms: number,
  signal: AbortSignal,
): Promise<'news' | 'quiet' | 'unsupported'> {
  if (!wire.canIdle) return 'unsupported';
  const end = performance.now() + ms;
  const now = await wire.select(folder, signal);
  if (seen && hasNews(seen, now)) return 'news';
  for (;;) {
    await wire.noop(signal);
    if (wire.hasNews) return 'news';
    const left = end - performance.now();
    if (left <= 0) return 'quiet';
    const told = await wire.idle(left, signal);
    if (!told && !wire.hasNews) return 'unsupported';
  }
}

/** Whether a folder that was opened again holds anything that its last listing cannot have shown. */
const hasNews = (seen: Examined, now: Examined): boolean =>
  now.uidValidity !== seen.uidValidity ||
  (now.uidNext !== null && seen.uidNext !== null ? now.uidNext > seen.uidNext : now.exists > seen.exists);

/** INBOX needs no look-up: it exists. Choices from before names were brought into one form may have it in any case of letters. */
export async function chooseFolders(
  chosen: MailboxOptions['folders'],
  look: () => Promise<readonly Folder[]>,
): Promise<readonly SourceFolder[]> {
  if (chosen === 'all') return (await look()).filter(({ aside }) => !aside);
  const names = canonicalFolders(chosen);
  if (names.every((name) => name === 'INBOX')) return [INBOX];
  const there = new Map((await look()).map((folder) => [folder.name, folder]));
  return names.map((name) => {
    const folder = there.get(name) ?? (name === 'INBOX' ? INBOX : undefined);
    if (!folder) throw new Fault('folder-missing');
    return folder;
  });
}

const INBOX: SourceFolder = { name: 'INBOX', use: 'inbox', path: ['INBOX'] };
