/** One socket to a POP3 server: commands out, responses in, nothing waited for without a deadline. */
import type { Socket } from 'node:net';
import { Fault } from '../../src/core/fault.ts';
import type { Dial } from './dial.ts';
import { createPop3Wire, type Pop3Wire } from './pop3-wire.ts';

/** All in ms. */
export interface Pop3Timeouts {
  /** From dialling to being logged in. */
  readonly open: number;
  /** Waiting for one response in all, beside what its bytes may take at SLOWEST. */
  readonly command: number;
  /** Between any two reads of a response. */
  readonly gap: number;
  /** A polite QUIT. */
  readonly quit: number;
}

export const POP3_TIMEOUTS: Pop3Timeouts = { open: 60_000, command: 60_000, gap: 30_000, quit: 1_000 };

/** Bytes per ms below which a server that drips is given up: 4 KB/s. */
const SLOWEST = 4;
/** RFC 2449 §4 allows 512; nobody needs more than this. */
const MAX_LINE = 4_096;
/** RFC 1939 §7 allows ids of 70 characters; so much on average, number and all. */
const USUAL_LINE = 80;

export interface Status {
  /** `more`: the server's `+ ` in the middle of a SASL exchange (RFC 5034 §4). */
  readonly kind: 'ok' | 'refused' | 'more';
  /** One character per byte. */
  readonly text: string;
}

/**
 * Any Fault it throws ends it: afterwards it can only be destroyed. Faults: `source-timeout`,
 * `source-disconnected`, `source-protocol`.
 */
export class Pop3Channel {
  readonly #timeouts: Pop3Timeouts;
  #socket: Socket;
  #wire: Pop3Wire = createPop3Wire();
  /** Waiting done for the response under way, in ms, and bytes it has brought. */
  #waited = 0;
  #received = 0;
  #closed = false;
  #wake: (() => void) | undefined;
  #chunk: Uint8Array | undefined;

  constructor(socket: Socket, timeouts: Pop3Timeouts) {
    this.#timeouts = timeouts;
    this.#socket = socket;
    this.#listen();
  }

  get broken(): boolean {
    return this.#closed || this.#socket.destroyed;
  }

  /** Sends commands, each with its CRLF. They are few and short, so what the socket cannot take waits in memory. */
  send(commands: string): void {
    if (!this.broken) this.#socket.write(commands);
  }

  /** The first line of the next response. */
  async status(signal: AbortSignal): Promise<Status> {
    this.#waited = 0;
    this.#received = 0;
    const line = await this.line(signal);
    if (/^\+OK(?: |$)/i.test(line)) return { kind: 'ok', text: line.slice(4) };
    if (/^-ERR(?: |$)/i.test(line)) return { kind: 'refused', text: line.slice(5) };
    if (/^\+(?: |$)/.test(line)) return { kind: 'more', text: line.slice(2) };
    this.destroy();
    throw new Fault('source-protocol');
  }

  async line(signal: AbortSignal): Promise<string> {
    try {
      for (;;) {
        const line = this.#wire.line(MAX_LINE);
        if (line !== null) return line;
        this.#wire.push(await this.#receive(signal));
      }
    } catch (error) {
      this.destroy();
      throw error;
    }
  }

  /**
   * Gives each line of a multi-line response, unstuffed, to `take`; Fault `source-protocol` at more than `max` of usual
   * length. All lines of a chunk at once: a listing has a hundred thousand, and a wait for each costs more than all else.
   */
  async lines(max: number, signal: AbortSignal, take: (line: string) => void): Promise<void> {
    let bytes = 0;
    let count = 0;
    try {
      for (;;) {
        for (let line = this.#wire.line(MAX_LINE); line !== null; line = this.#wire.line(MAX_LINE)) {
          if (line === '.') return;
          bytes += line.length;
          count += 1;
          if (count > max || bytes > MAX_LINE + max * USUAL_LINE) throw new Fault('source-protocol');
          take(line.startsWith('.') ? line.slice(1) : line);
        }
        this.#wire.push(await this.#receive(signal));
      }
    } catch (error) {
      this.destroy();
      throw error;
    }
  }

  /** The next piece of a multi-line response, null at its end. The server is not read from between calls. */
  async piece(signal: AbortSignal): Promise<Uint8Array | null> {
    try {
      for (;;) {
        const piece = this.#wire.piece();
        if (piece !== null) return piece === 'end' ? null : piece;
        this.#wire.push(await this.#receive(signal));
      }
    } catch (error) {
      this.destroy();
      throw error;
    }
  }

  /** Goes on over TLS, forgetting all that was before it. Faults: those of `Dial.upgrade`. */
  async upgrade(dial: Dial, host: string, signal: AbortSignal): Promise<void> {
    const early = this.#wire.pending + (this.#chunk?.length ?? 0);
    this.#unlisten();
    try {
      this.#socket = await dial.upgrade(this.#socket, host, early, signal);
    } catch (error) {
      this.destroy();
      throw error;
    }
    this.#wire = createPop3Wire();
    this.#listen();
  }

  destroy(): void {
    this.#closed = true;
    this.#socket.destroy();
  }

  #listen(): void {
    this.#socket.pause().on('data', this.#onData);
    this.#socket.on('error', this.#onClose).on('end', this.#onClose).on('close', this.#onClose);
  }

  #unlisten(): void {
    this.#socket.off('data', this.#onData);
    this.#socket.off('error', this.#onClose).off('end', this.#onClose).off('close', this.#onClose);
  }

  readonly #onData = (chunk: Uint8Array): void => {
    // One chunk at a time: the kernel's buffers and then the server wait while the consumer is busy.
    this.#socket.pause();
    this.#chunk = chunk;
    this.#wake?.();
  };

  readonly #onClose = (): void => {
    this.#closed = true;
    this.#wake?.();
  };

  async #receive(signal: AbortSignal): Promise<Uint8Array> {
    signal.throwIfAborted();
    if (!this.#chunk && !this.broken) {
      const left = this.#timeouts.command + this.#received / SLOWEST - this.#waited;
      const started = performance.now();
      const late = await this.#wait(Math.max(0, Math.min(left, this.#timeouts.gap)), signal);
      this.#waited += performance.now() - started;
      signal.throwIfAborted();
      if (late && !this.#chunk) throw new Fault('source-timeout');
    }
    const chunk = this.#chunk;
    this.#chunk = undefined;
    if (!chunk) throw new Fault('source-disconnected');
    this.#received += chunk.length;
    return chunk;
  }

  /** Reads on until something happens; true when nothing did for `ms`. */
  async #wait(ms: number, signal: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const wake = (): void => resolve(false);
    const timer = setTimeout(resolve, ms, true);
    signal.addEventListener('abort', wake, { once: true });
    this.#wake = wake;
    this.#socket.resume();
    try {
      return await promise;
    } finally {
      this.#wake = undefined;
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
    }
  }
}
