/**
 * Why the POP3 client is our own: the same bytes from the same server, read by node-pop3 and by us. Each test
 * states what node-pop3 does; should one fail after an update, the decision may be looked at again.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import NodePop3 from 'node-pop3';
import { POP3_TIMEOUTS, Pop3Channel } from '../../../workers/sources/pop3-channel.ts';
import { Pop3Client } from '../../../workers/sources/pop3-client.ts';

const signal = new AbortController().signal;

interface Scripted {
  readonly port: number;
  readonly heard: string[];
  /** Resolves when the client under test has been sent all of the RETR answer. */
  readonly sent: Promise<void>;
}

/** A server that logs everybody in and answers RETR with `packets`, each only after the client has got the last. */
async function serve(t: TestContext, packets: readonly string[]): Promise<Scripted> {
  const heard: string[] = [];
  const sent = Promise.withResolvers<void>();
  const sockets: Socket[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.push(socket.on('error', () => {}));
    socket.write('+OK ready\r\n');
    socket.on('data', async (data) => {
      const lines = data.toString('latin1').split('\r\n').slice(0, -1);
      heard.push(...lines);
      if (!lines.some((line) => line.startsWith('RETR'))) return socket.write('+OK\r\n'.repeat(lines.length));
      for (const packet of packets) {
        await new Promise((resolve) => socket.write(packet, 'latin1', resolve));
        // Turns of the event loop that both sides share: the packet is read before the next one is written.
        for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      }
      return sent.resolve();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, heard, sent: sent.promise };
}

/** What we make of it. */
async function ours({ port }: Scripted): Promise<string> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  await once(socket, 'connect');
  const channel = new Pop3Channel(socket, POP3_TIMEOUTS);
  await channel.status(signal);
  const client = new Pop3Client(channel, POP3_TIMEOUTS, false);
  await client.request(['RETR 1'], signal);
  await client.retrieved(signal);
  let text = '';
  for (let piece = await client.next(signal); piece; piece = await client.next(signal)) {
    text += Buffer.from(piece).toString('latin1');
  }
  await client.close();
  return text;
}

const HANGS: unique symbol = Symbol('still waiting though all of the answer has come');

/** What node-pop3 makes of it; it counts as hanging when all has been sent and read, and nothing has happened. */
async function theirs(t: TestContext, { port, sent }: Scripted): Promise<string | typeof HANGS> {
  const client = new NodePop3({ host: '127.0.0.1', port, user: 'ada', password: 'secret', tls: false });
  client.on('error', () => {});
  t.after(() => client._socket?.destroy());
  const hanging = sent.then((): typeof HANGS => HANGS);
  return await Promise.race([client.RETR(1), hanging]);
}

const HEADER = 'From: a@example.test\r\n\r\n';

const HANGING: Readonly<Record<string, readonly string[]>> = {
  'the terminator is split after its dot': [`+OK\r\n${HEADER}a\r\n.`, '\r\n'],
  'the terminator is split after its first CR': [`+OK\r\n${HEADER}a\r`, '\n.\r\n'],
  'the terminator is split within its last CRLF': [`+OK\r\n${HEADER}a\r\n.\r`, '\n'],
  'the terminator and the next answer come in one packet': [`+OK\r\n${HEADER}a\r\n.\r\n+OK next\r\n`],
};
for (const [habit, packets] of Object.entries(HANGING)) {
  test(`where ${habit}, node-pop3 hangs`, async (t) => {
    assert.equal(await theirs(t, await serve(t, packets)), HANGS);
    assert.equal(await ours(await serve(t, packets)), `${HEADER}a\r\n`);
  });
}

test('where a packet is a dot alone within the message, node-pop3 cuts the message short', async (t) => {
  const packets = [`+OK\r\n${HEADER}end of a sentence`, '.', ' And the rest.\r\n.\r\n'];
  assert.equal(await theirs(t, await serve(t, packets)), `${HEADER}end of a sentence`);
  assert.equal(await ours(await serve(t, packets)), `${HEADER}end of a sentence. And the rest.\r\n`);
});

test('where a packet ends one line and is `.CRLF`, node-pop3 cuts the message short', async (t) => {
  const packets = [`+OK\r\n${HEADER}one`, '.\r\n', 'two\r\n.\r\n'];
  assert.equal(await theirs(t, await serve(t, packets)), `${HEADER}one`);
  assert.equal(await ours(await serve(t, packets)), `${HEADER}one.\r\ntwo\r\n`);
});

test('node-pop3 leaves dots stuffed and drops the last CRLF', async (t) => {
  const packets = [`+OK\r\n${HEADER}..\r\n..a\r\n.\r\n`];
  assert.equal(await theirs(t, await serve(t, packets)), `${HEADER}..\r\n..a`);
  assert.equal(await ours(await serve(t, packets)), `${HEADER}.\r\n.a\r\n`);
});

test('node-pop3 garbles what is not UTF-8', async (t) => {
  const packets = [`+OK\r\n${HEADER}\xe9\xff\r\n.\r\n`];
  assert.notEqual(await theirs(t, await serve(t, packets)), `${HEADER}\xe9\xff`);
  assert.equal(await ours(await serve(t, packets)), `${HEADER}\xe9\xff\r\n`);
});

test('node-pop3 sends a command that hides in a password', async (t) => {
  const scripted = await serve(t, []);
  const client = new NodePop3({
    host: '127.0.0.1',
    port: scripted.port,
    user: 'ada',
    password: 'a\r\nDELE 1',
    tls: false,
  });
  client.on('error', () => {});
  t.after(() => client._socket?.destroy());
  await client.NOOP();
  assert.ok(scripted.heard.includes('DELE 1'));
});
