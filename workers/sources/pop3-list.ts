/**
 * What of a maildrop is unsettled. POP3 has no dates, flags or ordered ids: new is what the cursor has never
 * seen, and age is what the header says.
 */
import type { Pop3Cursor } from '../../src/core/cursor.ts';
import { hashUidl, keyOf, type Listed, type UidlHash } from '../../src/core/message.ts';
import type { History, Listing } from '../../src/core/ports.ts';
import type { Pop3Client } from './pop3-client.ts';
import { readHeaders } from './pop3-headers.ts';

/** Bytes of one header block that are looked at for its date. */
const HEADER_BYTES = 65_536;

/** One message of the maildrop in this session. */
interface Held {
  readonly number: number;
  readonly uidl: string;
  readonly hash: UidlHash;
}

const byNumber = (a: Held, b: Held): number => a.number - b.number;

/** By number. `ids`: as UIDL tells them. */
export const heldOf = (ids: ReadonlyMap<string, number>): readonly Held[] =>
  Array.from(ids, ([uidl, number]): Held => ({ number, uidl, hash: hashUidl(uidl) })).sort(byNumber);

/** What a session holds. */
export interface Contents {
  /** Numbers by id, as UIDL tells them. */
  readonly ids: ReadonlyMap<string, number>;
  /** By number, as LIST claims. */
  readonly sizes: (signal: AbortSignal) => Promise<ReadonlyMap<number, number>>;
}

/**
 * Lists the maildrop against `cursor`. At first sight, and again when none of the ids is known any more, or some were
 * changed (`renumbered`), everything unknown is backlog but what `history` leaves out, which counts as settled. At first sight `new`
 * leaves out all; after a renumbering both go by the stamp of the last server alone, for new mail may be among it, with any Date
 * that its sender likes. A message whose date cannot be told is wanted.
 */
export async function listMaildrop(
  client: Pop3Client,
  { ids, sizes: askSizes }: Contents,
  cursor: Pop3Cursor | null,
  history: History,
  signal: AbortSignal,
): Promise<Listing> {
  const held = heldOf(ids);
  const isKnown = ({ hash }: Held): boolean =>
    cursor !== null && (cursor.settled.has(hash) || cursor.backlog.has(hash));
  const renumbered =
    cursor !== null &&
    cursor.settled.size + cursor.backlog.size > 0 &&
    held.length > 0 &&
    (!held.some(isKnown) || (await isPartlyRenumbered(client, held, isKnown, signal)));
  let after = cursor;
  if (after === null || renumbered) {
    const unknown = held.filter((one) => !isKnown(one));
    const wanted = await wantedOf(client, unknown, history, renumbered, signal);
    const unwanted = unknown.filter((one) => !wanted.has(one));
    after = {
      protocol: 'pop3',
      settled: new Set([...(cursor?.settled ?? []), ...unwanted.map(({ hash }) => hash)]),
      backlog: new Set([...(cursor?.backlog ?? []), ...Array.from(wanted, ({ hash }) => hash)]),
    };
  }
  const { settled, backlog } = after;
  const open = held.filter(({ hash }) => !settled.has(hash));
  if (open.length === 0) return { cursor: after, renumbered, messages: [] };
  const sizes = await askSizes(signal);
  const fresh = open.filter(({ hash }) => !backlog.has(hash));
  const old = open.filter(({ hash }) => backlog.has(hash)).reverse();
  const messages = [
    ...fresh.map((one) => listedAs(one, sizes, false)),
    ...old.map((one) => listedAs(one, sizes, true)),
  ];
  return { cursor: after, renumbered, messages };
}

function listedAs({ number, uidl }: Held, sizes: ReadonlyMap<number, number>, backlog: boolean): Listed {
  const ref = { protocol: 'pop3', uidl } as const;
  return { ref, key: keyOf(ref), size: sizes.get(number) ?? null, arrivedAt: null, backlog };
}

/**
 * Whether the server has given new ids to some of the messages that it has had before, as it does while it is moved in
 * steps. Maildrops list in the order of arrival, so an unknown id behind the known ones is new mail and nobody is asked.
 * One in front of a known one is either of a server that lists the newest first, or it was there already when the known one
 * was seen, under another id: the first such pair is looked at, and the older is which.
 */
async function isPartlyRenumbered(
  client: Pop3Client,
  held: readonly Held[],
  isKnown: (one: Held) => boolean,
  signal: AbortSignal,
): Promise<boolean> {
  const first = held.findIndex((one) => !isKnown(one));
  const unknown = held[first];
  const known = first < 0 ? undefined : held.slice(first).find(isKnown);
  if (!unknown || !known) return false;
  const arrivals: (number | null)[] = [];
  for await (const header of headersOf(client, [unknown, known], signal))
    arrivals.push(header === null ? null : arrivalOf(header));
  const [before, after] = arrivals;
  return before != null && after != null && before < after;
}

async function wantedOf(
  client: Pop3Client,
  held: readonly Held[],
  history: History,
  renumbered: boolean,
  signal: AbortSignal,
): Promise<ReadonlySet<Held>> {
  if (history.kind === 'all') return new Set(held);
  if (history.kind === 'new' && !renumbered) return new Set();
  const wanted = new Set<Held>();
  const rest = held.values();
  for await (const header of headersOf(client, held, signal)) {
    const one = rest.next().value;
    const arrivedAt = header === null ? null : renumbered ? stampOf(header) : arrivalOf(header);
    if (one && (arrivedAt === null || arrivedAt >= history.from)) wanted.add(one);
  }
  return wanted;
}

/** The first bytes of each header block, one character per byte; null: the server does not show it. */
async function* headersOf(
  client: Pop3Client,
  held: readonly Held[],
  signal: AbortSignal,
): AsyncGenerator<string | null, void, undefined> {
  const numbers = held.map(({ number }) => number);
  for await (const pieces of readHeaders(client, numbers, signal)) yield pieces && (await textOf(pieces));
}

async function textOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const piece of pieces) {
    text += Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString('latin1');
    piece.fill(0);
    if (text.length >= HEADER_BYTES) break;
  }
  return text.slice(0, HEADER_BYTES);
}

/**
 * When the message arrived, ms since the epoch: behind the last semicolon of the topmost Received header, which the
 * last server wrote (RFC 5321 §4.4), else what its sender says in Date. null when neither can be read.
 */
export function arrivalOf(header: string): number | null {
  const date = firstOf(header, 'date');
  return stampOf(header) ?? (date === undefined ? null : parseDate(date));
}

function stampOf(header: string): number | null {
  const received = firstOf(header, 'received');
  return received?.includes(';') ? parseDate(received.slice(received.lastIndexOf(';') + 1)) : null;
}

/** The value of the first header of this name. */
function firstOf(header: string, name: 'date' | 'received'): string | undefined {
  const [block = ''] = header.split(/\r?\n\r?\n/, 1);
  const unfolded = block.replace(/\r?\n[ \t]+/g, ' ');
  return new RegExp(`^${name}[ \t]*:(.*)$`, 'im').exec(unfolded)?.[1];
}

/** RFC 5322 §3.3 without its comments, such as `(CEST)`. */
function parseDate(text: string): number | null {
  const at = Date.parse(
    text
      .slice(0, 256)
      .replace(/\([^)]*\)/g, ' ')
      .trim(),
  );
  return Number.isNaN(at) ? null : at;
}
