/**
 * Connections to Gmail: an HTTP/1.1 client of the few things that are needed, on the sockets themselves, because node:http
 * takes four times the CPU for an exchange (docs/decisions.md).
 */
import net from 'node:net';
import tls from 'node:tls';
import { type HttpAnswer, readAnswer } from './http-answer.ts';

const MOST_IDLE = 256;

export interface GmailRoot {
  readonly origin: string;
  readonly secure: boolean;
  readonly hostname: string;
  readonly port: number;
  /** The Host header. */
  readonly host: string;
}

/** The exchange broke: no (whole) answer came. `stale`: a connection that had been idle turned out to be dead. */
export class ExchangeBroken extends Error {
  override readonly name = 'ExchangeBroken';
  readonly stale: boolean;
  constructor(message: string, stale: boolean, cause?: unknown) {
    super(message, { cause });
    this.stale = stale;
  }
}

/** Connections to Gmail, kept for the next exchange. The one used last goes first, so that those not needed end. */
export class Agent {
  readonly #root: GmailRoot;
  readonly #idle: Connection[] = [];
  readonly #open = new Set<Connection>();

  constructor(root: GmailRoot) {
    this.#root = root;
  }

  take(): Connection {
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) if (idle.alive) return idle;
    const connection: Connection = new Connection(connect(this.#root), () => this.#forget(connection));
    this.#open.add(connection);
    return connection;
  }

  giveBack(connection: Connection, idleMs: number): void {
    if (this.#idle.length < MOST_IDLE && idleMs > 0) {
      connection.rest(idleMs);
      this.#idle.push(connection);
    } else connection.destroy();
  }

  /** Ends every connection. */
  destroy(): void {
    for (const connection of [...this.#open]) connection.destroy();
  }

  #forget(connection: Connection): void {
    this.#open.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }
}

/** It is connected while the first request waits in its buffer. */
function connect({ secure, hostname: host, port }: GmailRoot): net.Socket {
  if (!secure) return net.connect({ host, port, noDelay: true });
  const servername = net.isIP(host) ? {} : { servername: host };
  const options = { host, port, ...servername, minVersion: 'TLSv1.2', ALPNProtocols: ['http/1.1'] } as const;
  return tls.connect(options).setNoDelay(true);
}

class Connection {
  readonly #socket: net.Socket;
  /** What has come since the request. */
  #text = '';
  #used = false;
  #asked: { resolve(answer: HttpAnswer): void; reject(error: ExchangeBroken): void } | undefined;

  constructor(socket: net.Socket, onClose: () => void) {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => this.#take(bytes.toString('latin1'), false));
    socket.on('end', () => this.#take('', true));
    socket.on('timeout', () => socket.destroy());
    socket.on('error', (error) => this.#fail('the connection failed', error));
    socket.on('close', () => {
      this.#fail('the connection was closed');
      onClose();
    });
  }

  /** Sends the request in one write. Rejects with ExchangeBroken. */
  ask(head: string, parts: readonly Uint8Array[]): Promise<HttpAnswer> {
    const socket = this.#socket;
    socket.setTimeout(0).ref();
    this.#text = '';
    return new Promise((resolve, reject) => {
      this.#asked = { resolve, reject };
      socket.cork();
      socket.write(head, 'latin1');
      for (const part of parts) socket.write(part);
      socket.uncork();
    });
  }

  get alive(): boolean {
    return !this.#socket.destroyed;
  }

  /** All of the request has left this process: what is still queued of one must never be sent. */
  get flushed(): boolean {
    return this.#socket.writableLength === 0;
  }

  rest(ms: number): void {
    this.#used = true;
    this.#socket.setTimeout(ms).unref();
  }

  destroy(): void {
    this.#asked = undefined;
    this.#socket.destroy();
  }

  #take(text: string, ended: boolean): void {
    this.#text += text;
    const asked = this.#asked;
    // Nothing may come that was not asked for.
    if (!asked) {
      this.destroy();
      return;
    }
    try {
      const answer = readAnswer(this.#text, ended);
      if (answer) {
        this.#asked = undefined;
        asked.resolve(answer);
      } else if (ended) this.#fail('the answer broke off');
    } catch (error) {
      this.#fail('the answer is unreadable', error);
    }
  }

  #fail(message: string, cause?: unknown): void {
    this.#asked?.reject(new ExchangeBroken(message, this.#used && this.#text === '', cause));
    this.destroy();
  }
}
