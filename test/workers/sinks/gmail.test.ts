import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { after, afterEach, before, test } from 'node:test';
import { type FaultCode, isFault } from '../../../src/core/fault.ts';
import type { Sink } from '../../../src/core/ports.ts';
import { createAccessTokens, createTokenClient } from '../../../src/google/tokens.ts';
import type { FaultAction, FaultPoint } from '../../../standins/google/faults.ts';
import { type GoogleOptions, type GoogleStandin, startGoogle } from '../../../standins/google/server.ts';
import { createGmailAgent, createGmailSink, type GmailTimeouts } from '../../../workers/sinks/gmail.ts';
import { INBOX, makeMessage, sendAll, sha256, sinkContract, UNIT } from '../../contract/sink.ts';

const USER = 'ada@example.com';

interface Bench {
  readonly google: GoogleStandin;
  readonly agent: ReturnType<typeof createGmailAgent>;
  sinkFor(email?: string, timeouts?: GmailTimeouts): Sink;
  close(): Promise<void>;
}

async function startBench(options: GoogleOptions = {}): Promise<Bench> {
  const google = await startGoogle(options);
  const { origin, clientId, clientSecret } = google;
  const agent = createGmailAgent(origin);
  const client = createTokenClient({
    tokenUrl: `${origin}/token`,
    revokeUrl: `${origin}/revoke`,
    clientId,
    clientSecret,
  });
  const tokens = createAccessTokens(client);
  return {
    google,
    agent,
    sinkFor(email = USER, timeouts) {
      const accessToken = tokens.of(email, google.grant(email).refreshToken);
      return createGmailSink({ rootUrl: origin, agent, accessToken, ...(timeouts ? { timeouts } : {}) });
    },
    async close() {
      agent.destroy();
      await google.close();
    },
  };
}

for (const rangeSpelling of ['bytes=', ''] as const)
  sinkContract(`Gmail (Range: ${rangeSpelling}0-42)`, async () => {
    const bench = await startBench({ rangeSpelling });
    return {
      sink: bench.sinkFor(),
      arrived: () => bench.google.messages,
      loseNextCommitAnswer: () =>
        bench.google.order({ rules: [{ at: 'commit', action: { kind: 'drop-after' } }] }),
      forgetSessions: () => bench.google.order({ forgetSessions: true }),
      close: bench.close,
    };
  });

test('with the size declared at the start a message arrives all the same', async () => {
  const bench = await startBench();
  const { origin } = bench.google;
  const accessToken = async () => bench.google.grant(USER).accessToken;
  const sink = createGmailSink({ rootUrl: origin, agent: bench.agent, accessToken, declareSize: true });
  const message = makeMessage(UNIT + 1_000, 'declared');
  const { signal } = new AbortController();
  const upload = await sink.open({ ...INBOX, size: message.length }, signal);
  await upload.put([message.subarray(0, UNIT)], 0, null, signal);
  await upload.put([message.subarray(UNIT)], UNIT, message.length, signal);
  assert.equal(bench.google.messages[0]?.size, message.length);
  await bench.close();
});

const { signal } = new AbortController();
let bench: Bench;
before(async () => {
  bench = await startBench();
});
afterEach(() => bench.google.order({ clear: true, quotas: {}, delayMs: 0, release: true }));
after(() => bench.close());

const strike = (at: FaultPoint, action: FaultAction, times = 1) =>
  bench.google.order({ rules: [{ at, action, times }] });
const isCode = (code: FaultCode) => (error: unknown) => isFault(error, code);

for (const action of [
  { kind: 'status', status: 500 },
  { kind: 'status', status: 503 },
  { kind: 'drop-before' },
  { kind: 'drop-after' },
  { kind: 'truncate' },
  { kind: 'body', body: '<html>hello</html>' },
  { kind: 'body', body: `{"id":"${'x'.repeat(70_000)}"}` },
  { kind: 'status', status: 302 },
] as const satisfies readonly FaultAction[]) {
  const shown = action.kind === 'status' ? action.status : action.kind;
  test(`a last put answered by ${shown} is to be asked about, and can be completed once`, async () => {
    const message = makeMessage(4_000, `unclear-${shown}`);
    const count = bench.google.messages.length;
    const upload = await bench.sinkFor().open(INBOX, signal);
    strike('commit', action);
    await assert.rejects(upload.put([message], 0, message.length, signal), isCode('upload-interrupted'));
    let status = await upload.status(message.length, signal);
    if (status.state === 'incomplete') status = await upload.put([message], 0, message.length, signal);
    assert.equal(status.state, 'committed');
    assert.equal(bench.google.messages.length, count + 1);
    assert.equal(bench.google.messages.at(-1)?.sha256, sha256(message));
  });
}

test('a chunk that arrived in part is continued where the session stands', async () => {
  const message = makeMessage(2 * UNIT + 100, 'partly');
  const upload = await bench.sinkFor().open(INBOX, signal);
  strike('put', { kind: 'drop-during', bytes: 100_000 });
  await assert.rejects(
    upload.put([message.subarray(0, UNIT)], 0, null, signal),
    isCode('upload-interrupted'),
  );
  assert.deepEqual(await upload.status(message.length, signal), { state: 'incomplete', stored: 100_000 });
  strike('put', { kind: 'short', bytes: 0 });
  const short = await upload.put([message.subarray(100_000, 100_000 + UNIT)], 100_000, null, signal);
  assert.deepEqual(short, { state: 'incomplete', stored: 100_000 });
  const rest = await upload.put([message.subarray(100_000)], 100_000, message.length, signal);
  assert.equal(rest.state, 'committed');
  assert.equal(bench.google.messages.at(-1)?.sha256, sha256(message));
});

test('a dead process’s bytes may arrive late; the same session still imports once', async () => {
  const message = makeMessage(4_000, 'late');
  const count = bench.google.messages.length;
  const upload = await bench.sinkFor().open(INBOX, signal);
  strike('commit', { kind: 'hold' });
  await assert.rejects(upload.put([message], 0, message.length, signal), isCode('upload-interrupted'));
  assert.deepEqual(await upload.status(message.length, signal), { state: 'incomplete', stored: 0 });
  assert.equal((await upload.put([message], 0, message.length, signal)).state, 'committed');
  bench.google.order({ release: true });
  assert.equal(bench.google.messages.length, count + 1);
});

test('a refused access token is renewed once, on every kind of call', async () => {
  const message = makeMessage(UNIT + 5, 'renewed');
  for (const at of ['open', 'put', 'commit', 'status'] as const)
    strike(at, { kind: 'status', status: 401, reason: 'authError', message: 'Invalid Credentials' });
  const upload = await bench.sinkFor().open(INBOX, signal);
  await upload.status(message.length, signal);
  assert.equal((await sendAll(upload, message, UNIT, signal)).state, 'committed');
  strike('open', { kind: 'status', status: 401 }, 2);
  await assert.rejects(bench.sinkFor().open(INBOX, signal), isCode('gmail-unavailable'));
});

test('a grant that ended at Google is revoked, and one without the permission says so', async () => {
  const sink = bench.sinkFor('bea@example.com');
  await sink.open(INBOX, signal);
  bench.google.withdraw('bea@example.com');
  await assert.rejects(sink.open(INBOX, signal), isCode('grant-revoked'));
  const { accessToken } = bench.google.grant('cid@example.com', ['openid']);
  const { agent, google } = bench;
  const unticked = createGmailSink({ rootUrl: google.origin, agent, accessToken: async () => accessToken });
  await assert.rejects(unticked.open(INBOX, signal), isCode('scope-missing'));
});

test('Gmail’s limits are told apart, with the time it named', async () => {
  const sink = bench.sinkFor('dan@example.com');
  bench.google.order({ quotas: { unitsPerMinute: 25 } });
  await sink.open(INBOX, signal);
  await assert.rejects(sink.open(INBOX, signal), (error) => {
    assert.ok(isFault(error, 'gmail-rate-limited'));
    assert.ok(error.retryAt !== undefined && error.retryAt <= Date.now() + 60_000);
    return error.retryAt > Date.now();
  });
  bench.google.order({ quotas: { concurrent: 0 } });
  await assert.rejects(sink.open(INBOX, signal), isCode('gmail-too-concurrent'));
});

test('a message over the limit is refused for good', async () => {
  const small = await startBench({ maxMessageBytes: UNIT });
  try {
    const message = makeMessage(UNIT + 1, 'big');
    const upload = await small.sinkFor().open(INBOX, signal);
    await assert.rejects(sendAll(upload, message, UNIT, signal), isCode('message-too-large'));
    assert.equal(small.google.messages.length, 0);
  } finally {
    await small.close();
  }
});

test('a session URI on another host, or none, is not used', async () => {
  const { origin } = bench.google;
  for (const uri of [
    'https://example.net/upload/gmail/v1/x',
    origin.replace('http:', 'https:'),
    `${origin}.example.net/upload/x`,
    `${origin}@example.net/upload/x`,
    `${origin}/upload/../token`,
    `${origin}/elsewhere`,
    '/upload/gmail/v1/x',
  ]) {
    strike('open', { kind: 'location', uri });
    await assert.rejects(bench.sinkFor().open(INBOX, signal), isCode('gmail-unavailable'), uri);
  }
});

test('only https, or http on loopback, without a path', () => {
  for (const rootUrl of ['http://gmail.example.com/', 'ftp://127.0.0.1/', 'https://example.com/path'])
    assert.throws(() => createGmailAgent(rootUrl), RangeError, rootUrl);
});

test('silence ends at the deadline', async () => {
  const sink = bench.sinkFor(USER, { open: 40, put: 40, status: 40 });
  const upload = await bench.sinkFor().open(INBOX, signal);
  const hasty = sink.resume(upload.uri);
  const message = makeMessage(2_000, 'silence');
  strike('open', { kind: 'stall' });
  await assert.rejects(sink.open(INBOX, signal), isCode('gmail-unavailable'));
  strike('commit', { kind: 'slow', ms: 15 });
  await assert.rejects(hasty.put([message], 0, message.length, signal), isCode('upload-interrupted'));
});

/** A server that reads nothing of a body: puts to it hang half sent. */
async function startDeaf() {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.once('data', () => socket.pause());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, sockets, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test('an abort in the middle of a put leaves no socket', async () => {
  const { server, sockets, origin } = await startDeaf();
  const agent = createGmailAgent(origin);
  const sink = createGmailSink({ rootUrl: origin, agent, accessToken: async () => 'token' });
  const upload = sink.resume(`${origin}/upload/gmail/v1/x?upload_id=1` as never);
  const stop = new AbortController();
  const sending = upload.put([Buffer.alloc(64 * UNIT)], 0, null, stop.signal);
  await once(server, 'connection');
  const [socket] = sockets;
  assert.ok(socket);
  await once(socket, 'data');
  const closed = once(socket, 'close');
  stop.abort(new Error('enough'));
  await assert.rejects(sending, /enough/);
  socket.on('error', () => undefined).resume();
  await closed;
  // It waits for every connection's end.
  await new Promise((resolve) => server.close(resolve));
});

test('connections are used again, and nothing but tokens and imports is called', async () => {
  const fresh = await startBench();
  try {
    const sink = fresh.sinkFor();
    for (let n = 0; n < 20; n += 1) {
      const message = makeMessage(1_000, `again-${n}`);
      await (await sink.open(INBOX, signal)).put([message], 0, message.length, signal);
    }
    // One to Gmail, one for the token.
    assert.ok((await fresh.google.connections()) <= 2);
    const paths = new Set(fresh.google.log.map(({ method, path }) => `${method} ${path}`));
    assert.deepEqual(
      paths,
      new Set([
        'POST /token',
        'POST /upload/gmail/v1/users/me/messages/import',
        'PUT /upload/gmail/v1/users/me/messages/import',
      ]),
    );
  } finally {
    await fresh.close();
  }
});

test('a large message passes with flat memory on both sides', async () => {
  const chunk = Buffer.alloc(4 * UNIT, 'x\r\n');
  const header = makeMessage(4 * UNIT, 'large');
  const chunks = 100;
  const total = chunk.length * chunks;
  const upload = await bench.sinkFor().open(INBOX, signal);
  let peak = 0;
  const before = process.memoryUsage().rss;
  for (let n = 0; n < chunks; n += 1) {
    const last = n === chunks - 1;
    const status = await upload.put(
      [n === 0 ? header : chunk],
      n * chunk.length,
      last ? total : null,
      signal,
    );
    assert.equal(status.state, last ? 'committed' : 'incomplete');
    peak = Math.max(peak, process.memoryUsage().rss);
  }
  assert.equal(bench.google.messages.at(-1)?.size, total);
  // Client and stand-in share this process; keeping the message anywhere would cost 105 MB.
  assert.ok(peak - before < 80_000_000, `grew by ${peak - before} bytes`);
});
