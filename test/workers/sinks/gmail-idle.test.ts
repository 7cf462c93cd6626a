/** What becomes of connections to Gmail between two exchanges. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { test } from 'node:test';
import { isFault } from '../../../src/core/fault.ts';
import type { SessionUri } from '../../../src/core/transfer.ts';
import { createGmailSink } from '../../../workers/sinks/gmail.ts';
import { Agent } from '../../../workers/sinks/gmail-connection.ts';
import { exchange, readRoot } from '../../../workers/sinks/gmail-wire.ts';
import { INBOX } from '../../contract/sink.ts';

const { signal } = new AbortController();

/** Answers what comes on a connection, which is small enough to come at once, as `answer` has it for the n-th. */
async function startServer(answer: (socket: Socket, nth: number, request: string) => void) {
  const server = createServer({ noDelay: true }, (socket) => {
    let count = 0;
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      count += 1;
      answer(socket, count, bytes.toString('latin1'));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const agent = new Agent(readRoot(origin));
  return {
    server,
    origin,
    agent,
    ask: () =>
      exchange(
        readRoot(origin),
        agent,
        { method: 'PUT', path: '/', headers: [], parts: [], deadline: 20_000 },
        signal,
      ),
    close: async () => {
      agent.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const connections = (server: Server): Promise<number> =>
  new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );

async function untilAlone(server: Server): Promise<void> {
  while ((await connections(server)) > 0) await new Promise((resolve) => setImmediate(resolve));
}

const answered = (body: string, ...headers: string[]): string =>
  ['HTTP/1.1 200 OK', ...headers, `Content-Length: ${body.length}`, '', body].join('\r\n');

test('bytes that nobody asked for end the connection that rests', { timeout: 20_000 }, async () => {
  const { server, ask, close } = await startServer((socket, nth) => {
    socket.write(answered(`${nth}`), () => setTimeout(() => socket.write(answered('unasked')), 5));
  });
  try {
    for (let n = 0; n < 3; n += 1) {
      assert.equal((await ask()).body, '1');
      await untilAlone(server);
    }
  } finally {
    await close();
  }
});

test('a connection is not kept for longer than the server says', { timeout: 20_000 }, async () => {
  const { server, ask, close } = await startServer((socket, nth) =>
    socket.write(answered(`${nth}`, 'Keep-Alive: timeout=1')),
  );
  try {
    await ask();
    await untilAlone(server);
  } finally {
    await close();
  }
});

test('a connection that rests for too long ends', { timeout: 20_000 }, async () => {
  const { server, agent, close } = await startServer((socket, nth) => socket.write(answered(`${nth}`)));
  try {
    const connection = agent.take();
    await connection.ask('PUT / HTTP/1.1\r\n\r\n', []);
    agent.giveBack(connection, 20);
    await untilAlone(server);
    assert.notEqual(agent.take(), connection);
  } finally {
    await close();
  }
});

test('an opening is sent again once where its connection had died; a put never', {
  timeout: 20_000,
}, async () => {
  const requests: string[] = [];
  const { origin, agent, close } = await startServer((socket, nth, request) => {
    requests.push(request.slice(0, 4));
    if (nth > 1) socket.destroy();
    else socket.write(answered('', `Location: ${origin}/upload/x?upload_id=1`));
  });
  const sink = createGmailSink({ rootUrl: origin, agent, accessToken: async () => 'token' });
  const openings = (count: number) =>
    Promise.all(Array.from({ length: count }, () => sink.open(INBOX, signal)));
  try {
    await openings(3);
    await assert.rejects(sink.open(INBOX, signal), (error) => isFault(error, 'gmail-unavailable'));
    assert.equal(requests.length, 5, 'two of the three had died');
    await sink.open(INBOX, signal);
    assert.equal(requests.length, 7, 'the last of them, and a fresh one');
    const upload = sink.resume(`${origin}/upload/x?upload_id=1` as SessionUri);
    const put = upload.put([Buffer.from('x')], 0, 1, signal);
    await assert.rejects(put, (error) => isFault(error, 'upload-interrupted'));
    assert.deepEqual(requests.slice(7), ['PUT ']);
  } finally {
    await close();
  }
});

test('how long a connection may rest does not bound the next exchange', { timeout: 20_000 }, async () => {
  const { agent, close } = await startServer((socket, nth) => {
    setTimeout(() => socket.write(answered(`${nth}`)), nth > 1 ? 120 : 0);
  });
  try {
    const connection = agent.take();
    await connection.ask('PUT / HTTP/1.1\r\n\r\n', []);
    agent.giveBack(connection, 40);
    assert.equal((await agent.take().ask('PUT / HTTP/1.1\r\n\r\n', [])).body, '2');
  } finally {
    await close();
  }
});

test('what was called off before is not sent', { timeout: 20_000 }, async () => {
  const { origin, agent, close } = await startServer((socket) => socket.write(answered('')));
  const call = { method: 'PUT', path: '/', headers: [], parts: [], deadline: 20_000 } as const;
  agent.take = () => assert.fail('a connection is taken');
  try {
    const late = exchange(readRoot(origin), agent, call, AbortSignal.abort(new Error('enough')));
    await assert.rejects(late, /enough/);
  } finally {
    await close();
  }
});
