/** One failed, uncertain or repairable message once more, named by the audit entry that tells of it. */
import type { UserId } from '../core/mailbox.ts';
import { findAuditEntry } from '../db/audit.ts';
import { lockMailbox, recallMailbox, setDue } from '../db/mailboxes.ts';
import { retryTransferOf } from '../db/transfers.ts';
import { HttpError } from './errors.ts';
import type { Parts } from './parts.ts';

/**
 * How many wait for another try: 1. 409 when there is nothing left to try: the message has been tried again since, or was
 * delivered, skipped, or rejected for good: for what no repair mends or its owner does not allow, or repaired already.
 */
export const retryAuditEntry = (parts: Parts, userId: UserId, entryId: string): Promise<number> =>
  parts.database.withTenant(userId, async (tx) => {
    const found = await findAuditEntry(tx, entryId);
    if (found === null) throw new HttpError('not-found');
    // The mailbox first, as everybody locks it before its transfers.
    const mailbox = await lockMailbox(tx, found.mailboxId);
    if (mailbox === null) throw new HttpError('not-found');
    const retried = await retryTransferOf(tx, mailbox.id, entryId);
    if (retried === 0) throw new HttpError('nothing-to-retry');
    await setDue(tx, mailbox.id);
    await recallMailbox(tx, mailbox.id);
    return retried;
  });
