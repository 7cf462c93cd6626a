/** ONE message, steps 6 to 10 of docs/architecture.md: read it from top to bottom. */
import { Fault } from '../src/core/fault.ts';
import type { Listed } from '../src/core/message.ts';
import type { Fetched, Ledger, Outgoing, Sink, Upload, UploadStatus } from '../src/core/ports.ts';
import type { Intent, Settlement } from '../src/core/transfer.ts';
import type { HeaderBlock } from './header-block.ts';
import { type Chunk, relay } from './relay.ts';
import type { RunKey } from './run-key.ts';

/** What all transfers of a run share. */
export interface Engine {
  readonly ledger: Ledger;
  readonly sink: Sink;
  readonly runKey: RunKey;
  readonly fingerprintKey: Uint8Array;
  readonly outgoing: Omit<Outgoing, 'size'>;
  readonly maxMessageBytes: number;
  readonly recognise: Recognise;
}

/**
 * Whether a message was imported under another id. A time (ms since the epoch): nobody knows yet, because one that looks
 * the same is on its way; look again then.
 */
export type Recognise = (message: Listed, fingerprint: Uint8Array) => Promise<boolean | number>;

/** What is learnt about the message on its way, for whoever has to judge a fault. */
export interface Passage {
  readonly header: HeaderBlock;
  /** Bytes that were relayed. */
  bytes: number;
  /** From here on Gmail may have the message: the intent is durable. */
  intent: Intent | null;
  /** Called once Gmail has the message: what is left is the books, which need no lane. */
  readonly onCommitted: () => void;
}

/**
 * Transfers a message that is new, or whose earlier upload sessions can no longer complete (`reimported`). Returns the
 * settlement, already durable, or the time (ms since the epoch) when to try again. Faults go through untouched, for
 * workers/run.ts to judge.
 */
export async function transfer(
  { message, body }: Fetched,
  engine: Engine,
  passage: Passage,
  reason: 'reimported' | null,
  signal: AbortSignal,
): Promise<Settlement | number> {
  const { ledger, sink, runKey } = engine;
  const digest = runKey.mac();
  const chunks = relay(body, { maxBytes: engine.maxMessageBytes, digest, header: passage.header, from: 0 });
  let upload: Upload | undefined;
  for await (const chunk of chunks) {
    passage.bytes = chunk.offset + chunk.bytes.length;
    // No bytes, no From header; Gmail's protocol has no way to send nothing.
    if (chunk.total === 0) throw new Fault('from-header-missing');
    // Not before there is something to send: a short message's size is known by then.
    upload ??= await sink.open({ ...engine.outgoing, size: chunk.total ?? message.size }, signal);
    if (chunk.total === null) {
      await put(upload, chunk, signal);
      continue;
    }
    const delivered = settlementOf({ message, body }, engine, passage, chunk.total, reason);
    const known = await engine.recognise(message, delivered.fingerprint);
    if (typeof known === 'number') return known;
    if (known) {
      const skipped: Settlement = { ...delivered, status: 'skipped', reason: 'already-delivered' };
      await ledger.settle(skipped);
      return skipped;
    }
    const intent: Intent = {
      ...message,
      session: runKey.encrypt(upload.uri, message.key),
      runKeyId: runKey.id,
      total: chunk.total,
      digest: digest.digest(),
      senderDomain: delivered.senderDomain,
      hasMessageId: passage.header.facts().hasMessageId,
      fingerprint: delivered.fingerprint,
      arrivedAt: delivered.arrivedAt,
    };
    await ledger.intend(intent);
    passage.intent = intent;
    const answer = await put(upload, chunk, signal);
    if (answer.state !== 'committed') throw new Fault('upload-interrupted');
    passage.onCommitted();
    await ledger.settle(delivered);
    return delivered;
  }
  throw new Error('relay ended without a last chunk');
}

/** How a message that Gmail took is settled. */
export function settlementOf(
  { message }: Fetched,
  engine: Engine,
  { header }: Passage,
  total: number,
  reason: Settlement['reason'],
): Settlement & { readonly fingerprint: Uint8Array } {
  const { senderDomain, receivedAt } = header.facts();
  return {
    ref: message.ref,
    key: message.key,
    status: 'delivered',
    reason,
    senderDomain,
    sizeBytes: total,
    arrivedAt: message.arrivedAt ?? receivedAt,
    backlog: message.backlog,
    fingerprint: header.fingerprint(engine.fingerprintKey, total),
  };
}

/** Sends a chunk until Gmail has stored all of it: a 308 may acknowledge less than was sent. */
export async function put(upload: Upload, chunk: Chunk, signal: AbortSignal): Promise<UploadStatus> {
  const end = chunk.offset + chunk.bytes.length;
  for (let from = chunk.offset; ; ) {
    const answer = await upload.put([chunk.bytes.subarray(from - chunk.offset)], from, chunk.total, signal);
    if (answer.state === 'gone') throw new Fault('upload-interrupted');
    if (answer.state === 'committed' || answer.stored === end) return answer;
    if (answer.stored <= from || answer.stored > end) throw new Fault('upload-interrupted');
    from = answer.stored;
  }
}
