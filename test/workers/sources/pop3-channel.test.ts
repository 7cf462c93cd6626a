import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { POP3_TIMEOUTS, Pop3Channel, type Pop3Timeouts } from '../../../workers/sources/pop3-channel.ts';
import { Pop3Client } from '../../../workers/sources/pop3-client.ts';
import { faultOf } from './pop3-setup.ts';

const signal = new AbortController().signal;
const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** A channel to a server that does what `serve` says with the connection. */
async function channelTo(
  t: TestContext,
  serve: (socket: Socket) => void,
  timeouts: Partial<Pop3Timeouts> = {},
): Promise<Pop3Channel> {
  const server = createServer((socket) => serve(socket.on('error', () => {}))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {});
  await once(socket, 'connect');
  t.after(() => {
    socket.destroy();
    server.close();
  });
  return new Pop3Channel(socket, { ...POP3_TIMEOUTS, ...timeouts });
}

test('a slow consumer slows the server down', async (t) => {
  const chunk = Buffer.alloc(65_536, `${'z'.repeat(62)}\r\n`);
  const chunks = 1_024;
  let taken = 0;
  const channel = await channelTo(t, async (socket) => {
    socket.write('+OK\r\n');
    for (let n = 0; n < chunks; n += 1) {
      await new Promise((resolve) => socket.write(chunk, resolve));
      taken += chunk.length;
    }
    socket.end('.\r\n');
  });
  await channel.status(signal);
  let total = (await channel.piece(signal))?.length ?? 0;
  for (let before = -1; before !== taken; await turns(200)) before = taken;
  // What the kernel's buffers hold of 64 MiB; nobody reads, so it stays there.
  assert.ok(taken < 32 * 1024 * 1024, `${taken} bytes were taken`);
  for (let piece = await channel.piece(signal); piece; piece = await channel.piece(signal))
    total += piece.length;
  assert.equal(total, chunks * chunk.length);
});

test('silence between two bytes ends at the gap deadline', async (t) => {
  const channel = await channelTo(t, (socket) => socket.write('+OK'), { gap: 20 });
  assert.equal(await faultOf(channel.status(signal)), 'source-timeout');
  assert.equal(channel.broken, true);
});

test('a server that drips is given up although it is never silent for long', async (t) => {
  const channel = await channelTo(
    t,
    (socket) => {
      const drip = setInterval(() => socket.write('x'), 5);
      socket.on('close', () => clearInterval(drip));
    },
    { gap: 10_000, command: 100 },
  );
  assert.equal(await faultOf(channel.status(signal)), 'source-timeout');
});

test('what came before the connection ended is read, then the end is a fault', async (t) => {
  const channel = await channelTo(t, (socket) => socket.end('+OK one\r\n-ERR two\r\n+ three\r\nbody\r\n'));
  assert.deepEqual(await channel.status(signal), { kind: 'ok', text: 'one' });
  assert.deepEqual(await channel.status(signal), { kind: 'refused', text: 'two' });
  assert.deepEqual(await channel.status(signal), { kind: 'more', text: 'three' });
  assert.equal(Buffer.from((await channel.piece(signal)) ?? []).toString(), 'body\r\n');
  assert.equal(await faultOf(channel.piece(signal)), 'source-disconnected');
});

test('what is neither +OK nor -ERR is not POP3', async (t) => {
  for (const line of ['* OK IMAP4rev1', 'HTTP/1.1 400 Bad Request', '+OKAY', '', '\0']) {
    const channel = await channelTo(t, (socket) => socket.write(`${line}\r\n`));
    assert.equal(await faultOf(channel.status(signal)), 'source-protocol', line);
  }
});

test('a listing beyond its limit is a fault', async (t) => {
  const channel = await channelTo(t, (socket) => socket.write('a\r\n..b\r\n.\r\nc\r\nd\r\n.\r\n'));
  const lines: string[] = [];
  const take = (line: string) => void lines.push(line);
  await channel.lines(2, signal, take);
  assert.deepEqual(lines, ['a', '.b']);
  assert.equal(await faultOf(channel.lines(1, signal, take)), 'source-protocol');
  assert.deepEqual(lines, ['a', '.b', 'c']);
  assert.equal(channel.broken, true);
});

test('an abort ends a wait at once, with its reason', async (t) => {
  const channel = await channelTo(t, () => {});
  const controller = new AbortController();
  const reading = faultOf(channel.status(controller.signal));
  const reason = new Error('enough');
  controller.abort(reason);
  assert.equal(await reading, reason);
  assert.equal(channel.broken, true);
});

test('UIDL takes numbers in any order, but none twice', async (t) => {
  const uidl = async (...lines: readonly string[]) => {
    const channel = await channelTo(t, (socket) => socket.write(`+OK\r\n${lines.join('\r\n')}\r\n.\r\n`));
    return await new Pop3Client(channel, POP3_TIMEOUTS, false).uidl(signal);
  };
  assert.deepEqual(
    [...(await uidl('3 c', '1 a', '2 b'))],
    [
      ['c', 3],
      ['a', 1],
      ['b', 2],
    ],
  );
  for (const lines of [
    ['1 a', '1 b'],
    ['1 a', '2 b', '1 c'],
    ['2 a', '1 b', '1 c'],
    ['2 a', '1 b', '3 c', '3 d'],
    ['1 a', 'x b'],
  ])
    assert.equal(await faultOf(uidl(...lines)), 'source-protocol', lines.join());
  for (const lines of [['1 a', '2 a'], ['1 a', '2'], ['1']])
    assert.equal(await faultOf(uidl(...lines)), 'no-uidl', lines.join());
});
