/** One transaction's worth of ledger writes: one statement per kind, whatever their number. */
import { sizeClaimed } from '../core/claimed-sizes.ts';
import type { Cursor } from '../core/cursor.ts';
import { Fault } from '../core/fault.ts';
import { hashUidl, type MessageKey, type UidlHash } from '../core/message.ts';
import type { Intent, Postponement, RepairOrder, Settlement } from '../core/transfer.ts';
import * as sql from './ledger-sql.ts';
import { formatMultirange } from './multirange.ts';
import type { Statement, Tx } from './pool.ts';

export type Write =
  | {
      readonly kind: 'observe';
      readonly cursor: Cursor | null;
      readonly waiting: number;
      readonly renumbered: boolean;
    }
  | { readonly kind: 'run-key'; readonly id: string; readonly sealed: Uint8Array }
  | { readonly kind: 'intend'; readonly intent: Intent }
  | { readonly kind: 'postpone'; readonly postponement: Postponement }
  | { readonly kind: 'repair'; readonly order: RepairOrder }
  | { readonly kind: 'settle'; readonly settlement: Settlement };

/** Mailbox, epoch, worker, user: $1 to $4 of every statement. */
export type Fence = readonly [string, string, string, string];

type Order = readonly [Statement, ...unknown[]];

/** All statements are sent before the first wait. Throws Fault `lease-lost` when the fence is not there: then none has written. */
export async function writeAll(tx: Tx, fence: Fence, writes: readonly Write[]): Promise<void> {
  const orders = ordersOf(writes);
  const answers = await Promise.all(
    orders.map(([statement, ...values]) => tx.query<{ held: number }>(statement, [...fence, ...values])),
  );
  if (answers.some((rows) => rows[0]?.held !== 1)) throw new Fault('lease-lost');
}

/** In this order: what a message passes through. */
function ordersOf(writes: readonly Write[]): Order[] {
  const intents = writes.flatMap((write) => (write.kind === 'intend' ? [write.intent] : []));
  const postponements = writes.flatMap((write) => (write.kind === 'postpone' ? [write.postponement] : []));
  const repairs = writes.flatMap((write) => (write.kind === 'repair' ? [write.order] : []));
  const settlements = writes.flatMap((write) => (write.kind === 'settle' ? [write.settlement] : []));
  return [
    ...writes.flatMap((write): Order[] => {
      if (write.kind === 'observe') return observe(write.cursor, write.waiting, write.renumbered);
      return write.kind === 'run-key' ? [[sql.KEEP_RUN_KEY, write.id, bytes(write.sealed)]] : [];
    }),
    ...(intents.length > 0 ? [intend(lastOfEach(intents))] : []),
    ...(postponements.length > 0 ? [postpone(lastOfEach(postponements))] : []),
    ...(repairs.length > 0 ? [repair(lastOfEach(repairs))] : []),
    // Of two settlements of one message the first counts, as it does across batches.
    ...(settlements.length > 0 ? [settle(lastOfEach(settlements.toReversed()).toReversed())] : []),
  ];
}

/** A statement cannot write one row twice. */
const lastOfEach = <T extends { readonly key: MessageKey }>(items: readonly T[]): T[] => [
  ...new Map(items.map((item) => [item.key, item])).values(),
];

const bytes = (array: Uint8Array): Buffer => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
const hashBytes = (hash: UidlHash): Buffer => Buffer.from(hash, 'hex');

function observe(cursor: Cursor | null, waiting: number, renumbered: boolean): Order[] {
  const count: Order = [sql.OBSERVE, waiting, cursor === null];
  if (!cursor) return [count];
  if (cursor.protocol === 'imap') {
    const { folder, uidValidity, baseline, settled } = cursor;
    return [
      count,
      [sql.OBSERVE_FOLDER, folder, uidValidity, baseline, formatMultirange(settled), renumbered],
    ];
  }
  const uidls = [...cursor.settled.union(cursor.backlog)];
  const settled = uidls.map((hash) => cursor.settled.has(hash));
  return [count, [sql.OBSERVE_UIDLS, uidls.map(hashBytes), settled, renumbered]];
}

const intend = (intents: readonly Intent[]): Order => [
  sql.INTEND,
  intents.map((i) => i.key),
  intents.map((i) => bytes(i.session)),
  intents.map((i) => i.runKeyId),
  intents.map((i) => i.total),
  intents.map((i) => bytes(i.digest)),
  intents.map((i) => i.senderDomain),
  intents.map((i) => i.hasMessageId),
  intents.map((i) => bytes(i.fingerprint)),
  intents.map((i) => i.arrivedAt),
  intents.map((i) => i.backlog),
  intents.map((i) => i.repair),
  intents.map((i) => i.fromHeaders),
  intents.map((i) => i.hasNul),
  intents.map((i) => i.disclosed),
  intents.map((i) => i.content && bytes(i.content)),
];

const postpone = (postponements: readonly Postponement[]): Order => [
  sql.POSTPONE,
  postponements.map((p) => p.key),
  postponements.map((p) => p.reason),
  postponements.map((p) => p.tries),
  postponements.map((p) => p.retryAt),
  postponements.map((p) => p.size),
  postponements.map((p) => p.arrivedAt),
  postponements.map((p) => p.backlog),
];

const repair = (orders: readonly RepairOrder[]): Order => [
  sql.REPAIR,
  orders.map((o) => o.key),
  orders.map((o) => o.repair),
  orders.map((o) => o.tries),
  orders.map((o) => o.retryAt),
  orders.map((o) => o.size),
  orders.map((o) => o.arrivedAt),
  orders.map((o) => o.backlog),
];

function settle(settlements: readonly Settlement[]): Order {
  const imap = settlements.map(({ ref }) => (ref.protocol === 'imap' ? ref : null));
  return [
    sql.SETTLE,
    settlements.map((s) => s.key),
    imap.map((ref) => ref?.folder ?? null),
    imap.map((ref) => ref?.uidValidity ?? null),
    imap.map((ref) => ref?.uid ?? null),
    settlements.map(({ ref }) => (ref.protocol === 'pop3' ? hashBytes(hashUidl(ref.uidl)) : null)),
    settlements.map((s) => s.status),
    settlements.map((s) => s.reason),
    settlements.map((s) => s.senderDomain),
    settlements.map((s) => s.sizeBytes),
    settlements.map((s) => s.arrivedAt),
    settlements.map((s) => s.backlog),
    settlements.map((s) => s.fingerprint && bytes(s.fingerprint)),
    settlements.map((s) => s.notice ?? false),
    settlements.map((s) => (s.size === undefined || s.size === null ? null : sizeClaimed(s.size))),
    settlements.map((s) => (s.identity ? bytes(s.identity) : null)),
    settlements.map((s) => s.content && bytes(s.content)),
  ];
}
