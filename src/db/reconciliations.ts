/** Whether everything that a source lists is accounted for: what is needed to tell, and the answer by mailbox and day. */
import type { MailboxId, UserId } from '../core/mailbox.ts';
import type { MessageKey, UidlHash } from '../core/message.ts';
import type { FolderBooks, PassedOver, Reconciler, ReconciliationBooks } from '../core/ports.ts';
import { listedOf, type Tally, type TransferState } from '../core/reconciliation.ts';
import type { LedgerLease } from './ledger.ts';
import { formatMultirange, parseMultirange } from './multirange.ts';
import type { Database, Tx } from './pool.ts';

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

/** The tenant's, newest day first, `limit` at most. null matches everything; both days count. */
export async function listReconciliations(
  tx: Tx,
  filter: { readonly mailboxId: MailboxId | null; readonly from: string | null; readonly to: string | null },
  limit = 1000,
): Promise<ReconciliationRow[]> {
  return tx.query<ReconciliationRow>(
    `SELECT ${COLUMNS} FROM reconciliations WHERE user_id = current_tenant()
       AND ($1::uuid IS NULL OR mailbox_id = $1) AND ($2::date IS NULL OR day >= $2) AND ($3::date IS NULL OR day <= $3)
     ORDER BY day DESC, at DESC LIMIT $4`,
    [filter.mailboxId, filter.from, filter.to, limit],
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

/** For one run. Faults: `database-unavailable`. */
export function createReconciler(
  db: Database,
  { userId, mailboxId, epoch, workerId }: LedgerLease,
): Reconciler {
  const inTenant = <T>(fn: (tx: Tx) => Promise<T>): Promise<T> => db.withTenant(userId, fn);
  return {
    last: () =>
      inTenant(async (tx) => {
        const [row] = await tx.query<{ at: Date; waiting: number; wanted: boolean }>(
          'SELECT at, waiting, wanted FROM reconciliations WHERE mailbox_id = $1 ORDER BY day DESC LIMIT 1',
          [mailboxId],
        );
        return row ? { ...row, at: row.at.getTime() } : null;
      }),
    notePassedOver: (folder, passed) =>
      inTenant((tx) => notePassedOver(tx, userId, mailboxId, folder, passed)),
    load: () => inTenant((tx) => load(tx, mailboxId)),
    save: (tally) => inTenant((tx) => save(tx, [mailboxId, String(epoch), workerId], tally)),
  };
}

/** Another UIDVALIDITY makes void what was noted under the former one. */
async function notePassedOver(
  tx: Tx,
  userId: UserId,
  mailboxId: MailboxId,
  folder: string,
  { uidValidity, absent, leftOut }: PassedOver,
): Promise<void> {
  await tx.query(
    `INSERT INTO passed_over AS p (user_id, mailbox_id, folder, uid_validity, absent, left_out, left_out_hashes)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (mailbox_id, folder) DO UPDATE SET uid_validity = EXCLUDED.uid_validity,
       absent = CASE WHEN p.uid_validity = EXCLUDED.uid_validity THEN p.absent + EXCLUDED.absent ELSE EXCLUDED.absent END,
       left_out = CASE WHEN p.uid_validity = EXCLUDED.uid_validity AND p.left_out IS NOT NULL
         THEN p.left_out + COALESCE(EXCLUDED.left_out, '{}') ELSE EXCLUDED.left_out END,
       left_out_hashes = p.left_out_hashes || EXCLUDED.left_out_hashes`,
    [
      userId,
      mailboxId,
      folder,
      uidValidity,
      formatMultirange(absent),
      leftOut && formatMultirange(leftOut.uids),
      (leftOut?.hashes ?? []).map((hash) => Buffer.from(hash, 'hex')),
    ],
  );
}

interface FolderRow {
  folder: string;
  uid_validity: number;
  baseline: number;
  settled: string;
  skipped: string;
  absent: string | null;
  left_out: string | null;
  left_out_hashes: Buffer[] | null;
}

async function load(tx: Tx, mailboxId: MailboxId): Promise<ReconciliationBooks> {
  const [mailboxes, folders, uidls, transfers] = await Promise.all([
    tx.query<{ protocol: string; onRecord: number }>(
      'SELECT protocol, delivered + skipped AS "onRecord" FROM mailboxes WHERE id = $1',
      [mailboxId],
    ),
    tx.query<FolderRow>(
      `SELECT c.folder, c.uid_validity, c.baseline, c.settled::text, c.skipped::text, p.absent::text, p.left_out::text, p.left_out_hashes
       FROM folder_cursors c LEFT JOIN passed_over p
         ON p.mailbox_id = c.mailbox_id AND p.folder = c.folder AND p.uid_validity = c.uid_validity
       WHERE c.mailbox_id = $1`,
      [mailboxId],
    ),
    tx.query<{ hash: UidlHash; settled: boolean; skipped: boolean }>(
      "SELECT encode(hash, 'hex') AS hash, settled, skipped FROM uidls WHERE mailbox_id = $1",
      [mailboxId],
    ),
    tx.query<{ key: MessageKey; state: TransferState }>(
      'SELECT key, state FROM transfers WHERE mailbox_id = $1',
      [mailboxId],
    ),
  ]);
  const hashes = (settled: boolean) =>
    new Set(uidls.filter((uidl) => uidl.settled === settled).map(({ hash }) => hash));
  const maildrop = { protocol: 'pop3', settled: hashes(true), backlog: hashes(false) } as const;
  const isPop3 = mailboxes[0]?.protocol === 'pop3';
  const skipped = new Set(uidls.filter((uidl) => uidl.skipped).map(({ hash }) => hash));
  return {
    folders: new Map(
      folders.map((row) => [
        row.folder,
        isPop3 ? { ...booksOf(row), cursor: maildrop, skipped: { uids: [], hashes: skipped } } : booksOf(row),
      ]),
    ),
    transfers: new Map(transfers.map(({ key, state }) => [key, state])),
    onRecord: mailboxes[0]?.onRecord ?? 0,
  };
}

const booksOf = (row: FolderRow): FolderBooks => ({
  cursor: {
    protocol: 'imap',
    folder: row.folder,
    uidValidity: row.uid_validity,
    baseline: row.baseline,
    settled: parseMultirange(row.settled),
  },
  absent: parseMultirange(row.absent ?? '{}'),
  skipped: { uids: parseMultirange(row.skipped), hashes: new Set() },
  leftOut:
    row.left_out === null
      ? null
      : {
          uids: parseMultirange(row.left_out),
          hashes: new Set((row.left_out_hashes ?? []).map((hash) => hash.toString('hex') as UidlHash)),
        },
});

async function save(tx: Tx, fence: readonly [MailboxId, string, string], tally: Tally): Promise<void> {
  await tx.query(
    `INSERT INTO reconciliations (user_id, mailbox_id, day, at, listed, delivered, rejected, failed, uncertain, waiting,
       skipped, missing)
     SELECT user_id, id, (now() AT TIME ZONE 'UTC')::date, now(), $4, $5, $6, $7, $8, $9, $10, $11
     FROM mailboxes WHERE id = $1 AND epoch = $2 AND leased_by = $3
     ON CONFLICT (mailbox_id, day) DO UPDATE SET at = EXCLUDED.at, listed = EXCLUDED.listed,
       delivered = EXCLUDED.delivered, rejected = EXCLUDED.rejected, failed = EXCLUDED.failed,
       uncertain = EXCLUDED.uncertain, waiting = EXCLUDED.waiting, skipped = EXCLUDED.skipped,
       missing = EXCLUDED.missing, wanted = false`,
    [
      ...fence,
      listedOf(tally),
      tally.delivered,
      tally.rejected,
      tally.failed,
      tally.uncertain,
      tally.waiting,
      tally.skipped,
      tally.missing,
    ],
  );
}
