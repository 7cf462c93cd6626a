/** The POP3 source: a maildrop that holds still for as long as the session lasts (RFC 1939 §3). */
import { type Claim, sizeClaimed } from '../../src/core/claimed-sizes.ts';
import type { Credentials, Server } from '../../src/core/mailbox.ts';
import type { Source, SourceFolder } from '../../src/core/ports.ts';
import type { Dial } from './dial.ts';
import { POP3_TIMEOUTS, type Pop3Timeouts } from './pop3-channel.ts';
import type { Pop3Client } from './pop3-client.ts';
import { disposeInMaildrop } from './pop3-dispose.ts';
import { fetchMessages } from './pop3-fetch.ts';
import { readHeaders } from './pop3-headers.ts';
import { heldOf, listMaildrop } from './pop3-list.ts';
import { openPop3Client } from './pop3-open.ts';

/** Opens a POP3 session: connected, encrypted, logged in. Faults: those of `openPop3Client`. */
export async function openPop3(
  server: Server,
  credentials: Credentials,
  dial: Dial,
  signal: AbortSignal,
  timeouts: Partial<Pop3Timeouts> = {},
): Promise<Source> {
  const client = await openPop3Client(server, credentials, dial, signal, { ...POP3_TIMEOUTS, ...timeouts });
  return createPop3Source(client);
}

const INBOX: SourceFolder = { name: 'INBOX', use: 'inbox', path: ['INBOX'] };

export function createPop3Source(client: Pop3Client): Source {
  /** Numbers by id, as this session's UIDL told them: the only place where a number comes from. */
  let numbers: ReadonlyMap<string, number> | undefined;

  const readIds = async (signal: AbortSignal): Promise<ReadonlyMap<string, number>> => {
    numbers = await client.uidl(signal);
    return numbers;
  };

  /** Marked in this session: removed when it ends. */
  const marked = new Set<string>();

  let claimed: ReadonlyMap<number, number> | undefined;
  const sizes = async (signal: AbortSignal): Promise<ReadonlyMap<number, number>> => {
    claimed ??= await client.list(signal);
    return claimed;
  };

  return {
    maildrop: {
      total: (signal) => client.total(signal),
      claims: async (signal) => claimsOf(numbers ?? (await readIds(signal)), marked, await sizes(signal)),
      headers: (of, signal) =>
        readHeaders(
          client,
          of.map(({ uidl }) => numbers?.get(uidl)),
          signal,
        ),
    },
    folders: async () => [INBOX],
    ids: async (_folder, signal) => ({ protocol: 'pop3', uidls: [...(await readIds(signal)).keys()] }),
    count: (_folder, signal) => client.stat(signal),
    list: async (_folder, cursor, history, signal) => {
      if (cursor?.protocol === 'imap') throw new RangeError('not a POP3 cursor');
      return await listMaildrop(client, { ids: await readIds(signal), sizes }, cursor, history, signal);
    },
    fetch: async function* (messages, signal) {
      if (!numbers) await readIds(signal);
      yield* fetchMessages(client, numbers ?? new Map(), messages, signal);
    },
    dispose: async (order, signal) => {
      if (!numbers) await readIds(signal);
      return await disposeInMaildrop(client, { numbers: numbers ?? new Map(), marked, sizes }, order, signal);
    },
    watch: async () => 'unsupported',
    close: () => client.close(),
  };
}

/** What LIST leaves out is left out. */
const claimsOf = (
  numbers: ReadonlyMap<string, number>,
  marked: ReadonlySet<string>,
  sizes: ReadonlyMap<number, number>,
): readonly Claim[] =>
  heldOf(numbers).flatMap(({ number, uidl, hash }) => {
    const size = sizes.get(number);
    return size === undefined || marked.has(uidl) ? [] : [{ uidl, hash, size: sizeClaimed(size) }];
  });
