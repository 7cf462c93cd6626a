/**
 * A world for the engine without a network: a source, a Gmail, and processes that can die. Time moves only when
 * somebody sleeps.
 */
import { generateKeyPairSync } from 'node:crypto';
import type { SizeBooks } from '../src/core/claimed-sizes.ts';
import { addRanges, complement, hasUid } from '../src/core/cursor.ts';
import type { Disposals } from '../src/core/disposal.ts';
import { Fault } from '../src/core/fault.ts';
import type { FolderUse } from '../src/core/folder.ts';
import { DEFAULT_OPTIONS, type MailboxId, type UserId } from '../src/core/mailbox.ts';
import { keyOf, type Listed } from '../src/core/message.ts';
import type { Clock, Ledger, Reconciler, Source } from '../src/core/ports.ts';
import type { RefusalBooks } from '../src/core/refusal.ts';
import type { Lease, Verdict } from '../src/core/schedule.ts';
import { createSeal, formatPublicKey } from '../src/seal.ts';
import { Lanes } from '../workers/lanes.ts';
import { Quota } from '../workers/quota.ts';
import { noticeSender } from '../workers/refusal-letter.ts';
import { run } from '../workers/run.ts';
import { createUnseal, formatPrivateKey } from '../workers/unseal.ts';
import type { RunControl, RunDeps } from '../workers/visit.ts';
import { disposeOf } from './engine-dispose.ts';
import { GmailModel, type Mortality } from './gmail-model.ts';
import {
  type Books,
  createBooks,
  createMemoryDisposals,
  createMemoryLedger,
  createMemoryRefusals,
} from './memory-ledger.ts';
import { createMemorySizes } from './memory-sizes.ts';

const pair = generateKeyPairSync('x25519');
const jwk = pair.privateKey.export({ format: 'jwk' });
const raw = (text: string | undefined): Uint8Array => Buffer.from(text ?? '', 'base64url');
const seal = createSeal(formatPublicKey(raw(jwk.x)));
const unseal = createUnseal([formatPrivateKey(raw(jwk.d))]);

export interface World {
  readonly messages: Map<number, Buffer>;
  readonly gmail: GmailModel;
  readonly books: Books;
  now: number;
  /** Faults of the source when it serves this uid; may change the world. */
  serve: (uid: number, bytes: Buffer) => AsyncIterable<Uint8Array>;
  uidValidity: number;
  /** Folders beside the INBOX, which holds `messages`; all of them are visited. */
  readonly others: Map<string, OtherFolder>;
  /** Lets a test put a habit of its own between the run and the source. */
  habit: (source: Source) => Source;
  /** Where messages are moved to. */
  readonly moved: Map<number, Buffer>;
  readonly seen: Set<number>;
  /** Whether the source does what it is told to with this message. */
  obeys: (uid: number) => boolean;
}

export interface OtherFolder {
  readonly use: FolderUse | null;
  readonly messages: Map<number, Buffer>;
}

/** What a test wants different from an ordinary life. */
export interface Circumstances {
  readonly options?: Partial<Lease['options']>;
  readonly lease?: Partial<Lease>;
  readonly deps?: Partial<RunDeps>;
  readonly control?: Partial<RunControl>;
}

export function createWorld(messages: readonly Buffer[]): World {
  const world: World = {
    messages: new Map(messages.map((bytes, index) => [index + 1, bytes])),
    gmail: new GmailModel(),
    books: createBooks(() => world.now),
    now: Date.parse('2026-03-01T00:00:00Z'),
    serve: async function* (_uid, bytes) {
      yield new Uint8Array(bytes);
    },
    uidValidity: 1,
    others: new Map(),
    habit: (source) => source,
    moved: new Map(),
    seen: new Set(),
    obeys: () => true,
  };
  return world;
}

/** One life of a worker on the world's mailbox. */
export async function live(
  world: World,
  mortality: Mortality,
  different: Circumstances = {},
): Promise<Verdict | null> {
  world.books.epoch += 1n;
  world.books.options = { ...DEFAULT_OPTIONS, ...different.options };
  const lease = { ...(await leaseOf(world, different.options ?? {})), ...different.lease };
  const clock = clockOf(world);
  const deps: RunDeps = {
    clock,
    random: () => 0,
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    seal,
    unseal,
    sourceTokens: { take: async () => 'access-token' },
    openSource: () => mortality.live(async () => world.habit(sourceOf(world, mortality))),
    openSink: () => world.gmail.sink(mortality),
    openReconciler: () => COUNTS_NOTHING,
    openRefusals: () => mortalRefusals(createMemoryRefusals(world.books), mortality),
    noticeSender: noticeSender('https://mail.example.com', null),
    openDisposals: () => mortalDisposals(createMemoryDisposals(world.books, lease.epoch), mortality),
    openSizes: () => mortalSizes(createMemorySizes(world.books, lease.epoch), mortality),
    openLedger: () => mortalLedger(createMemoryLedger(world.books, lease.epoch), mortality),
    grants: { hold: async () => {}, destroy: async () => {} },
    lanes: new Lanes({ total: 4, perUser: 2, bytes: 64 * 1024 * 1024 }),
    quota: new Quota({ importsPerMinute: 240, bytesPerDay: 500_000_000 }, clock),
    maxMessageBytes: 8 * 1024 * 1024,
    timing: { graceMs: 10_000, sliceMs: 30_000, longSliceMs: 300_000, relistMs: 5_000 },
    ...different.deps,
  };
  const never = new AbortController().signal;
  const control = {
    gentle: never,
    hard: never,
    watching: () => true,
    othersWait: () => true,
    pause: () => {},
    ...different.control,
  };
  return run(lease, deps, control);
}

/** What the engine does must not depend on it. */
export const COUNTS_NOTHING: Reconciler = {
  last: async () => null,
  notePassedOver: async () => {},
  load: async () => ({ folders: new Map(), transfers: new Map(), onRecord: 0 }),
  save: async () => {},
};

export function clockOf(world: World): Clock {
  return {
    now: () => world.now,
    sleep: async (ms, signal) => {
      signal.throwIfAborted();
      world.now += ms;
    },
  };
}

/** Whose mailbox it is. */
export const tenant = '11111111-1111-4111-8111-111111111111' as UserId;
const row = '22222222-2222-4222-8222-222222222222' as MailboxId;
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const sealed = Promise.all([
  seal(text('secret'), { tenant, table: 'mailboxes', column: 'sealed_password', row }),
  seal(new Uint8Array(32).fill(7), { tenant, table: 'mailboxes', column: 'sealed_fingerprint_key', row }),
  seal(text('refresh'), { tenant, table: 'grants', column: 'sealed_refresh_token', row: tenant }),
]);

async function leaseOf(world: World, options: Partial<Lease['options']>): Promise<Lease> {
  const [sealedPassword, sealedFingerprintKey, sealedRefreshToken] = await sealed;
  return {
    mailboxId: row,
    userId: tenant,
    epoch: world.books.epoch,
    server: { protocol: 'imap', host: 'imap.example.test', port: 993, security: 'tls' },
    username: 'owner',
    sealedPassword,
    sealedFingerprintKey,
    sealedRefreshToken,
    scopes: [],
    options: {
      ...DEFAULT_OPTIONS,
      pollSeconds: 300,
      ...options,
    },
    mayWatch: true,
    createdAt: world.now,
    failures: 0,
  };
}

function mortalLedger(ledger: Ledger, mortality: Mortality): Ledger {
  return {
    load: () => mortality.live(() => ledger.load()),
    observe: (...args) => mortality.live(() => ledger.observe(...args)),
    keepRunKey: (...args) => mortality.live(() => ledger.keepRunKey(...args)),
    intend: (...args) => mortality.live(() => ledger.intend(...args)),
    postpone: (...args) => mortality.live(() => ledger.postpone(...args)),
    repair: (...args) => mortality.live(() => ledger.repair(...args)),
    settle: (...args) => mortality.live(() => ledger.settle(...args)),
    recognises: (...args) => mortality.live(() => ledger.recognises(...args)),
    deliveredElsewhere: (...args) => mortality.live(() => ledger.deliveredElsewhere(...args)),
  };
}

function mortalRefusals(refusals: RefusalBooks, mortality: Mortality): RefusalBooks {
  return {
    due: (...args) => mortality.live(() => refusals.due(...args)),
    told: (...args) => mortality.live(() => refusals.told(...args)),
  };
}

function mortalDisposals(disposals: Disposals, mortality: Mortality): Disposals {
  return {
    due: (...args) => mortality.live(() => disposals.due(...args)),
    begun: (...args) => mortality.live(() => disposals.begun(...args)),
    intend: (...args) => mortality.live(() => disposals.intend(...args)),
    settle: (...args) => mortality.live(() => disposals.settle(...args)),
  };
}

function mortalSizes(sizes: SizeBooks, mortality: Mortality): SizeBooks {
  return {
    state: () => mortality.live(() => sizes.state()),
    sizes: () => mortality.live(() => sizes.sizes()),
    compare: (...args) => mortality.live(() => sizes.compare(...args)),
    note: (...args) => mortality.live(() => sizes.note(...args)),
  };
}

function sourceOf(world: World, mortality: Mortality): Source {
  const messagesOf = (folder: string) => world.others.get(folder)?.messages ?? world.messages;
  return {
    folders: async () => [
      ...Array.from(world.others, ([name, { use }]) => ({ name, use, path: [name] })),
      { name: 'INBOX', use: 'inbox', path: ['INBOX'] },
    ],
    count: async () => world.messages.size,
    ids: async (folder) => ({
      protocol: 'imap',
      uidValidity: world.uidValidity,
      uids: [...messagesOf(folder).keys()],
    }),
    watch: async () => 'unsupported',
    close: async () => {},
    dispose: disposeOf(world, mortality),
    list: (folder, cursor) =>
      mortality.live(async () => {
        const known = cursor?.protocol === 'imap' && cursor.uidValidity === world.uidValidity ? cursor : null;
        const messages = messagesOf(folder);
        const uidNext = Math.max(0, ...messages.keys()) + 1;
        const settled = known?.settled ?? [];
        const vacant = complement(settled, 1, uidNext - 1).flatMap(([a, b]) =>
          Array.from({ length: b - a + 1 }, (_, i) => a + i).filter((uid) => !messages.has(uid)),
        );
        const baseline = known?.baseline ?? uidNext;
        return {
          cursor: {
            protocol: 'imap' as const,
            folder,
            uidValidity: world.uidValidity,
            baseline,
            settled: addRanges(
              settled,
              vacant.map((uid) => [uid, uid] as const),
            ),
          },
          renumbered: cursor !== null && known === null,
          messages: [...messages]
            .filter(([uid]) => !hasUid(settled, uid))
            .map(([uid, bytes]) => listedOf(world, folder, uid, bytes, baseline)),
        };
      }),
    async *fetch(messages) {
      for (const message of messages) {
        const { uid, folder } = message.ref.protocol === 'imap' ? message.ref : { uid: 0, folder: '' };
        const bytes = await mortality.live(async () => messagesOf(folder).get(uid));
        const here = message.ref.protocol === 'imap' && message.ref.uidValidity === world.uidValidity;
        yield { message, flags: null, body: here && bytes ? world.serve(uid, bytes) : gone() };
      }
    },
  };
}

// biome-ignore lint/correctness/useYield: a body that fails before its first byte
async function* gone(): AsyncGenerator<Uint8Array> {
  throw new Fault('message-gone');
}

function listedOf(world: World, folder: string, uid: number, bytes: Buffer, baseline: number): Listed {
  const ref = { protocol: 'imap' as const, folder, uidValidity: world.uidValidity, uid };
  return { ref, key: keyOf(ref), size: bytes.length, arrivedAt: world.now, backlog: uid < baseline };
}
