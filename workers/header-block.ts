/**
 * The one part of a message that is looked at: its header block, capped, for the sender, whether Gmail could merge a
 * second import, when it was written and when it arrived, and a keyed digest that recognises it. Nothing else is parsed.
 */
import type { KeyObject } from 'node:crypto';
import { domainToASCII } from 'node:url';
import addressparser from 'nodemailer/lib/addressparser';
import type { Sender } from '../src/core/sender-rules.ts';
import { fingerprint, identity } from './run-key.ts';

/** Bytes kept at most; a longer header block is judged by its beginning. */
export const HEADER_CAP = 256 * 1024;
/** Characters of one From header that are parsed at most. */
const FROM_CAP = 16 * 1024;
/** Characters of a date that are parsed at most. */
const DATE_CAP = 256;
const YEAR_10000 = Date.UTC(10_000, 0);

export interface HeaderFacts {
  /** A-label, at most 253 characters, or `invalid`. */
  readonly senderDomain: string;
  readonly fromHeaders: number;
  /** Exactly one Message-ID: what Gmail merges imports by. */
  readonly hasMessageId: boolean;
  /** Time of the topmost Received header, ms since the epoch; null when there is none that can be read. */
  readonly receivedAt: number | null;
}

/** What only decides what becomes of the message. Never stored, never logged. */
export interface HeaderClaims {
  /** null: none that can be read. */
  readonly sender: Sender | null;
  /** What the one Date header says; null: there is none, or several. */
  readonly date: string | null;
}

export class HeaderBlock {
  #room: Buffer = Buffer.alloc(0);
  #length = 0;
  #complete = false;
  /** Of what has come so far. */
  #read: Reading | undefined;

  /** Copies what belongs to the header block (RFC 5322 §2.1: up to the first empty line); ignores the rest. */
  push(piece: Uint8Array): void {
    if (this.#complete) return;
    this.#read = undefined;
    const before = this.#length;
    const added = piece.subarray(0, HEADER_CAP - before);
    this.#reserve(before + added.length);
    this.#room.set(added, before);
    this.#length = before + added.length;
    const end = endOfHeader(this.#bytes, Math.max(0, before - 3));
    this.#complete = end >= 0 || this.#length >= HEADER_CAP;
    if (end < 0) return;
    this.#room.fill(0, end);
    this.#length = end;
  }

  get #bytes(): Buffer {
    return this.#room.subarray(0, this.#length);
  }

  /** Doubles, so that many small pieces cost no more than their bytes. */
  #reserve(bytes: number): void {
    if (bytes <= this.#room.length) return;
    const room = Buffer.alloc(Math.min(HEADER_CAP, 2 * bytes));
    room.set(this.#bytes);
    this.#room.fill(0);
    this.#room = room;
  }

  facts(): HeaderFacts {
    return this.#look().facts;
  }

  claims(): HeaderClaims {
    return this.#look().claims;
  }

  #look() {
    this.#read ??= read(this.#bytes.toString('utf8'));
    return this.#read;
  }

  /** Keyed digest of header block and size. */
  fingerprint(key: KeyObject, size: number): Uint8Array {
    return fingerprint(key, [this.#bytes], size);
  }

  /** Keyed digest of what names the message, whatever servers add to its header block later; null: nothing does. */
  identity(key: KeyObject): Uint8Array | null {
    const { names } = this.#look();
    return names && identity(key, names);
  }

  destroy(): void {
    this.#room.fill(0);
    this.#length = 0;
    this.#complete = true;
    this.#read = undefined;
  }
}

interface Reading {
  readonly facts: HeaderFacts;
  readonly claims: HeaderClaims;
  readonly names: readonly string[] | null;
}

function read(header: string): Reading {
  const fields = unfold(header);
  const froms = fields.filter(([name]) => name === 'from');
  const from = froms[0]?.[1];
  const ids = fields.filter(([name]) => name === 'message-id');
  const dates = fields.filter(([name]) => name === 'date');
  const received = fields.find(([name]) => name === 'received')?.[1];
  const sender = from === undefined ? null : senderOf(from);
  return {
    facts: {
      senderDomain: sender?.domain ?? 'invalid',
      fromHeaders: froms.length,
      hasMessageId: ids.length === 1 && ids[0]?.[1] !== '',
      receivedAt: received === undefined ? null : receivedTime(received),
    },
    claims: { sender, date: dates.length === 1 ? (dates[0]?.[1] ?? null) : null },
    names: namesOf(fields),
  };
}

/** Its Message-ID, with Date and From; without one what its servers have stamped it with, and what else there is of it. */
function namesOf(fields: readonly (readonly [name: string, value: string])[]): readonly string[] | null {
  const lines = (...names: string[]): string[] =>
    fields.flatMap(([name, value]) => (names.includes(name) ? [`${name}:${value}`] : []));
  const ids = lines('message-id');
  if (ids.length === 1 && ids[0] !== 'message-id:') return lines('message-id', 'date', 'from');
  return lines('received').length === 0 ? null : lines('received', 'date', 'from', 'to', 'subject');
}

/** Index just behind the last header line's line break, or -1. Tolerates bare LF, as mail servers do. */
export function endOfHeader(bytes: Buffer, from: number): number {
  if (from === 0 && (bytes[0] === 0x0a || (bytes[0] === 0x0d && bytes[1] === 0x0a))) return 0;
  for (let at = bytes.indexOf(0x0a, from); at >= 0; at = bytes.indexOf(0x0a, at + 1)) {
    if (bytes[at + 1] === 0x0a || (bytes[at + 1] === 0x0d && bytes[at + 2] === 0x0a)) return at + 1;
  }
  return -1;
}

/** Header fields in order, names in lower case, values unfolded (RFC 5322 §2.2.3) and trimmed. */
function unfold(text: string): [name: string, value: string][] {
  const fields: [name: string, lines: string[]][] = [];
  for (const line of text.split(/\r?\n/)) {
    if (/^[ \t]/.test(line)) {
      fields.at(-1)?.[1].push(line.trim());
      continue;
    }
    const colon = line.indexOf(':');
    if (colon > 0)
      fields.push([line.slice(0, colon).trimEnd().toLowerCase(), [line.slice(colon + 1).trim()]]);
  }
  return fields.map(([name, lines]) => [name, lines.join(' ').trim()]);
}

/** The first address of a From header's value, whatever its display name claims; null: none with a domain. */
export function senderOf(from: string): Sender | null {
  const first = addressparser(from.slice(0, FROM_CAP), { flatten: true })[0];
  const address = first?.address ?? '';
  const at = address.lastIndexOf('@');
  const domain = domainToASCII(address.slice(at + 1).replace(/\.$/, ''));
  if (at < 0 || !isHostName(domain)) return null;
  return { address: `${address.slice(0, at).normalize('NFC').toLowerCase()}@${domain}`, domain };
}

/** Its domain, as an A-label; `invalid` when there is none. */
export const senderDomain = (from: string): string => senderOf(from)?.domain ?? 'invalid';

const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;

function isHostName(domain: string): boolean {
  const labels = domain.split('.');
  // An all-digit top label is an IPv4 address in some notation, not a domain.
  return (
    domain.length <= 253 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '')
  );
}

/**
 * RFC 5321 §4.4: the date stands behind the last semicolon of a Received header. Years that no message can have come
 * in are none, for what is made of the time later (a database column, a delay) would not bear them.
 */
function receivedTime(received: string): number | null {
  const semicolon = received.lastIndexOf(';');
  if (semicolon < 0) return null;
  const date = received.slice(semicolon + 1, semicolon + 1 + DATE_CAP).replace(/\([^)]*\)/g, ' ');
  const at = Date.parse(date.trim());
  return at >= 0 && at < YEAR_10000 ? at : null;
}
