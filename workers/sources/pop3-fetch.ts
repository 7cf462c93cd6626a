/** Bodies out of a POP3 maildrop: small ones whole, so that several may be on their way at once, large ones streamed. */
import { Fault } from '../../src/core/fault.ts';
import type { Listed } from '../../src/core/message.ts';
import type { Fetched } from '../../src/core/ports.ts';
import type { Pop3Client } from './pop3-client.ts';

/** A body up to this size is held whole, if it does not come in too many crumbs. */
const WHOLE_BYTES = 1_048_576;
const WHOLE_PIECES = 256;
/** Messages asked for and not read, and the bytes they announce: what a session that breaks off has wasted. */
const AHEAD_MESSAGES = 16;
const AHEAD_BYTES = 1_048_576;

/** How long a streamed body may go unclaimed when the next message is wanted, in ms. */
const UNCLAIMED = 60_000;

/** A message and its number in this session; null: the maildrop does not hold it. */
interface Wanted {
  readonly message: Listed;
  readonly number: number | null;
}

const failing = (fault: Fault): AsyncIterable<Uint8Array> => ({
  [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(fault) }),
});

/**
 * `Source.fetch`. RETR is pipelined where the server offers it. A body too large to be held is read from the wire
 * as its consumer reads; the next message waits until it is finished with. Returned from early, the session stays
 * usable: what is still on the wire is dropped by the client's next call.
 */
export async function* fetchMessages(
  client: Pop3Client,
  numbers: ReadonlyMap<string, number>,
  messages: readonly Listed[],
  signal: AbortSignal,
): AsyncGenerator<Fetched, void, undefined> {
  const wanted = messages.map((message): Wanted => {
    if (message.ref.protocol !== 'pop3') throw new RangeError('not a POP3 message');
    return { message, number: numbers.get(message.ref.uidl) ?? null };
  });
  let asked = 0;
  for (const [at, { message, number }] of wanted.entries()) {
    if (number === null) {
      yield { message, flags: null, body: failing(new Fault('message-gone')) };
      continue;
    }
    if (at >= asked) asked = await ask(client, wanted, at, signal);
    const { refused } = await client.retrieved(signal);
    if (refused !== null) {
      // Whatever the server says: Dovecot calls one expunged that it cannot read. Only a listing without it tells that it is gone.
      yield { message, flags: null, body: failing(new Fault('message-unreadable')) };
      continue;
    }
    const start = await readStart(client, message.size ?? 0, signal);
    if (start.ended) {
      yield { message, flags: null, body: inMemory(start.pieces) };
      continue;
    }
    const stream = new StreamedBody(client, start.pieces, signal);
    yield { message, flags: null, body: stream };
    await stream.finished(UNCLAIMED);
  }
}

/** Requests what comes next from `from` on: the first in any case. Returns the place up to which it did. */
async function ask(
  client: Pop3Client,
  wanted: readonly Wanted[],
  from: number,
  signal: AbortSignal,
): Promise<number> {
  const commands: string[] = [];
  let bytes = 0;
  let to = from;
  for (const { message, number } of wanted.slice(
    from,
    client.pipelining ? from + AHEAD_MESSAGES : from + 1,
  )) {
    bytes += number === null ? 0 : (message.size ?? AHEAD_BYTES);
    if (commands.length > 0 && bytes > AHEAD_BYTES) break;
    if (number !== null) commands.push(`RETR ${number}`);
    to += 1;
  }
  await client.request(commands, signal);
  return to;
}

/** The body, or as much of it as may be held; of one announced as large nothing. */
async function readStart(
  client: Pop3Client,
  announced: number,
  signal: AbortSignal,
): Promise<{ readonly pieces: Uint8Array[]; readonly ended: boolean }> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  if (announced > WHOLE_BYTES) return { pieces, ended: false };
  while (bytes <= WHOLE_BYTES && pieces.length < WHOLE_PIECES) {
    const piece = await client.next(signal);
    if (piece === null) return { pieces, ended: true };
    pieces.push(piece);
    bytes += piece.length;
  }
  return { pieces, ended: false };
}

async function* inMemory(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  yield* pieces;
}

/** A body that is read from the wire by its consumer, once. */
class StreamedBody implements AsyncIterable<Uint8Array> {
  readonly #client: Pop3Client;
  readonly #pieces: readonly Uint8Array[];
  readonly #signal: AbortSignal;
  readonly #done = Promise.withResolvers<void>();
  #state: 'unclaimed' | 'claimed' | 'dropped' = 'unclaimed';

  constructor(client: Pop3Client, pieces: readonly Uint8Array[], signal: AbortSignal) {
    this.#client = client;
    this.#pieces = pieces;
    this.#signal = signal;
  }

  /** Resolves when the consumer has read or returned from the body, or has left it unclaimed for `ms`. */
  async finished(ms: number): Promise<void> {
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const abort = (): void => reject(this.#signal.reason);
    const timer = setTimeout(() => {
      if (this.#state !== 'unclaimed') return;
      this.#state = 'dropped';
      this.#done.resolve();
    }, ms);
    this.#signal.addEventListener('abort', abort, { once: true });
    try {
      this.#signal.throwIfAborted();
      await Promise.race([this.#done.promise, aborted]);
    } finally {
      clearTimeout(timer);
      this.#signal.removeEventListener('abort', abort);
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    if (this.#state !== 'unclaimed') return failing(new Fault('message-unreadable'))[Symbol.asyncIterator]();
    this.#state = 'claimed';
    const body = this.#read();
    return {
      next: () => body.next(),
      return: async () => {
        // A generator that never ran has no `finally` that would.
        this.#done.resolve();
        return await body.return();
      },
    };
  }

  async *#read(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* this.#pieces;
      for (
        let piece = await this.#client.next(this.#signal);
        piece;
        piece = await this.#client.next(this.#signal)
      )
        yield piece;
    } finally {
      this.#done.resolve();
    }
  }
}
