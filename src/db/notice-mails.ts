/** The workers' side of notices: keeping them true, handing them out for mailing, and wiping what was announced. */
import type { UserId } from '../core/mailbox.ts';
import type { NoticeFact, NoticeKind } from '../core/notice.ts';
import { queryPatiently } from './patience.ts';
import type { Database } from './pool.ts';

const DIGESTS_AT_ONCE = 200;

/** Raises and closes notices as the mailboxes are now. Done by whoever asks first. Fault `database-unavailable`. */
export async function reconcileNotices(
  db: Database,
  retentionDays: number,
  signal: AbortSignal,
): Promise<void> {
  await db.asNobody((tx) => tx.query('SELECT reconcile_notices($1)', [retentionDays]));
  await db.asNobody((tx) => tx.query('SELECT tell_finished_backlogs()'));
  await db.asNobody((tx) => tx.query('SELECT reconcile_source_notices()'));
  for (;;) {
    signal.throwIfAborted();
    const [row] = await db.asNobody((tx) =>
      tx.query<{ done: number }>('SELECT digest_refusals($1) AS done', [DIGESTS_AT_ONCE]),
    );
    if ((row?.done ?? 0) < DIGESTS_AT_ONCE) return;
  }
}

/** One fact of a mail; `host` is the mailbox's server, null for what concerns the account. */
export type MailItem = NoticeFact & { readonly id: string; readonly host: string | null };

/** All that is due of one kind to one user. */
export interface NoticeMail {
  readonly userId: UserId;
  readonly email: string;
  /** Keys the link that ends mails of this kind. */
  readonly noticeKey: Uint8Array;
  readonly kind: NoticeKind;
  readonly items: readonly MailItem[];
}

interface ClaimedRow {
  id: number;
  user_id: UserId;
  email: string;
  notice_key: Uint8Array;
  kind: NoticeKind;
  detail: NoticeFact['detail'];
  host: string | null;
}

/** Each is handed out to nobody else for two minutes at least, and comes again unless it is settled. */
export async function claimMails(db: Database, limit: number): Promise<NoticeMail[]> {
  const rows = await db.asNobody((tx) =>
    tx.query<ClaimedRow>('SELECT * FROM claim_notice_mails($1)', [limit]),
  );
  return [...Map.groupBy(rows, (row) => `${row.user_id} ${row.kind}`).values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { user_id: userId, email, notice_key: noticeKey, kind } = first;
    const items = group.map(
      ({ id, kind, detail, host }) => ({ id: String(id), kind, detail, host }) as MailItem,
    );
    return [{ userId, email, noticeKey, kind, items }];
  });
}

/** Sent, or refused for good: no further try. */
export async function settleMail(db: Database, mail: NoticeMail, sent: boolean): Promise<void> {
  await db.withTenant(mail.userId, (tx) =>
    tx.query(
      `UPDATE notices SET mail_due_at = NULL, mailed_at = CASE WHEN $2::boolean THEN now() ELSE mailed_at END
       WHERE id = ANY ($1::bigint[])`,
      [mail.items.map(({ id }) => id), sent],
    ),
  );
}

/** Wipes mailboxes at rest whose time is over, with everything of theirs; how many. Fault `database-unavailable`. */
export async function wipeAtRest(db: Database, retentionDays: number, signal: AbortSignal): Promise<number> {
  const statement = { name: 'mailboxes-wipe', text: 'SELECT wipe_mailbox($1) AS id' };
  for (let wiped = 0; ; wiped += 1) {
    signal.throwIfAborted();
    const [row] = await db.asNobody((tx) => queryPatiently(tx, statement, [retentionDays]));
    if (row?.id === null || row === undefined) return wiped;
  }
}
