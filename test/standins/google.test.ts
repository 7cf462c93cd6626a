import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { type GoogleStandin, startGoogle } from '../../standins/google/server.ts';
import { INBOX, makeMessage, sha256, UNIT } from '../contract/sink.ts';

const IMPORT = '/upload/gmail/v1/users/me/messages/import';
let google: GoogleStandin;
let now = Date.parse('2026-03-01T12:00:00Z');
let token: string;

before(async () => {
  google = await startGoogle({ now: () => now, keepBytes: 1_000, sessionSeconds: 60 });
  token = google.grant('ada@example.com').accessToken;
});
afterEach(() => google.order({ clear: true, quotas: {} }));
after(() => google.close());

const post = (
  query: string,
  body: string | Buffer | null,
  headers: Record<string, string> = {},
  bearer = token,
) =>
  fetch(`${google.origin}${IMPORT}?${query}`, {
    method: 'POST',
    body,
    headers: { Authorization: `Bearer ${bearer}`, ...headers },
  });

async function open(metadata: unknown = { labelIds: INBOX.labelIds }, query = ''): Promise<string> {
  const answer = await post(`uploadType=resumable${query}`, JSON.stringify(metadata));
  assert.equal(answer.status, 200, await answer.text());
  return answer.headers.get('location') ?? '';
}

const put = (uri: string, range: string, body: Uint8Array<ArrayBuffer> | null, method = 'PUT') =>
  fetch(uri, { method, body, headers: { 'Content-Range': range }, redirect: 'manual' });

async function errorOf(answer: Response) {
  const { error } = (await answer.json()) as {
    error: { code: number; message: string; status: string; errors: { reason: string }[] };
  };
  return { code: error.code, reason: error.errors[0]?.reason, message: error.message };
}

const bytes = (text: string): Buffer<ArrayBuffer> => Buffer.from(text);

test('media and multipart import', async () => {
  const message = makeMessage(500, 'media');
  const media = await post('uploadType=media', message.toString(), { 'Content-Type': 'message/rfc822' });
  assert.equal(media.status, 200);
  assert.equal(google.messages.at(-1)?.sha256, sha256(message));
  assert.deepEqual(google.messages.at(-1)?.raw, message);
  const body = `--b\r\nContent-Type: application/json\r\n\r\n{"labelIds":["STARRED"]}\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n${message}\r\n--b--\r\n`;
  const multipart = await post('uploadType=multipart', body, {
    'Content-Type': 'multipart/related; boundary=b',
  });
  const answered = (await multipart.json()) as { labelIds: string[] };
  assert.deepEqual(answered.labelIds, ['STARRED']);
  assert.equal(google.messages.at(-1)?.sha256, sha256(message));
});

test('a message is not merged by its Message-ID, unless asked', async () => {
  const message = makeMessage(200, 'twin').toString();
  const count = google.messages.length;
  for (let n = 0; n < 2; n += 1) await post('uploadType=media', message);
  assert.equal(google.messages.length, count + 2);
  const merging = await startGoogle({ dedupe: true });
  try {
    const { accessToken } = merging.grant('ada@example.com');
    const ids = new Set<unknown>();
    for (let n = 0; n < 2; n += 1) {
      const answer = await fetch(`${merging.origin}${IMPORT}?uploadType=media`, {
        method: 'POST',
        body: message,
        headers: { Authorization: `Bearer ${accessToken}` },
      });
      ids.add(((await answer.json()) as { id: string }).id);
    }
    assert.equal(ids.size, 1);
    assert.equal(merging.messages.length, 1);
  } finally {
    await merging.close();
  }
});

test('chunks are multiples of 256 KiB, whole, in order, and of one total', async () => {
  const chunk = Buffer.from(makeMessage(UNIT, 'chunks'));
  const uri = await open();
  assert.equal((await put(uri, `bytes 0-${UNIT - 2}/*`, chunk.subarray(1))).status, 400);
  assert.equal((await put(uri, `bytes 0-99/${UNIT}`, chunk.subarray(0, 100))).status, 400);
  assert.equal((await put(uri, `bytes 0-${UNIT}/*`, chunk)).status, 400);
  assert.equal((await put(uri, 'bytes nonsense', chunk)).status, 400);
  const gap = await put(uri, `bytes ${UNIT}-${2 * UNIT - 1}/*`, chunk);
  assert.deepEqual([gap.status, gap.headers.get('range')], [308, null]);
  const first = await put(uri, `bytes 0-${UNIT - 1}/*`, chunk);
  assert.deepEqual([first.status, first.headers.get('range')], [308, `bytes=0-${UNIT - 1}`]);
  const overlap = await put(uri, `bytes 0-${2 * UNIT - 1}/${3 * UNIT}`, Buffer.concat([chunk, chunk]));
  assert.equal(overlap.headers.get('range'), `bytes=0-${2 * UNIT - 1}`);
  assert.equal((await put(uri, `bytes ${2 * UNIT}-${3 * UNIT - 1}/${4 * UNIT}`, chunk)).status, 400);
  assert.equal((await put(uri, `bytes ${2 * UNIT}-${3 * UNIT - 1}/${3 * UNIT}`, chunk)).status, 200);
  assert.equal(google.messages.at(-1)?.sha256, sha256(Buffer.concat([chunk, chunk, chunk])));
});

test('a status query completes nothing, even when every byte is there', async () => {
  const chunk = Buffer.from(makeMessage(UNIT, 'all-there'));
  const count = google.messages.length;
  const uri = await open();
  await put(uri, `bytes 0-${UNIT - 1}/*`, chunk);
  assert.equal((await put(uri, `bytes */${UNIT}`, null)).status, 308);
  assert.equal(google.messages.length, count);
});

test('sessions end: cancelled 499 and then 404, expired 410', async () => {
  const cancelled = await open();
  assert.equal((await put(cancelled, '', null, 'DELETE')).status, 499);
  assert.equal((await put(cancelled, 'bytes */9', null)).status, 404);
  const expired = await open();
  now += 61_000;
  assert.equal((await put(expired, 'bytes */9', null)).status, 410);
});

test('labels: what may be set, and the user’s own', async () => {
  for (const label of ['SENT', 'DRAFT', 'Label_1', 'inbox']) {
    const refused = await post('uploadType=resumable', JSON.stringify({ labelIds: [label] }));
    assert.deepEqual(await errorOf(refused), {
      code: 400,
      reason: 'invalidArgument',
      message: `Invalid label: ${label}`,
    });
  }
  const url = `${google.origin}/gmail/v1/users/me/labels`;
  assert.equal((await fetch(url, { headers: { Authorization: `Bearer ${token}` } })).status, 403);
  const { accessToken } = google.grant('ada@example.com', ['https://www.googleapis.com/auth/gmail.labels']);
  const headers = { Authorization: `Bearer ${accessToken}` };
  const create = () => fetch(url, { method: 'POST', headers, body: '{"name":"Old mail"}' });
  const { id } = (await (await create()).json()) as { id: string };
  assert.equal((await create()).status, 409);
  const listed = (await (await fetch(url, { headers })).json()) as { labels: { id: string }[] };
  assert.ok(listed.labels.some((label) => label.id === id));
  await open({ labelIds: [id] });
});

test('labels: names that Gmail takes, and the end of a label', async () => {
  const url = `${google.origin}/gmail/v1/users/me/labels`;
  const { accessToken } = google.grant('labels@example.com', [
    'https://www.googleapis.com/auth/gmail.labels',
    'https://www.googleapis.com/auth/gmail.insert',
  ]);
  const headers = { Authorization: `Bearer ${accessToken}` };
  const create = async (name: string) =>
    (await fetch(url, { method: 'POST', headers, body: JSON.stringify({ name }) })).status;
  for (const bad of ['', 'Inbox', 'SENT', 'Drafts', 'a//b', '/a', 'a/', ' a', 'x'.repeat(226), '^all'])
    assert.equal(await create(bad), 400, bad);
  assert.equal(await create('a/b'), 200);
  assert.equal(await create('A/B'), 409);
  const importWith = (id: string) =>
    fetch(`${google.origin}/upload/gmail/v1/users/me/messages/import?uploadType=resumable`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ labelIds: [id] }),
    });
  const uri = (await importWith('Label_1')).headers.get('location') ?? '';
  const remove = () => fetch(`${url}/Label_1`, { method: 'DELETE', headers });
  assert.equal((await remove()).status, 204);
  assert.equal((await remove()).status, 404);
  assert.equal((await importWith('Label_1')).status, 400);
  // The one under way began before.
  const message = makeMessage(1000, 'labelled');
  const range = { 'Content-Range': `bytes 0-${message.length - 1}/${message.length}` };
  const answer = await fetch(uri, { method: 'PUT', headers: range, body: new Uint8Array(message) });
  assert.deepEqual(await errorOf(answer), {
    code: 400,
    reason: 'invalidArgument',
    message: 'Invalid label: Label_1',
  });
  assert.equal(await create('a/b'), 200);
  assert.deepEqual(google.labels('labels@example.com'), ['a/b']);
  assert.equal((await importWith('Label_1')).status, 400, 'an id is never used again');
  assert.equal((await importWith('Label_2')).status, 200);
});

test('dates: the header that was asked for, or the time of the import', async () => {
  const message = (date: string) =>
    `From: a@example.org\r\nReceived: by mx.example.org; Tue, 3 Feb 2026 00:00:00 GMT\r\nDate: ${date}\r\n\r\n`;
  const dated = async (text: string, query: string) => {
    await post(`uploadType=media&${query}`, text);
    return google.messages.at(-1)?.internalDate;
  };
  const date = 'Mon, 2 Feb 2026 00:00:00 GMT';
  assert.equal(await dated(message(date), ''), Date.parse(date));
  assert.equal(await dated(message('yesterday'), ''), now);
  assert.equal(
    await dated(message(date), 'internalDateSource=receivedTime'),
    Date.parse('2026-02-03T00:00:00Z'),
  );
});

test('tokens: unknown and expired ones 401, without the scope 403', async () => {
  assert.equal((await errorOf(await post('uploadType=media', '', {}, 'nonsense'))).reason, 'authError');
  const { accessToken } = google.grant('ada@example.com', ['openid']);
  assert.equal(
    (await errorOf(await post('uploadType=media', '', {}, accessToken))).reason,
    'insufficientPermissions',
  );
  now += 3_600_000;
  assert.equal((await post('uploadType=media', '')).status, 401);
  token = google.grant('ada@example.com').accessToken;
});

test('quotas: the refusal names the time, and the minute passes', async () => {
  google.order({ quotas: { unitsPerMinute: 25 } });
  now += 60_000;
  await open();
  const refused = await errorOf(await post('uploadType=resumable', '{}'));
  assert.equal(refused.code, 429);
  assert.match(refused.message, /^User-rate limit exceeded\. {2}Retry after \d{4}-.*Z$/);
  now += 60_000;
  await open();
  google.order({ quotas: { bytesPerDay: 1 } });
  assert.equal((await post('uploadType=resumable', '{}')).status, 429);
});

test('the consent page refuses what Google refuses', async () => {
  const good = {
    client_id: google.clientId,
    redirect_uri: 'http://127.0.0.1:1/callback',
    response_type: 'code',
    scope: 'openid email',
    state: 's',
    nonce: 'n',
    code_challenge: 'c'.repeat(43),
    code_challenge_method: 'S256',
  };
  const show = (query: Record<string, string>) =>
    fetch(`${google.origin}/o/oauth2/v2/auth?${new URLSearchParams(query)}`);
  assert.equal((await show(good)).status, 200);
  for (const bad of [
    { client_id: 'other' },
    { redirect_uri: 'https://example.net/callback' },
    { response_type: 'token' },
    { code_challenge_method: 'plain' },
    { code_challenge: '' },
    { state: '' },
    { nonce: '' },
    { scope: 'openid https://mail.google.com/' },
  ])
    assert.equal((await show({ ...good, ...bad })).status, 400, JSON.stringify(bad));
});

test('revocation is read from the form only', async () => {
  const { refreshToken } = google.grant('eve@example.com');
  await fetch(`${google.origin}/revoke?token=${encodeURIComponent(refreshToken)}`, { method: 'POST' });
  assert.ok(google.grants().includes('eve@example.com'));
});

test('the page shows what arrived, harmlessly; the log holds no query', async () => {
  const subject = '=?utf-8?B?PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0PiDDpA==?=';
  await post('uploadType=media', bytes(`From: a@example.org\r\nSubject: ${subject}\r\n\r\n`));
  const html = await (await fetch(`${google.origin}/gmail?account=ada%40example.com`)).text();
  assert.ok(html.includes('&#60;script&#62;alert(1)&#60;/script&#62; ä'));
  assert.ok(!html.includes('<script'));
  const { log } = (await (await fetch(`${google.origin}/standin/log`)).json()) as { log: { path: string }[] };
  assert.ok(log.length > 0 && log.every(({ path }) => !path.includes('?')));
});

test('other processes read messages, take grants and order faults', async () => {
  const order = (path: string, body: unknown) =>
    fetch(`${google.origin}/standin/${path}`, { method: 'POST', body: JSON.stringify(body) });
  const { accessToken } = (await (await order('grants', { email: 'flo@example.com' })).json()) as {
    accessToken: string;
  };
  await order('faults', { rules: [{ at: 'import', action: { kind: 'status', status: 503 } }] });
  const message = makeMessage(300, 'outside').toString();
  assert.equal((await post('uploadType=media', message, {}, accessToken)).status, 503);
  assert.equal((await post('uploadType=media', message, {}, accessToken)).status, 200);
  const listed = await fetch(`${google.origin}/standin/messages?account=flo%40example.com`);
  const { messages } = (await listed.json()) as {
    messages: { size: number; account: string; raw?: unknown }[];
  };
  assert.deepEqual(
    messages.map(({ size, account, raw }) => [size, account, raw]),
    [[300, 'flo@example.com', undefined]],
  );
});
