/** ONE mailbox: a visit under a lease, from unsealing its credentials to the verdict. The only judge of faults. */
import { createSecretKey, timingSafeEqual } from 'node:crypto';
import { Fault, isFault } from '../src/core/fault.ts';
import { isLast } from '../src/core/folder.ts';
import { concernsMessageOnly, judgeMessage, judgeVisit, mayBlameMessage } from '../src/core/judgement.ts';
import { folderOf, type Listed } from '../src/core/message.ts';
import { Pending } from '../src/core/pending.ts';
import { fingerprintKeyPlace, refreshTokenPlace, runKeyPlace } from '../src/core/place.ts';
import type { Ledger, SealPlace, Source, SourceFolder } from '../src/core/ports.ts';
import type { Flaws, Repair } from '../src/core/repair.ts';
import { HOUR, type Lease, MINUTE, messageBackoff, type Verdict } from '../src/core/schedule.ts';
import type { Intent, OpenTransfer } from '../src/core/transfer.ts';
import { createDecide } from './decide.ts';
import { HeaderBlock } from './header-block.ts';
import { labelled } from './labels.ts';
import { Reconciliation } from './reconcile.ts';
import { goRounds } from './rounds.ts';
import { createRunKey, openRunKey, type RunKey } from './run-key.ts';
import { logIn } from './source-login.ts';
import type { Engine, Passage } from './transfer.ts';
import { folderOfCursor, noteOpen, noteSettled, type RunControl, type RunDeps, type Visit } from './visit.ts';

/**
 * Visits the mailbox until there is nothing to do, its turn is over, or it is asked to end. Never throws; null when
 * there is nothing to say, because another worker holds the mailbox or the mailbox is gone.
 */
export async function run(lease: Lease, deps: RunDeps, control: RunControl): Promise<Verdict | null> {
  const { clock, log } = deps;
  const fields = { mailboxId: lease.mailboxId };
  try {
    const rounds = await visitMailbox(lease, deps, control);
    return { ...rounds, state: 'active', faultCode: null, failures: 0 };
  } catch (error) {
    if (control.hard.aborted)
      return { nextRunAt: clock.now(), faultCode: null, failures: lease.failures, synced: false };
    if (isFault(error, 'lease-lost')) return null;
    if (!(error instanceof Fault)) log.error('run failed', { ...fields, error });
    else log.info('run ended by a fault', { ...fields, code: error.code });
    // What nobody foresaw is held against the session, so that the mailbox is tried again with growing pauses.
    const fault = error instanceof Fault ? error : new Fault('source-protocol', { cause: error });
    if (fault.scope === 'grant') await judgeGrant(fault, lease, deps);
    if (fault.code === 'project-quota') control.pause(fault.retryAt ?? clock.now() + HOUR);
    const { pollSeconds } = lease.options;
    return judgeVisit(fault, {
      now: clock.now(),
      random: deps.random(),
      pollSeconds,
      failures: lease.failures,
    });
  }
}

/** A fault of the user's consent or allowance stops all mailboxes of the user. */
async function judgeGrant(
  fault: Fault,
  { userId }: Lease,
  { clock, grants, lanes, log }: RunDeps,
): Promise<void> {
  if (fault.code === 'gmail-too-concurrent') lanes.narrow(userId);
  try {
    if (fault.retry === 'later') await grants.hold(userId, fault.retryAt ?? clock.now() + MINUTE / 2);
    else await grants.destroy(userId, fault.code);
  } catch (error) {
    // The next run meets the same fault again.
    log.warn('grant fault not recorded', { userId, code: fault.code, error });
  }
}

async function visitMailbox(lease: Lease, deps: RunDeps, control: RunControl) {
  const { userId, mailboxId } = lease;
  const open = async (sealed: Uint8Array, place: SealPlace): Promise<Buffer> =>
    Buffer.from(await deps.unseal(sealed, place));
  const refreshToken = await openGrant(lease, deps);
  const fingerprintKey = await open(lease.sealedFingerprintKey, fingerprintKeyPlace(userId, mailboxId));
  const ledger = deps.openLedger(lease);
  const runKey = createRunKey();
  let source: Source | undefined;
  try {
    source = await logIn(lease, deps, control.hard, (credentials) =>
      deps.openSource(lease.server, credentials, control.hard),
    );
    const visit = await openVisit(lease, deps, control, source, ledger, {
      ledger: withRunKey(ledger, runKey, lease, deps),
      sink: deps.openSink(lease, refreshToken),
      runKey,
      fingerprintKey: createSecretKey(fingerprintKey),
      ...limitsOf(lease, deps),
    });
    return await goRounds(visit, (message, error, passage) => judge(visit, message, error, passage));
  } finally {
    fingerprintKey.fill(0);
    runKey.destroy();
    await source?.close();
  }
}

function limitsOf({ options: { maxBytes } }: Lease, { maxMessageBytes }: RunDeps) {
  return maxBytes !== null && maxBytes < maxMessageBytes
    ? ({ maxMessageBytes: maxBytes, tooLarge: 'over-size-limit' } as const)
    : ({ maxMessageBytes, tooLarge: 'message-too-large' } as const);
}

/** A grant that cannot be opened is as good as none: the user must consent again. */
async function openGrant(lease: Lease, { unseal }: RunDeps): Promise<string> {
  try {
    return Buffer.from(await unseal(lease.sealedRefreshToken, refreshTokenPlace(lease.userId))).toString(
      'utf8',
    );
  } catch (cause) {
    throw isFault(cause, 'seal-broken') ? new Fault('grant-missing', { cause }) : cause;
  }
}

async function openVisit(
  lease: Lease,
  deps: RunDeps,
  control: RunControl,
  source: Source,
  ledger: Ledger,
  engine: Omit<Engine, 'recognise' | 'decide'>,
): Promise<Visit> {
  const books = await ledger.load();
  deps.quota.restore(lease.userId, books.bytesToday);
  const renumbered = new Set(books.renumbered);
  const folders = new Map<string, SourceFolder>();
  const places = new Map<string, SourceFolder>();
  const pending = new Pending(
    ({ ref }) => ref.protocol === 'imap' && isLast(folders.get(ref.folder)?.use ?? null),
  );
  const open = new Map(books.transfers.flatMap((t) => (t.state === 'open' ? [[t.key, t] as const] : [])));
  const recognise = async ({ backlog, ref, key }: Listed, fingerprint: Uint8Array) => {
    const folder = folderOf(ref);
    if (!backlog || !renumbered.has(folder)) return false;
    // It may be this very message under its former id: how that one ends decides.
    const twin = [...open.values()].find((t) => t.key !== key && timingSafeEqual(t.fingerprint, fingerprint));
    if (twin) return Math.max(twin.retryAt, deps.clock.now() + messageBackoff(1));
    return await ledger.recognises(folder, fingerprint);
  };
  const decide = createDecide(lease.options, places, () => deps.clock.now());
  return {
    lease,
    deps,
    control,
    source,
    ledger,
    folders,
    places,
    disposals: deps.openDisposals(lease),
    sizes: deps.openSizes(lease),
    refusals: deps.openRefusals(lease),
    reconciliation: new Reconciliation({
      reconciler: deps.openReconciler(lease),
      source,
      pending,
      clock: deps.clock,
      log: deps.log,
      mailboxId: lease.mailboxId,
      history: lease.options.history,
      hard: control.hard,
    }),
    engine: { ...engine, recognise, decide: labelled(decide, lease.options, places) },
    cursors: new Map(books.cursors.map((cursor) => [folderOfCursor(cursor), cursor])),
    renumbered,
    open,
    waiting: new Map(books.transfers.flatMap((t) => (t.state === 'waiting' ? [[t.key, t]] : []))),
    pending,
    settled: new Map(),
    runKeyOf: (transfer) => runKeyOf(transfer, engine.runKey, lease, deps),
  };
}

/** The ledger that stores the run key before the run's first intent. */
function withRunKey(ledger: Ledger, runKey: RunKey, lease: Lease, { seal }: RunDeps): Ledger {
  let kept: Promise<void> | undefined;
  const keep = async (): Promise<void> =>
    ledger.keepRunKey(runKey.id, await seal(runKey.bytes, runKeyPlace(lease.userId, runKey.id)));
  return {
    ...ledger,
    intend: async (intent: Intent) => {
      kept ??= keep();
      await kept;
      await ledger.intend(intent);
    },
  };
}

/** The key an intent was written under. Without it nobody can ask the session: `upload-lost`. */
async function runKeyOf(
  transfer: OpenTransfer,
  own: RunKey,
  lease: Lease,
  { unseal }: RunDeps,
): Promise<RunKey> {
  if (transfer.runKeyId === own.id) return own;
  try {
    const bytes = await unseal(transfer.sealedRunKey, runKeyPlace(lease.userId, transfer.runKeyId));
    return openRunKey(transfer.runKeyId, bytes);
  } catch (cause) {
    throw isFault(cause, 'seal-broken') ? new Fault('upload-lost', { cause }) : cause;
  }
}

/**
 * What an error means for the message it met. Settles or postpones it; throws the error on when it concerns more
 * than the message.
 */
async function judge(visit: Visit, message: Listed, error: unknown, passage?: Passage): Promise<void> {
  const { deps, ledger, control } = visit;
  if (control.hard.aborted) throw error;
  if (!(error instanceof Fault))
    deps.log.error('transfer failed', { mailboxId: visit.lease.mailboxId, error });
  const fault = error instanceof Fault ? error : new Fault('source-protocol', { cause: error });
  const last = visit.open.get(message.key) ?? visit.waiting.get(message.key);
  const tried = last?.tries ?? 0;
  if (passage?.intent) {
    noteOpen(visit, passage.intent, tried);
  }
  if (!mayBlameMessage(fault)) throw error;

  const now = deps.clock.now();
  const tries = tried + 1;
  const open = visit.open.get(message.key);
  const before = last?.reason ?? null;
  const { repair: mayRepair, noticeRefused } = visit.lease.options;
  const repair = (passage ? passage.mending?.repair : last?.repair) ?? null;
  const flaws = open ?? flawsOf(passage);
  const isOpen = open !== undefined;
  const judgement = judgeMessage(fault, { now, tries, before, open: isOpen, flaws, mayRepair, repair });
  if (judgement.kind === 'repair') await orderRepair(visit, message, judgement.reason, tried);
  else if (judgement.kind === 'settle') {
    const header = (passage?.header ?? new HeaderBlock()).facts();
    await ledger.settle({
      ...message,
      arrivedAt: message.arrivedAt ?? header.receivedAt,
      notice: judgement.status === 'rejected' && noticeRefused,
      status: judgement.status,
      reason: judgement.reason,
      senderDomain: open?.senderDomain ?? header.senderDomain,
      sizeBytes: sizeOf(fault, message, passage),
      // Of an open one the bytes are known, not what the source claims: no other size than that may speak of another message.
      size: open ? null : message.size,
      identity: passage?.header.identity(visit.engine.fingerprintKey) ?? null,
      // Imported again under another id only where Gmail merges by Message-ID.
      fingerprint: judgement.status === 'uncertain' && open && !open.hasMessageId ? open.fingerprint : null,
    });
    noteSettled(visit, message);
  } else {
    const postponement = { ...message, reason: judgement.reason, tries, retryAt: judgement.retryAt };
    await ledger.postpone(postponement);
    if (open)
      visit.open.set(message.key, { ...open, tries, reason: judgement.reason, retryAt: judgement.retryAt });
    else visit.waiting.set(message.key, { ...postponement, state: 'waiting', repair });
  }
  if (!concernsMessageOnly(fault)) throw error;
}

/** What went through, or what the source announces when nothing did, or when it was too much to go on. */
function sizeOf({ code }: Fault, { size }: Listed, passage: Passage | undefined): number {
  const passed = passage?.bytes ?? 0;
  return passed === 0 || code === 'message-too-large' ? Math.max(passed, size ?? 0) : passed;
}

/** null: nothing of the message has come in. */
const flawsOf = (passage: Passage | undefined): Flaws | null =>
  passage ? { fromHeaders: passage.header.facts().fromHeaders, hasNul: passage.flaws.hasNul } : null;

/** Gmail said no to all of it, so its session can complete nothing. The copy goes in the round that comes. */
async function orderRepair(visit: Visit, message: Listed, repair: Repair, tries: number): Promise<void> {
  const order = { ...message, repair, tries, retryAt: visit.deps.clock.now() + 1 };
  await visit.ledger.repair(order);
  visit.open.delete(message.key);
  visit.waiting.set(message.key, { ...order, state: 'waiting', reason: repair });
}
