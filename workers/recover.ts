/**
 * A message whose outcome a crash, or a lost answer, left open: its upload session is asked, and only what the
 * session itself allows is done.
 */
import { timingSafeEqual } from 'node:crypto';
import { Fault, isFault } from '../src/core/fault.ts';
import type { Listed } from '../src/core/message.ts';
import type { Fetched, Upload, UploadStatus } from '../src/core/ports.ts';
import type { OpenTransfer, SessionUri, Settlement } from '../src/core/transfer.ts';
import type { RunKey } from './run-key.ts';
import { type Engine, type Passage, put, relayOf, settlementOf, transfer } from './transfer.ts';

export interface Recovery {
  readonly engine: Engine;
  /** The run key of the run that wrote the intent. */
  readonly key: RunKey;
  readonly now: number;
  /** How long a dead process's bytes may still be on the way, ms. */
  readonly graceMs: number;
  /** When backlog may be sent again, ms since the epoch; null: now. */
  readonly backlogResumesAt: number | null;
  /** Fetches the message again. */
  readonly refetch: (message: Listed) => Promise<Fetched>;
}

/**
 * Settles the transfer and returns how, or returns the time (ms since the epoch) when the session is to be asked
 * again. Faults: `upload-lost` when nobody can say whether Gmail has the message, `message-changed` when the source
 * now serves other bytes, and those of sink and source.
 */
export async function recover(
  open: OpenTransfer,
  recovery: Recovery,
  passage: Passage,
  signal: AbortSignal,
): Promise<Settlement | number> {
  const { engine, key } = recovery;
  const uri = key.decrypt(open.session, open.key) as SessionUri;
  const upload = engine.sink.resume(uri);
  const answer = await ask(upload, open, signal);
  switch (answer.state) {
    case 'committed':
      return settleCommitted(open, engine);
    case 'incomplete': {
      const graceEnds = open.intendedAt + recovery.graceMs;
      if (recovery.now < graceEnds) return graceEnds;
      // It has every byte and is not done with them: nothing is left to send, so it is asked again later.
      if (answer.stored >= open.total) throw new Fault('upload-interrupted');
      return complete(open, upload, answer.stored, recovery, passage, signal);
    }
    case 'gone':
      if (!open.hasMessageId) throw new Fault('upload-lost');
      // From its beginning, like any other. A session that is only to be continued goes on: it would not outlive the wait.
      if (open.backlog && recovery.backlogResumesAt !== null) return recovery.backlogResumesAt;
      return reimport(open, recovery, passage, signal);
    case 'refused':
      if (open.backlog && recovery.backlogResumesAt !== null) return recovery.backlogResumesAt;
      return transfer(await recovery.refetch(listedOf(open)), engine, passage, null, signal);
  }
}

/** `refused`: for the message's label, with its last chunk. It has imported nothing, and never will. */
async function ask(
  upload: Upload,
  { total, reason }: OpenTransfer,
  signal: AbortSignal,
): Promise<UploadStatus | { readonly state: 'refused' }> {
  try {
    const answer = await upload.status(total, signal);
    return reason === 'label-refused' && answer.state !== 'committed' ? { state: 'refused' } : answer;
  } catch (error) {
    if (isFault(error, 'label-refused')) return { state: 'refused' };
    throw error;
  }
}

async function settleCommitted(open: OpenTransfer, { ledger }: Engine): Promise<Settlement> {
  const settlement: Settlement = {
    ref: open.ref,
    key: open.key,
    ...(open.repair
      ? { status: 'repaired', reason: open.repair }
      : { status: 'delivered', reason: open.disclosed ?? 'recovered' }),
    senderDomain: open.senderDomain,
    sizeBytes: open.total,
    arrivedAt: open.arrivedAt,
    backlog: open.backlog,
    fingerprint: open.fingerprint,
    content: open.content,
    // Of what it was listed with nothing is known any more.
    size: open.total,
  };
  await ledger.settle(settlement);
  return settlement;
}

async function reimport(
  open: OpenTransfer,
  { engine, refetch }: Recovery,
  passage: Passage,
  signal: AbortSignal,
): Promise<Settlement | number> {
  try {
    return await transfer(await refetch(listedOf(open)), engine, passage, 'reimported', signal);
  } catch (cause) {
    // Removed at the source because it had arrived, or before it had: nobody can say. So of one that is over a limit that
    // was set since.
    const isUnknown = isFault(cause, 'message-gone') || isFault(cause, 'over-size-limit');
    throw isUnknown ? new Fault('upload-lost', { cause }) : cause;
  }
}

/** Continues in the same session behind what it has stored. */
async function complete(
  open: OpenTransfer,
  upload: Upload,
  stored: number,
  { engine, key, refetch }: Recovery,
  passage: Passage,
  signal: AbortSignal,
): Promise<Settlement> {
  const fetched = await refetch(listedOf(open));
  const digest = key.mac();
  // A limit that was set since is not for what is nearly there.
  const limits = { ...engine, maxMessageBytes: Math.max(engine.maxMessageBytes, open.total) };
  for await (const chunk of relayOf(fetched, limits, passage, digest, stored)) {
    passage.bytes = chunk.offset + chunk.bytes.length;
    // Before the last chunk, so that a session with the wrong bytes is never completed.
    if (
      chunk.total !== null &&
      !(chunk.total === open.total && timingSafeEqual(digest.digest(), open.digest))
    ) {
      throw new Fault('message-changed');
    }
    const answer = await put(upload, chunk, signal);
    if (chunk.total === null) continue;
    if (answer.state !== 'committed') throw new Fault('upload-interrupted');
    const settlement = {
      ...settlementOf(fetched, engine, passage, chunk.total, open.disclosed ?? 'recovered'),
      content: open.content,
    };
    await engine.ledger.settle(settlement);
    return settlement;
  }
  throw new Error('relay ended without a last chunk');
}

const listedOf = (open: OpenTransfer): Listed => ({
  ref: open.ref,
  key: open.key,
  size: open.total,
  arrivedAt: open.arrivedAt,
  backlog: open.backlog,
});
