/**
 * The Gmail API as far as mail is put in:
 * https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages/import
 */
import { createHash, randomBytes } from 'node:crypto';
import { authorize, type Call, pause, readBody, sendApiError, sendBytes, strike } from './answer.ts';
import { unknownLabel } from './labels.ts';
import { createMessageCheck } from './message.ts';
import { INSERT_SCOPE } from './scopes.ts';
import type { Account, ImportSettings, UploadSession } from './state.ts';
import { storeMessage } from './store.ts';
import { answerOutcome } from './uploads.ts';

const IMPORT_UNITS = 25;
const METADATA_CAP = 65_536;
/** POST …/messages/import with uploadType media, multipart or resumable. */
export async function answerImport(call: Call): Promise<void> {
  const { state } = call;
  const account = authorize(call, INSERT_SCOPE);
  if (!account) return void call.request.resume();
  const refused = state.quotas.enter(account.email);
  if (refused) return sendApiError(call, 429, 'rateLimitExceeded', refused);
  try {
    const exhausted = state.quotas.spend(account.email, IMPORT_UNITS);
    if (exhausted) {
      call.request.resume();
      return sendApiError(call, 429, 'rateLimitExceeded', exhausted);
    }
    const type = call.url.searchParams.get('uploadType');
    if (type === 'resumable') await open(call, account);
    else if (type === 'media' || type === 'multipart') await importWhole(call, account, type);
    else sendApiError(call, 400, 'badRequest', 'Invalid uploadType');
  } finally {
    state.quotas.leave(account.email);
  }
}

async function open(call: Call, account: Account): Promise<void> {
  const { state, request, url } = call;
  if (strike(call, state.faults.take('open', account.email))) return;
  if ((request.headers['x-upload-content-type'] ?? 'message/rfc822') !== 'message/rfc822')
    return sendApiError(
      call,
      400,
      'badRequest',
      'Media type is not supported. Valid media types: [message/rfc822]',
    );
  const settings = readSettings(call, account, await readBody(request, METADATA_CAP));
  if (!settings) return;
  const declared = request.headers['x-upload-content-length'];
  const total = declared === undefined ? null : Number(declared);
  if (total !== null && total > state.settings.maxMessageBytes)
    return sendApiError(call, 413, 'uploadTooLarge', 'Request Entity Too Large');
  const session: UploadSession = {
    id: randomBytes(36).toString('base64url'),
    account,
    settings,
    expiresAt: state.settings.now() + state.settings.sessionSeconds * 1000,
    hash: createHash('sha256'),
    check: createMessageCheck(state.settings.keepBytes),
    stored: 0,
    total,
    outcome: null,
    writer: null,
    heldFrom: null,
  };
  state.sessions.set(session.id, session);
  await pause(call);
  const location = `${state.origin}${url.pathname}?uploadType=resumable&upload_id=${session.id}`;
  const Location = call.fault?.kind === 'location' ? call.fault.uri : location;
  sendBytes(call, 200, { Location, 'X-GUploader-UploadID': session.id.slice(0, 8) }, Buffer.alloc(0));
}

/** null after having refused. */
function readSettings(call: Call, account: Account, metadata: Buffer): ImportSettings | null {
  const query = call.url.searchParams;
  const source = query.get('internalDateSource') ?? 'dateHeader';
  if (source !== 'dateHeader' && source !== 'receivedTime') {
    sendApiError(call, 400, 'invalidArgument', "Invalid value at 'internal_date_source'");
    return null;
  }
  const labelIds = readLabels(metadata);
  if (!labelIds) {
    sendApiError(call, 400, 'parseError', 'Parse Error');
    return null;
  }
  const bad = unknownLabel(account, labelIds);
  if (bad !== undefined) {
    sendApiError(call, 400, 'invalidArgument', `Invalid label: ${bad}`);
    return null;
  }
  return { labelIds, internalDateSource: source, neverMarkSpam: query.get('neverMarkSpam') === 'true' };
}

function readLabels(metadata: Buffer): string[] | null {
  if (metadata.length === 0) return [];
  try {
    const labels: unknown = JSON.parse(metadata.toString())?.labelIds ?? [];
    return Array.isArray(labels) && labels.every((label) => typeof label === 'string') ? labels : null;
  } catch {
    return null;
  }
}

/** media: the body is the message. multipart: metadata, then the message (RFC 2387). */
async function importWhole(call: Call, account: Account, type: 'media' | 'multipart'): Promise<void> {
  const { state, request } = call;
  if (strike(call, state.faults.take('import', account.email))) return;
  const limit = state.settings.maxMessageBytes + METADATA_CAP;
  if (Number(request.headers['content-length'] ?? 0) > limit) {
    request.resume();
    return sendApiError(call, 413, 'uploadTooLarge', 'Request Entity Too Large');
  }
  const body = await readBody(request, limit);
  const parts =
    type === 'media'
      ? ([Buffer.alloc(0), body] as const)
      : splitRelated(request.headers['content-type'], body);
  if (!parts) return sendApiError(call, 400, 'badContent', 'Malformed multipart body.');
  const [metadata, message] = parts;
  const settings = readSettings(call, account, metadata);
  if (!settings) return;
  const check = createMessageCheck(state.settings.keepBytes);
  check.update(message);
  const sha256 = createHash('sha256').update(message).digest('hex');
  const outcome = storeMessage(state, { account, settings, check, sha256, size: message.length });
  await pause(call);
  answerOutcome(call, outcome);
}

/** The two parts of a multipart/related body, without their headers; null when it is not one. */
function splitRelated(contentType: string | undefined, body: Buffer): readonly [Buffer, Buffer] | null {
  const boundary = /boundary="?([^";]+)"?/i.exec(contentType ?? '')?.[1];
  if (boundary === undefined) return null;
  const contents: Buffer[] = [];
  let at = body.indexOf(`--${boundary}`);
  while (at >= 0) {
    const next = body.indexOf(`\r\n--${boundary}`, at + 1);
    const start = body.indexOf('\r\n\r\n', at);
    if (next < 0 || start < 0 || start > next) break;
    contents.push(body.subarray(start + 4, next));
    at = next + 2;
  }
  const [metadata, message] = contents;
  return metadata && message && contents.length === 2 ? [metadata, message] : null;
}
