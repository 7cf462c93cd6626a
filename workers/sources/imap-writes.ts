/**
 * The few IMAP commands that change mail, exactly as they are written here: the library's own helpers fall back to a plain
 * EXPUNGE, which removes other people's messages too.
 */
import { formatUidSet, type UidSet } from '../../src/core/cursor.ts';
import { Fault } from '../../src/core/fault.ts';
import { allow } from './imap-limits.ts';
import { spell } from './imap-names.ts';
import { sizeOf } from './imap-values.ts';

type Attribute = { readonly type: 'SEQUENCE' | 'ATOM' | 'STRING'; readonly value: string };

interface HeaderRow {
  readonly uid?: number;
  readonly size?: number | undefined;
  readonly headers?: unknown;
}

/** The library, as far as it is used here. */
interface WriteClient {
  readonly capabilities: ReadonlyMap<string, unknown>;
  exec(command: string, attributes: readonly (Attribute | readonly Attribute[])[]): Promise<{ next(): void }>;
  mailboxOpen(
    folder: string,
  ): Promise<{ readonly uidValidity?: bigint | undefined; readonly readOnly?: boolean | undefined }>;
  fetch(range: string, items: object, options: { readonly uid: true }): AsyncGenerator<HeaderRow, unknown>;
  close(): void;
}

/** Runs one command within its time; `bodies`: its answer may be large. */
type Bounded = <T>(bodies: boolean, signal: AbortSignal, work: () => Promise<T>) => Promise<T>;

export interface Header {
  readonly uid: number;
  /** RFC822.SIZE, as claimed. */
  readonly size: number | null;
  /** Null: the server has none. */
  readonly bytes: Uint8Array | null;
}

/** Bytes of all header blocks of one command. */
const MAX_HEADERS = 16 * 1_048_576;
/** Rows that nobody asked for: flags that have changed. */
const MAX_UNASKED = 1_000;

export class ImapWrites {
  readonly #client: WriteClient;
  readonly #bounded: Bounded;
  readonly #opened: () => void;

  /** `opened`: another folder, or the same one otherwise, is open from now on. */
  constructor(client: object, bounded: Bounded, opened: () => void) {
    // Its `exec` is not among its published types.
    if (!('exec' in client) || typeof client.exec !== 'function')
      throw new TypeError('the IMAP library has changed');
    this.#client = client as WriteClient;
    this.#bounded = bounded;
    this.#opened = opened;
  }

  /** UID EXPUNGE (RFC 4315). */
  get canExpunge(): boolean {
    return this.#client.capabilities.has('UIDPLUS');
  }

  /** UID MOVE (RFC 6851). */
  get canMove(): boolean {
    return this.#client.capabilities.has('MOVE');
  }

  /** SELECT: from here on the folder can be changed, until `ImapWire.examine` opens it again. Fault `folder-missing`. */
  async open(
    folder: string,
    signal: AbortSignal,
  ): Promise<{ readonly uidValidity: number; readonly readOnly: boolean }> {
    this.#opened();
    const box = await this.#bounded(false, signal, () => this.#client.mailboxOpen(folder));
    if (box.uidValidity === undefined) throw new Fault('source-protocol');
    return { uidValidity: Number(box.uidValidity), readOnly: box.readOnly === true };
  }

  /** Header blocks and sizes of those of `uids` that exist. */
  async headers(uids: UidSet, signal: AbortSignal): Promise<readonly Header[]> {
    const items = { uid: true, size: true, headers: true };
    return await this.#bounded(true, signal, async () => {
      allow(this.#client, 'bodies');
      const found: Header[] = [];
      let bytes = 0;
      let rows = 0;
      for await (const row of this.#client.fetch(formatUidSet(uids), items, { uid: true })) {
        rows += 1;
        const header = row.headers instanceof Uint8Array ? row.headers : null;
        bytes += header?.length ?? 0;
        if (rows > MAX_UNASKED || bytes > MAX_HEADERS) {
          this.#client.close();
          throw new Fault('source-protocol');
        }
        if (row.uid !== undefined && row.headers !== undefined)
          found.push({ uid: row.uid, size: sizeOf(row.size), bytes: header });
      }
      allow(this.#client, 'quiet');
      return found;
    });
  }

  /** UID STORE, silently. False: the server refuses. */
  mark(uids: UidSet, how: '+' | '-', flag: '\\Deleted' | '\\Seen', signal: AbortSignal): Promise<boolean> {
    const flags = [{ type: 'ATOM', value: flag }] as const;
    return this.#change('UID STORE', signal, uids, { type: 'ATOM', value: `${how}FLAGS.SILENT` }, flags);
  }

  /** UID EXPUNGE: of these, those that are marked as deleted. False: the server refuses. */
  expunge(uids: UidSet, signal: AbortSignal): Promise<boolean> {
    if (!this.canExpunge) return Promise.resolve(false);
    return this.#change('UID EXPUNGE', signal, uids);
  }

  /** UID COPY. False: the server refuses, and has copied none (RFC 3501 §6.4.7). */
  copy(uids: UidSet, to: string, signal: AbortSignal): Promise<boolean> {
    return this.#change('UID COPY', signal, uids, { type: 'STRING', value: spell(this.#client, to) });
  }

  /** UID MOVE. False: the server refuses; some may have been moved. */
  move(uids: UidSet, to: string, signal: AbortSignal): Promise<boolean> {
    if (!this.canMove) return Promise.resolve(false);
    return this.#change('UID MOVE', signal, uids, { type: 'STRING', value: spell(this.#client, to) });
  }

  #change(
    command: string,
    signal: AbortSignal,
    uids: UidSet,
    ...attributes: readonly (Attribute | readonly Attribute[])[]
  ): Promise<boolean> {
    const set: Attribute = { type: 'SEQUENCE', value: formatUidSet(uids) };
    return this.#bounded(false, signal, async () => {
      try {
        const response = await this.#client.exec(command, [set, ...attributes]);
        response.next();
        return true;
      } catch (error) {
        if (isRefusal(error)) return false;
        throw error;
      }
    });
  }
}

/** A tagged NO or BAD: the session lives on. */
const isRefusal = (error: unknown): boolean =>
  error instanceof Error &&
  'responseStatus' in error &&
  (error.responseStatus === 'NO' || error.responseStatus === 'BAD') &&
  !('code' in error && error.code === 'ETHROTTLE');
