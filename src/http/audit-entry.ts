/** One entry of the audit log, and what became at the source of the message that it tells of. */
import type { MailboxId, UserId } from '../core/mailbox.ts';
import { findAuditEntry } from '../db/audit.ts';
import { type EntryAtSource, findAtSource, listAtSource } from '../db/source-outcomes.ts';
import type { AuditDetail } from './api.ts';
import { auditView } from './audit.ts';
import { HttpError } from './errors.ts';
import type { Parts } from './parts.ts';

const BATCH = 1000;

export const readAuditEntry = (parts: Parts, userId: UserId, id: string): Promise<AuditDetail> =>
  parts.database.withTenant(userId, async (tx) => {
    const entry = await findAuditEntry(tx, id);
    if (entry === null) throw new HttpError('not-found');
    const atSource = await findAtSource(tx, entry.mailboxId, id);
    const { seq, hash } = entry;
    return { ...auditView(entry), seq, hash, atSource: atSource && atSourceView(atSource) };
  });

const atSourceView = ({
  action,
  outcome,
  at,
  dueAt,
}: EntryAtSource): NonNullable<AuditDetail['atSource']> => ({
  action,
  outcome,
  at: at?.toISOString() ?? null,
  dueAt: dueAt?.toISOString() ?? null,
});

/** Of one mailbox all that has been done at its source and all that waits, a batch in memory. */
export async function* readAllAtSource(
  { database }: Parts,
  userId: UserId,
  mailboxId: MailboxId,
): AsyncGenerator<{ readonly entryId: string } & NonNullable<AuditDetail['atSource']>> {
  for (const which of ['ended', 'waiting'] as const) {
    for (let after = '0'; ; ) {
      const page = await database.withTenant(userId, (tx) =>
        listAtSource(tx, which, mailboxId, after, BATCH),
      );
      for (const row of page) yield { entryId: row.entryId, ...atSourceView(row) };
      after = page.at(-1)?.entryId ?? after;
      if (page.length < BATCH) break;
    }
  }
}
