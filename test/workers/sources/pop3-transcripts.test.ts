import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { createDial, type Dial } from '../../../workers/sources/dial.ts';
import { openPop3 } from '../../../workers/sources/pop3.ts';
import { faultOf, read } from './pop3-setup.ts';

const FIXTURES = new URL('../../fixtures/pop3/', import.meta.url);
const signal = new AbortController().signal;

type Turn = readonly [speaker: 'S' | 'C', line: string];

function parse(text: string): { readonly outcome: string; readonly turns: readonly Turn[] } {
  const [first = '', ...lines] = text.trimEnd().split('\n');
  const turns = lines.map((line): Turn => {
    const said = line
      .slice(3)
      .replace(/\\x([0-9a-f]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
    return [line.startsWith('S: ') || line === 'S:' ? 'S' : 'C', said];
  });
  return { outcome: first.replace('# ', ''), turns };
}

/** Plays the server's part; what the client said instead of its line ends up in `wrong`. */
async function play(socket: Socket, turns: readonly Turn[], wrong: string[]): Promise<void> {
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  for (const [speaker, line] of turns) {
    if (speaker === 'C') {
      const said = await lines.next();
      if (said.value !== line) wrong.push(`${said.value} instead of ${line}`);
      continue;
    }
    for (const byte of Buffer.from(`${line}\r\n`, 'latin1')) {
      await new Promise((resolve) => socket.write(Buffer.of(byte), resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  socket.end();
}

/** TLS is not what transcripts are about: the dial hands out a plain socket as if it were encrypted. */
async function plainDial(t: TestContext, turns: readonly Turn[], wrong: string[]): Promise<Dial> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {});
    play(socket, turns, wrong).catch((error) => wrong.push(`${error}`));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return {
    ...createDial({ privateNetworks: [] }),
    connect: async () => {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      await once(socket, 'connect');
      return socket;
    },
  };
}

const EXPECTED = ['From: b@example.test\r\n\r\n.\r\n', 'From: a@example.test\r\n\r\n8 bit: \xe9\r\n'];

for (const file of readdirSync(FIXTURES).filter((name) => name.endsWith('.txt'))) {
  test(`transcript ${file}, one byte per read`, async (t) => {
    const { outcome, turns } = parse(readFileSync(new URL(file, FIXTURES), 'utf8'));
    const wrong: string[] = [];
    const dial = await plainDial(t, turns, wrong);
    const at = { protocol: 'pop3', host: 'pop3.example.test', port: 995, security: 'tls' } as const;
    const bodies: string[] = [];
    const found = await faultOf(async () => {
      const source = await openPop3(at, { username: 'ada@example.test', password: 'secret' }, dial, signal);
      try {
        const { messages } = await source.list('INBOX', null, { kind: 'all' }, signal);
        for await (const fetched of source.fetch(messages, signal)) bodies.push(await read(fetched));
      } finally {
        await source.close();
      }
    });
    assert.equal(found, outcome === 'ok' ? 'no fault' : outcome);
    assert.deepEqual(wrong, []);
    if (outcome === 'ok') assert.deepEqual(bodies, EXPECTED);
  });
}
