/** The IMAP source: RFC 3501 over imapflow, read-only (EXAMINE and BODY.PEEK) but for what imap-dispose.ts does. */
import { setTimeout as wait } from 'node:timers/promises';
import { ImapFlow, type MailboxObject } from 'imapflow';
import { formatUidSet, type UidSet } from '../../src/core/cursor.ts';
import { Fault, isFault } from '../../src/core/fault.ts';
import type { Credentials, Server } from '../../src/core/mailbox.ts';
import type { MessageFlags, Source } from '../../src/core/ports.ts';
import { checkCredentials } from './credentials.ts';
import type { Dial } from './dial.ts';
import { ImapBodies } from './imap-bodies.ts';
import { bounded, IMAP_TIMEOUTS, type ImapTimeouts, logOut } from './imap-deadline.ts';
import { type ImapPhase, imapFault } from './imap-fault.ts';
import { type Folder, foldersOf } from './imap-folders.ts';
import { allow, ignoreVanished, MAX_ANSWER, MAX_FOUND, MAX_ROWS } from './imap-limits.ts';
import { keepOddNames } from './imap-names.ts';
import { type Address, optionsOf } from './imap-options.ts';
import { createImapSource } from './imap-source.ts';
import { dateOf, messageLimitOf, sizeOf } from './imap-values.ts';
import type { Body, Examined, FolderStatus, ImapWire, Part, Row, SearchResult } from './imap-wire.ts';
import { ImapWrites } from './imap-writes.ts';

/** UIDs and UIDVALIDITY have 32 bits (RFC 3501 §2.3.1.1). */
const MAX_ID = 0xffffffff;

/** An open session. A live resource: whoever opened it closes it. */
class ImapSession implements ImapWire {
  readonly #client: ImapFlow;
  readonly #timeouts: ImapTimeouts;
  #examined: Examined | undefined;
  /** The response code of the last completed command. */
  #lastCode: string | undefined;
  /** Messages arrived in the open folder since it was examined. */
  #news = false;
  #wake: () => void = () => {};
  #idleRefused = false;
  readonly #bodies: ImapBodies;
  readonly writes: ImapWrites;
  /** Waiting done for the listing of the folder that was examined last, in ms. */
  #listed = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** Why the library has given the connection up. */
  #broken: Fault | undefined;

  constructor(client: ImapFlow, timeouts: ImapTimeouts) {
    this.#client = client;
    this.#timeouts = timeouts;
    this.#bodies = new ImapBodies(client, timeouts.body, (ms, signal, work) =>
      this.#bounded('body', ms, signal, work),
    );
    this.writes = new ImapWrites(
      client,
      (large, signal, work) =>
        large ? this.#bounded('body', timeouts.body, signal, work) : this.#command('folder', signal, work),
      () => {
        this.#examined = undefined;
      },
    );
    client.on('response', ({ code }) => {
      this.#lastCode = code;
    });
    client.on('error', (error) => {
      this.#broken ??= imapFault(error, 'folder');
    });
    ignoreVanished(client);
    keepOddNames(client);
    allow(client, 'quiet');
    client.on('exists', ({ count, prevCount }) => {
      if (count <= prevCount) return;
      this.#news = true;
      this.#wake();
    });
  }

  get messageLimit(): number {
    return messageLimitOf(this.#client.capabilities.keys());
  }

  async #bounded<T>(phase: ImapPhase, ms: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    try {
      return await bounded(this.#client, phase, ms, signal, work);
    } catch (error) {
      throw isFault(error, 'source-disconnected') ? (this.#broken ?? error) : error;
    }
  }

  async #command<T>(phase: 'folder' | 'listing', signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const client = this.#client;
    const volume = phase === 'listing' ? 'listing' : 'quiet';
    allow(client, volume, this.#bodies.left ? 'bodies' : volume);
    const end = client.stats().received + MAX_ANSWER[volume];
    const watchdog = setInterval(() => {
      if (this.#bodies.left || client.stats().received <= end) return;
      this.#broken ??= new Fault('source-protocol');
      client.close();
    }, 100);
    const { command, listing } = this.#timeouts;
    const left = phase === 'listing' ? Math.max(1, listing - this.#listed) : command;
    const began = performance.now();
    try {
      return await this.#bounded(phase, Math.min(left, command), signal, work);
    } finally {
      if (phase === 'listing') this.#listed += performance.now() - began;
      clearInterval(watchdog);
      this.#bodies.left = false;
      allow(client, 'quiet');
    }
  }

  async examine(folder: string, signal: AbortSignal): Promise<Examined> {
    this.#examined = undefined;
    const box: Partial<MailboxObject> = await this.#command('folder', signal, () =>
      this.#client.mailboxOpen(folder, { readOnly: true }),
    );
    // Without UIDVALIDITY a server has no permanent ids (RFC 3501 §6.3.1).
    if (box.uidValidity === undefined || box.exists === undefined) throw new Fault('source-protocol');
    const uidValidity = Number(box.uidValidity);
    const uidNext = box.uidNext || null;
    if (uidValidity > MAX_ID || (uidNext ?? 0) > MAX_ID + 1) throw new Fault('source-protocol');
    this.#news = false;
    this.#listed = 0;
    this.#examined = { folder, uidValidity, uidNext, exists: box.exists };
    return this.#examined;
  }

  async select(folder: string, signal: AbortSignal): Promise<Examined> {
    return this.#examined?.folder === folder ? this.#examined : await this.examine(folder, signal);
  }

  async search(within: UidSet, since: number | null, signal: AbortSignal): Promise<SearchResult> {
    const query = { uid: formatUidSet(within), ...(since === null ? {} : { since: new Date(since) }) };
    const uids = await this.#command('listing', signal, () => this.#client.search(query, { uid: true }));
    // The library's word for a refused SEARCH; nothing found is an empty array.
    if (!Array.isArray(uids)) throw new Fault('source-unavailable');
    if (uids.length > MAX_FOUND) throw new Fault('source-protocol');
    return { uids, partial: this.#lastCode === 'MESSAGELIMIT' };
  }

  async describe(uids: UidSet, rows: Row[], signal: AbortSignal): Promise<void> {
    const items = { uid: true, size: true, internalDate: true };
    await this.#command('listing', signal, async () => {
      for await (const row of this.#client.fetch(formatUidSet(uids), items, { uid: true })) {
        // A server may push flag changes among the answers; those rows have no size.
        if (row.uid === undefined || row.size === undefined) continue;
        if (rows.length >= MAX_ROWS) throw new Fault('source-protocol');
        rows.push({ uid: row.uid, size: sizeOf(row.size), arrivedAt: dateOf(row.internalDate) });
      }
    });
  }

  bodies(...asked: Parameters<ImapBodies['all']>): AsyncGenerator<Body, void, undefined> {
    return this.#bodies.all(...asked);
  }

  part(...asked: Parameters<ImapBodies['part']>): Promise<Part | null> {
    return this.#bodies.part(...asked);
  }

  flags(...asked: Parameters<ImapBodies['flags']>): Promise<MessageFlags | null> {
    return this.#bodies.flags(...asked);
  }

  async folders(signal: AbortSignal): Promise<Folder[]> {
    const all = await this.#command('folder', signal, () => this.#client.list());
    return foldersOf(all.map((entry) => ({ ...entry, delimiter: entry.delimiter, guess: entry.specialUse })));
  }

  async status(folder: string, signal: AbortSignal): Promise<FolderStatus | null> {
    const told = await this.#command('folder', signal, () =>
      this.#client.status(folder, { messages: true, size: true }),
    );
    // The library's word for a refusal; what the server left out is absent.
    if (!told || told.messages === undefined) return null;
    return { messages: told.messages, bytes: told.size ?? null };
  }

  get canIdle(): boolean {
    return this.#client.capabilities.has('IDLE') && !this.#idleRefused;
  }

  get hasNews(): boolean {
    return this.#news;
  }

  async noop(signal: AbortSignal): Promise<void> {
    // A server that always has news must not make us look without a pause.
    const pause = this.#lookedAt + this.#timeouts.pause - performance.now();
    if (pause > 0) await wait(pause, undefined, { signal }).catch(() => signal.throwIfAborted());
    this.#lookedAt = performance.now();
    await this.#command('folder', signal, () => this.#client.noop());
    // The library keeps a failure of this one to itself.
    if (this.#client.isClosed) throw this.#broken ?? new Fault('source-disconnected');
  }

  async idle(ms: number, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    const { promise: over, resolve } = Promise.withResolvers<'over'>();
    const end = () => resolve('over');
    const timer = setTimeout(end, Math.min(ms, this.#timeouts.idle));
    this.#wake = end;
    signal.addEventListener('abort', end, { once: true });
    try {
      const idling = this.#client
        .idle()
        .catch((error: unknown) => Promise.reject(imapFault(error, 'folder')));
      const outcome = await Promise.race([over, idling]);
      // Another IDLE would make the library poll instead, for ever.
      if (outcome === false) this.#idleRefused = true;
      return outcome === 'over';
    } finally {
      clearTimeout(timer);
      this.#wake = () => {};
      signal.removeEventListener('abort', end);
      if (signal.aborted) this.#client.close();
    }
  }

  get ended(): boolean {
    return this.#client.isClosed;
  }

  /** LOGOUT within its time, else hard. Never throws. */
  close(): Promise<void> {
    return logOut(this.#client, this.#timeouts.logout);
  }
}

/** One attempt at one checked address. The connection is closed again when it fails. */
async function connect(
  server: Server,
  credentials: Credentials,
  dial: Dial,
  address: Address,
  ms: number,
  signal: AbortSignal,
): Promise<ImapFlow> {
  const client = new ImapFlow(optionsOf(server, credentials, dial, address, ms));
  // After this the library reports a lost connection through the command under way, or the next one.
  client.on('error', () => {});
  try {
    await bounded(client, 'connect', ms, signal, () => client.connect());
    return client;
  } catch (error) {
    client.close();
    throw error;
  }
}

/**
 * Opens an IMAP session: connected, encrypted, logged in. The addresses of the host share the one deadline.
 * Faults: those of `Dial.check`; `credentials-invalid`, `login-refused`, `login-disabled`; `connect-refused`,
 * `connect-timeout`, `tls-unavailable`, `tls-failed`, `certificate-invalid`; any session Fault.
 */
export async function openImapWire(
  server: Server,
  credentials: Credentials,
  dial: Dial,
  signal: AbortSignal,
  options: Partial<ImapTimeouts> = {},
): Promise<ImapWire> {
  checkCredentials(credentials);
  const timeouts = { ...IMAP_TIMEOUTS, ...options };
  const end = performance.now() + timeouts.open;
  const { addresses, servername } = await dial.check(server.host, server.port, signal);
  let failure: unknown = new Fault('host-unknown');
  for (const [at, { address }] of addresses.entries()) {
    const share = Math.max(1, Math.ceil((end - performance.now()) / (addresses.length - at)));
    try {
      const client = await connect(server, credentials, dial, { host: address, servername }, share, signal);
      return new ImapSession(client, timeouts);
    } catch (error) {
      failure = error;
      if (!isFault(error, 'connect-refused') && !isFault(error, 'connect-timeout')) break;
    }
  }
  throw failure;
}

/** The same, as a source. */
export async function openImap(
  server: Server,
  credentials: Credentials,
  dial: Dial,
  signal: AbortSignal,
  options: Partial<ImapTimeouts> = {},
): Promise<Source> {
  const open = (until: AbortSignal) => openImapWire(server, credentials, dial, until, options);
  return createImapSource(await open(signal), open);
}
