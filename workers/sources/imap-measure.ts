/** How much of some folders a history takes in: a SEARCH, and the sizes of a sample where there is too much. */
import { addUids } from '../../src/core/cursor.ts';
import { isFolderClosed } from '../../src/core/folder.ts';
import type { MailboxOptions } from '../../src/core/mailbox.ts';
import type { History } from '../../src/core/ports.ts';
import type { Amount } from '../../src/core/survey.ts';
import { describe, findUids, uidNextOf, ZONES } from './imap-list.ts';
import { chooseFolders } from './imap-source.ts';
import type { ImapWire, Row } from './imap-wire.ts';

/** Messages of one folder whose sizes and dates are all asked for, and how many stand for more than that. */
const ALL = 5_000;
const SAMPLE = 1_000;
const NOTHING: Amount = { messages: 0, bytes: 0, exact: true };

/** Fault `folder-missing`. */
export async function measureFolders(
  wire: ImapWire,
  chosen: MailboxOptions['folders'],
  history: History,
  signal: AbortSignal,
): Promise<Amount> {
  const since = history.kind === 'since' ? history.from : null;
  const folders = await chooseFolders(chosen, () => wire.folders(signal));
  let sum = NOTHING;
  for (const { name } of folders) {
    const { messages, bytes, exact } = await measure(wire, name, since, signal).catch((error: unknown) => {
      if (isFolderClosed(chosen, name, error)) return NOTHING;
      throw error;
    });
    sum = {
      messages: sum.messages + messages,
      bytes: sum.bytes === null || bytes === null ? null : sum.bytes + bytes,
      exact: sum.exact && exact,
    };
  }
  return sum;
}

async function measure(
  wire: ImapWire,
  folder: string,
  since: number | null,
  signal: AbortSignal,
): Promise<Amount> {
  const examined = await wire.examine(folder, signal);
  const end = (await uidNextOf(wire, examined, signal)) - 1;
  if (end < 1 || examined.exists === 0) return NOTHING;
  const uids = await findUids(wire, [[1, end]], since === null ? null : since - ZONES, signal);
  if (uids.length <= ALL) {
    const rows = await describe(wire, uids, [[1, end]], signal);
    const wanted = rows.filter(({ arrivedAt }) => since === null || arrivedAt === null || arrivedAt >= since);
    return { messages: wanted.length, bytes: bytesOf(wanted), exact: true };
  }
  // The days at the edge are in it whole.
  const sample = uids.filter((_, at) => at % Math.ceil(uids.length / SAMPLE) === 0);
  const rows = await describe(wire, sample, addUids([], sample), signal);
  const bytes = bytesOf(rows);
  return {
    messages: uids.length,
    bytes: bytes === null || rows.length === 0 ? null : Math.round((bytes / rows.length) * uids.length),
    exact: since === null,
  };
}

const bytesOf = (rows: readonly Row[]): number | null =>
  rows.some(({ size }) => size === null) ? null : rows.reduce((sum, { size }) => sum + (size ?? 0), 0);
