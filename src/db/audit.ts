/** The Glass Box, read only. */
import type { AuditEntry, AuditStatus } from '../core/audit.ts';
import type { MailboxId } from '../core/mailbox.ts';
import type { Tx } from './pool.ts';

/** What an entry must match; null matches everything. `from` is inclusive, `to` exclusive. */
export interface AuditFilter {
  readonly mailboxId: MailboxId | null;
  readonly status: AuditStatus | null;
  readonly senderDomain: string | null;
  readonly from: Date | null;
  readonly to: Date | null;
}

const COLUMNS = `e.id::text, at, mailbox_id AS "mailboxId", sender_domain AS "senderDomain", status, reason,
  size_bytes AS "sizeBytes", delay_ms AS "delayMs"`;

/** At most `limit` of the tenant's entries, newest first, with ids below `before`. */
export async function listAuditEntries(
  tx: Tx,
  filter: AuditFilter,
  page: { readonly before: string | null; readonly limit: number },
): Promise<AuditEntry[]> {
  const values: unknown[] = [];
  const conditions = ['user_id = current_tenant()'];
  const add = (condition: (n: string) => string, value: unknown): void => {
    if (value !== null) conditions.push(condition(`$${values.push(value)}`));
  };
  add((n) => `mailbox_id = ${n}`, filter.mailboxId);
  add((n) => `status = ${n}`, filter.status);
  add((n) => `sender_domain = ${n}`, filter.senderDomain);
  add((n) => `at >= ${n}`, filter.from);
  add((n) => `at < ${n}`, filter.to);
  add((n) => `e.id < ${n}::bigint`, page.before);
  const limit = `$${values.push(page.limit)}`;
  return tx.query<AuditEntry>(
    `SELECT ${COLUMNS} FROM audit_entries e WHERE ${conditions.join(' AND ')} ORDER BY e.id DESC LIMIT ${limit}`,
    values,
  );
}

/** The tenant's entries of the last 15 seconds, newest first, 500 at most: for live views. */
export async function listRecentAudit(tx: Tx): Promise<AuditEntry[]> {
  return tx.query<AuditEntry>({
    name: 'audit-recent',
    text: `SELECT ${COLUMNS} FROM audit_entries e
      WHERE user_id = current_tenant() AND at > now() - interval '15 seconds' ORDER BY at DESC LIMIT 500`,
  });
}
