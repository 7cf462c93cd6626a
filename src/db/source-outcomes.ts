/** What became at the source of single messages, by the audit entries that tell of their delivery. */
import type { DisposalOutcome } from '../core/disposal.ts';
import type { AfterImport, MailboxId } from '../core/mailbox.ts';
import type { Tx } from './pool.ts';
import { TO_CONFIRM } from './source-actions.ts';

export interface EntryAtSource {
  readonly entryId: string;
  readonly action: Exclude<AfterImport, 'keep'>;
  /** `waiting`: not done yet. */
  readonly outcome: DisposalOutcome | 'waiting';
  /** When it ended; null: it has not. */
  readonly at: Date | null;
  /** From when on it is done, if it waits. */
  readonly dueAt: Date | null;
}

const ENDED = `SELECT o.audit_id::text AS "entryId", o.action, o.outcome, o.at, NULL::timestamptz AS "dueAt"
  FROM source_outcomes o WHERE o.mailbox_id = $1`;

/** What was chosen otherwise since waits for nothing, unless a maildrop was told of it. */
const WAITING = `SELECT a.audit_id::text AS "entryId", a.action, 'waiting' AS outcome, NULL::timestamptz AS at,
    a.delivered_at + make_interval(days => COALESCE((m.options->>'deleteAfterDays')::integer, 0)) AS "dueAt"
  FROM source_actions a JOIN mailboxes m ON m.id = a.mailbox_id
  WHERE a.mailbox_id = $1 AND (a.action = m.options->>'afterImport' OR ${TO_CONFIRM})`;

/** null: nothing was to be done, or it was cancelled, or its entry is from before this was kept. */
export async function findAtSource(
  tx: Tx,
  mailboxId: MailboxId,
  entryId: string,
): Promise<EntryAtSource | null> {
  const [row] = await tx.query<EntryAtSource>(
    `${ENDED} AND o.audit_id = $2 UNION ALL ${WAITING} AND a.audit_id = $2`,
    [mailboxId, entryId],
  );
  return row ?? null;
}

/** A page of what has ended, or of what waits, of one mailbox, in the order of the entries' ids behind `after`. */
export async function listAtSource(
  tx: Tx,
  which: 'ended' | 'waiting',
  mailboxId: MailboxId,
  after: string,
  limit: number,
): Promise<EntryAtSource[]> {
  const [rows, id] = which === 'ended' ? [ENDED, 'o.audit_id'] : [WAITING, 'a.audit_id'];
  return tx.query<EntryAtSource>(`${rows} AND ${id} > $2 ORDER BY ${id} LIMIT $3`, [mailboxId, after, limit]);
}
