/** Opens a session for looking around, whichever protocol the server speaks. */
import { isFault } from '../../src/core/fault.ts';
import type { Amount, OpenSurvey, Survey, SurveyedFolder } from '../../src/core/survey.ts';
import type { Dial } from './dial.ts';
import { openImapWire } from './imap.ts';
import { obstacleTo } from './imap-dispose.ts';
import type { Folder } from './imap-folders.ts';
import { measureFolders } from './imap-measure.ts';
import { createImapSource } from './imap-source.ts';
import type { FolderStatus, ImapWire } from './imap-wire.ts';
import { createPop3Source } from './pop3.ts';
import type { Pop3Client } from './pop3-client.ts';
import { openPop3Client } from './pop3-open.ts';
import { watchDial } from './watch-dial.ts';

/** Folders of one account that are shown, and how long their counts may take together, in ms. */
const MAX_FOLDERS = 500;
const COUNTING_MS = 10_000;
/** What the API takes as a folder's name. */
const MAX_PATH = 255;

export const createOpenSurvey =
  (dial: Dial, countingMs = COUNTING_MS): OpenSurvey =>
  async (server, credentials, signal, told = () => {}) => {
    const watched = watchDial(dial, told);
    if (server.protocol === 'pop3') {
      const client = await openPop3Client(server, credentials, watched, signal);
      told('folders');
      return {
        source: createPop3Source(client),
        survey: (limit) => surveyMaildrop(client, limit),
        measure: async (_chosen, history, limit) => {
          if (history.kind === 'new') return NOTHING;
          // A listing has no dates: what is older than the date is found out only when its turn comes.
          return { ...(await weigh(client, limit)), exact: history.kind === 'all' };
        },
        obstacle: async () => null,
      };
    }
    const wire = await openImapWire(server, credentials, watched, signal);
    told('folders');
    return {
      source: createImapSource(wire),
      survey: (limit) => surveyFolders(wire, countingMs, limit),
      measure: (chosen, history, limit) =>
        history.kind === 'new' ? Promise.resolve(NOTHING) : measureFolders(wire, chosen, history, limit),
      obstacle: (disposal, limit) => obstacleTo(wire, disposal, limit),
    };
  };

const NOTHING: Amount = { messages: 0, bytes: 0, exact: true };

async function weigh(client: Pop3Client, signal: AbortSignal): Promise<Omit<Amount, 'exact'>> {
  const sizes = await client.list(signal);
  let bytes = 0;
  for (const size of sizes.values()) bytes += size;
  return { messages: sizes.size, bytes };
}

/** One folder, and whether its messages can be told apart: Fault `no-uidl`, better now than after the choice. */
async function surveyMaildrop(client: Pop3Client, signal: AbortSignal): Promise<Survey> {
  await client.uidl(signal);
  const inbox: SurveyedFolder = {
    path: 'INBOX',
    specialUse: 'inbox',
    aside: false,
    ...(await weigh(client, signal)),
  };
  return { folders: [inbox], idle: false, uidl: true };
}

async function surveyFolders(wire: ImapWire, countingMs: number, signal: AbortSignal): Promise<Survey> {
  const found = (await wire.folders(signal)).filter(({ name }) => isNameable(name)).slice(0, MAX_FOLDERS);
  const idle = wire.canIdle;
  const counts = await countFolders(wire, found, countingMs, signal);
  const folders = found.map(({ name, aside, use }): SurveyedFolder => {
    const { messages = null, bytes = null } = counts.get(name) ?? {};
    return { path: name, specialUse: use, aside, messages, bytes };
  });
  return { folders, idle, uidl: true };
}

/** As many as there is time for. What a server that breaks at counting has told so far is enough to choose from. */
async function countFolders(
  wire: ImapWire,
  folders: readonly Folder[],
  ms: number,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, FolderStatus>> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(ms)]);
  const counts = new Map<string, FolderStatus>();
  try {
    for (const { name } of folders) {
      const status = await wire.status(name, limited);
      if (status) counts.set(name, status);
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!limited.aborted && !(isFault(error) && error.scope === 'session')) throw error;
  }
  return counts;
}

const isNameable = (name: string): boolean =>
  name.length > 0 &&
  name.length <= MAX_PATH &&
  name.isWellFormed() &&
  !/[\u0000-\u001f\u007f-\u009f]/.test(name);
