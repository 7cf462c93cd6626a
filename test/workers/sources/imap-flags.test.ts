/** Read and starred: as the server tells them when the body is fetched, and never changed by it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageFlags } from '../../../src/core/ports.ts';
import { openImap } from '../../../workers/sources/imap.ts';
import { flagsOf } from '../../../workers/sources/imap-values.ts';
import { never, readAll, setUp, USER } from './imap-fixture.ts';
import { examined, GREETING, imapAnswers } from './imap-script.ts';
import { startScriptServer } from './script-server.ts';

const ALL = { kind: 'all' } as const;
const LARGE = 1_500_000;

test('flags come with the body, of small messages and of large ones, and stay as they are', async () => {
  const { server, open } = await setUp();
  const flags = [[], ['\\Seen'], ['\\Flagged'], ['\\SEEN', '\\flagged', 'Junk'], ['\\Answered']];
  for (const size of [10, LARGE])
    for (const _ of flags) server.append(USER, Buffer.from('Subject: x\r\n\r\n'.padEnd(size, 'x')));
  const { messages: stored } = server.store.folder(USER);
  for (const [at, message] of stored.entries())
    for (const flag of flags[at % flags.length] ?? []) message.flags.add(flag);
  const source = await open();
  const { messages } = await source.list('INBOX', null, ALL, never);
  const told = new Map<number, MessageFlags | null>();
  // What is set after the listing and before the fetch counts.
  stored.at(-1)?.flags.add('\\Seen');
  for await (const { message, flags: found, body } of source.fetch(messages, never)) {
    await readAll(body);
    told.set(message.ref.protocol === 'imap' ? message.ref.uid : 0, found);
  }
  const shown = [...told].sort(([a], [b]) => a - b).map(([, one]) => one && `${one.seen} ${one.flagged}`);
  const small = ['false false', 'true false', 'false true', 'true true', 'false false'];
  assert.deepEqual(shown, [...small, ...small.slice(0, -1), 'true false']);
  assert.deepEqual(
    stored.slice(0, 5).map((message) => [...message.flags]),
    flags,
  );
  await source.close();
});

const ROW = '* 1 FETCH (UID 1 BODY[] {4}\r\nabcd)';

for (const [what, rows, flags] of [
  ['in a row of their own before the body', ['* 1 FETCH (UID 1 FLAGS (\\Seen))', ROW], 'true false'],
  ['of another message', ['* 2 FETCH (UID 2 FLAGS (\\Seen))', ROW], null],
  ['not at all', [ROW], null],
  ['that are no list', ['* 1 FETCH (UID 1 FLAGS NIL BODY[] {4}\r\nabcd)'], 'false false'],
  [
    'by the thousands',
    [
      `* 1 FETCH (UID 1 FLAGS (\\Seen ${Array.from({ length: 2_000 }, (_, n) => `k${n}`).join(' ')}) BODY[] {4}\r\nabcd)`,
    ],
    null,
  ],
] as const) {
  test(`a server that tells flags ${what}`, async (t) => {
    const answers = imapAnswers({
      EXAMINE: ({ ok }) => ok(...examined(1)),
      'UID SEARCH': ({ ok }) => ok('* SEARCH 1'),
      'UID FETCH': ({ args, ok }) =>
        args.includes('BODY')
          ? ok(...rows)
          : ok('* 1 FETCH (UID 1 RFC822.SIZE 4 INTERNALDATE "01-Jan-2026 00:00:00 +0000")'),
    });
    const server = await startScriptServer(t, GREETING, answers);
    const at = { protocol: 'imap', host: 'localhost', port: server.port, security: 'tls' } as const;
    const source = await openImap(at, { username: 'a', password: 'b' }, server.dial, never, { logout: 100 });
    t.after(() => source.close());
    const { messages } = await source.list('INBOX', null, ALL, never);
    const told: (string | null)[] = [];
    for await (const { flags: found, body } of source.fetch(messages, never)) {
      assert.equal((await readAll(body)).toString(), 'abcd');
      told.push(found && `${found.seen} ${found.flagged}`);
    }
    assert.deepEqual(told, [flags]);
  });
}

test('what is no set of flags tells nothing', () => {
  for (const value of [undefined, null, ['\\Seen'], '\\Seen', {}]) assert.equal(flagsOf(value), null);
  assert.deepEqual(flagsOf(new Set([1, null, {}, '\\SeEn'])), { seen: true, flagged: false });
});
