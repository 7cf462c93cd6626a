/** The handlers of lists of mailboxes. */
import type { Handlers } from '../api-router.ts';
import { createMailboxImport } from '../import-mailboxes.ts';
import { writeMailboxList } from '../mailbox-csv.ts';
import { listMailboxes } from '../mailboxes.ts';
import type { MAILBOX_LIST_OPERATIONS } from '../operations/mailbox-list.ts';
import type { Parts } from '../parts.ts';

export function mailboxListHandlers(parts: Parts): Pick<Handlers, keyof typeof MAILBOX_LIST_OPERATIONS> {
  const importMailboxes = createMailboxImport(parts);
  return {
    importMailboxes: ({ userId, body }) => importMailboxes(userId, body),
    // At most a hundred.
    exportMailboxes: async ({ userId, res }) => {
      const list = writeMailboxList(await listMailboxes(parts, userId));
      res.type('text/csv').attachment('mailboxes.csv').send(list);
    },
  };
}
