import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pop3Cursor } from '../../../src/core/cursor.ts';
import { hashUidl, type Listed } from '../../../src/core/message.ts';
import type { History, Listing } from '../../../src/core/ports.ts';
import { arrivalOf } from '../../../workers/sources/pop3-list.ts';
import { faultOf, message, read, setUp } from './pop3-setup.ts';

const signal = new AbortController().signal;
const ALL: History = { kind: 'all' };
const uidls = ({ messages }: { readonly messages: readonly Listed[] }): string[] =>
  messages.map(({ ref }) => (ref.protocol === 'pop3' ? ref.uidl : ''));
const settle = ({ cursor }: Listing, ...ids: readonly string[]): Pop3Cursor => {
  assert.equal(cursor.protocol, 'pop3');
  return { ...cursor, settled: new Set([...cursor.settled, ...ids.map(hashUidl)]) };
};

const BODIES = [
  '',
  '.\r\n',
  '..\r\n.a\r\n',
  'bare\nLF\rCR\0NUL\xff\r\n',
  'x'.repeat(200_000).concat('\r\n'),
  'no line end',
  '\r\n\r\n',
];

for (const security of ['tls', 'starttls'] as const) {
  for (const noPipelining of [false, true]) {
    const how = `${security}, ${noPipelining ? 'one command at a time' : 'pipelined'}`;
    test(`every message comes byte for byte (${how})`, async (t) => {
      const { server, open } = await setUp(t, { security });
      Object.assign(server.faults, { noPipelining });
      const sent = BODIES.map((body, n) => message(`${n}`, body));
      for (const bytes of sent) server.mailbox('ada@example.test').add(bytes);
      const source = await open();
      assert.equal(await source.count('INBOX', signal), BODIES.length);
      const { messages } = await source.list('INBOX', null, ALL, signal);
      assert.equal(messages.length, BODIES.length);
      const oldestFirst = [...messages].reverse();
      const got: string[] = [];
      for await (const fetched of source.fetch(oldestFirst, signal)) got.push(await read(fetched));
      const expected = sent
        .map((bytes) => bytes.toString('latin1'))
        .map((s) => (s.endsWith('\r\n') ? s : `${s}\r\n`));
      assert.deepEqual(got, expected);
      await source.close();
      assert.equal(server.heard.at(-1)?.verb, 'QUIT');
      assert.ok(server.heard.every(({ verb, secure }) => secure || verb === 'CAPA' || verb === 'STLS'));
      assert.ok(!server.heard.some(({ verb }) => verb === 'DELE'));
    });
  }
}

test('a server that sends every byte in a packet of its own is understood', async (t) => {
  const { server, open } = await setUp(t);
  const bytes = message('slow', '.dot\r\n..\r\nend\r\n');
  server.mailbox('ada@example.test').add(bytes);
  server.mailbox('ada@example.test').add(bytes);
  server.faults.bytewise = true;
  const source = await open();
  const { messages } = await source.list('INBOX', null, ALL, signal);
  for await (const fetched of source.fetch(messages, signal))
    assert.equal(await read(fetched), bytes.toString());
});

test('new mail comes first, oldest first; then the backlog, newest first', async (t) => {
  const { server, open } = await setUp(t);
  const drop = server.mailbox('ada@example.test');
  for (const id of ['a', 'b', 'c']) drop.add(message(id), id);
  const first = await (await open()).list('INBOX', null, ALL, signal);
  assert.deepEqual(uidls(first), ['c', 'b', 'a']);
  assert.ok(
    first.messages.every(({ backlog, arrivedAt, size }) => backlog && arrivedAt === null && size !== null),
  );
  for (const id of ['d', 'e']) drop.add(message(id), id);
  const second = await (await open()).list('INBOX', settle(first, 'b'), ALL, signal);
  assert.deepEqual(uidls(second), ['d', 'e', 'c', 'a']);
  assert.deepEqual(
    second.messages.map(({ backlog }) => backlog),
    [false, false, true, true],
  );
  assert.equal(second.renumbered, false);
});

test('with history `new` all that is there counts as settled', async (t) => {
  const { server, open } = await setUp(t);
  const drop = server.mailbox('ada@example.test');
  drop.add(message('old'), 'old');
  const first = await (await open()).list('INBOX', null, { kind: 'new', from: 0 }, signal);
  assert.deepEqual(uidls(first), []);
  drop.add(message('fresh'), 'fresh');
  const second = await (await open()).list('INBOX', first.cursor, { kind: 'new', from: 0 }, signal);
  assert.deepEqual(uidls(second), ['fresh']);
});

for (const noPipelining of [false, true]) {
  test(`with history \`since\` the arrival decides, pipelining ${noPipelining ? 'off' : 'on'}`, async (t) => {
    const { server, open } = await setUp(t);
    Object.assign(server.faults, { noPipelining });
    const drop = server.mailbox('ada@example.test');
    for (let n = 0; n < 70; n += 1) {
      drop.add(message('old', 'x', 'Sun, 1 Jun 2025 10:00:00 +0000'), `old-${n}`);
    }
    drop.add(message('new', 'x', 'Fri, 2 Jan 2026 10:00:00 +0000'), 'new');
    drop.add(message('undated'), 'undated');
    drop.add(
      message('huge header', 'x', `Sun, 1 Jun 2025 10:00:00 +0000\r\nX-Pad: ${'y'.repeat(300_000)}`),
      'padded',
    );
    const history: History = { kind: 'since', from: Date.UTC(2026, 0, 1) };
    const listing = await (await open()).list('INBOX', null, history, signal);
    assert.deepEqual(uidls(listing), ['undated', 'new']);
    assert.ok(listing.cursor.protocol === 'pop3' && listing.cursor.settled.has(hashUidl('old-0')));
  });
}

test('a maildrop of which no id is known is renumbered, and `new` then goes by the date', async (t) => {
  const { server, open } = await setUp(t);
  const drop = server.mailbox('ada@example.test');
  drop.add(message('old', 'x', 'Sun, 1 Jun 2025 10:00:00 +0000'), 'a');
  const history: History = { kind: 'new', from: Date.UTC(2026, 0, 1) };
  const first = await (await open()).list('INBOX', null, history, signal);
  drop.add(message('new', 'x', 'Fri, 2 Jan 2026 10:00:00 +0000'), 'b');
  drop.renumber();
  const second = await (await open()).list('INBOX', first.cursor, history, signal);
  assert.equal(second.renumbered, true);
  assert.deepEqual(uidls(second), [drop.messages[1]?.uidl]);
  assert.equal(second.messages[0]?.backlog, true);
  const third = await (await open()).list('INBOX', second.cursor, history, signal);
  assert.equal(third.renumbered, false);
});

test('an empty maildrop is not renumbered', async (t) => {
  const { open } = await setUp(t);
  const source = await open();
  const cursor: Pop3Cursor = { protocol: 'pop3', settled: new Set([hashUidl('gone')]), backlog: new Set() };
  const listing = await source.list('INBOX', cursor, ALL, signal);
  assert.deepEqual([listing.renumbered, listing.messages], [false, []]);
});

test('a fetch without a listing finds its number by the id; an id that is gone is `message-gone`', async (t) => {
  const { server, open } = await setUp(t);
  const drop = server.mailbox('ada@example.test');
  for (const id of ['a', 'b', 'c']) drop.add(message(id), id);
  const { messages } = await (await open()).list('INBOX', null, ALL, signal);
  drop.remove(new Set(drop.messages.filter(({ uidl }) => uidl === 'a')));
  const source = await open();
  const got: unknown[] = [];
  for await (const fetched of source.fetch(messages, signal)) {
    got.push(
      await faultOf(async () =>
        assert.equal(
          await read(fetched),
          message(uidls({ messages: [fetched.message] })[0] ?? '').toString(),
        ),
      ),
    );
  }
  assert.deepEqual(got, ['no fault', 'no fault', 'message-gone']);
});

test('a fetch returned from early leaves a session that still works', async (t) => {
  const { server, open } = await setUp(t);
  const drop = server.mailbox('ada@example.test');
  for (let n = 0; n < 20; n += 1)
    drop.add(message(`${n}`, `${'y'.repeat(998)}\r\n`.repeat(n === 10 ? 3_000 : 3)));
  const source = await open();
  const { messages } = await source.list('INBOX', null, ALL, signal);
  for await (const fetched of source.fetch(messages, signal)) {
    for await (const piece of fetched.body) if (piece.length > 0) break;
    break;
  }
  const large = messages[9] as Listed;
  for await (const fetched of source.fetch([large], signal))
    for await (const piece of fetched.body) if (piece) break;
  assert.equal(await source.count('INBOX', signal), 20);
  let subjects = '';
  for await (const fetched of source.fetch(messages, signal)) {
    subjects += `${/Subject: (\d+)/.exec(await read(fetched))?.[1]} `;
  }
  assert.equal(subjects.trim(), Array.from({ length: 20 }, (_, n) => 19 - n).join(' '));
});

test('small bodies may be held while the next ones are fetched; a large one makes the next wait', async (t) => {
  const { server, open } = await setUp(t);
  // Its announced size makes the large message look small.
  server.faults.sizes = () => 10;
  const large = message('large', `${'z'.repeat(998)}\r\n`.repeat(3_000));
  const drop = server.mailbox('ada@example.test');
  for (const bytes of [message('last'), large, message('first')]) drop.add(bytes);
  const source = await open();
  const { messages } = await source.list('INBOX', null, ALL, signal);
  const fetching = source.fetch(messages, signal)[Symbol.asyncIterator]();
  const one = await fetching.next();
  const two = await fetching.next();
  let waiting = true;
  const three = fetching.next().then((next) => {
    waiting = false;
    return next;
  });
  assert.ok(!one.done && !two.done);
  assert.equal(await read(one.value), message('first').toString());
  assert.equal(waiting, true);
  assert.equal((await read(two.value)).length, large.length);
  const last = await three;
  assert.ok(!last.done);
  assert.equal(await read(last.value), message('last').toString());
  assert.equal((await fetching.next()).done, true);
});

test('POP3 has one folder and tells no news', async (t) => {
  const { open } = await setUp(t);
  const source = await open();
  assert.deepEqual(await source.folders('all', signal), [{ name: 'INBOX', use: 'inbox', path: ['INBOX'] }]);
  assert.equal(await source.watch('INBOX', 1_000, signal), 'unsupported');
});

test('the arrival is the topmost Received, else Date', () => {
  const at = Date.UTC(2026, 4, 4, 10, 0, 0);
  const received = 'Received: from a (b; c)\r\n\tby d; Mon, 4 May 2026 12:00:00 +0200 (CEST)\r\n';
  assert.equal(arrivalOf(`X: y\r\n${received}Received: x; Sun, 3 May 2026 10:00:00 +0000\r\n\r\n`), at);
  assert.equal(
    arrivalOf(`Date: Mon, 4 May 2026 10:00:00 GMT\r\n\r\nReceived: x; Sun, 3 May 2026 10:00:00 +0000`),
    at,
  );
  assert.equal(arrivalOf('Received: nonsense; never\r\ndate: 4 May 2026 10:00 +0000\r\n\r\n'), at);
  assert.equal(arrivalOf('Subject: none\r\n\r\n'), null);
});
