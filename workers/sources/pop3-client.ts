/**
 * A POP3 session in its TRANSACTION state (RFC 1939 §5), as pop3-open.ts makes it: encrypted and logged in. One
 * call at a time; what an unfinished call left on the wire is read and dropped by the next.
 */
import type { DropTotal } from '../../src/core/claimed-sizes.ts';
import { Fault } from '../../src/core/fault.ts';
import type { Pop3Channel, Pop3Timeouts } from './pop3-channel.ts';
import { faultOfRefusal } from './pop3-fault.ts';

/** A multi-line response under way. */
export interface Retrieval {
  /** null: it goes on; see `Pop3Client.next`. */
  readonly refused: string | null;
}

/** Messages in one listing; more than any mailbox that POP3 is still usable with. */
const MAX_LISTED = 250_000;
/** A line of UIDL. Ids have no blanks (RFC 1939 §7); at servers that give some out with blanks these are as good as others. */
const LISTED_ID =
  /^(\d{1,9})(?:[ \t]+([\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]{0,253}[\x21-\x7e\x80-\xff])?))?\s*$/;
/** A QUIT that removes messages may take so many times as long. */
const REMOVING = 4;
/** Bytes of one response that are read only to be dropped; then a new session is the shorter way. */
const MAX_DROPPED = 64 * 1_048_576;

export class Pop3Client {
  readonly #channel: Pop3Channel;
  readonly #timeouts: Pop3Timeouts;
  /** Commands sent whose responses nobody has begun to read, and whether one is half read. All are multi-line. */
  #owed = 0;
  #halfRead = false;
  /** Whether commands may be sent before the answers to earlier ones have come (RFC 2449 §6.6). */
  readonly pipelining: boolean;
  /** Marked by DELE. */
  #marked = 0;

  constructor(channel: Pop3Channel, timeouts: Pop3Timeouts, pipelining: boolean) {
    this.#channel = channel;
    this.#timeouts = timeouts;
    this.pipelining = pipelining;
  }

  /** STAT: messages in the maildrop. */
  async stat(signal: AbortSignal): Promise<number> {
    const text = await this.#ask('STAT', signal);
    const count = /^(\d{1,9}) \d+/.exec(text)?.[1];
    if (count === undefined) throw this.#protocol();
    return Number(count);
  }

  /** STAT: messages and their bytes; null where the server refuses to say, or says something else. */
  async total(signal: AbortSignal): Promise<DropTotal | null> {
    await this.#settle(signal);
    this.#channel.send('STAT\r\n');
    const { kind, text } = await this.#channel.status(signal);
    if (kind === 'more') throw this.#protocol();
    const [, count, octets] = (kind === 'ok' && /^(\d{1,9}) (\d{1,15})(?:\s|$)/.exec(text)) || [];
    return count === undefined ? null : { count: Number(count), octets: Number(octets) };
  }

  /**
   * UIDL: ids and their message numbers in the server's order. Fault `no-uidl` when it is not to be had, gives
   * an id to several messages (then it identifies none) or leaves one without.
   */
  async uidl(signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    await this.#settle(signal);
    const status = await this.#exchange('UIDL', signal);
    if (status !== null) throw faultOfRefusal(status, 'no-uidl');
    // One map for a hundred thousand: a second one of numbers would take as long again.
    const ids = new Map<string, number>();
    let lines = 0;
    let top = 0;
    let numbers: Set<number> | undefined;
    await this.#channel.lines(MAX_LISTED, signal, (line) => {
      const [, number, id] = LISTED_ID.exec(line) ?? [];
      const n = Number(number ?? Number.NaN);
      if (!(n > top)) {
        // Numbers nearly always ascend; whoever has them in another order may have one twice.
        numbers ??= new Set(ids.values());
        if (number === undefined || numbers.has(n)) throw this.#protocol();
      }
      numbers?.add(n);
      top = Math.max(top, n);
      lines += 1;
      if (id !== undefined) ids.set(id, n);
    });
    if (ids.size < lines) throw new Fault('no-uidl');
    return ids;
  }

  /** LIST: sizes in bytes by message number, as the server claims them; none where what it claims is no size. */
  async list(signal: AbortSignal): Promise<ReadonlyMap<number, number>> {
    await this.#ask('LIST', signal);
    const sizes = new Map<number, number>();
    await this.#channel.lines(MAX_LISTED, signal, (line) => {
      const [, number, size] = /^(\d{1,9})(?:[ \t]+(\d{1,15})(?=\s|$))?(?!\d)/.exec(line) ?? [];
      if (number === undefined) throw this.#protocol();
      if (size !== undefined) sizes.set(Number(number), Number(size));
    });
    return sizes;
  }

  /** Sends RETR or TOP commands without waiting; each is then read with `retrieved` and `next`, in this order. */
  async request(commands: readonly string[], signal: AbortSignal): Promise<void> {
    await this.#settle(signal);
    this.#owed += commands.length;
    this.#channel.send(commands.map((command) => `${command}\r\n`).join(''));
  }

  /** Begins the next requested response; the one before it is dropped if it was not read to its end. */
  async retrieved(signal: AbortSignal): Promise<Retrieval> {
    if (this.#owed === 0) throw new RangeError('nothing was requested');
    await this.#finish(signal);
    const { kind, text } = await this.#channel.status(signal);
    this.#owed -= 1;
    if (kind === 'more') throw this.#protocol();
    this.#halfRead = kind === 'ok';
    return { refused: kind === 'ok' ? null : text };
  }

  /** The next piece of the response under way, null at its end. */
  async next(signal: AbortSignal): Promise<Uint8Array | null> {
    if (!this.#halfRead) return null;
    const piece = await this.#channel.piece(signal);
    if (piece === null) this.#halfRead = false;
    return piece;
  }

  /** DELE: marks a message, which only the QUIT of `close` removes. False: the server refuses. */
  async dele(number: number, signal: AbortSignal): Promise<boolean> {
    await this.#settle(signal);
    this.#channel.send(`DELE ${number}\r\n`);
    const { kind } = await this.#channel.status(signal);
    if (kind === 'more') throw this.#protocol();
    if (kind === 'ok') this.#marked += 1;
    return kind === 'ok';
  }

  /** Ends the session so that nothing that it marked is removed (RFC 1939 §6: only QUIT enters the UPDATE state). */
  abandon(): void {
    this.#channel.destroy();
  }

  /** QUIT when nothing is under way, then the connection is gone. Never throws. */
  async close(): Promise<void> {
    if (!this.#channel.broken && this.#owed === 0 && !this.#halfRead) {
      await this.#exchange(
        'QUIT',
        AbortSignal.timeout(this.#timeouts.quit * (this.#marked > 0 ? REMOVING : 1)),
      ).catch(() => {});
    }
    this.#channel.destroy();
  }

  /** A command with a one-line response, or the first line of a longer one. */
  async #ask(command: string, signal: AbortSignal): Promise<string> {
    await this.#settle(signal);
    this.#channel.send(`${command}\r\n`);
    const { kind, text } = await this.#channel.status(signal);
    if (kind === 'ok') return text;
    if (kind === 'refused') throw faultOfRefusal(text, 'source-protocol');
    throw this.#protocol();
  }

  /** null when the server agrees, else its words. */
  async #exchange(command: string, signal: AbortSignal): Promise<string | null> {
    this.#channel.send(`${command}\r\n`);
    const { kind, text } = await this.#channel.status(signal);
    return kind === 'ok' ? null : text;
  }

  async #finish(signal: AbortSignal): Promise<void> {
    let dropped = 0;
    for (let piece = await this.next(signal); piece; piece = await this.next(signal)) {
      dropped += piece.length;
      piece.fill(0);
      if (dropped > MAX_DROPPED) throw this.#protocol();
    }
  }

  /** Reads and drops all that was asked for and not read. */
  async #settle(signal: AbortSignal): Promise<void> {
    await this.#finish(signal);
    while (this.#owed > 0) {
      await this.retrieved(signal);
      await this.#finish(signal);
    }
  }

  #protocol(): Fault {
    this.#channel.destroy();
    return new Fault('source-protocol');
  }
}
