/** How a message shows in Gmail, so that it stands there as it stood at the source. Pure. */
import type { FolderUse } from './folder.ts';
import type { MailboxOptions } from './mailbox.ts';
import type { MessageFlags } from './ports.ts';

/** Gmail's system labels that an import can set, of those that we set. It takes neither SENT nor DRAFT. */
export type SystemLabel = 'INBOX' | 'SPAM' | 'TRASH' | 'STARRED' | 'UNREAD';

/** Where mail of a folder goes; none: it is archived. */
const PLACES: Readonly<Record<FolderUse, SystemLabel | null>> = {
  inbox: 'INBOX',
  sent: null,
  drafts: null,
  archive: null,
  junk: 'SPAM',
  trash: 'TRASH',
  all: null,
  flagged: null,
};

/**
 * The labels of a message in a folder of this use; null: an ordinary folder. `flags` null: the source has none, or did not
 * tell, so the message counts as unread.
 */
export function systemLabels(
  use: FolderUse | null,
  flags: MessageFlags | null,
  { skipInbox }: Pick<MailboxOptions, 'skipInbox'>,
): SystemLabel[] {
  const place = use === null ? 'INBOX' : PLACES[use];
  // What its owner wrote has no need to be read.
  const isOwn = use === 'sent' || use === 'drafts';
  const labels: SystemLabel[] = [];
  if (place !== null && !(place === 'INBOX' && skipInbox)) labels.push(place);
  if (!isOwn && !flags?.seen) labels.push('UNREAD');
  if (flags?.flagged || use === 'flagged') labels.push('STARRED');
  return labels;
}
