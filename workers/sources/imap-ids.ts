/** Everything a folder holds, by UID, asked for without regard to what is known of it. */
import type { FolderIds } from '../../src/core/ports.ts';
import { findUids } from './imap-list.ts';
import type { Examined, ImapWire } from './imap-wire.ts';

const HIGHEST_UID = 0xffffffff;

export async function listIds(wire: ImapWire, examined: Examined, signal: AbortSignal): Promise<FolderIds> {
  const { uidValidity, exists } = examined;
  // Some servers refuse to search an empty folder.
  const uids = exists === 0 ? [] : await findUids(wire, [[1, HIGHEST_UID]], null, signal);
  return { protocol: 'imap', uidValidity, uids };
}
