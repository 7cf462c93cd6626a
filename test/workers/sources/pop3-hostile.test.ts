/** POP3 servers that never stop: what they cost is bounded. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Source } from '../../../src/core/ports.ts';
import { openPop3 } from '../../../workers/sources/pop3.ts';
import { faultOf } from './pop3-setup.ts';
import { type Connection, type ScriptServer, startScriptServer } from './script-server.ts';

const signal = new AbortController().signal;
const MIB = 1_048_576;
const LINES = Buffer.alloc(65_536, `${'z'.repeat(62)}\r\n`);

/** Says so for as long as the client listens. */
async function flood(to: Connection, bytes: Uint8Array): Promise<void> {
  while (await to.say(bytes)) await new Promise((resolve) => setImmediate(resolve));
}

async function openAt(
  t: TestContext,
  answers: Readonly<Record<string, (to: Connection) => Promise<unknown>>>,
): Promise<{ readonly server: ScriptServer; readonly source: Source }> {
  const server = await startScriptServer(t, '+OK\r\n', async (line, to) => {
    const [verb = ''] = line.split(' ', 1);
    const own = answers[line] ?? answers[verb];
    if (own) return own(to);
    return to.say(verb === 'CAPA' ? '-ERR\r\n' : '+OK\r\n');
  });
  const at = { protocol: 'pop3', host: 'localhost', port: server.port, security: 'tls' } as const;
  const source = await openPop3(at, { username: 'a', password: 'b' }, server.dial, signal);
  t.after(() => source.close());
  return { server, source };
}

const table =
  (...rows: string[]) =>
  (to: Connection) =>
    to.say(`${['+OK', ...rows, '.'].join('\r\n')}\r\n`);

test('a LIST that tells no sizes, or what can be none, keeps no message', async (t) => {
  const rows = ['1', '2 -1', '3 1,024', '4 many', '5 10 octets', '6 99999999999999999999'];
  const { source } = await openAt(t, {
    UIDL: table(...rows.map((_, n) => `${n + 1} id${n}`)),
    LIST: table(...rows),
  });
  const { messages } = await source.list('INBOX', null, { kind: 'all' }, signal);
  const sizes = messages.map(({ ref, size }) => [ref.protocol === 'pop3' && ref.uidl, size]);
  assert.deepEqual(
    sizes.toSorted(),
    rows.map((_, n) => [`id${n}`, n === 4 ? 10 : null]),
  );
});

test('what is left of a message that nobody wants to its end is not read for ever', async (t) => {
  const { server, source } = await openAt(t, {
    UIDL: table('1 a', '2 b'),
    LIST: table('1 10', '2 10'),
    'RETR 1': async (to) => {
      await to.say('+OK\r\n');
      await flood(to, LINES);
    },
  });
  const { messages } = await source.list('INBOX', null, { kind: 'all' }, signal);
  const got = faultOf(async () => {
    for await (const { body } of source.fetch([...messages].reverse(), signal)) {
      let bytes = 0;
      for await (const piece of body) {
        bytes += piece.length;
        if (bytes > 2 * MIB) break;
      }
    }
  });
  assert.equal(await got, 'source-protocol');
  assert.ok(server.taken < 128 * MIB, `${server.taken} bytes`);
});

test('a header that never ends is not read for ever', async (t) => {
  const { server, source } = await openAt(t, {
    UIDL: table('1 a'),
    TOP: async (to) => {
      await to.say('+OK\r\n');
      await flood(to, LINES);
    },
  });
  const listing = source.list('INBOX', null, { kind: 'since', from: 0 }, signal);
  assert.equal(await faultOf(listing), 'source-protocol');
  assert.ok(server.taken < 128 * MIB, `${server.taken} bytes`);
});

test('a listing of long ids without end is not held in memory', async (t) => {
  let n = 0;
  const rows = (): Buffer =>
    Buffer.from(Array.from({ length: 300 }, () => `${++n} ${String(n).padEnd(250, 'x')}\r\n`).join(''));
  const endless = async (to: Connection): Promise<void> => {
    await to.say('+OK\r\n');
    while (await to.say(rows())) await new Promise((resolve) => setImmediate(resolve));
  };
  const { server, source } = await openAt(t, { UIDL: endless });
  assert.equal(await faultOf(source.list('INBOX', null, { kind: 'all' }, signal)), 'source-protocol');
  assert.ok(server.taken < 40 * MIB, `${server.taken} bytes`);
});
