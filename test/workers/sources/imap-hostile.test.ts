/** IMAP servers that flood, drip and make things up: what they cost is bounded. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Source } from '../../../src/core/ports.ts';
import { openImap } from '../../../workers/sources/imap.ts';
import type { ImapTimeouts } from '../../../workers/sources/imap-deadline.ts';
import { type Answers, type Asked, examined, GREETING, imapAnswers } from './imap-script.ts';
import { faultOf } from './pop3-setup.ts';
import { type ScriptServer, startScriptServer } from './script-server.ts';

const signal = new AbortController().signal;
const MIB = 1_048_576;
const ALL = { kind: 'all' } as const;

async function openAt(
  t: TestContext,
  answers: Answers,
  timeouts: Partial<ImapTimeouts> = {},
): Promise<{ readonly server: ScriptServer; readonly source: Source }> {
  const server = await startScriptServer(t, GREETING, imapAnswers(answers));
  const at = { protocol: 'imap', host: 'localhost', port: server.port, security: 'tls' } as const;
  const credentials = { username: 'a', password: 'b' };
  const source = await openImap(at, credentials, server.dial, signal, { logout: 100, ...timeouts });
  t.after(() => source.close());
  return { server, source };
}

/** Says so for as long as the client listens. */
const flood =
  (text: string | Buffer) =>
  async ({ to }: Asked): Promise<void> => {
    const bytes = Buffer.from(text);
    while (await to.say(bytes)) await new Promise((resolve) => setImmediate(resolve));
  };

/** One message that is announced with `size`. */
const holding = (size: number | string, fetchBody: Answers[string]): Answers => ({
  EXAMINE: ({ ok }) => ok(...examined(1)),
  'UID SEARCH': ({ ok }) => ok('* SEARCH 1'),
  'UID FETCH': (asked) =>
    asked.args.includes('BODY')
      ? (fetchBody?.(asked) ?? Promise.resolve())
      : asked.ok(`* 1 FETCH (UID 1 RFC822.SIZE ${size} INTERNALDATE "01-Jan-2026 00:00:00 +0000")`),
});

const readAll = (source: Source) =>
  faultOf(async () => {
    const { messages } = await source.list('INBOX', null, ALL, signal);
    for await (const { body } of source.fetch(messages, signal)) for await (const _ of body);
  });

for (const [what, command, said] of [
  ['a line without end', 'EXAMINE', 'x'.repeat(65_536)],
  ['a literal nobody asked for', 'EXAMINE', `* 1 FETCH (BODY[] {${8 * MIB}}\r\n${'x'.repeat(65_536)}`],
  ['folders without end', 'LIST', '* LIST () "/" "a folder of the many"\r\n'.repeat(1_000)],
  ['lines that mean nothing', 'NOOP', '* OK still here\r\n'.repeat(1_000)],
] as const) {
  test(`${what} is not read for long`, async (t) => {
    const { server, source } = await openAt(t, { [command]: flood(said) });
    const work = {
      EXAMINE: () => source.count('INBOX', signal),
      LIST: () => source.folders('all', signal),
      NOOP: async () => {
        await source.list('INBOX', null, ALL, signal);
        return await source.watch('INBOX', 1_000, signal);
      },
    };
    assert.equal(await faultOf(work[command]), 'source-protocol');
    assert.ok(server.taken < 64 * MIB, `${server.taken} bytes`);
  });
}

for (const size of [10, 3 * MIB]) {
  test(`bodies that nobody asked for are not collected, a message of ${size} bytes wanted`, async (t) => {
    const row = `* 2 FETCH (UID 2 BODY[] {${MIB}}\r\n${'x'.repeat(MIB)})\r\n`;
    const { source } = await openAt(t, holding(size, flood(row)));
    const before = process.memoryUsage().rss;
    assert.equal(await readAll(source), 'source-protocol');
    const grown = process.memoryUsage().rss - before;
    assert.ok(grown < 300 * MIB, `${Math.round(grown / MIB)} MiB more`);
  });
}

test('a message that comes byte by byte is given up although no wait is long', async (t) => {
  const drip: Answers[string] = async ({ args, ok }) => {
    const [, from = '0'] = /<(\d+)\./.exec(args) ?? [];
    await new Promise((resolve) => setTimeout(resolve, 20));
    return ok(`* 1 FETCH (UID 1 RFC822.SIZE ${3 * MIB} BODY[]<${from}> {1}`, 'x)');
  };
  const { server, source } = await openAt(t, holding(3 * MIB, drip), { body: 300 });
  assert.equal(await readAll(source), 'source-timeout');
  assert.ok(server.taken < 10_000, `${server.taken} bytes`);
});

test('a line that names all UIDs as vanished holds nobody up', async (t) => {
  const vanished = '* VANISHED 1:16777215';
  const { source } = await openAt(t, {
    EXAMINE: ({ ok }) => ok(...examined(0), vanished),
    NOOP: ({ ok }) => ok(vanished),
  });
  await source.list('INBOX', null, ALL, signal);
  const began = performance.now();
  await faultOf(source.watch('INBOX', 0, signal));
  assert.ok(performance.now() - began < 5_000, 'quick');
});

test('a listing that is told one message at a time is given up', async (t) => {
  let top = 1_000_000;
  const { source } = await openAt(
    t,
    {
      EXAMINE: ({ ok }) => ok('* 5 EXISTS', '* OK [UIDVALIDITY 1] ok', `* OK [UIDNEXT ${top}] ok`),
      'UID SEARCH': async ({ tag, to }) => {
        top -= 1;
        await new Promise((resolve) => setTimeout(resolve, 5));
        return to.say(`* SEARCH ${top}\r\n${tag} OK [MESSAGELIMIT 1] partial\r\n`);
      },
    },
    { listing: 300 },
  );
  assert.equal(await faultOf(source.list('INBOX', null, ALL, signal)), 'source-timeout');
  assert.ok(top > 900_000, `${1_000_000 - top} searches`);
});

test('a server that always has news does not keep us busy', async (t) => {
  let count = 0;
  const { source } = await openAt(
    t,
    {
      EXAMINE: ({ ok }) => ok(...examined(count)),
      'UID SEARCH': ({ ok }) => ok('* SEARCH'),
      NOOP: ({ ok }) => {
        count += 1;
        return ok(`* ${count} EXISTS`);
      },
    },
    { pause: 100 },
  );
  await source.list('INBOX', null, ALL, signal);
  const began = performance.now();
  for (let look = 0; look < 4; look += 1) {
    assert.equal(await source.watch('INBOX', 60_000, signal), 'news');
    await source.list('INBOX', null, ALL, signal);
  }
  assert.ok(performance.now() - began >= 290, 'there was a pause before each but the first');
});

test('a search that finds more than a folder holds is not believed', async (t) => {
  const line = `* SEARCH ${Array.from({ length: 100_000 }, (_, n) => 1_000_000 + n).join(' ')}`;
  const lines = Array.from({ length: 12 }, (_, n) => line.replaceAll(' 1', ` ${n + 1}`));
  const { source } = await openAt(t, {
    EXAMINE: ({ ok }) => ok('* 5 EXISTS', '* OK [UIDVALIDITY 1] ok', '* OK [UIDNEXT 90000000] ok'),
    'UID SEARCH': ({ ok }) => ok(...lines),
  });
  assert.equal(await faultOf(source.list('INBOX', null, ALL, signal)), 'source-protocol');
});

test('numbers that no server can have are not believed', async (t) => {
  for (const lines of [
    ['* 1 EXISTS', '* OK [UIDVALIDITY 99999999999999999999] ok', '* OK [UIDNEXT 2] ok'],
    ['* 1 EXISTS', '* OK [UIDVALIDITY 1] ok', '* OK [UIDNEXT 9999999999] ok'],
  ]) {
    const { source } = await openAt(t, { EXAMINE: ({ ok }) => ok(...lines) });
    assert.equal(await faultOf(source.list('INBOX', null, ALL, signal)), 'source-protocol', lines.join());
  }
  for (const size of ['99999999999999999999', '-1', 'x']) {
    const { source } = await openAt(
      t,
      holding(size, ({ ok }) => ok()),
    );
    const { messages } = await source.list('INBOX', null, ALL, signal);
    for (const message of messages)
      assert.ok(message.size === null || Number.isSafeInteger(message.size), `${message.size}`);
  }
});

test('a time that no message can have come at is none', async (t) => {
  for (const date of ['31-Dec-99999 23:59:59 +0000', '01-Jan-1950 00:00:00 +0000', 'never']) {
    const { source } = await openAt(t, {
      EXAMINE: ({ ok }) => ok(...examined(1)),
      'UID SEARCH': ({ ok }) => ok('* SEARCH 1'),
      'UID FETCH': ({ ok }) => ok(`* 1 FETCH (UID 1 RFC822.SIZE 5 INTERNALDATE "${date}")`),
    });
    const { messages } = await source.list('INBOX', null, ALL, signal);
    assert.deepEqual(
      messages.map(({ arrivedAt }) => arrivedAt),
      [null],
      date,
    );
  }
});

test('a BYE at any time is a lost session, not a hang', async (t) => {
  for (const command of ['EXAMINE', 'UID SEARCH', 'UID FETCH', 'IDLE', 'LIST']) {
    const bye: Answers[string] = async ({ to }) => {
      await to.say('* BYE going down\r\n');
      to.end();
    };
    const { source } = await openAt(t, { ...holding(10, ({ ok }) => ok()), [command]: bye });
    const fault = await faultOf(async () => {
      if (command === 'LIST') await source.folders('all', signal);
      await readAll(source).then((code) => {
        if (code !== 'no fault') throw new Error(String(code));
      });
      await source.watch('INBOX', 60_000, signal);
    });
    assert.match(String(fault), /source-(?:disconnected|unavailable)|message-unreadable/, command);
  }
});
