/** Real sessions on hostile servers under the engine: one message that ends them must cost only itself. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Server } from '../../src/core/mailbox.ts';
import type { MessageKey } from '../../src/core/message.ts';
import { createOpenSource } from '../../workers/sources/open.ts';
import { createWorld, live, type World } from '../engine.ts';
import { Mortality, sha256 } from '../gmail-model.ts';
import { examined, GREETING, imapAnswers, uidsOf } from './sources/imap-script.ts';
import { type Connection, startScriptServer } from './sources/script-server.ts';

const mail = (name: string, size = 0): Buffer =>
  Buffer.from(`From: a@example.com\r\nSubject: ${name}\r\n\r\n`.padEnd(size, 'x'));
const LUMP = Buffer.alloc(65_536, `${'z'.repeat(62)}\r\n`);

/** For as long as the client listens. */
async function flood(to: Connection): Promise<void> {
  while (await to.say(LUMP)) await new Promise((resolve) => setImmediate(resolve));
}

/** Visits until nothing waits; the messages that had to wait at any time. */
async function visitUntilRest(
  t: TestContext,
  protocol: Server['protocol'],
  greeting: string,
  answer: (line: string, to: Connection, connection: number) => Promise<unknown>,
): Promise<World & { blamed: ReadonlySet<MessageKey> }> {
  const server = await startScriptServer(t, greeting, answer);
  const world = createWorld([]);
  const at: Server = { protocol, host: 'localhost', port: server.port, security: 'tls' };
  const openSource = createOpenSource({ dial: server.dial, imap: { logout: 100 }, pop3: { quit: 100 } });
  const blamed = new Set<MessageKey>();
  let visits = 0;
  for (let calm = 0; calm < 2; visits += 1) {
    assert.ok(visits < 40, 'comes to rest');
    const verdict = await live(world, new Mortality(0), {
      deps: { openSource: (_server, credentials, signal) => openSource(at, credentials, signal) },
      lease: { server: at },
    });
    calm = verdict?.faultCode === null && world.books.transfers.size === 0 ? calm + 1 : 0;
    for (const key of world.books.transfers.keys()) blamed.add(key);
    const next = Math.min(...Array.from(world.books.transfers.values(), ({ retryAt }) => retryAt));
    world.now = Math.max(world.now + 5_000, verdict?.nextRunAt ?? 0, Number.isFinite(next) ? next : 0);
  }
  return Object.assign(world, { blamed });
}

function assertOnly(world: World, arrived: readonly Buffer[], others: readonly unknown[]): void {
  assert.deepEqual([...world.gmail.imported].sort(), arrived.map(sha256).sort());
  assert.deepEqual(
    world.books.audit
      .filter(({ status }) => status !== 'delivered')
      .map(({ status, reason }) => [status, reason]),
    others,
  );
}

const SMALL = ['1', '2', '4', '5'].map((name) => mail(name));

for (const [claimed, capa] of [
  [10, '-ERR\r\n'],
  [3_000_000, '-ERR\r\n'],
  [10, '+OK\r\nUSER\r\nPIPELINING\r\n.\r\n'],
] as const) {
  const how = capa.includes('PIPELINING') ? ', pipelined' : '';
  test(`a POP3 message without end, announced as ${claimed} bytes${how}, costs only itself`, async (t) => {
    const world = await visitUntilRest(t, 'pop3', '+OK\r\n', async (line, to) => {
      const [verb = '', number = ''] = line.split(' ');
      const rows = (row: (n: number) => string) =>
        to.say(`${['+OK', ...[1, 2, 3, 4, 5].map(row), '.'].join('\r\n')}\r\n`);
      if (verb === 'CAPA') return to.say(capa);
      if (verb === 'UIDL') return rows((n) => `${n} id${n}`);
      if (verb === 'LIST') return rows((n) => `${n} ${n === 3 ? claimed : 50}`);
      if (verb !== 'RETR') return to.say('+OK\r\n');
      await to.say('+OK\r\n');
      if (number === '3') return flood(to);
      return to.say(`${mail(number)}\r\n.\r\n`);
    });
    const sent = SMALL.map((bytes) => Buffer.concat([bytes, Buffer.from('\r\n')]));
    assertOnly(world, sent, [['rejected', 'message-too-large']]);
    assert.deepEqual([...world.blamed], [], 'no other message had to wait');
  });
}

const MIB = 1_048_576;

/** Five messages, of which the third has `real` bytes and is announced with `claimed`. */
function mailboxOf(real: number, claimed: number, honoursRanges: boolean) {
  const sizeOf = (uid: number): number => (uid === 3 ? real : mail(`${uid}`).length);
  const literal = async (to: Connection, uid: number, from: number, length: number): Promise<void> => {
    if (uid !== 3) await to.say(mail(`${uid}`).subarray(from, from + length));
    if (uid !== 3) return;
    for (let left = length; left > 0; left -= LUMP.length)
      if (!(await to.say(LUMP.subarray(0, Math.min(left, LUMP.length))))) return;
  };
  return imapAnswers({
    EXAMINE: ({ ok }) => ok(...examined(5)),
    'UID SEARCH': ({ ok }) => ok('* SEARCH 1 2 3 4 5'),
    'UID FETCH': async ({ args, to, ok }) => {
      const range = /BODY\.PEEK\[\]<(\d+)\.(\d+)>/.exec(args);
      for (const uid of uidsOf(args)) {
        if (!args.includes('BODY')) {
          await to.say(`* ${uid} FETCH (UID ${uid} RFC822.SIZE ${uid === 3 ? claimed : sizeOf(uid)})\r\n`);
          continue;
        }
        const from = range && honoursRanges ? Number(range[1]) : 0;
        const most = range && honoursRanges ? Number(range[2]) : Number.POSITIVE_INFINITY;
        const length = Math.max(0, Math.min(most, sizeOf(uid) - from));
        const place = range ? `<${from}>` : '';
        await to.say(`* ${uid} FETCH (UID ${uid} BODY[]${place} {${length}}\r\n`);
        await literal(to, uid, from, length);
        await to.say(')\r\n');
      }
      await ok();
    },
  });
}

const big = (size: number): Buffer => Buffer.alloc(size, LUMP);

for (const [what, real, claimed, honoursRanges, outcome] of [
  ['announced small, in pieces', 6 * MIB, 10, true, 'arrives'],
  ['announced small, in one piece', 6 * MIB, 10, false, 'arrives'],
  ['announced as it is, in one piece', 6 * MIB, 6 * MIB, false, 'arrives'],
  [
    'of more than Gmail takes, announced small, in pieces',
    40 * MIB,
    10,
    true,
    ['rejected', 'message-too-large'],
  ],
  ['of 200 MiB, announced small, in one piece', 200 * MIB, 10, false, ['failed', 'source-protocol']],
  ['of 200 MiB, announced large, in one piece', 200 * MIB, 5 * MIB, false, ['failed', 'source-protocol']],
] as const) {
  test(`an IMAP message ${what}, costs only itself`, async (t) => {
    const world = await visitUntilRest(t, 'imap', GREETING, mailboxOf(real, claimed, honoursRanges));
    if (outcome === 'arrives') assertOnly(world, [...SMALL, big(real)], []);
    else assertOnly(world, SMALL, [outcome]);
    assert.ok(
      [...world.blamed].every((key) => key === 'imap:7:3:INBOX'),
      [...world.blamed].join(),
    );
  });
}
