/** What is to be done at the sources, and what came of it. The rows are written by the statement that settles a delivery. */
import { type Disposals, OVER_WHEN_DONE, type SourceAction, type SourceProblem } from '../core/disposal.ts';
import { Fault } from '../core/fault.ts';
import type { AfterImport, MailboxId } from '../core/mailbox.ts';
import { hashUidl, type MessageKey, refOf } from '../core/message.ts';
import type { LedgerLease } from './ledger.ts';
import type { Database, Statement, Tx } from './pool.ts';

/** What the mailbox's owner wants now, of the run that holds it. $1 mailbox, $2 epoch, $3 worker, $4 user. */
const WANTED = `wanted AS (
  SELECT id, options->>'afterImport' AS action, options->>'moveTo' AS move_to, state IN ('active', 'unreachable') AS runs,
    make_interval(days => COALESCE((options->>'deleteAfterDays')::integer, 0)) AS after
  FROM mailboxes WHERE id = $1 AND epoch = $2 AND leased_by = $3 AND user_id = $4 FOR NO KEY UPDATE)`;

/** A deletion that a maildrop was told of: its row stays until it is known whether the message is away. */
export const TO_CONFIRM = "(a.tries > 0 AND a.key LIKE 'pop3:%')";

/**
 * $5 how many. What was written under another choice is void; whether there is any of it, the index tells by itself, in the
 * order that it has.
 */
const DUE: Statement = {
  name: 'source-actions-due',
  text: `WITH ${WANTED}, void AS MATERIALIZED (
      SELECT FROM wanted w, unnest(array_remove(ARRAY['delete', 'move', 'mark-read'], w.action)) AS o (action),
        LATERAL (SELECT FROM source_actions a WHERE a.mailbox_id = $1 AND a.action = o.action AND NOT ${TO_CONFIRM}
          ORDER BY a.delivered_at, a.key LIMIT 1) v
    ), cancelled AS (
      DELETE FROM source_actions a USING wanted w
      WHERE EXISTS (SELECT FROM void) AND a.mailbox_id = $1 AND a.action <> w.action AND NOT ${TO_CONFIRM}
    )
    SELECT due.* FROM wanted w LEFT JOIN LATERAL (
      SELECT a.key, a.fingerprint, a.size_bytes, a.tries FROM source_actions a
      WHERE a.mailbox_id = $1 AND a.action = w.action AND a.delivered_at <= now() - w.after AND a.retry_at <= now()
      ORDER BY a.delivered_at, a.key LIMIT $5) due ON true`,
};

/** $5 how many. */
const BEGUN: Statement = {
  name: 'source-actions-begun',
  text: `WITH ${WANTED}, begun AS (
      SELECT a.key, a.fingerprint, a.size_bytes, a.tries FROM source_actions a
      WHERE a.mailbox_id = $1 AND a.tries > 0 ORDER BY a.tries, a.retry_at, a.key LIMIT $5)
    SELECT begun.* FROM wanted LEFT JOIN begun ON true`,
};

/**
 * $5 keys, $6 what is about to be done, $7 the folder to move to. 5 s, 30 s, 3 min, 18 min, then 2 h until it is looked at
 * again; not within 2 min in a maildrop, where it shows in the next session only.
 */
const INTEND: Statement = {
  name: 'source-actions-intend',
  text: `WITH ${WANTED}, begun AS (
      UPDATE source_actions a SET tries = a.tries + 1,
        retry_at = now() + greatest(least(interval '5 seconds' * 6 ^ least(a.tries, 5), interval '2 hours'),
          CASE WHEN a.key LIKE 'pop3:%' THEN interval '2 minutes' END)
      FROM wanted w WHERE a.mailbox_id = w.id AND a.key = ANY ($5::text[]) AND w.runs AND w.action = $6
        AND a.action = w.action AND w.move_to IS NOT DISTINCT FROM $7 AND a.delivered_at <= now() - w.after
      RETURNING a.key)
    SELECT begun.key FROM wanted LEFT JOIN begun ON true`,
};

/** What the mailbox's owner may have to be told of. */
const TROUBLE = "COALESCE($7::text, CASE WHEN bool_or(outcome = 'refused') THEN 'refused' END)";

/**
 * $5 keys, $6 their outcomes, $7 what stands in the way, $8 the hashes of their UIDLs, $9 the troubles that are over when
 * anything is done. The condition for `vacated` is that of `isVacated`.
 */
const SETTLE: Statement = {
  name: 'source-actions-settle',
  text: `WITH ${WANTED}, ended AS (
      DELETE FROM source_actions a USING wanted w, unnest($5::text[], $6::text[], $8::bytea[]) AS i (key, outcome, hash)
      WHERE a.mailbox_id = w.id AND a.key = i.key RETURNING a.audit_id, a.action, a.tries, i.outcome, i.hash
    ), told AS (
      INSERT INTO source_outcomes (user_id, mailbox_id, audit_id, action, outcome)
      SELECT $4, w.id, e.audit_id, e.action, e.outcome FROM ended e, wanted w WHERE e.audit_id IS NOT NULL
    ), vacated AS (
      DELETE FROM uidls u USING wanted w, ended e
      WHERE u.mailbox_id = w.id AND u.hash = e.hash AND e.tries > 0 AND e.outcome IN ('done', 'changed')
    ), counted AS (
      INSERT INTO source_totals AS t (mailbox_id, user_id, deleted, moved, marked_read, gone, changed, renumbered, refused, problem,
        trouble, trouble_since, trouble_at)
      SELECT w.id, $4, count(*) FILTER (WHERE outcome = 'done' AND e.action = 'delete'),
        count(*) FILTER (WHERE outcome = 'done' AND e.action = 'move'),
        count(*) FILTER (WHERE outcome = 'done' AND e.action = 'mark-read'),
        count(*) FILTER (WHERE outcome = 'gone'), count(*) FILTER (WHERE outcome = 'changed'),
        count(*) FILTER (WHERE outcome = 'renumbered'), count(*) FILTER (WHERE outcome = 'refused'), $7::text,
        ${TROUBLE}, CASE WHEN ${TROUBLE} IS NOT NULL THEN now() END, CASE WHEN ${TROUBLE} IS NOT NULL THEN now() END
      FROM wanted w LEFT JOIN ended e ON true GROUP BY w.id
      ON CONFLICT (mailbox_id) DO UPDATE SET deleted = t.deleted + EXCLUDED.deleted, moved = t.moved + EXCLUDED.moved,
        marked_read = t.marked_read + EXCLUDED.marked_read, gone = t.gone + EXCLUDED.gone,
        changed = t.changed + EXCLUDED.changed, renumbered = t.renumbered + EXCLUDED.renumbered,
        refused = t.refused + EXCLUDED.refused, problem = EXCLUDED.problem,
        trouble = CASE WHEN EXCLUDED.trouble IS NOT NULL THEN EXCLUDED.trouble
          WHEN t.trouble = ANY ($9::text[]) AND EXCLUDED.deleted + EXCLUDED.moved + EXCLUDED.marked_read > 0 THEN NULL
          ELSE t.trouble END,
        trouble_since = CASE WHEN EXCLUDED.trouble IS NULL
          OR (EXCLUDED.trouble = t.trouble AND t.trouble_at > now() - interval '2 days') THEN t.trouble_since
          ELSE EXCLUDED.trouble_since END,
        trouble_at = COALESCE(EXCLUDED.trouble_at, t.trouble_at))
    SELECT id FROM wanted`,
};

interface DueRow {
  readonly key: MessageKey | null;
  readonly fingerprint: Buffer;
  readonly size_bytes: number;
  readonly tries: number;
}

/** For one run. Faults `lease-lost`, `database-unavailable`. */
export function createDisposals(db: Database, lease: LedgerLease): Disposals {
  const { userId, mailboxId, epoch, workerId } = lease;
  const ask = <Row extends object>(statement: Statement, ...values: readonly unknown[]): Promise<Row[]> =>
    db.withTenant(userId, async (tx) => {
      const rows = await tx.query<Row>(statement, [mailboxId, String(epoch), workerId, userId, ...values]);
      if (rows.length === 0) throw new Fault('lease-lost');
      return rows;
    });
  return {
    due: async (limit) => (await ask<DueRow>(DUE, limit)).flatMap(actionOf),
    begun: async (limit) => (await ask<DueRow>(BEGUN, limit)).flatMap(actionOf),
    intend: async (keys, disposal) => {
      const to = disposal.kind === 'move' ? disposal.to : null;
      const rows = await ask<{ key: MessageKey | null }>(INTEND, keys, disposal.kind, to);
      return new Set(rows.flatMap(({ key }) => (key === null ? [] : [key])));
    },
    settle: async (outcomes, problem) => {
      const keys = [...outcomes.keys()];
      await ask(SETTLE, keys, [...outcomes.values()], problem, keys.map(hashOf), OVER_WHEN_DONE);
    },
  };
}

const actionOf = ({ key, fingerprint, size_bytes: size, tries }: DueRow): SourceAction[] =>
  key === null ? [] : [{ ref: refOf(key), key, fingerprint, size, tries }];

const hashOf = (key: MessageKey): Buffer | null => {
  const ref = refOf(key);
  return ref.protocol === 'pop3' ? Buffer.from(hashUidl(ref.uidl), 'hex') : null;
};

/** Nothing that waits for it is done any more, and what stood in its way is over. What a maildrop was told of is only confirmed. */
export async function cancelSourceActions(tx: Tx, mailboxId: MailboxId): Promise<void> {
  await tx.query('UPDATE source_totals SET problem = NULL, trouble = NULL WHERE mailbox_id = $1', [
    mailboxId,
  ]);
  await tx.query(`DELETE FROM source_actions a WHERE a.mailbox_id = $1 AND NOT ${TO_CONFIRM}`, [mailboxId]);
}

export interface SourceTotals {
  readonly deleted: number;
  readonly moved: number;
  readonly markedRead: number;
  readonly gone: number;
  readonly changed: number;
  readonly renumbered: number;
  readonly refused: number;
  readonly problem: SourceProblem | null;
}

const NOTHING: SourceTotals = {
  deleted: 0,
  moved: 0,
  markedRead: 0,
  gone: 0,
  changed: 0,
  renumbered: 0,
  refused: 0,
  problem: null,
};

/** What has been done at the mailbox's source. */
export async function readSourceTotals(tx: Tx, mailboxId: MailboxId): Promise<SourceTotals> {
  const [row] = await tx.query<SourceTotals>(
    `SELECT deleted, moved, marked_read AS "markedRead", gone, changed, renumbered, refused, problem
     FROM source_totals WHERE mailbox_id = $1`,
    [mailboxId],
  );
  return row ?? NOTHING;
}

export interface WaitingAtSource {
  readonly messages: number;
  /** Of them, those whose time would have come if `days` after the delivery were chosen. */
  readonly due: number;
  readonly firstDeliveredAt: Date | null;
}

/** What waits for `action`. */
export async function readWaitingAtSource(
  tx: Tx,
  mailboxId: MailboxId,
  action: AfterImport,
  days: number,
): Promise<WaitingAtSource> {
  const [row] = await tx.query<WaitingAtSource>(
    `SELECT count(*) AS messages, min(delivered_at) AS "firstDeliveredAt",
       count(*) FILTER (WHERE delivered_at <= now() - make_interval(days => $3)) AS due
     FROM source_actions WHERE mailbox_id = $1 AND action = $2`,
    [mailboxId, action, days],
  );
  return row ?? { messages: 0, due: 0, firstDeliveredAt: null };
}
