/** The Glass Box, read only: pages in the order of time, newest first. */
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

/** Where an entry stands in the order of time: µs since the epoch, and its id, as `<µs>-<id>`. */
export type AuditPlace = string & { readonly __brand: 'AuditPlace' };

export interface PlacedEntry extends AuditEntry {
  readonly place: AuditPlace;
}

const COLUMNS = `e.id::text, e.at, e.mailbox_id AS "mailboxId", e.sender_domain AS "senderDomain", e.status, e.reason,
  e.size_bytes AS "sizeBytes", e.delay_ms AS "delayMs", e.seq, encode(e.hash, 'hex') AS hash`;
const PLACE = `(extract(epoch FROM e.at) * 1000000)::bigint || '-' || e.id AS place`;

/**
 * The conditions of `filter` on `audit_entries e`, for any statement; `values` gets their parameters. Whatever the filter, they
 * are one range of an index: see `byMailbox`.
 */
export function conditionsOf(filter: AuditFilter, values: unknown[]): string[] {
  const conditions = ['e.user_id = current_tenant()'];
  const add = (condition: (n: string) => string, value: unknown): void => {
    if (value !== null) conditions.push(condition(`$${values.push(value)}`));
  };
  add((n) => `e.mailbox_id = ${n}`, filter.mailboxId);
  // Said as well, because the indexes of what was not delivered are chosen by it.
  if (isRare(filter)) conditions.push("e.status <> 'delivered'");
  add((n) => `e.status = ${n}`, filter.status);
  add((n) => `e.sender_domain = ${n}`, filter.senderDomain);
  add((n) => `e.at >= ${n}`, filter.from);
  add((n) => `e.at < ${n}`, filter.to);
  return conditions;
}

const isRare = ({ status }: AuditFilter): boolean => status !== null && status !== 'delivered';

/** Whether the filter is a range of an index only within each mailbox. */
export const byMailbox = (filter: AuditFilter): boolean =>
  filter.mailboxId === null && (filter.senderDomain !== null || isRare(filter));

export interface AuditPage {
  readonly after: AuditPlace | null;
  readonly limit: number;
  /** From the oldest on instead. */
  readonly oldestFirst?: true;
}

/** At most `limit` of the tenant's entries, newest first, behind `after`. */
export async function listAuditEntries(tx: Tx, filter: AuditFilter, page: AuditPage): Promise<PlacedEntry[]> {
  const values: unknown[] = [];
  const conditions = conditionsOf(filter, values);
  if (page.after !== null) {
    const [micros, id] = page.after.split('-');
    const at = `timestamptz 'epoch' + $${values.push(micros)}::bigint * interval '1 microsecond'`;
    conditions.push(`(e.at, e.id) ${page.oldestFirst ? '>' : '<'} (${at}, $${values.push(id)}::bigint)`);
  }
  const way = page.oldestFirst ? 'ASC' : 'DESC';
  const order = `ORDER BY at ${way}, id ${way} LIMIT $${values.push(page.limit)}`;
  const rows = `SELECT * FROM audit_entries e WHERE ${conditions.join(' AND ')}`;
  const source = byMailbox(filter)
    ? `(SELECT e.* FROM mailboxes m CROSS JOIN LATERAL (${rows} AND e.mailbox_id = m.id ${order}) e
        WHERE m.user_id = current_tenant() ${order})`
    : `(${rows} ${order})`;
  return tx.query<PlacedEntry>(
    `SELECT ${COLUMNS}, ${PLACE} FROM ${source} e ORDER BY e.at ${way}, e.id ${way}`,
    values,
  );
}

/** null: the tenant has no such entry. */
export async function findAuditEntry(tx: Tx, id: string): Promise<AuditEntry | null> {
  const [entry] = await tx.query<AuditEntry>(
    `SELECT ${COLUMNS} FROM audit_entries e WHERE user_id = current_tenant() AND e.id = $1`,
    [id],
  );
  return entry ?? null;
}

/** The tenant's entries of the last 15 seconds, newest first, 500 at most: for live views. */
export async function listRecentAudit(tx: Tx): Promise<AuditEntry[]> {
  return tx.query<AuditEntry>({
    name: 'audit-recent',
    text: `SELECT ${COLUMNS} FROM audit_entries e
      WHERE user_id = current_tenant() AND at > now() - interval '15 seconds' ORDER BY at DESC LIMIT 500`,
  });
}
