/**
 * The resumable protocol's second half, on the session URI:
 * https://developers.google.com/workspace/gmail/api/guides/uploads#resumable
 * The URI works without credentials; an Authorization header that is there must be good.
 */
import type { IncomingMessage } from 'node:http';
import {
  authorize,
  type Call,
  type Headers,
  pause,
  sendApiError,
  sendBytes,
  sendJson,
  strike,
} from './answer.ts';
import { INSERT_SCOPE } from './scopes.ts';
import type { Outcome, UploadSession } from './state.ts';
import { storeMessage } from './store.ts';

const CHUNK_UNIT = 262_144;
const NOTHING = Buffer.alloc(0);

interface ContentRange {
  readonly first: number;
  readonly last: number;
  readonly total: number | null;
}

export async function answerUpload(call: Call): Promise<void> {
  const session = findSession(call);
  if (!session) return;
  call.account = session.account;
  const refused = call.state.quotas.enter(session.account.email);
  if (refused) return sendApiError(call, 429, 'rateLimitExceeded', refused);
  try {
    await answerSession(call, session);
  } finally {
    call.state.quotas.leave(session.account.email);
  }
}

async function answerSession(call: Call, session: UploadSession): Promise<void> {
  const { request, state } = call;
  if (request.headers.authorization !== undefined && !authorize(call, INSERT_SCOPE))
    return void request.resume();
  if (request.method === 'DELETE') {
    state.sessions.delete(session.id);
    return sendBytes(call, 499, {}, NOTHING);
  }
  const header = request.headers['content-range'] ?? '';
  const query = /^bytes \*\/(\d+|\*)$/.exec(header);
  const range = query ? null : parseRange(header);
  const at = query ? 'status' : isLast(range) ? 'commit' : 'put';
  if (strike(call, state.faults.take(at, session.account.email))) return;
  if (call.fault?.kind === 'forget') {
    state.sessions.delete(session.id);
    request.resume();
    return sendApiError(call, 404, 'notFound', 'Upload session not found');
  }
  if (session.outcome || query) {
    // A query never completes anything; a finished session ignores further bytes and repeats its answer.
    request.resume();
    await pause(call);
    return answerState(call, session);
  }
  if (!range) return sendApiError(call, 400, 'badRequest', 'Failed to parse Content-Range header.');
  await receive(call, session, range);
}

function findSession(call: Call): UploadSession | null {
  const { sessions, settings } = call.state;
  const session = sessions.get(call.url.searchParams.get('upload_id') ?? '');
  if (session && session.expiresAt > settings.now()) return session;
  call.request.resume();
  // Known once and expired is 410, never known is 404; clients must treat both as gone.
  if (session) sendApiError(call, 410, 'gone', 'Upload session expired');
  else sendApiError(call, 404, 'notFound', 'Upload session not found');
  return null;
}

function parseRange(header: string): ContentRange | null {
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(header);
  if (!match) return null;
  return {
    first: Number(match[1]),
    last: Number(match[2]),
    total: match[3] === '*' ? null : Number(match[3]),
  };
}

const isLast = (range: ContentRange | null): boolean => range !== null && range.last + 1 === range.total;

/** What is wrong with the chunk, as status, reason, message; null: nothing. */
function objection(call: Call, session: UploadSession, range: ContentRange): [number, string, string] | null {
  const length = range.last - range.first + 1;
  const announced = Number(call.request.headers['content-length'] ?? Number.NaN);
  const total = session.total ?? range.total;
  if (length <= 0 || announced !== length)
    return [400, 'badRequest', 'Content-Length does not match Content-Range.'];
  if (range.total !== null && range.total !== total)
    return [400, 'badRequest', 'The total size has changed.'];
  if (total !== null && range.last >= total)
    return [400, 'badRequest', 'Content-Range exceeds the total size.'];
  if (!isLast(range) && length % CHUNK_UNIT !== 0)
    return [
      400,
      'badRequest',
      'Invalid request. The number of bytes uploaded is required to be equal or greater than 262144, except for the final request',
    ];
  if (Math.max(range.last + 1, total ?? 0) > call.state.settings.maxMessageBytes)
    return [413, 'uploadTooLarge', 'Request Entity Too Large'];
  const quota = call.state.quotas.spend(session.account.email, 0);
  return quota === null ? null : [429, 'rateLimitExceeded', quota];
}

async function receive(call: Call, session: UploadSession, range: ContentRange): Promise<void> {
  const objected = objection(call, session, range);
  if (objected) {
    call.request.resume();
    return sendApiError(call, ...objected);
  }
  if (range.first > session.stored) {
    // A gap. Seen from Google as a plain 308 that names what is stored; nothing of the chunk is taken.
    call.request.resume();
    return answerState(call, session);
  }
  session.total ??= range.total;
  if (session.heldFrom !== null) {
    // The bytes that were on the way are the same ones: whichever come first complete the message.
    call.request.resume();
    finish(call, session);
  } else {
    // Bytes that are stored already are skipped, as Google does.
    await absorb(call, session, session.stored - range.first);
  }
  if (session.writer === call && session.stored === session.total) {
    if (call.fault?.kind === 'hold') {
      session.heldFrom = range.first;
      call.state.held.push(() => finish(call, session));
      return void call.response.destroy();
    }
    finish(call, session);
  }
  await pause(call);
  answerState(call, session);
}

/** Takes the body's bytes from `skip` on. A connection that dies leaves what has come until then. */
async function absorb(call: Call, session: UploadSession, skip: number): Promise<void> {
  const { fault } = call;
  let room =
    fault?.kind === 'short' || fault?.kind === 'drop-during' ? fault.bytes : Number.POSITIVE_INFINITY;
  let toSkip = skip;
  session.writer = call;
  for await (const chunk of received(call.request)) {
    // A later request has taken over: what an abandoned one still brings is not wanted.
    if (session.writer !== call) return;
    const skipped = Math.min(toSkip, chunk.length);
    toSkip -= skipped;
    const taken = chunk.subarray(skipped, Math.min(chunk.length, skipped + room));
    room -= taken.length;
    session.hash.update(taken);
    session.check.update(taken);
    session.stored += taken.length;
    if (room <= 0 && fault?.kind === 'drop-during') return void call.request.destroy();
  }
}

/** The body, ending quietly where the connection dies. */
async function* received(request: IncomingMessage): AsyncIterable<Buffer> {
  try {
    yield* request as AsyncIterable<Buffer>;
  } catch {
    // The client is gone; nobody is left to be told.
  }
}

function finish(call: Call, session: UploadSession): void {
  if (session.outcome) return;
  session.heldFrom = null;
  session.outcome = storeMessage(call.state, {
    ...session,
    sha256: session.hash.digest('hex'),
    size: session.stored,
  });
  session.check.forget();
}

function answerState(call: Call, session: UploadSession): void {
  if (session.outcome) {
    answerOutcome(call, session.outcome);
    return;
  }
  const stored = session.heldFrom ?? session.stored;
  const range: Headers = stored > 0 ? { Range: `${call.state.settings.rangeSpelling}0-${stored - 1}` } : {};
  sendBytes(call, 308, range, NOTHING);
}

export function answerOutcome(call: Call, outcome: Outcome): void {
  if (outcome.kind === 'refused') {
    sendApiError(call, 400, 'invalidArgument', outcome.message);
    return;
  }
  const { id, threadId, labelIds } = outcome.message;
  sendJson(call, 200, { id, threadId, labelIds });
}
