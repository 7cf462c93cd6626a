/** What the sources listed, day by day, and where each of these messages is. */
import type { z } from 'zod';
import type { MailboxId, UserId } from '../core/mailbox.ts';
import { findMailbox } from '../db/mailboxes.ts';
import { listReconciliations as list } from '../db/reconciliations.ts';
import type { Reconciliation, reconciliationQuerySchema } from './api.ts';
import { UUID } from './api-router.ts';
import { HttpError } from './errors.ts';
import type { Parts } from './parts.ts';

/** Newest day first. Refuses a mailbox that is not the user's as if there were none. */
export const listReconciliations = (
  parts: Parts,
  userId: UserId,
  { mailbox, from, to }: z.infer<typeof reconciliationQuerySchema>,
): Promise<{ reconciliations: Reconciliation[] }> =>
  parts.database.withTenant(userId, async (tx) => {
    const mailboxId = (mailbox as MailboxId | undefined) ?? null;
    if (mailboxId !== null && !(UUID.test(mailboxId) && (await findMailbox(tx, mailboxId))))
      throw new HttpError('not-found');
    const rows = await list(tx, { mailboxId, from: from ?? null, to: to ?? null });
    return { reconciliations: rows.map((row) => ({ ...row, at: row.at.toISOString() })) };
  });
