/** Connects a list of mailboxes, each line as if it had come alone. */
import { isFault } from '../core/fault.ts';
import type { UserId } from '../core/mailbox.ts';
import { findSignIn, type SignInClients } from '../core/sign-in-providers.ts';
import { createMailboxSchema, type Imported } from './api.ts';
import { asHttpError, HttpError, parseInput } from './errors.ts';
import { type ListedInput, type ListedMailbox, MOST_LINES, readMailboxList } from './mailbox-csv.ts';
import { connectMailbox } from './mailboxes.ts';
import type { Parts } from './parts.ts';

export type ImportMailboxes = (userId: UserId, csv: string) => Promise<Imported>;

type Line = Imported['lines'][number];

/** In this process, each user's lines are refilled at the pace of single calls: a line makes a worker dial as one does. */
export function createMailboxImport(parts: Parts): ImportMailboxes {
  const takeTurn = createBucket(MOST_LINES, parts.settings.dialsPerMinute);
  return async (userId, csv) => {
    const lines: Line[] = [];
    // One after the other: they would wait for one another's lock of the list anyway.
    for (const listed of readMailboxList(csv))
      lines.push(await connectLine(parts, userId, listed, () => takeTurn(userId)));
    return { lines };
  };
}

async function connectLine(
  parts: Parts,
  userId: UserId,
  listed: ListedMailbox,
  takeTurn: () => boolean,
): Promise<Line> {
  const { line } = listed;
  try {
    if ('problem' in listed) throw new HttpError('invalid-request', listed.problem);
    const input = parseInput(createMailboxSchema, withSignIn(parts.signIns, listed.input), 'line');
    if (!takeTurn()) throw new HttpError('rate-limited');
    const { id, auth } = await connectMailbox(parts, userId, input);
    const signInUrl = auth === 'oauth' ? `${parts.settings.publicUrl}/auth/source/start?mailbox=${id}` : null;
    return { line, ok: true, mailboxId: id, signInUrl, error: null };
  } catch (error) {
    // What was connected so far is told, whatever comes.
    if (!(error instanceof HttpError) && !isFault(error))
      parts.log.error('request-failed', { method: 'POST', status: 500, error });
    const { code, message } = asHttpError(error);
    return { line, ok: false, mailboxId: null, signInUrl: null, error: { code, message } };
  }
}

/**
 * A provider that is signed in at takes no password: where a line names it, or one of its servers, and does not insist on a
 * password, there is none, and the server is the provider's to say.
 */
function withSignIn(clients: SignInClients, input: ListedInput): ListedInput {
  const { auth, provider, password, host, ...rest } = input;
  if (auth === 'password') return input;
  const named = host === undefined ? undefined : findSignIn(clients, { ...rest, host: host.toLowerCase() });
  const client = provider === undefined ? named : clients.get(provider);
  // What is not offered here, and a password beside `oauth`, are refused like those of a single call.
  if (client === undefined || (auth !== undefined && password !== undefined)) return input;
  const server = client.servers.find(({ protocol }) => protocol === rest.protocol);
  return {
    ...rest,
    ...(host !== undefined && { host }),
    ...((host === undefined || named === client) && server),
    auth: 'oauth',
    provider: client.provider.id,
  };
}

/** `size` at once, and `perMinute` more as time goes by; whether there was one left. */
function createBucket(size: number, perMinute: number): (userId: UserId) => boolean {
  const buckets = new Map<UserId, { left: number; at: number }>();
  return (userId) => {
    const now = performance.now();
    for (const [id, { left, at }] of buckets)
      if (left + ((now - at) / 60_000) * perMinute >= size) buckets.delete(id);
    const bucket = buckets.get(userId) ?? { left: size, at: now };
    const left = Math.min(size, bucket.left + ((now - bucket.at) / 60_000) * perMinute);
    if (left < 1) return false;
    buckets.set(userId, { left: left - 1, at: now });
    return true;
  };
}
