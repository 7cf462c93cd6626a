/** Whether everything that a source lists is accounted for: what is needed to tell, and the answer by mailbox and day. */
import type { MailboxId } from '../core/mailbox.ts';
import type { Tx } from './pool.ts';

export interface ReconciliationRow {
  readonly mailboxId: MailboxId;
  /** UTC. */
  readonly day: string;
  readonly at: Date;
  readonly listed: number;
  readonly delivered: number;
  readonly rejected: number;
  readonly failed: number;
  readonly uncertain: number;
  readonly waiting: number;
  readonly skipped: number;
  readonly missing: number;
}

const COLUMNS = `mailbox_id AS "mailboxId", day::text, at, listed, delivered, rejected, failed, uncertain, waiting,
  skipped, missing`;

/** The tenant's, newest day first, 1,000 at most. null matches everything; both days count. */
export async function listReconciliations(
  tx: Tx,
  filter: { readonly mailboxId: MailboxId | null; readonly from: string | null; readonly to: string | null },
): Promise<ReconciliationRow[]> {
  return tx.query<ReconciliationRow>(
    `SELECT ${COLUMNS} FROM reconciliations WHERE user_id = current_tenant()
       AND ($1::uuid IS NULL OR mailbox_id = $1) AND ($2::date IS NULL OR day >= $2) AND ($3::date IS NULL OR day <= $3)
     ORDER BY day DESC, at DESC LIMIT 1000`,
    [filter.mailboxId, filter.from, filter.to],
  );
}

/** The owner wants a count at the end of the next visit, however lately there was one. */
export async function wantReconciliation(tx: Tx, mailboxId: MailboxId): Promise<void> {
  await tx.query(
    `UPDATE reconciliations SET wanted = true
     WHERE mailbox_id = $1 AND day = (SELECT max(day) FROM reconciliations WHERE mailbox_id = $1)`,
    [mailboxId],
  );
}
