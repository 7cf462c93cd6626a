/** What becomes of ONE message: where it goes in Gmail, or why it does not go there. */
import { systemLabels } from '../src/core/fidelity.ts';
import type { FolderUse } from '../src/core/folder.ts';
import { namedUse } from '../src/core/folder-names.ts';
import { readDate } from '../src/core/mail-date.ts';
import type { MailboxOptions } from '../src/core/mailbox.ts';
import type { MessageFlags, SourceFolder } from '../src/core/ports.ts';
import { isInDomains, isNamed } from '../src/core/sender-rules.ts';
import type { HeaderClaims } from './header-block.ts';
import type { Decide, Decision } from './transfer.ts';

/** `folders`: those of the visit, by name; POP3 has the one, INBOX. `now`: ms since the epoch. */
export const createDecide =
  (options: MailboxOptions, folders: ReadonlyMap<string, SourceFolder>, now: () => number): Decide =>
  async ({ message: { ref }, flags }, header) => {
    const use = ref.protocol === 'pop3' ? 'inbox' : guessUse(ref.folder, folders);
    return decide({ use, flags, header, now: now() }, options);
  };

/** What a folder is for. One that is visited no more may still have messages that wait: then its name must tell. */
export function guessUse(name: string, folders: ReadonlyMap<string, SourceFolder>): FolderUse | null {
  const folder = folders.get(name);
  return folder ? folder.use : namedUse(name.split(/[/.\\]/).at(-1) ?? '');
}

export interface DecisionFacts {
  /** null: an ordinary folder. */
  readonly use: FolderUse | null;
  readonly flags: MessageFlags | null;
  readonly header: HeaderClaims;
  /** Ms since the epoch. */
  readonly now: number;
}

/** Pure. What the source holds as junk stays junk, whoever it claims to be from. */
export function decide({ use, flags, header, now }: DecisionFacts, options: MailboxOptions): Decision {
  const { sender, date } = header;
  if (isNamed(sender, options.skipSenders)) return { kind: 'skip', reason: 'sender-skipped' };
  const isTrusted =
    options.neverSpam || (sender !== null && isInDomains(sender.domain, options.neverSpamDomains));
  const isDated = date !== null && readDate(date, now) !== null;
  return {
    kind: 'send',
    // Gmail would silently take the time of the import.
    reason: isDated ? null : 'date-unreadable',
    outgoing: {
      labelIds: systemLabels(use, flags, options),
      neverMarkSpam: isTrusted && use !== 'junk',
      internalDateSource: isDated ? 'dateHeader' : 'receivedTime',
    },
  };
}
