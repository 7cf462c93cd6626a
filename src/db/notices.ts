/** Notices as their owner sees them, and the two that are raised by hand; workers reconcile the others (notice-mails.ts). */
import type { MailboxId, UserId } from '../core/mailbox.ts';
import type { NoticeFact, NoticeKind, OptionalKind } from '../core/notice.ts';
import type { Tx } from './pool.ts';

/** About a mailbox, or, with `mailboxId` null, about the account. */
export type NewNotice = NoticeFact & { readonly userId: UserId; readonly mailboxId: MailboxId | null };

/**
 * Raises a notice in the tenant's transaction of either process, unless one of its kind about the same thing is open.
 * It is mailed soon, but not within 24 h of the last mail about the same.
 */
export async function raiseNotice(tx: Tx, { userId, mailboxId, kind, detail }: NewNotice): Promise<void> {
  await tx.query('SELECT raise_notice($1, $2, $3, $4)', [userId, mailboxId, kind, JSON.stringify(detail)]);
}

/** Closes the tenant's open notice, if there is one, because its cause has ended; what is not mailed yet will not be. */
export async function closeNotice(tx: Tx, kind: NoticeKind, mailboxId: MailboxId | null): Promise<void> {
  await tx.query(
    `UPDATE notices SET closed_at = now(), mail_due_at = NULL
     WHERE user_id = current_tenant() AND kind = $1 AND mailbox_id IS NOT DISTINCT FROM $2 AND closed_at IS NULL`,
    [kind, mailboxId],
  );
}

export type NoticeRow = NoticeFact & {
  readonly id: string;
  readonly mailboxId: MailboxId | null;
  readonly raisedAt: Date;
  readonly closedAt: Date | null;
  readonly readAt: Date | null;
  readonly mailedAt: Date | null;
};

/** The tenant's notices with ids below `before`, newest first. */
export async function listNotices(tx: Tx, limit: number, before: string | null): Promise<NoticeRow[]> {
  return tx.query<NoticeRow>(
    `SELECT id::text, mailbox_id AS "mailboxId", kind, detail, raised_at AS "raisedAt", closed_at AS "closedAt",
       read_at AS "readAt", mailed_at AS "mailedAt"
     FROM notices WHERE user_id = current_tenant() AND id < COALESCE($2::bigint, 9223372036854775807)
     ORDER BY id DESC LIMIT $1`,
    [limit, before],
  );
}

/** What a badge needs; changes whenever a notice is raised, read or closed. */
export interface NoticeCounts {
  readonly unread: number;
  readonly open: number;
  /** The newest's id; null: there is none. */
  readonly latest: string | null;
}

export async function countNotices(tx: Tx): Promise<NoticeCounts> {
  const [row] = await tx.query<NoticeCounts>({
    name: 'notices-count',
    text: `SELECT count(*) FILTER (WHERE read_at IS NULL) AS unread, count(*) FILTER (WHERE closed_at IS NULL) AS open,
      max(id)::text AS latest FROM notices WHERE user_id = current_tenant()`,
  });
  return row ?? { unread: 0, open: 0, latest: null };
}

/** Marks those of `ids` that are the tenant's as read; null: all. */
export async function readNotices(tx: Tx, ids: readonly string[] | null): Promise<void> {
  await tx.query(
    `UPDATE notices SET read_at = now()
     WHERE user_id = current_tenant() AND read_at IS NULL AND ($1::bigint[] IS NULL OR id = ANY ($1))`,
    [ids],
  );
}

/** Until the transaction ends nobody else changes which kinds the tenant does not want by mail. */
export async function lockMuted(tx: Tx): Promise<void> {
  await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('muted ' || current_tenant(), 0))");
}

/** The kinds that the tenant does not want by mail. */
export async function listMuted(tx: Tx): Promise<OptionalKind[]> {
  const [row] = await tx.query<{ muted: OptionalKind[] }>(
    'SELECT muted FROM notice_settings WHERE user_id = current_tenant()',
  );
  return row?.muted ?? [];
}

export async function muteKinds(tx: Tx, userId: UserId, muted: readonly OptionalKind[]): Promise<void> {
  await tx.query(
    `INSERT INTO notice_settings (user_id, muted) VALUES ($1, $2)
     ON CONFLICT (user_id) DO UPDATE SET muted = EXCLUDED.muted`,
    [userId, [...muted]],
  );
}

/** Keys the tenant's unsubscribe links; null when the account is gone. */
export async function findNoticeKey(tx: Tx): Promise<Uint8Array | null> {
  const [row] = await tx.query<{ key: Uint8Array }>(
    'SELECT notice_key AS key FROM users WHERE id = current_tenant()',
  );
  return row?.key ?? null;
}
