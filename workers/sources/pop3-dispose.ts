/**
 * Deleting messages of a maildrop. DELE only marks; the QUIT at the end of the session removes, and whether it did shows in
 * the next session's UIDL alone. Numbers come from the UIDL of this very session, and each message is recognised by its
 * header block and size before it is marked: by TOP and LIST where these agree with what was imported, else by reading it
 * once more.
 */
import type {
  DisposalOrder,
  DisposalOutcome,
  DisposalReport,
  SourceAction,
} from '../../src/core/disposal.ts';
import type { MessageKey } from '../../src/core/message.ts';
import type { Pop3Client } from './pop3-client.ts';

/** What is known of the maildrop for as long as the session lasts: asked for once, however often something is disposed of. */
export interface HeldStill {
  /** By id, as this session's UIDL has told. */
  readonly numbers: ReadonlyMap<string, number>;
  /** By number, as LIST claims. */
  readonly sizes: (signal: AbortSignal) => Promise<ReadonlyMap<number, number>>;
  /** The ids that this session has marked. */
  readonly marked: Set<string>;
}

/** `Source.dispose`. */
export async function disposeInMaildrop(
  client: Pop3Client,
  { numbers, sizes, marked }: HeldStill,
  { disposal, actions, recogniser, intend }: DisposalOrder,
  signal: AbortSignal,
): Promise<DisposalReport> {
  if (disposal.kind !== 'delete') throw new RangeError('POP3 can only delete');
  const outcomes = new Map<MessageKey, DisposalOutcome>();
  const there: Held[] = [];
  for (const action of actions) {
    const { ref, key, tries } = action;
    if (ref.protocol !== 'pop3') throw new RangeError('not a POP3 message');
    // A message that this session has marked is listed no more, and not removed yet.
    if (marked.has(ref.uidl)) continue;
    const number = numbers.get(ref.uidl);
    if (number !== undefined) there.push({ action, uidl: ref.uidl, number });
    else outcomes.set(key, tries > 0 ? 'done' : 'gone');
  }
  if (there.length === 0) return { outcomes, problem: null };
  const claimed = await sizes(signal);
  const recognised: Held[] = [];
  const unseen: Held[] = [];
  for (const one of there) {
    const { key, tries } = one.action;
    const found = await look(client, one.number, claimed.get(one.number), one.action, recogniser, signal);
    if (found === 'same') recognised.push(one);
    // What cannot be looked at, though it could when it was begun, is no sign of another message under the id.
    else if (found === 'another' || tries === 0) outcomes.set(key, 'changed');
    else unseen.push(one);
  }
  const wanted = await intend([...recognised, ...unseen].map(({ action }) => action.key));
  for (const { action } of unseen) if (wanted.has(action.key)) outcomes.set(action.key, 'refused');
  try {
    for (const { action, uidl, number } of recognised) {
      if (!wanted.has(action.key)) continue;
      if (await client.dele(number, signal)) marked.add(uidl);
      else outcomes.set(action.key, 'refused');
    }
  } catch (error) {
    client.abandon();
    throw error;
  }
  return { outcomes, problem: null };
}

interface Held {
  readonly action: SourceAction;
  readonly uidl: string;
  readonly number: number;
}

/** Whether it is the message that was delivered. */
async function look(
  client: Pop3Client,
  number: number,
  size: number | undefined,
  action: SourceAction,
  recogniser: DisposalOrder['recogniser'],
  signal: AbortSignal,
): Promise<'same' | 'another' | 'refused'> {
  if (size === action.size) {
    const top = await take(client, `TOP ${number} 0`, action, recogniser, signal);
    if (top?.recognised) return 'same';
  }
  // The server has no TOP, tidies it up, or errs in its sizes: what was imported is what RETR serves.
  const whole = await take(client, `RETR ${number}`, action, recogniser, signal);
  if (whole === null) return 'refused';
  return whole.recognised && whole.bytes === action.size ? 'same' : 'another';
}

/** Reads an answer, but not much beyond the message's size. null: the server refuses. */
async function take(
  client: Pop3Client,
  command: string,
  action: SourceAction,
  recogniser: DisposalOrder['recogniser'],
  signal: AbortSignal,
): Promise<{ readonly recognised: boolean; readonly bytes: number } | null> {
  await client.request([command], signal);
  if ((await client.retrieved(signal)).refused !== null) return null;
  const known = recogniser();
  try {
    let bytes = 0;
    for (let piece = await client.next(signal); piece; piece = await client.next(signal)) {
      bytes += piece.length;
      known.push(piece);
      piece.fill(0);
      // The rest is dropped, up to a limit, by the next command.
      if (bytes > action.size + SLACK) break;
    }
    return { recognised: known.isOf(action), bytes };
  } finally {
    known.destroy();
  }
}

/** An empty line behind the header block that some servers add to TOP. */
const SLACK = 4;
