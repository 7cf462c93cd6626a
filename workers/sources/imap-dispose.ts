/**
 * Deleting, moving and marking messages of one IMAP folder. The folder is open for changes only in here. Servers renumber
 * and reuse UIDs, so each message is recognised by its header block and size before anything is done to it, and what a
 * server says that it has done is looked at.
 */
import { addUids, type UidSet } from '../../src/core/cursor.ts';
import type {
  Disposal,
  DisposalOrder,
  DisposalOutcome,
  DisposalReport,
  SourceAction,
  SourceProblem,
} from '../../src/core/disposal.ts';
import { isFault } from '../../src/core/fault.ts';
import type { MessageKey } from '../../src/core/message.ts';
import { findUids } from './imap-list.ts';
import type { ImapWire } from './imap-wire.ts';
import type { Header, ImapWrites } from './imap-writes.ts';

/** Messages of one command. */
const AT_ONCE = 100;
/** As much of a message as a header block is looked for in, where its HEADER is not the beginning of its body. */
const BEGINNING = 262_144;

/** What comes of the order, as it is found out. */
interface Told {
  readonly outcomes: Map<MessageKey, DisposalOutcome>;
  readonly hopeless: Set<MessageKey>;
}
type ByUid = ReadonlyMap<number, SourceAction>;

/** `Source.dispose`. */
export async function disposeInFolder(
  wire: ImapWire,
  order: DisposalOrder,
  signal: AbortSignal,
): Promise<DisposalReport> {
  const told: Told = { outcomes: new Map(), hopeless: new Set() };
  const { outcomes } = told;
  const lacking = await obstacleTo(wire, order.disposal, signal);
  if (lacking) return { outcomes, problem: lacking };
  const opened = await openFolder(wire, order.folder, signal);
  if (opened === null) {
    for (const { key } of order.actions) outcomes.set(key, 'renumbered');
    return { outcomes, problem: null };
  }
  if (opened.readOnly) return { outcomes, problem: 'source-read-only' };
  const byUid = new Map<number, SourceAction>();
  for (const action of order.actions) {
    const { ref, key } = action;
    const current = ref.protocol === 'imap' && ref.uidValidity === opened.uidValidity;
    if (current && ref.folder === order.folder) byUid.set(ref.uid, action);
    else outcomes.set(key, 'renumbered');
  }
  const most = Math.min(AT_ONCE, wire.messageLimit);
  for (let at = 0; at < byUid.size; at += most)
    await disposeSome(wire, order, new Map([...byUid].slice(at, at + most)), told, signal);
  // Read-only again, without the CLOSE that would remove whatever anybody has marked.
  await wire.examine(order.folder, signal);
  return { ...told, problem: null };
}

/** What the server lacks for it. */
export async function obstacleTo(
  wire: ImapWire,
  disposal: Disposal,
  signal: AbortSignal,
): Promise<SourceProblem | null> {
  const { canExpunge, canMove } = wire.writes;
  if (disposal.kind === 'delete' && !canExpunge) return 'no-single-removal';
  if (disposal.kind !== 'move') return null;
  const folders = await wire.folders(signal);
  if (!folders.some(({ name }) => name === disposal.to)) return 'target-missing';
  return canMove || canExpunge ? null : 'no-single-removal';
}

/** null: there is no such folder any more. */
async function openFolder(wire: ImapWire, folder: string, signal: AbortSignal) {
  try {
    return await wire.writes.open(folder, signal);
  } catch (error) {
    if (isFault(error, 'folder-missing')) return null;
    throw error;
  }
}

async function disposeSome(
  wire: ImapWire,
  { disposal, recogniser, intend }: DisposalOrder,
  byUid: ByUid,
  { outcomes, hopeless }: Told,
  signal: AbortSignal,
): Promise<void> {
  const there = await findUids(wire, setOf(byUid.keys()), null, signal);
  // Begun before, it was us.
  for (const [uid, { key, tries }] of byUid)
    if (!there.includes(uid)) outcomes.set(key, tries > 0 && disposal.kind !== 'mark-read' ? 'done' : 'gone');
  if (there.length === 0) return;
  const recognised = new Map<number, SourceAction>();
  for (const header of await wire.writes.headers(setOf(there), signal)) {
    const action = byUid.get(header.uid);
    if (!action || !there.includes(header.uid)) continue;
    const known = await isSame(wire, action, header, recogniser, signal);
    if (known) recognised.set(header.uid, action);
    else outcomes.set(action.key, 'changed');
  }
  // What the server lists and does not show counts as tried, or it would be asked for, for ever.
  const tried = [...byUid.values()].map(({ key }) => key).filter((key) => !outcomes.has(key));
  if (tried.length === 0) return;
  const wanted = await intend(tried);
  for (const [uid, { key }] of byUid)
    if (!recognised.has(uid) && wanted.has(key)) outcomes.set(key, 'refused');
  const uids = [...recognised].filter(([, { key }]) => wanted.has(key)).map(([uid]) => uid);
  if (uids.length === 0) return;
  const { left, copied } = await change(wire, disposal, uids, signal);
  for (const uid of uids) {
    const action = recognised.get(uid);
    if (!action) continue;
    outcomes.set(action.key, left.has(uid) ? 'refused' : 'done');
    if (copied && left.has(uid)) hopeless.add(action.key);
  }
}

const setOf = (uids: Iterable<number>): UidSet => addUids([], uids);

/** Whether it is the message that was delivered: its header block, and its size by what the server claims or serves. */
async function isSame(
  wire: ImapWire,
  action: SourceAction,
  { uid, size, bytes }: Header,
  recogniser: DisposalOrder['recogniser'],
  signal: AbortSignal,
): Promise<boolean> {
  const known = recogniser();
  const beginning = recogniser();
  try {
    if (bytes) known.push(bytes);
    if (!bytes || !known.isOf(action)) {
      // Some servers tidy up what they serve as HEADER; the beginning of the message is what was imported.
      const part = await wire.part(uid, 0, BEGINNING, false, signal);
      if (!part?.bytes) return false;
      beginning.push(part.bytes);
      if (!beginning.isOf(action)) return false;
    }
    if (size === action.size) return true;
    // Sizes are wrong in the wild: its last byte is there and there is none behind it.
    const end = await wire.part(uid, Math.max(0, action.size - 1), 2, false, signal);
    return end?.bytes?.length === 1;
  } catch (error) {
    if (isFault(error, 'message-unreadable')) return false;
    throw error;
  } finally {
    known.destroy();
    beginning.destroy();
    bytes?.fill(0);
  }
}

/** `left`: the UIDs that it was not done to. `copied`: for all that, they are in the folder that they were to go to. */
async function change(
  wire: ImapWire,
  disposal: Disposal,
  uids: readonly number[],
  signal: AbortSignal,
): Promise<{ readonly left: ReadonlySet<number>; readonly copied: boolean }> {
  const { writes } = wire;
  const set = setOf(uids);
  if (disposal.kind === 'mark-read')
    return { left: new Set((await writes.mark(set, '+', '\\Seen', signal)) ? [] : uids), copied: false };
  if (disposal.kind === 'move' && writes.canMove) {
    await writes.move(set, disposal.to, signal);
    return { left: new Set(await findUids(wire, set, null, signal)), copied: false };
  }
  // Nothing is removed that was not copied.
  const copied = disposal.kind === 'move' && (await writes.copy(set, disposal.to, signal));
  if (disposal.kind === 'move' && !copied) return { left: new Set(uids), copied };
  return { left: await remove(wire, writes, set, signal), copied };
}

/** RFC 4315 §2.1: only these, whatever else is marked as deleted. What stays is not left marked. */
async function remove(
  wire: ImapWire,
  writes: ImapWrites,
  set: UidSet,
  signal: AbortSignal,
): Promise<ReadonlySet<number>> {
  if (await writes.mark(set, '+', '\\Deleted', signal)) await writes.expunge(set, signal);
  const left = await findUids(wire, set, null, signal);
  if (left.length > 0) await writes.mark(setOf(left), '-', '\\Deleted', signal);
  return new Set(left);
}
