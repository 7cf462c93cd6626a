/** Notes of the labels that mailboxes' messages get in Gmail. */
import type { MailboxId, UserId } from '../core/mailbox.ts';
import type { LabelNotes } from '../core/ports.ts';
import { GMAIL_LABELS_SCOPE } from '../core/scopes.ts';
import type { Database, Tx } from './pool.ts';

export interface LabelTarget {
  readonly userId: UserId;
  readonly mailboxId: MailboxId;
  /** Of the refresh token in use, as Google's RISC events name it. */
  readonly refreshTokenHash: string;
}

/** For the workers. Fault `database-unavailable`. */
export function createLabelNotes(
  db: Database,
  { userId, mailboxId, refreshTokenHash }: LabelTarget,
): LabelNotes {
  return {
    load: () =>
      db.withTenant(userId, async (tx) => {
        const rows = await tx.query<{ name: string; id: string }>(
          'SELECT name, gmail_label_id AS id FROM labels WHERE mailbox_id = $1',
          [mailboxId],
        );
        return new Map(rows.map(({ name, id }) => [name, id]));
      }),
    keep: (name, id) =>
      db.withTenant(userId, async (tx) => {
        // The mailbox may be gone.
        await tx.query(
          `INSERT INTO labels (user_id, mailbox_id, name, gmail_label_id)
           SELECT user_id, id, $2, $3 FROM mailboxes WHERE id = $1
           ON CONFLICT (mailbox_id, name) DO UPDATE SET gmail_label_id = EXCLUDED.gmail_label_id`,
          [mailboxId, name, id],
        );
      }),
    forget: (name) =>
      db.withTenant(userId, async (tx) => {
        await tx.query('DELETE FROM labels WHERE mailbox_id = $1 AND name = $2', [mailboxId, name]);
      }),
    noteMissing: () =>
      db.withTenant(userId, async (tx) => {
        // Not of a consent that was given meanwhile.
        await tx.query(
          `UPDATE grants SET scopes = array_remove(scopes, $1)
           WHERE user_id = current_tenant() AND refresh_token_hash = $2`,
          [GMAIL_LABELS_SCOPE, refreshTokenHash],
        );
      }),
  };
}

/** The labels noted for the tenant's mailboxes. */
export const listLabels = (tx: Tx): Promise<{ mailboxId: MailboxId; name: string }[]> =>
  tx.query('SELECT mailbox_id AS "mailboxId", name FROM labels ORDER BY mailbox_id, name');

/** The owner has chosen other labels. Those in Gmail stay. */
export async function forgetLabels(tx: Tx, mailboxId: MailboxId): Promise<void> {
  await tx.query('DELETE FROM labels WHERE mailbox_id = $1', [mailboxId]);
}

/** Whether a mailbox of the tenant has labels switched on. */
export async function wantsLabels(tx: Tx): Promise<boolean> {
  const rows = await tx.query(
    `SELECT FROM mailboxes WHERE options->>'label' IS NOT NULL OR options->'folderLabels' = 'true' LIMIT 1`,
  );
  return rows.length > 0;
}
