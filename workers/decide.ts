/** What becomes of ONE message: where it goes in Gmail, or why it does not go there. */
import type { MailboxOptions } from '../src/core/mailbox.ts';
import type { Decide } from './transfer.ts';

export const createDecide =
  (options: MailboxOptions): Decide =>
  async () => ({
    kind: 'send',
    reason: null,
    outgoing: {
      labelIds: options.skipInbox ? ['UNREAD'] : ['INBOX', 'UNREAD'],
      neverMarkSpam: options.neverSpam,
      internalDateSource: 'dateHeader',
    },
  });
