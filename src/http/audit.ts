/** Reads of the audit log: pages, CSV, and the whole of it for the export. */
import type { AuditEntry } from '../core/audit.ts';
import type { MailboxId, UserId } from '../core/mailbox.ts';
import { type AuditFilter, type AuditPlace, listAuditEntries } from '../db/audit.ts';
import { findMailbox } from '../db/mailboxes.ts';
import type { AuditEntryView, AuditFilters } from './api.ts';
import { UUID } from './api-router.ts';
import { csvRow } from './csv.ts';
import { HttpError } from './errors.ts';
import type { Parts } from './parts.ts';

const BATCH = 1000;
const DAY_MS = 24 * 3600 * 1000;

export const auditView = (entry: AuditEntry): AuditEntryView => ({
  id: entry.id,
  at: entry.at.toISOString(),
  mailboxId: entry.mailboxId,
  senderDomain: entry.senderDomain,
  status: entry.status,
  reason: entry.reason,
  sizeBytes: entry.sizeBytes,
  delayMs: entry.delayMs,
});

/** With its link in the chain, for whoever verifies it. */
export const chainedView = (entry: AuditEntry): AuditEntryView => ({
  ...auditView(entry),
  seq: entry.seq,
  hash: entry.hash,
});

/** The filters in the database's words. Refuses a mailbox that is not the user's as if there were none. */
export async function auditFilter(
  parts: Parts,
  userId: UserId,
  { mailbox, status, domain, from, to }: AuditFilters,
): Promise<AuditFilter> {
  if (mailbox !== undefined) {
    const id = mailbox as MailboxId;
    const found = UUID.test(id) && (await parts.database.withTenant(userId, (tx) => findMailbox(tx, id)));
    if (!found) throw new HttpError('not-found');
  }
  return {
    mailboxId: (mailbox as MailboxId | undefined) ?? null,
    status: status ?? null,
    senderDomain: domain?.toLowerCase() ?? null,
    from: from === undefined ? null : new Date(from),
    to: to === undefined ? null : new Date(new Date(to).getTime() + (to.includes('T') ? 0 : DAY_MS)),
  };
}

/** `cursor`: the place behind which the page starts, from the page before. */
export async function readAuditPage(
  parts: Parts,
  userId: UserId,
  filter: AuditFilter,
  limit: number,
  cursor: string | null,
  view: typeof auditView = auditView,
): Promise<{ entries: AuditEntryView[]; nextCursor: string | null }> {
  const found = await parts.database.withTenant(userId, (tx) =>
    listAuditEntries(tx, filter, { after: cursor as AuditPlace | null, limit: limit + 1 }),
  );
  const page = found.slice(0, limit);
  return {
    entries: page.map(view),
    nextCursor: found.length > limit ? (page.at(-1)?.place ?? null) : null,
  };
}

/** Every entry that passes the filter with its link in the chain, newest first, a batch in memory and no transaction open between batches. */
export async function* readAudit(
  parts: Parts,
  userId: UserId,
  filter: AuditFilter,
): AsyncGenerator<AuditEntryView> {
  let cursor: string | null = null;
  do {
    const page: { entries: AuditEntryView[]; nextCursor: string | null } = await readAuditPage(
      parts,
      userId,
      filter,
      BATCH,
      cursor,
      chainedView,
    );
    yield* page.entries;
    cursor = page.nextCursor;
  } while (cursor !== null);
}

/** New ones go to the end: programs may count. */
const AUDIT_COLUMNS = [
  'id',
  'at',
  'mailboxId',
  'senderDomain',
  'status',
  'reason',
  'sizeBytes',
  'delayMs',
] as const;

/** `chained`: with the entries' links in the chain at the end. */
export async function* writeAuditCsv(
  entries: AsyncIterable<AuditEntryView>,
  chained: boolean,
): AsyncGenerator<string> {
  const columns = chained ? ([...AUDIT_COLUMNS, 'seq', 'hash'] as const) : AUDIT_COLUMNS;
  yield csvRow(columns);
  for await (const entry of entries) yield csvRow(columns.map((name) => entry[name] ?? null));
}
