/**
 * Bodies out of an IMAP folder. What counts as the message is what the server serves, not what it announced:
 * RFC822.SIZE is only an estimate in the wild. A whole literal is a whole message; a message fetched in pieces
 * ends where the server says that there is nothing more, and a piece that is missing before that is a truncation.
 */
import { addUids } from '../../src/core/cursor.ts';
import { Fault, isFault } from '../../src/core/fault.ts';
import type { Listed } from '../../src/core/message.ts';
import type { Fetched } from '../../src/core/ports.ts';
import type { Body, ImapWire } from './imap-wire.ts';

/** Up to this announced size a message comes whole, in one literal, among others. */
const WHOLE_BYTES = 1_048_576;
/** Announced bytes and messages of one command. */
const BATCH_BYTES = 4 * WHOLE_BYTES;
const BATCH_MESSAGES = 100;
/** One piece of a larger message. Garbage of pieces is most of the memory that large messages take: see docs/benchmarks.md. */
const PART_BYTES = 262_144;

const uidOf = (message: Listed): number => {
  if (message.ref.protocol !== 'imap') throw new RangeError('not an IMAP message');
  return message.ref.uid;
};

async function* whole(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  if (bytes.length > 0) yield bytes;
}

const failing = (fault: Fault): AsyncIterable<Uint8Array> => ({
  [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(fault) }),
});

const failed = (message: Listed, fault: Fault): Fetched => ({ message, flags: null, body: failing(fault) });

/** Comes in pieces. */
const isLarge = ({ size, alone }: Listed): boolean => (size ?? 0) > WHOLE_BYTES || alone === true;

/** Runs of small messages and large ones alone, in the order given. */
function* batches(messages: readonly Listed[], limit: number): Generator<Listed[]> {
  let batch: Listed[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = message.size ?? WHOLE_BYTES;
    const large = isLarge(message);
    const full = batch.length >= Math.min(BATCH_MESSAGES, limit) || bytes + size > BATCH_BYTES;
    if (batch.length > 0 && (full || large)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    if (large) {
      yield [message];
    } else {
      batch.push(message);
      bytes += size;
    }
  }
  if (batch.length > 0) yield batch;
}

/** One literal as a body. An announced message of which nothing comes is not an empty message. */
function bodyOf({ bytes }: Body, message: Listed): AsyncIterable<Uint8Array> {
  const nothing = bytes === null || (bytes.length === 0 && message.size !== 0);
  return nothing ? failing(new Fault('message-unreadable')) : whole(bytes);
}

/** Why an answer left a message out: removed meanwhile, or withheld by a server in trouble. */
async function absence(wire: ImapWire, uid: number, signal: AbortSignal): Promise<Fault> {
  const { uids } = await wire.search([[uid, uid]], null, signal);
  return new Fault(uids.includes(uid) ? 'message-unreadable' : 'message-gone');
}

/** The message under which a session ended: servers answer in the order of UIDs, and the next one never came. */
function* suspected(waiting: ReadonlyMap<number, Listed>, fault: Fault): Generator<Fetched> {
  const next = waiting.get(Math.min(...waiting.keys()));
  if (next) yield failed(next, fault);
}

async function* small(
  wire: ImapWire,
  batch: readonly Listed[],
  signal: AbortSignal,
): AsyncGenerator<Fetched> {
  const waiting = new Map(batch.map((message) => [uidOf(message), message]));
  let refusal: Fault | undefined;
  try {
    for await (const row of wire.bodies(addUids([], waiting.keys()), signal)) {
      const message = waiting.get(row.uid);
      if (!message) continue;
      waiting.delete(row.uid);
      yield { message, flags: row.flags, body: bodyOf(row, message) };
    }
  } catch (error) {
    if (isFault(error) && error.scope === 'session') yield* suspected(waiting, error);
    if (!isFault(error, 'message-unreadable')) throw error;
    refusal = error;
  }
  const rest = [...waiting.values()];
  if (rest.length === 0) return;
  if (!refusal)
    for (const message of rest) yield failed(message, await absence(wire, uidOf(message), signal));
  else if (batch.length === 1) for (const message of rest) yield failed(message, refusal);
  // One message can make a server refuse the whole command: ask for each alone to find out which.
  else for (const message of rest) yield* small(wire, [message], signal);
}

/** The pieces of a message, one command each, asked for when the consumer wants more. */
async function* pieces(wire: ImapWire, message: Listed, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  let at = 0;
  let announced = message.size ?? 0;
  for (;;) {
    const part = await wire.part(uidOf(message), at, PART_BYTES, message.alone ?? false, signal);
    if (!part) throw at > 0 ? new Fault('message-truncated') : await absence(wire, uidOf(message), signal);
    announced = part.size ?? announced;
    const { bytes, origin } = part;
    if (origin !== null && origin !== at) throw new Fault('message-unreadable');
    if (bytes === null) {
      if (at > 0 && at >= announced) return;
      throw new Fault(at === 0 ? 'message-unreadable' : 'message-truncated');
    }
    // Beyond its end a message is the empty string (RFC 3501 §6.4.5).
    if (bytes.length === 0 && at > 0) return;
    if (bytes.length === 0) throw new Fault('message-unreadable');
    // Some servers ignore the range and send all there is; past the first piece that would be the start again.
    if (bytes.length > PART_BYTES && at > 0) throw new Fault('message-unreadable');
    at += bytes.length;
    const length = bytes.length;
    yield bytes;
    if (length > PART_BYTES || (length < PART_BYTES && at >= announced)) return;
  }
}

async function large(wire: ImapWire, message: Listed, signal: AbortSignal): Promise<Fetched> {
  // A server that would not tell its flags may still serve it.
  const flags = await wire.flags(uidOf(message), signal).catch((error: unknown) => {
    if (isFault(error, 'message-unreadable')) return null;
    throw error;
  });
  return { message, flags, body: pieces(wire, message, signal) };
}

/** null: there is no such folder, which may be back at the next try; those who look for mail elsewhere go on meanwhile. */
async function uidValidityOf(wire: ImapWire, folder: string, signal: AbortSignal): Promise<number | null> {
  try {
    return (await wire.select(folder, signal)).uidValidity;
  } catch (error) {
    if (isFault(error, 'folder-missing')) return null;
    throw error;
  }
}

/**
 * `Source.fetch` for messages of one folder under one UIDVALIDITY. Small messages come in batches of at most
 * 4 MiB and in the server's order within a batch. Returned from early, the session stays usable: what is left of
 * the batch is read and dropped.
 */
export async function* fetchMessages(
  wire: ImapWire,
  messages: readonly Listed[],
  signal: AbortSignal,
): AsyncGenerator<Fetched, void, undefined> {
  for (const batch of batches(messages, wire.messageLimit)) {
    const [first] = batch;
    if (first?.ref.protocol !== 'imap') throw new RangeError('not an IMAP message');
    const uidValidity = await uidValidityOf(wire, first.ref.folder, signal);
    if (uidValidity === null) {
      for (const message of batch) yield failed(message, new Fault('message-unreadable'));
      continue;
    }
    const current = batch.filter(({ ref }) => ref.protocol === 'imap' && ref.uidValidity === uidValidity);
    // Ids of another UIDVALIDITY name nothing any more; the next listing shows the messages under their new ones.
    for (const message of batch)
      if (!current.includes(message)) yield failed(message, new Fault('message-gone'));
    const [only] = current;
    if (only === undefined) continue;
    if (isLarge(only)) yield await large(wire, only, signal);
    else yield* small(wire, current, signal);
  }
}
