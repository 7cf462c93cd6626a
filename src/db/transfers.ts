/** Transfers as their owner sees them; the ledger has the rest. */
import type { MailboxId } from '../core/mailbox.ts';
import { REPAIRS } from '../core/repair.ts';
import type { Tx } from './pool.ts';

/** Moves what `before`, with columns key and state, names to `waiting`, due now, and the mailbox's counters with it. */
const retry = (before: string): string => `WITH before AS (${before} FOR UPDATE), retried AS (
    UPDATE transfers t SET state = 'waiting', tries = 0, retry_at = now()
    FROM before b WHERE t.mailbox_id = $1 AND t.key = b.key RETURNING b.state
  ), counted AS (
    SELECT count(*) FILTER (WHERE state = 'failed') AS failed,
      count(*) FILTER (WHERE state = 'uncertain') AS uncertain,
      count(*) FILTER (WHERE state = 'rejected') AS rejected, count(*) AS retried FROM retried
  ), mailbox AS (
    UPDATE mailboxes m SET failed = m.failed - c.failed, uncertain = m.uncertain - c.uncertain,
      rejected = m.rejected - c.rejected,
      waiting = m.waiting + c.retried, changed_at = now()
    FROM counted c WHERE m.id = $1 AND c.retried > 0
  )
  SELECT retried FROM counted`;

/**
 * Gives messages in these terminal states a fresh start, due now, and moves their counters back to `waiting`, from
 * where the ledger settles them again. How many.
 */
export async function retryTransfers(
  tx: Tx,
  mailboxId: MailboxId,
  states: readonly ('failed' | 'uncertain')[],
): Promise<number> {
  const text = retry('SELECT key, state FROM transfers WHERE mailbox_id = $1 AND state = ANY($2)');
  const [row] = await tx.query<{ retried: number }>(text, [mailboxId, [...states]]);
  return row?.retried ?? 0;
}

/**
 * The same for the one message whose present state this audit entry tells of: 1, or 0 when there is none. A rejected one only
 * if its mailbox allows a repaired copy, that could help, and none was refused yet; the original goes first again.
 */
export async function retryTransferOf(tx: Tx, mailboxId: MailboxId, entryId: string): Promise<number> {
  const text = retry(`SELECT key, state FROM transfers
    WHERE mailbox_id = $1 AND user_id = current_tenant() AND audit_id = $2 AND (state IN ('failed', 'uncertain')
      OR (state = 'rejected' AND repair IS NULL AND reason = ANY($3)
        AND EXISTS (SELECT FROM mailboxes m WHERE m.id = $1 AND (m.options ->> 'repair')::boolean)))`);
  const [row] = await tx.query<{ retried: number }>(text, [mailboxId, entryId, REPAIRS]);
  return row?.retried ?? 0;
}
