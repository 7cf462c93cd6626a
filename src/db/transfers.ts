/** Transfers as their owner sees them; the ledger has the rest. */
import type { MailboxId } from '../core/mailbox.ts';
import type { Tx } from './pool.ts';

/**
 * Gives messages in these terminal states a fresh start, due now, and moves their counters back to `waiting`, from
 * where the ledger settles them again. How many.
 */
export async function retryTransfers(
  tx: Tx,
  mailboxId: MailboxId,
  states: readonly ('failed' | 'uncertain')[],
): Promise<number> {
  const [row] = await tx.query<{ retried: number }>(
    `WITH before AS (
       SELECT key, state FROM transfers WHERE mailbox_id = $1 AND state = ANY($2) FOR UPDATE
     ), retried AS (
       UPDATE transfers t SET state = 'waiting', tries = 0, retry_at = now()
       FROM before b WHERE t.mailbox_id = $1 AND t.key = b.key RETURNING b.state
     ), counted AS (
       SELECT count(*) FILTER (WHERE state = 'failed') AS failed,
         count(*) FILTER (WHERE state = 'uncertain') AS uncertain, count(*) AS retried FROM retried
     ), mailbox AS (
       UPDATE mailboxes m SET failed = m.failed - c.failed, uncertain = m.uncertain - c.uncertain,
         waiting = m.waiting + c.retried, changed_at = now()
       FROM counted c WHERE m.id = $1 AND c.retried > 0
     )
     SELECT retried FROM counted`,
    [mailboxId, [...states]],
  );
  return row?.retried ?? 0;
}
