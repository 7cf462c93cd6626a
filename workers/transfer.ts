/** ONE message, steps 6 to 10 of docs/architecture.md: read it from top to bottom. */
import type { Hmac, KeyObject } from 'node:crypto';
import { type AuditReason, unlabelled } from '../src/core/audit.ts';
import { Fault, type FaultCode } from '../src/core/fault.ts';
import type { Listed } from '../src/core/message.ts';
import type { Fetched, Ledger, Outgoing, Sink, Upload, UploadStatus } from '../src/core/ports.ts';
import type { Repair } from '../src/core/repair.ts';
import type { Intent, Settlement } from '../src/core/transfer.ts';
import { HeaderBlock, type HeaderClaims, type HeaderFacts } from './header-block.ts';
import { type Chunk, relay } from './relay.ts';
import { type Mending, mend, mendingOf } from './repair.ts';
import { contentDigest, type RunKey } from './run-key.ts';

/** What all transfers of a run share. */
export interface Engine {
  readonly ledger: Ledger;
  readonly sink: Sink;
  readonly runKey: RunKey;
  readonly fingerprintKey: KeyObject;
  readonly decide: Decide;
  /** What Gmail takes, or less if its owner wants less; the fault of what is larger. */
  readonly maxMessageBytes: number;
  readonly tooLarge: FaultCode;
  readonly recognise: Recognise;
}

/** What is to be done with a message that has begun to come in. */
export type Decision =
  | {
      readonly kind: 'send';
      readonly outgoing: Omit<Outgoing, 'size'>;
      /** What its audit entry says when it is delivered. */
      readonly reason: AuditReason | null;
    }
  | { readonly kind: 'skip'; readonly reason: AuditReason };

/** From what the source tells of the message, and its header block as far as the first chunk holds it. */
export type Decide = (
  fetched: Pick<Fetched, 'message' | 'flags'>,
  header: HeaderFacts & HeaderClaims,
  /** null: it goes on behind the first chunk. */
  size: number | null,
) => Promise<Decision>;

/**
 * Whether a message was imported under another id. A time (ms since the epoch): nobody knows yet, because one that looks
 * the same is on its way; look again then.
 */
export type Recognise = (message: Listed, fingerprint: Uint8Array) => Promise<boolean | number>;

/** What is learnt about the message on its way, for whoever has to judge a fault. */
export interface Passage {
  /** Of the message as the source has it. */
  readonly header: HeaderBlock;
  /** A repaired copy is sent; null: the message as it is. */
  readonly mending: Mending | null;
  readonly flaws: { hasNul: boolean };
  /** As in Settlement; null: nobody has asked. */
  content: Uint8Array | null;
  /** Bytes that were relayed. */
  bytes: number;
  /** From here on Gmail may have the message: the intent is durable. */
  intent: Intent | null;
}

/** `repair`: what Gmail has refused the message for, so that a repaired copy goes. */
export const passageOf = (repair: Repair | null): Passage => ({
  header: new HeaderBlock(),
  mending: repair && mendingOf(repair),
  flaws: { hasNul: false },
  content: null,
  bytes: 0,
  intent: null,
});

/** A message whose first chunk is at hand: all of a short one. */
export interface Begun {
  readonly message: Listed;
  readonly passage: Passage;
  readonly decision: Decision;
  readonly digest: Hmac;
  /** Whoever has it returns from it in the end: what is held of the message is zeroed then. */
  readonly chunks: AsyncGenerator<Chunk, void>;
  readonly first: Chunk;
}

/** A message of which Gmail lacks the last chunk only. */
export interface Ready extends Begun {
  readonly upload: Upload;
  readonly last: Chunk;
  readonly intent: Intent;
  /** How it will be settled. */
  readonly delivered: Settlement;
}

/**
 * Transfers a message that is new, or whose earlier upload sessions can no longer complete (`reimported`). Returns the
 * settlement, already durable, or the time (ms since the epoch) when to try again. Faults go through untouched, for
 * workers/run.ts to judge. workers/carry.ts takes these steps with several messages together.
 */
export async function transfer(
  fetched: Fetched,
  engine: Engine,
  passage: Passage,
  reason: 'reimported' | null,
  signal: AbortSignal,
): Promise<Settlement | number> {
  const begun = await begin(fetched, engine, passage);
  contentOf(begun, engine);
  try {
    // Gmail may have it: that cannot be called skipped.
    if (begun.decision.kind === 'skip' && reason === 'reimported') throw new Fault('upload-lost');
    const skipped = await skip(begun, engine);
    if (skipped) return skipped;
    const ready = await approach(begun, engine, reason, signal);
    const known = await recognise(ready, engine);
    if (known !== null) return known;
    await intend(ready, engine);
    await commit(ready, signal);
    await engine.ledger.settle(ready.delivered);
    return ready.delivered;
  } finally {
    await begun.chunks.return();
  }
}

/** Reads until the first chunk is full or the message ends. */
export async function begin(fetched: Fetched, engine: Engine, passage: Passage): Promise<Begun> {
  const { message } = fetched;
  const digest = engine.runKey.mac();
  const chunks = relayOf(fetched, engine, passage, digest, 0);
  const { value: first } = await chunks.next();
  if (!first) throw new Error('relay ended without a chunk');
  // No bytes, no From header; Gmail's protocol has no way to send nothing.
  if (first.total === 0) throw new Fault('from-header-missing');
  passage.bytes = first.bytes.length;
  const header = { ...passage.header.facts(), ...passage.header.claims() };
  try {
    const decision = await engine.decide(fetched, header, first.total);
    return { message, passage, decision, digest, chunks, first };
  } catch (error) {
    await chunks.return();
    throw error;
  }
}

/** The message's chunks from `from` on, or those of its repaired copy. */
export function relayOf(
  { body }: Fetched,
  { maxMessageBytes: maxBytes, tooLarge }: Pick<Engine, 'maxMessageBytes' | 'tooLarge'>,
  { header, mending, flaws }: Passage,
  digest: Hmac,
  from: number,
): AsyncGenerator<Chunk, void> {
  if (!mending) return relay(body, { maxBytes, tooLarge, digest, header, flaws, from });
  return relay(mend(body, mending, header), {
    maxBytes,
    tooLarge,
    digest,
    header: TAKES_NO_INTEREST,
    flaws,
    from,
  });
}

/** Whoever repairs a message shows its header block around before. */
const TAKES_NO_INTEREST = { push: () => {} };

/** Settles a message that is not to be sent; null: it is. */
export async function skip(begun: Begun, engine: Engine): Promise<Settlement | null> {
  const { message, passage, decision, first } = begun;
  if (decision.kind === 'send') return null;
  const total = first.total ?? message.size ?? first.bytes.length;
  // Nobody has it in Gmail, so nothing is to be recognised by it.
  const skipped: Settlement = {
    ...settlementOf(begun, engine, passage, total, null),
    status: 'skipped',
    reason: decision.reason,
    fingerprint: null,
  };
  await engine.ledger.settle(skipped);
  return skipped;
}

/** Opens a session and sends all but the last chunk into it: nothing can be imported by this. */
export async function approach(
  begun: Begun,
  engine: Engine,
  reason: 'reimported' | null,
  signal: AbortSignal,
): Promise<Ready> {
  const { message, passage, decision, digest, chunks, first } = begun;
  if (decision.kind === 'skip') throw new Error('a message that is to be skipped was sent');
  // Not before there is something to send: a short message's size is known by then.
  const upload = await engine.sink.open({ ...decision.outgoing, size: first.total ?? message.size }, signal);
  let last = first;
  while (last.total === null) {
    await put(upload, last, signal);
    const { value: next } = await chunks.next();
    if (!next) throw new Error('relay ended without a last chunk');
    last = next;
    passage.bytes = last.offset + last.bytes.length;
  }
  const total = passage.bytes;
  const { hasMessageId, fromHeaders } = passage.header.facts();
  const disclosed =
    decision.outgoing.label && !upload.labelled ? unlabelled(decision.reason) : decision.reason;
  const delivered = settlementOf(begun, engine, passage, total, reason ?? disclosed);
  const intent: Intent = {
    ...message,
    session: engine.runKey.encrypt(upload.uri, message.key),
    runKeyId: engine.runKey.id,
    repair: passage.mending?.repair ?? null,
    total,
    digest: digest.digest(),
    senderDomain: delivered.senderDomain,
    disclosed,
    hasMessageId,
    fromHeaders,
    hasNul: passage.flaws.hasNul,
    fingerprint: delivered.fingerprint,
    content: passage.content,
    arrivedAt: delivered.arrivedAt,
  };
  return { ...begun, upload, last, intent, delivered };
}

/**
 * Whether the message need not be sent. Its settlement as `skipped`, already durable, when it was imported under another id;
 * the time (ms since the epoch) when to try again, when nobody knows yet; null: it is to be sent.
 */
export async function recognise(
  { message, intent, delivered }: Ready,
  engine: Engine,
): Promise<Settlement | number | null> {
  const known = await engine.recognise(message, intent.fingerprint);
  if (typeof known === 'number') return known;
  if (!known) return null;
  const skipped: Settlement = { ...delivered, status: 'skipped', reason: 'already-delivered' };
  await engine.ledger.settle(skipped);
  return skipped;
}

/** Once this is durable, a crash leaves somebody who knows whom to ask. */
export async function intend({ passage, intent }: Ready, { ledger }: Engine): Promise<void> {
  await ledger.intend(intent);
  passage.intent = intent;
}

/** Sends the last chunk: afterwards Gmail has the message. */
export async function commit({ upload, last }: Ready, signal: AbortSignal): Promise<void> {
  const answer = await put(upload, last, signal);
  if (answer.state !== 'committed') throw new Fault('upload-interrupted');
}

/**
 * Keyed digest of what came whole: two messages may look the same in their header blocks, Message-ID and all, and say different
 * things. null: it is large, or a repaired copy. From here on it is kept with the message's settlement.
 */
export function contentOf({ passage, first }: Begun, engine: Engine): Uint8Array | null {
  if (first.total === null || passage.mending !== null) return null;
  passage.content ??= contentDigest(engine.fingerprintKey, first.bytes);
  return passage.content;
}

/** How a message that Gmail took is settled. */
export function settlementOf(
  { message }: { readonly message: Listed },
  engine: Engine,
  { header, mending, content }: Passage,
  total: number,
  reason: Settlement['reason'],
): Settlement & { readonly fingerprint: Uint8Array } {
  const { senderDomain, receivedAt } = header.facts();
  return {
    ref: message.ref,
    key: message.key,
    ...(mending ? { status: 'repaired', reason: mending.repair } : { status: 'delivered', reason }),
    senderDomain,
    sizeBytes: total,
    arrivedAt: message.arrivedAt ?? receivedAt,
    backlog: message.backlog,
    fingerprint: header.fingerprint(engine.fingerprintKey, mending?.size ?? total),
    size: message.size,
    identity: message.ref.protocol === 'pop3' ? header.identity(engine.fingerprintKey) : null,
    content,
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
