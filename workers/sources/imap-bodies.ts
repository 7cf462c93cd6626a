/** Message bodies out of an open folder: one command at a time, whatever else the server says meanwhile. */
import { formatUidSet, hasUid, type UidSet } from '../../src/core/cursor.ts';
import { Fault } from '../../src/core/fault.ts';
import type { MessageFlags } from '../../src/core/ports.ts';
import { allow, hugeInTurn } from './imap-limits.ts';
import { flagsOf, sizeOf } from './imap-values.ts';
import type { Body, Part } from './imap-wire.ts';

/** A FETCH row of the library, as far as it is read here. */
interface FetchRow {
  readonly uid?: number;
  readonly size?: number | undefined;
  /** NIL arrives as false. */
  readonly source?: unknown;
  readonly partialOrigins?: unknown;
  readonly flags?: unknown;
}

/** The library, as far as it is used here. */
interface FetchClient {
  fetch(range: string, items: object, options: { readonly uid: true }): AsyncGenerator<FetchRow, unknown>;
  close(): void;
}

/** Runs one step within `ms`. */
type Bounded = <T>(ms: number, signal: AbortSignal, work: () => Promise<T>) => Promise<T>;

/** Bytes per ms below which a server that drips is given up: 4 KB/s. */
const SLOWEST = 4;
/** Rows of an answer that nobody asked for: flags that have changed. */
const MAX_UNASKED = 1_000;
/** What is fetched of a message that comes whole. */
const WHOLE = { uid: true, flags: true, source: true } as const;

/** null: a row that is not about the body at all, such as a pushed flag change. */
function bodyOf({ uid, source, flags }: FetchRow): Body | null {
  if (uid === undefined || source === undefined) return null;
  return { uid, bytes: source instanceof Uint8Array ? source : null, flags: flagsOf(flags) };
}

function originOf({ partialOrigins }: FetchRow): number | null {
  const origin: unknown = partialOrigins instanceof Map ? partialOrigins.get('') : null;
  return typeof origin === 'number' ? origin : null;
}

export class ImapBodies {
  readonly #client: FetchClient;
  readonly #patience: number;
  readonly #bounded: Bounded;
  /** Bodies that nobody wanted to the end are still to come, before the answer to the next command. */
  left = false;
  /** Waiting done for the message or batch under way, in ms, and bytes it has brought. */
  #waited = 0;
  #received = 0;

  /** `patience`: ms for one step, and for all steps to a message or batch beside what its bytes may take at SLOWEST. */
  constructor(client: FetchClient, patience: number, bounded: Bounded) {
    this.#client = client;
    this.#patience = patience;
    this.#bounded = bounded;
  }

  /** `ImapWire.bodies`. */
  async *all(uids: UidSet, signal: AbortSignal): AsyncGenerator<Body, void, undefined> {
    let unasked = 0;
    const told = new Map<number, MessageFlags>();
    this.#waited = this.#received = 0;
    allow(this.#client, 'bodies');
    const rows = this.#client.fetch(formatUidSet(uids), WHOLE, { uid: true });
    this.left = true;
    try {
      for (;;) {
        const next = await this.#step(signal, () => rows.next());
        if (next.done) break;
        const body = bodyOf(next.value);
        if (body && hasUid(uids, body.uid)) {
          this.#received += body.bytes?.length ?? 0;
          yield { ...body, flags: body.flags ?? told.get(body.uid) ?? null };
        } else {
          // A server may split its answer over several rows.
          const flags = flagsOf(next.value.flags);
          if (next.value.uid !== undefined && flags) told.set(next.value.uid, flags);
          unasked += 1;
          if (unasked > MAX_UNASKED) throw this.#protocol();
        }
      }
      this.left = false;
      allow(this.#client, 'quiet');
    } finally {
      // Not awaited: the library ends it once the rest of the answer has been read, or the connection is gone.
      rows.return(false).catch(() => {});
    }
  }

  /** `ImapWire.part`. */
  async part(
    uid: number,
    start: number,
    length: number,
    patient: boolean,
    signal: AbortSignal,
  ): Promise<Part | null> {
    if (start === 0) this.#waited = this.#received = 0;
    const read = () => this.#step(signal, () => this.#read(uid, start, length));
    const readHuge = () => {
      allow(this.#client, 'huge');
      return read();
    };
    allow(this.#client, 'bodies');
    try {
      // Whether a server ignores ranges shows in its first answer.
      const part = await (patient && start === 0 ? hugeInTurn(signal, readHuge) : read());
      this.#received += part?.bytes?.length ?? 0;
      return part;
    } finally {
      this.left = false;
      allow(this.#client, 'quiet');
    }
  }

  /** `ImapWire.flags`. */
  async flags(uid: number, signal: AbortSignal): Promise<MessageFlags | null> {
    this.#waited = this.#received = 0;
    return await this.#step(signal, async () => {
      let flags: MessageFlags | null = null;
      let rows = 0;
      for await (const row of this.#client.fetch(String(uid), { uid: true, flags: true }, { uid: true })) {
        rows += 1;
        if (rows > MAX_UNASKED) throw this.#protocol();
        if (row.uid === uid) flags = flagsOf(row.flags) ?? flags;
      }
      return flags;
    });
  }

  /** A server may split its answer over several rows, and push rows about other messages among them. */
  async #read(uid: number, start: number, length: number): Promise<Part | null> {
    const items = { uid: true, size: true, source: { start, maxLength: length } };
    let part: Part | null = null;
    let rows = 0;
    for await (const row of this.#client.fetch(String(uid), items, { uid: true })) {
      rows += 1;
      if (rows > MAX_UNASKED) throw this.#protocol();
      if (row.uid === uid) part = merge(part, row, uid);
    }
    return part;
  }

  /** One wait for a body. */
  async #step<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const left = this.#patience + this.#received / SLOWEST - this.#waited;
    const began = performance.now();
    try {
      return await this.#bounded(Math.max(1, Math.min(left, this.#patience)), signal, work);
    } finally {
      this.#waited += performance.now() - began;
    }
  }

  #protocol(): Fault {
    this.#client.close();
    return new Fault('source-protocol');
  }
}

function merge(before: Part | null, row: FetchRow, uid: number): Part {
  const size = sizeOf(row.size) ?? before?.size ?? null;
  const bytes = bodyOf(row)?.bytes ?? null;
  if (bytes === null) return { uid, bytes: null, origin: null, ...before, size };
  return { uid, bytes, origin: originOf(row), size };
}
