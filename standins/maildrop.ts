/** The mailboxes of the POP3 stand-in: messages in order of arrival, each with an id for good. */
import { randomBytes } from 'node:crypto';

export interface DropMessage {
  readonly uidl: string;
  /** As stored; the wire form ends with CRLF whether this does or not. */
  readonly bytes: Uint8Array;
}

export class Maildrop {
  #messages: readonly DropMessage[] = [];

  /** What a session that begins now gets to see. */
  get messages(): readonly DropMessage[] {
    return this.#messages;
  }

  /** Delivers a message; returns its id. Sessions under way do not see it. */
  add(bytes: Uint8Array, uidl: string = randomBytes(12).toString('hex')): string {
    this.#messages = [...this.#messages, { uidl, bytes }];
    return uidl;
  }

  /** In place of what was there. */
  fill(messages: readonly DropMessage[]): void {
    this.#messages = messages;
  }

  remove(gone: ReadonlySet<DropMessage>): void {
    this.#messages = this.#messages.filter((message) => !gone.has(message));
  }

  /** The first message is away, and the last one has its id. */
  reuse(): void {
    const [first, ...rest] = this.#messages;
    const last = rest.pop();
    if (first && last) this.#messages = [...rest, { uidl: first.uidl, bytes: last.bytes }];
  }

  /** Gives every message another id, as a server that lost its index does. */
  renumber(): void {
    this.#messages = this.#messages.map(({ bytes }) => ({ bytes, uidl: randomBytes(12).toString('hex') }));
  }
}

/** A message or its beginning as the body of a multi-line response, dots stuffed (RFC 1939 §3). */
export function toWire(bytes: Uint8Array): Buffer {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const end = text === '' || text.endsWith('\r\n') ? '' : '\r\n';
  return Buffer.from(`${text.replace(/^\.|(?<=\r\n)\./g, '..')}${end}.\r\n`, 'latin1');
}

/** The header block, the empty line and `lines` lines of the body (RFC 1939 §7, TOP). */
export function topOf(bytes: Uint8Array, lines: number): Uint8Array {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const empty = all.indexOf('\r\n\r\n');
  if (empty < 0) return bytes;
  let end = empty + 4;
  for (let line = 0; line < lines && end < all.length; line += 1) {
    const next = all.indexOf('\r\n', end);
    end = next < 0 ? all.length : next + 2;
  }
  return all.subarray(0, end);
}
