/** HTTP/1.1 answers as Google gives them (RFC 9112). Pure. */

/** More than a head or a body of Gmail's ever takes, in characters. */
const HEAD_LIMIT = 16_384;
const BODY_LIMIT = 65_536;

export interface HttpAnswer {
  readonly status: number;
  /** The first of each, names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** One character a byte. */
  readonly body: string;
  /** Whether the connection is good for another exchange. */
  readonly keepAlive: boolean;
}

/**
 * The answer in `text`, one character a byte, which is all that has come on a connection since the request, and after which
 * nothing will come when `ended`. null while it is not whole. Throws RangeError for what cannot be one.
 */
export function readAnswer(text: string, ended: boolean): HttpAnswer | null {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0 && text.length <= HEAD_LIMIT) return null;
  const version = /^HTTP\/1\.([01]) (\d{3})[ \r]/.exec(text);
  if (!version || headEnd < 0 || headEnd > HEAD_LIMIT) throw new RangeError('not an HTTP answer');
  const status = Number(version[2]);
  const rest = text.slice(headEnd + 4);
  // Interim: the answer proper is to come (RFC 9110 §15.2).
  if (status < 200) return readAnswer(rest, ended);
  const headers = readHeaders(text.slice(0, headEnd));
  const content = readContent(status, headers, rest, ended);
  if (!content) return null;
  if (content.body.length > BODY_LIMIT) throw new RangeError('the answer is too long');
  // An answer with two ends: whoever is between may have taken the other one (RFC 9112 §6.3).
  const isClear = !(headers.has('content-length') && headers.has('transfer-encoding'));
  const keepAlive =
    version[1] === '1' &&
    isClear &&
    content.size === rest.length &&
    !/\bclose\b/i.test(headers.get('connection') ?? '');
  return { status, headers, body: content.body, keepAlive: keepAlive && !ended };
}

/** What says where a body ends. */
const FRAMING = new Set(['content-length', 'transfer-encoding']);

/** Those behind the status line. */
function readHeaders(head: string): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const line of head.split('\r\n').slice(1)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    if (colon < 0 || !/^[\w!#$%&'*+.^`|~-]+$/.test(name)) throw new RangeError('not an HTTP header');
    const value = line.slice(colon + 1).trim();
    const known = headers.get(name);
    if (known === undefined) headers.set(name, value);
    else if (FRAMING.has(name) && known !== value) throw new RangeError('two lengths');
  }
  return headers;
}

interface Content {
  readonly body: string;
  /** Characters that it takes up. */
  readonly size: number;
}

/** RFC 9112 §6.3; null while it is not whole. */
function readContent(
  status: number,
  headers: ReadonlyMap<string, string>,
  rest: string,
  ended: boolean,
): Content | null {
  if (status === 204 || status === 304) return { body: '', size: 0 };
  const coding = headers.get('transfer-encoding');
  if (coding !== undefined) {
    if (coding.toLowerCase() !== 'chunked') throw new RangeError('an unknown transfer coding');
    return readChunks(rest);
  }
  const length = headers.get('content-length');
  if (length === undefined) {
    if (rest.length > BODY_LIMIT) throw new RangeError('the answer is too long');
    return ended ? { body: rest, size: rest.length } : null;
  }
  if (!/^\d{1,9}$/.test(length) || Number(length) > BODY_LIMIT)
    throw new RangeError('the answer is too long');
  const size = Number(length);
  return rest.length < size ? null : { body: rest.slice(0, size), size };
}

/** RFC 9112 §7.1; what follows the last chunk's size ends with an empty line. */
function readChunks(rest: string): Content | null {
  if (rest.length > 2 * BODY_LIMIT) throw new RangeError('the answer is too long');
  let body = '';
  for (let at = 0; ; ) {
    const lineEnd = rest.indexOf('\r\n', at);
    if (lineEnd < 0) return null;
    const digits = /^([0-9a-f]{1,6})(?:[ \t]*;.*)?$/i.exec(rest.slice(at, lineEnd))?.[1];
    if (digits === undefined) throw new RangeError('not a chunk');
    const size = Number.parseInt(digits, 16);
    if (size === 0) {
      const end = rest.indexOf('\r\n\r\n', lineEnd);
      return end < 0 ? null : { body, size: end + 4 };
    }
    const start = lineEnd + 2;
    at = start + size + 2;
    if (rest.length < at) return null;
    if (rest.slice(at - 2, at) !== '\r\n') throw new RangeError('not a chunk');
    body += rest.slice(start, start + size);
  }
}
