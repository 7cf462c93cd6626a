/** What the stand-in IMAP server lets a client change in a folder that it has opened for that: flags, removal, copies. */
import type { Account, StoredFolder, StoredMessage } from './imap-store.ts';
import { type Command, parseSet } from './imap-syntax.ts';
import type { ImapTricks } from './imap-tricks.ts';

/** Commands that change mail or folders. */
export const CHANGING =
  /^(?:UID )?(?:STORE|EXPUNGE|COPY|MOVE)$|^(?:APPEND|CREATE|DELETE|RENAME|SUBSCRIBE|UNSUBSCRIBE)$/;

export interface Changeable {
  readonly folder: StoredFolder;
  readonly readOnly: boolean;
  readonly account: Account;
  readonly tricks: ImapTricks;
}

/** Does it; returns how the command is completed. */
export function changeMail({ name, args }: Command, where: Changeable): string {
  const { folder, readOnly, account, tricks } = where;
  if (readOnly) return 'NO the folder is open for reading only';
  const isWanted = parseSet(args[0] ?? '', folder.messages.at(-1)?.uid ?? 0);
  const picked = folder.messages.filter(({ uid }) => isWanted(uid));
  const lacks = (capability: string): boolean => tricks.without?.has(capability) === true;
  switch (name) {
    case 'UID STORE':
      return store(picked, args.slice(1));
    case 'EXPUNGE':
      remove(folder, (message) => message.flags.has('\\Deleted'), tricks);
      return 'OK done';
    case 'UID EXPUNGE':
      if (lacks('UIDPLUS')) return 'BAD unknown command';
      remove(folder, (message) => picked.includes(message) && message.flags.has('\\Deleted'), tricks);
      return 'OK done';
    case 'UID COPY':
      return copy(picked, account.folders.get(args[1] ?? ''));
    case 'UID MOVE': {
      if (lacks('MOVE')) return 'BAD unknown command';
      const kept = picked.filter(({ uid }) => !tricks.keeps?.has(uid));
      const copied = copy(kept, account.folders.get(args[1] ?? ''));
      if (copied.startsWith('OK')) remove(folder, (message) => kept.includes(message), tricks);
      return copied;
    }
  }
  return 'NO this stand-in does not do that';
}

function store(picked: readonly StoredMessage[], [how = '', ...flags]: readonly string[]): string {
  const named = flags.filter((flag) => flag.startsWith('\\'));
  for (const message of picked)
    for (const flag of named) {
      if (how.startsWith('-')) message.flags.delete(flag);
      else message.flags.add(flag);
    }
  return 'OK done';
}

function remove(
  folder: StoredFolder,
  isGone: (message: StoredMessage) => boolean,
  { keeps }: ImapTricks,
): void {
  folder.messages = folder.messages.filter((message) => keeps?.has(message.uid) || !isGone(message));
}

function copy(picked: readonly StoredMessage[], target: StoredFolder | undefined): string {
  if (!target) return 'NO [TRYCREATE] no such folder';
  for (const { bytes, at, flags } of picked) {
    target.messages.push({ uid: target.uidNext, bytes, at, flags: new Set(flags) });
    target.uidNext += 1;
  }
  return 'OK done';
}
