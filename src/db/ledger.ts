/** The books of one mailbox in PostgreSQL: src/core/ports.ts says what they promise, ledger-sql.ts how. */
import type { Cursor } from '../core/cursor.ts';
import { Fault } from '../core/fault.ts';
import type { Protocol } from '../core/mailbox.ts';
import type { UidlHash } from '../core/message.ts';
import type { Ledger, LedgerState } from '../core/ports.ts';
import type { Lease } from '../core/schedule.ts';
import { createBatcher } from './batch.ts';
import { type TransferRow, transferOf } from './ledger-rows.ts';
import * as sql from './ledger-sql.ts';
import { type Fence, type Write, writeAll } from './ledger-write.ts';
import { parseMultirange } from './multirange.ts';
import type { Database, Tx } from './pool.ts';

/** What a lease says about the right to write. */
export type LedgerLease = Pick<Lease, 'userId' | 'mailboxId' | 'epoch'> & { readonly workerId: string };

/**
 * A ledger for one run. Writes made while another is under way share the next transaction. Faults `lease-lost`
 * and `database-unavailable`; after the latter a write may or may not have been made, and may be made again.
 */
export function createLedger(db: Database, lease: LedgerLease): Ledger {
  const fence: Fence = [lease.mailboxId, String(lease.epoch), lease.workerId, lease.userId];
  const write = createBatcher<Write>((writes) =>
    db.withTenant(lease.userId, (tx) => writeAll(tx, fence, writes), { atOnce: true }),
  );
  return {
    load: () => db.withTenant(lease.userId, (tx) => load(tx, fence)),
    observe: (cursor, waiting, renumbered) => write({ kind: 'observe', cursor, waiting, renumbered }),
    keepRunKey: (id, sealed) => write({ kind: 'run-key', id, sealed }),
    intend: (intent) => write({ kind: 'intend', intent }),
    postpone: (postponement) => write({ kind: 'postpone', postponement }),
    repair: (order) => write({ kind: 'repair', order }),
    settle: (settlement) => write({ kind: 'settle', settlement }),
    recognises: (folder, fingerprint) =>
      db.withTenant(lease.userId, async (tx) => {
        const rows = await tx.query(sql.RECOGNISE, [lease.mailboxId, folder, Buffer.from(fingerprint)]);
        return rows.length > 0;
      }),
    deliveredElsewhere: (folder, of, except) =>
      db.withTenant(lease.userId, async (tx) => {
        const wanted = of.map(({ fingerprint }) => Buffer.from(fingerprint));
        const contents = of.map(({ content }) => content && Buffer.from(content));
        const rows = await tx.query<{ found: boolean }>(sql.ELSEWHERE, [
          lease.mailboxId,
          folder,
          wanted,
          except,
          contents,
        ]);
        return rows.map(({ found }) => found);
      }),
  };
}

interface CursorRow {
  folder: string;
  uid_validity: number;
  baseline: number;
  settled: string;
  renumbered: boolean;
}

async function load(tx: Tx, fence: Fence): Promise<LedgerState> {
  const [mailboxId] = fence;
  const [held, cursors, uidls, transfers, used] = await Promise.all([
    tx.query<{ protocol: string | null }>(sql.DROP_RUN_KEYS, fence),
    tx.query<CursorRow>(sql.LOAD_CURSORS, [mailboxId]),
    tx.query<UidlRow>(sql.LOAD_UIDLS, [mailboxId]),
    tx.query<TransferRow>(sql.LOAD_TRANSFERS, [mailboxId]),
    tx.query<{ bytes: number }>(sql.LOAD_BYTES_TODAY),
  ]);
  const protocol = held[0]?.protocol;
  if (!protocol) throw new Fault('lease-lost');
  return {
    cursors: protocol === 'imap' ? cursors.map(imapCursor) : cursors.map(() => pop3Cursor(uidls)),
    renumbered: cursors.filter((row) => row.renumbered).map((row) => row.folder),
    bytesToday: used[0]?.bytes ?? 0,
    transfers: transfers.map(transferOf),
  };
}

/** How far each folder (POP3: `INBOX`) is settled, for whoever only looks. */
export async function readCursors(
  tx: Tx,
  mailboxId: string,
  protocol: Protocol,
): Promise<ReadonlyMap<string, Cursor>> {
  const [cursors, uidls] = await Promise.all([
    tx.query<CursorRow>(sql.LOAD_CURSORS, [mailboxId]),
    tx.query<UidlRow>(sql.LOAD_UIDLS, [mailboxId]),
  ]);
  return new Map(
    cursors.map((row) => [row.folder, protocol === 'imap' ? imapCursor(row) : pop3Cursor(uidls)]),
  );
}

const imapCursor = (row: CursorRow): Cursor => ({
  protocol: 'imap',
  folder: row.folder,
  uidValidity: row.uid_validity,
  baseline: row.baseline,
  settled: parseMultirange(row.settled),
});

interface UidlRow {
  settled: boolean;
  /** One behind the other. */
  hashes: string;
}

const HASH_DIGITS = 32;

function pop3Cursor(rows: readonly UidlRow[]): Cursor {
  const all = (settled: boolean): ReadonlySet<UidlHash> => {
    const digits = rows.find((row) => row.settled === settled)?.hashes ?? '';
    const hashes = new Set<UidlHash>();
    for (let at = 0; at < digits.length; at += HASH_DIGITS)
      hashes.add(digits.slice(at, at + HASH_DIGITS) as UidlHash);
    return hashes;
  };
  return { protocol: 'pop3', settled: all(true), backlog: all(false) };
}
