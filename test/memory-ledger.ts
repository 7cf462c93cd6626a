/** A ledger in memory, for tests of the engine; held to the same contract suite as the one in PostgreSQL. */

import { isInGmail } from '../src/core/audit.ts';
import { type SizeState, sizeClaimed } from '../src/core/claimed-sizes.ts';
import { addRanges, type Cursor, forgetRefs, isSettled, settleRefs } from '../src/core/cursor.ts';
import {
  type Disposal,
  type DisposalOutcome,
  type Disposals,
  disposalOf,
  isVacated,
  type SourceAction,
  type SourceProblem,
} from '../src/core/disposal.ts';
import { Fault } from '../src/core/fault.ts';
import { DEFAULT_OPTIONS, type MailboxOptions } from '../src/core/mailbox.ts';
import { hashUidl, type MessageKey, type UidlHash } from '../src/core/message.ts';
import type { Ledger } from '../src/core/ports.ts';
import type { RefusalBooks } from '../src/core/refusal.ts';
import { DAY } from '../src/core/schedule.ts';
import type { OpenTransfer, Settlement, WaitingTransfer } from '../src/core/transfer.ts';
import { folderOfCursor } from '../workers/visit.ts';

export interface Books {
  epoch: bigint;
  now: () => number;
  readonly cursors: Map<string, Cursor>;
  /** By folder; none: 0. */
  readonly generations: Map<string, number>;
  /** That the mailbox had when a transfer was intended. */
  readonly intended: Map<MessageKey, number>;
  readonly runKeys: Map<string, Uint8Array>;
  readonly transfers: Map<MessageKey, OpenTransfer | WaitingTransfer>;
  readonly refused: Map<MessageKey, Settlement>;
  /** To the time when its owner was told. */
  readonly told: Map<MessageKey, number>;
  /** To the generation when it was settled first. */
  readonly fingerprints: Map<string, number>;
  /** From a fingerprint and a content, empty where it is not known, to the folder it was delivered from last. */
  readonly deliveredFrom: Map<string, Map<string, string>>;
  readonly audit: Settlement[];
  /** What was noted with settled UIDLs. */
  readonly sizes: Map<UidlHash, BookedSize>;
  sizeState: SizeState;
  waiting: number;
  /** What the mailbox's owner has chosen, as far as it concerns the source. */
  options: Pick<MailboxOptions, 'afterImport' | 'deleteAfterDays' | 'moveTo'>;
  readonly actions: Map<MessageKey, BookedAction>;
  readonly disposed: DisposalOutcome[];
  problem: SourceProblem | null;
}

export interface BookedSize {
  readonly size: number | null;
  readonly identity: Uint8Array | null;
}

interface BookedAction extends SourceAction {
  readonly kind: Disposal['kind'];
  readonly deliveredAt: number;
  readonly retryAt: number;
}

export const createBooks = (now: () => number): Books => ({
  epoch: 1n,
  now,
  cursors: new Map(),
  generations: new Map(),
  intended: new Map(),
  runKeys: new Map(),
  transfers: new Map(),
  refused: new Map(),
  told: new Map(),
  fingerprints: new Map(),
  deliveredFrom: new Map(),
  audit: [],
  sizes: new Map(),
  sizeState: { comparedAt: null, total: null, doubt: 0, restUntil: 0 },
  waiting: 0,
  options: DEFAULT_OPTIONS,
  actions: new Map(),
  disposed: [],
  problem: null,
});

export const generationOf = ({ generations }: Books): number => Math.max(0, ...generations.values());
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export function createMemoryLedger(books: Books, epoch: bigint): Ledger {
  const fence = (): void => {
    if (books.epoch !== epoch) throw new Fault('lease-lost');
  };
  return {
    async load() {
      return {
        cursors: [...books.cursors.values()],
        renumbered: [...books.generations.keys()],
        bytesToday: books.audit.reduce(
          (sum, { status, sizeBytes }) => sum + (isInGmail(status) ? sizeBytes : 0),
          0,
        ),
        transfers: [...books.transfers.values()],
      };
    },
    async observe(cursor, waiting, renumbered) {
      fence();
      books.waiting = waiting;
      if (!cursor) return;
      const folder = folderOfCursor(cursor);
      const before = books.cursors.get(folder);
      if (renumbered) books.generations.set(folder, 1 + generationOf(books));
      if (renumbered && cursor.protocol === 'pop3')
        for (const hash of books.sizes.keys())
          if (!cursor.settled.has(hash) && !cursor.backlog.has(hash)) books.sizes.delete(hash);
      books.cursors.set(folder, before && !renumbered ? union(before, cursor) : cursor);
    },
    async keepRunKey(id, sealed) {
      fence();
      books.runKeys.set(id, sealed);
    },
    async intend(intent) {
      fence();
      const sealedRunKey = books.runKeys.get(intent.runKeyId);
      if (!sealedRunKey) throw new Error('the run key was not kept before the intent');
      const tries = books.transfers.get(intent.key)?.tries ?? 0;
      const now = books.now();
      books.intended.set(intent.key, generationOf(books));
      books.transfers.set(intent.key, {
        ...intent,
        state: 'open',
        reason: null,
        tries,
        intendedAt: now,
        retryAt: now,
        sealedRunKey,
      });
    },
    async postpone(postponement) {
      fence();
      const { key, tries, retryAt } = postponement;
      const before = books.transfers.get(key);
      if (before?.state === 'open')
        books.transfers.set(key, { ...before, reason: postponement.reason, tries, retryAt });
      else books.transfers.set(key, { ...postponement, state: 'waiting', repair: before?.repair ?? null });
    },
    async repair(order) {
      fence();
      books.transfers.set(order.key, { ...order, state: 'waiting', reason: order.repair });
    },
    async settle(settlement) {
      fence();
      const { key, ref } = settlement;
      const folder = ref.protocol === 'imap' ? ref.folder : 'INBOX';
      const cursor = books.cursors.get(folder);
      if (cursor && isSettled(cursor, ref) && !books.transfers.has(key)) return;
      if (cursor) books.cursors.set(folder, settleRefs(cursor, [ref]));
      if (ref.protocol === 'pop3') {
        const { size = null, identity = null } = settlement;
        books.sizes.set(hashUidl(ref.uidl), { size: size === null ? null : sizeClaimed(size), identity });
      }
      books.transfers.delete(key);
      if (!isInGmail(settlement.status) && settlement.status !== 'skipped')
        books.refused.set(key, settlement);
      if (settlement.fingerprint) {
        const fingerprint = hex(settlement.fingerprint);
        if (
          (settlement.status === 'delivered' || settlement.status === 'repaired') &&
          ref.protocol === 'imap'
        )
          books.deliveredFrom.set(
            fingerprint,
            new Map(books.deliveredFrom.get(fingerprint)).set(hex(settlement.content ?? NONE), folder),
          );
        const generation = books.intended.get(key) ?? generationOf(books);
        books.fingerprints.set(
          fingerprint,
          Math.min(generation, books.fingerprints.get(fingerprint) ?? generation),
        );
      }
      const disposal = disposalOf(books.options);
      if (disposal && settlement.status === 'delivered' && settlement.fingerprint) {
        const { fingerprint, sizeBytes: size } = settlement;
        const booked = { kind: disposal.kind, deliveredAt: books.now(), retryAt: 0, tries: 0 };
        books.actions.set(key, { ref, key, fingerprint, size, ...booked });
      }
      books.intended.delete(key);
      books.audit.push(settlement);
      books.waiting = Math.max(0, books.waiting - 1);
    },
    async deliveredElsewhere(folder, of, except) {
      return of.map(({ fingerprint, content }) => {
        const delivered = books.deliveredFrom.get(hex(fingerprint)) ?? [];
        return [...delivered].some(
          ([what, from]) =>
            from !== folder &&
            !except.includes(from) &&
            (what === '' || content === null || what === hex(content)),
        );
      });
    },
    async recognises(folder, fingerprint) {
      const generation = books.fingerprints.get(hex(fingerprint)) ?? Number.POSITIVE_INFINITY;
      return generation < (books.generations.get(folder) ?? 0);
    },
  };
}

const NONE = new Uint8Array(0);

export const createMemoryRefusals = (books: Books): RefusalBooks => ({
  async due(limit) {
    const wanted = [...books.refused.values()].filter(({ key, notice }) => notice && !books.told.has(key));
    return {
      refusals: wanted.slice(0, limit).map((each) => ({ ...each, reason: each.reason ?? 'message-refused' })),
      toldToday: [...books.told.values()].filter((at) => at >= books.now() - (books.now() % DAY)).length,
    };
  },
  async told(keys) {
    for (const key of keys) books.told.set(key, books.now());
  },
});

function union(before: Cursor, after: Cursor): Cursor {
  if (before.protocol === 'pop3' && after.protocol === 'pop3') {
    return { ...after, settled: before.settled.union(after.settled) };
  }
  if (before.protocol === 'imap' && after.protocol === 'imap') {
    return { ...after, settled: addRanges(before.settled, after.settled) };
  }
  return after;
}

const actionOf = ({ ref, key, size, fingerprint, tries }: BookedAction): SourceAction => {
  const copy = Buffer.from(fingerprint);
  return { ref, key, size, fingerprint: copy, tries };
};

export function createMemoryDisposals(books: Books, epoch: bigint): Disposals {
  const fence = (): void => {
    if (books.epoch !== epoch) throw new Fault('lease-lost');
  };
  const isDue = ({ kind, deliveredAt }: BookedAction): boolean => {
    const ends = books.now() - (books.options.deleteAfterDays ?? 0) * 86_400_000;
    return kind === books.options.afterImport && deliveredAt <= ends;
  };
  return {
    async due(limit) {
      fence();
      for (const [key, { kind, ref, tries }] of books.actions)
        if (kind !== books.options.afterImport && !(ref.protocol === 'pop3' && tries > 0))
          books.actions.delete(key);
      const due = [...books.actions.values()].filter((one) => isDue(one) && one.retryAt <= books.now());
      return due.slice(0, limit).map(actionOf);
    },
    async begun(limit) {
      fence();
      const begun = [...books.actions.values()].filter(({ tries }) => tries > 0);
      return begun
        .toSorted((a, b) => a.tries - b.tries || a.retryAt - b.retryAt)
        .slice(0, limit)
        .map(actionOf);
    },
    async intend(keys, disposal) {
      fence();
      const wanted = disposalOf(books.options);
      const begun = new Set<MessageKey>();
      for (const key of keys) {
        const booked = books.actions.get(key);
        if (!booked || !isDue(booked) || JSON.stringify(wanted) !== JSON.stringify(disposal)) continue;
        const least = booked.ref.protocol === 'pop3' ? 120_000 : 0;
        const pause = Math.max(least, Math.min(5_000 * 6 ** booked.tries, 7_200_000));
        books.actions.set(key, { ...booked, tries: booked.tries + 1, retryAt: books.now() + pause });
        begun.add(key);
      }
      return begun;
    },
    async settle(outcomes, problem) {
      fence();
      for (const [key, outcome] of outcomes) {
        const booked = books.actions.get(key);
        if (!booked) continue;
        books.actions.delete(key);
        books.disposed.push(outcome);
        const drop = books.cursors.get('INBOX');
        if (drop?.protocol === 'pop3' && isVacated(outcome, booked.tries)) {
          books.cursors.set('INBOX', forgetRefs(drop, [booked.ref]));
          if (booked.ref.protocol === 'pop3') books.sizes.delete(hashUidl(booked.ref.uidl));
        }
      }
      books.problem = problem;
    },
  };
}
