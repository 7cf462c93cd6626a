/**
 * Gmail as a sink: resumable uploads into users.messages.import.
 * https://developers.google.com/workspace/gmail/api/guides/uploads#resumable
 */
import type { gmail_v1 } from '@googleapis/gmail';
import { Fault } from '../../src/core/fault.ts';
import type { Outgoing, Sink, Upload, UploadStatus } from '../../src/core/ports.ts';
import type { SessionUri } from '../../src/core/transfer.ts';
import { type Answer, faultOf, type Question, readUploadAnswer } from './gmail-answer.ts';
import { Agent, ExchangeBroken, type GmailRoot } from './gmail-connection.ts';
import { type Exchange, exchange, readRoot } from './gmail-wire.ts';

const UPLOAD_PATH = '/upload/gmail/v1/users/me/messages/import';
/** A sender slower than this many bytes per ms runs into the deadline of a put. */
const SLOWEST = 16;
const NO_PARTS: readonly Uint8Array[] = [];

export interface GmailTimeouts {
  /** ms for opening a session. */
  readonly open: number;
  /** ms for a put besides the time that its bytes may take. */
  readonly put: number;
  /** ms for asking a session. */
  readonly status: number;
}

export interface GmailSinkOptions {
  /** `https://gmail.googleapis.com`; plain http on loopback only. */
  readonly rootUrl: string;
  /** A valid access token; `refresh` true: the last one was refused. Throws grant and service Faults. */
  readonly accessToken: (signal: AbortSignal, refresh?: boolean) => Promise<string>;
  readonly timeouts?: GmailTimeouts;
  /** Shared by all sinks of a process; from `createGmailAgent`. */
  readonly agent: Agent;
  /**
   * Name the size when a session is opened rather than with its last chunk: should Gmail ever insist. A message whose
   * source announces a wrong size cannot be uploaded that way.
   */
  readonly declareSize?: boolean;
}

const TIMEOUTS: GmailTimeouts = { open: 30_000, put: 60_000, status: 30_000 };

/** Keep-alive connections to Gmail. `destroy()` it in the end. */
export const createGmailAgent = (rootUrl: string): Agent => new Agent(readRoot(rootUrl));

interface Link {
  readonly root: GmailRoot;
  readonly options: GmailSinkOptions;
  readonly timeouts: GmailTimeouts;
}

/** One user's Gmail. Throws RangeError for a root that is neither https nor on loopback. */
export function createGmailSink(options: GmailSinkOptions): Sink {
  const link: Link = { root: readRoot(options.rootUrl), options, timeouts: options.timeouts ?? TIMEOUTS };
  return {
    open: (message, signal) => openUpload(link, message, signal),
    resume(uri) {
      const path = sessionPath(link.root, uri);
      if (path === null) throw new RangeError('the session URI is not on the configured host');
      return createUpload(link, uri, path, null);
    },
  };
}

/** Opens a session. Nothing can be imported by this, so it is tried again where a connection had gone stale. */
async function openUpload(link: Link, message: Outgoing, signal: AbortSignal): Promise<Upload> {
  const declared = link.options.declareSize ? message.size : null;
  const body: gmail_v1.Schema$Message = { labelIds: [...message.labelIds] };
  const answer = await ask(
    link,
    'open',
    {
      method: 'POST',
      path: `${UPLOAD_PATH}?uploadType=resumable&internalDateSource=${message.internalDateSource}${message.neverMarkSpam ? '&neverMarkSpam=true' : ''}`,
      headers: [
        ...['Content-Type', 'application/json; charset=UTF-8', 'X-Upload-Content-Type', 'message/rfc822'],
        ...(declared === null ? [] : ['X-Upload-Content-Length', String(declared)]),
      ],
      parts: [Buffer.from(JSON.stringify(body))],
      deadline: link.timeouts.open,
    },
    signal,
  );
  if (answer.status !== 200) throw faultOf('open', answer, Date.now());
  const uri = answer.location ?? '';
  const path = sessionPath(link.root, uri);
  // A session elsewhere would be handed the user's mail and access token.
  if (path === null) throw new Fault('gmail-unavailable', { cause: new Error('unusable session URI') });
  return createUpload(link, uri as SessionUri, path, declared);
}

/** Path and query of a session URI on the configured host and under its upload path; null for any other. */
function sessionPath(root: GmailRoot, uri: string): string | null {
  if (!uri.startsWith(`${root.origin}/upload/`)) return null;
  const path = uri.slice(root.origin.length);
  return /^[\x21\x24-\x7e]+$/.test(path) && !path.includes('..') ? path : null;
}

function createUpload(link: Link, uri: SessionUri, path: string, declared: number | null): Upload {
  const send = async (
    question: 'put' | 'status',
    contentRange: string,
    parts: readonly Uint8Array[],
    deadline: number,
    signal: AbortSignal,
  ): Promise<UploadStatus> => {
    const headers = ['Content-Range', contentRange];
    const answer = await ask(link, question, { method: 'PUT', path, headers, parts, deadline }, signal);
    const read = readUploadAnswer(question, answer, Date.now());
    if (read instanceof Fault) throw read;
    return read;
  };
  return {
    uri,
    async put(parts, offset, total, signal) {
      const length = parts.reduce((sum, part) => sum + part.length, 0);
      if (length === 0) {
        // A message of no bytes: on the wire its last put would be a status query.
        if (offset === 0 && total === 0) throw new Fault('from-header-missing');
        throw new RangeError('a put needs bytes');
      }
      const contentRange = `bytes ${offset}-${offset + length - 1}/${total ?? declared ?? '*'}`;
      return send('put', contentRange, parts, link.timeouts.put + length / SLOWEST, signal);
    },
    status: (total, signal) => send('status', `bytes */${total}`, NO_PARTS, link.timeouts.status, signal),
  };
}

/**
 * Asks with a token, and once more with a new one when it is refused. That is safe for the last put too: what was
 * refused for its token has committed nothing, and it is repeated in the same session.
 */
async function ask(link: Link, question: Question, call: Exchange, signal: AbortSignal): Promise<Answer> {
  const answer = await tell(link, question, call, await link.options.accessToken(signal), signal);
  if (answer.status !== 401) return answer;
  return tell(link, question, call, await link.options.accessToken(signal, true), signal);
}

async function tell(
  link: Link,
  question: Question,
  call: Exchange,
  token: string,
  signal: AbortSignal,
): Promise<Answer> {
  const authorized = { ...call, headers: ['Authorization', `Bearer ${token}`, ...call.headers] };
  for (let retried = false; ; retried = true) {
    try {
      return await exchange(link.root, link.options.agent, authorized, signal);
    } catch (error) {
      if (!(error instanceof ExchangeBroken)) throw error;
      if (question === 'put') throw new Fault('upload-interrupted', { cause: error });
      if (retried || !error.stale) throw new Fault('gmail-unavailable', { cause: error });
    }
  }
}
