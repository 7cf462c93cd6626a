/** Bodies from IMAP servers that miscount, refuse, leave out, and hang up. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isFault } from '../../../src/core/fault.ts';
import type { Listed } from '../../../src/core/message.ts';
import type { Source } from '../../../src/core/ports.ts';
import type { ImapTricks } from '../../../standins/imap-tricks.ts';
import { largeMessage } from '../../contract/edge-messages.ts';
import { never, readAll, setUp, USER } from './imap-fixture.ts';

const ALL = { kind: 'all' } as const;
const MIB = 1_048_576;

const code = (expected: string) => (error: unknown) => isFault(error) && error.code === expected;

/** By UID: the body, or the code of the fault it ended in. */
async function fetchAll(source: Source, messages: readonly Listed[]): Promise<Map<number, Buffer | string>> {
  const found = new Map<number, Buffer | string>();
  for await (const { message, body } of source.fetch(messages, never)) {
    assert.ok(message.ref.protocol === 'imap' && !found.has(message.ref.uid));
    const outcome = readAll(body).catch((error: unknown) =>
      isFault(error) ? error.code : Promise.reject(error),
    );
    found.set(message.ref.uid, await outcome);
  }
  return found;
}

/** What becomes of one message under these tricks; the session must have lived through it. */
async function fetchOne(bytes: Buffer, tricks: ImapTricks): Promise<Buffer | string | undefined> {
  const { server, open } = await setUp(tricks);
  const uid = server.append(USER, bytes);
  const source = await open();
  const { messages } = await source.list('INBOX', null, ALL, never);
  const found = await fetchAll(source, messages);
  assert.equal(await source.count('INBOX', never), 1);
  await source.close();
  return found.get(uid);
}

describe('IMAP fetch: the truth about sizes', () => {
  const small = Buffer.from('Subject: small\r\n\r\ntext\r\n');
  const large = largeMessage(2 * MIB + 12_345);
  for (const [what, bytes, tricks] of [
    ['a small message announced too small', small, { claimSize: () => 3 }],
    ['a small message announced too large', small, { claimSize: () => 900_000 }],
    ['a small message announced as a large one', small, { claimSize: () => 5 * MIB }],
    ['a large message announced as a small one', large, { claimSize: () => 10 }],
    ['a large message announced too small', large, { claimSize: () => MIB + 1 }],
    ['a large message announced too large', large, { claimSize: () => 9 * MIB }],
    ['a message of whole pieces announced too small', largeMessage(3 * MIB), { claimSize: () => MIB + 1 }],
    [
      'a message of whole pieces announced too large',
      largeMessage(3 * MIB),
      { claimSize: () => 3 * MIB + 1 },
    ],
    ['pieces shorter than asked for', large, { shortPieces: 700_000 }],
    ['a server that ignores ranges', large, { ignoreRanges: true }],
  ] as const) {
    it(`serves ${what} whole`, async () => {
      const body = await fetchOne(bytes, tricks);
      assert.ok(Buffer.isBuffer(body), String(body));
      assert.ok(body.equals(bytes), `${body.length} of ${bytes.length} bytes`);
    });
  }

  it('does not take a missing piece for the end', async () => {
    for (const [nilAt, expected] of [
      [MIB, 'message-truncated'],
      [2 * MIB, 'message-truncated'],
      [0, 'message-unreadable'],
    ] as const) {
      const outcome = await fetchOne(large, { nilAt });
      assert.equal(typeof outcome === 'string' ? outcome : outcome?.length, expected);
    }
  });

  it('does not take nothing for an empty message', async () => {
    assert.equal(await fetchOne(Buffer.alloc(0), { claimSize: () => 500 }), 'message-unreadable');
    assert.deepEqual(await fetchOne(Buffer.alloc(0), {}), Buffer.alloc(0));
  });
});

describe('IMAP fetch: one bad message among good ones', () => {
  it('finds the one that makes the server refuse the command', async () => {
    const { open, fill } = await setUp({ unreadable: new Set([3]) });
    fill(1, 2, 3, 4, 5);
    const source = await open();
    const { messages } = await source.list('INBOX', null, ALL, never);
    const found = await fetchAll(source, messages);
    assert.equal(found.get(3), 'message-unreadable');
    assert.deepEqual(
      [1, 2, 4, 5].map((uid) => Buffer.isBuffer(found.get(uid))),
      [true, true, true, true],
    );
    await source.close();
  });

  it('tells a message that is withheld from one that is gone', async () => {
    const { server, open, fill } = await setUp();
    fill(1, 2, 3, 4);
    const big = server.append(USER, largeMessage(2 * MIB));
    const gone = server.append(USER, largeMessage(2 * MIB));
    const source = await open();
    const { messages } = await source.list('INBOX', null, ALL, never);
    server.tricks.silentOn = new Set([2, big]);
    for (const uid of [3, gone]) server.store.remove(USER, uid);
    const found = await fetchAll(source, messages);
    assert.deepEqual(
      [2, 3, big, gone].map((uid) => found.get(uid)),
      ['message-unreadable', 'message-gone', 'message-unreadable', 'message-gone'],
    );
    assert.ok(Buffer.isBuffer(found.get(1)) && Buffer.isBuffer(found.get(4)));
    await source.close();
  });

  it('says of messages of a folder that is gone that they cannot be read, and lives on', async () => {
    const { server, open, fill } = await setUp();
    fill(1);
    for (const n of [1, 2]) server.append(USER, Buffer.from(`Subject: ${n}\r\n\r\n`), { folder: 'Work' });
    const source = await open();
    const inbox = await source.list('INBOX', null, ALL, never);
    const { messages } = await source.list('Work', null, ALL, never);
    await source.count('INBOX', never);
    server.store.account(USER)?.folders.delete('Work');
    const found = await fetchAll(source, messages);
    assert.deepEqual([...found.values()], ['message-unreadable', 'message-unreadable']);
    assert.ok(Buffer.isBuffer((await fetchAll(source, inbox.messages)).get(1)));
    await source.close();
  });

  it('never fetches under ids of another UIDVALIDITY', async () => {
    const { server, open, fill } = await setUp();
    fill(1, 2, 3);
    const source = await open();
    const { messages } = await source.list('INBOX', null, ALL, never);
    server.store.renumber(USER, 99);
    await source.list('INBOX', null, ALL, never);
    const before = server.commands.length;
    const found = await fetchAll(source, messages);
    assert.deepEqual([...found.values()], ['message-gone', 'message-gone', 'message-gone']);
    assert.deepEqual(server.commands.slice(before), []);
    await source.close();
  });
});

describe('IMAP fetch: servers that leave', () => {
  for (const [what, bytes] of [
    ['a small', Buffer.alloc(50_000, 'text\r\n')],
    ['a large', largeMessage(3 * MIB)],
  ] as const) {
    it(`is a lost connection, never a short message, when ${what} literal is cut`, async () => {
      const { server, open } = await setUp({ cutAt: 20_000 });
      server.append(USER, bytes);
      const source = await open();
      const { messages } = await source.list('INBOX', null, ALL, never);
      await assert.rejects(async () => {
        for await (const { body } of source.fetch(messages, never)) await readAll(body);
      }, code('source-disconnected'));
      await assert.rejects(source.count('INBOX', never), code('source-disconnected'));
      await source.close();
      await server.idle();
    });
  }

  it('gives up on a body that does not come', async () => {
    const { server, open, fill } = await setUp();
    fill(1);
    const source = await open({ body: 100 });
    const { messages } = await source.list('INBOX', null, ALL, never);
    server.tricks.stall = new Set(['UID FETCH']);
    await assert.rejects(fetchAll(source, messages), code('source-timeout'));
    await source.close();
    await server.idle();
  });

  it('survives a server that dies between two calls', async () => {
    const { server, open, fill } = await setUp();
    fill(1);
    const source = await open();
    await source.list('INBOX', null, ALL, never);
    await server.close();
    await assert.rejects(source.list('INBOX', null, ALL, never), code('source-disconnected'));
    await source.close();
  });

  it('can be returned from in the middle of a large body', async () => {
    const { server, open } = await setUp();
    for (let n = 0; n < 2; n += 1) server.append(USER, largeMessage(4 * MIB));
    const source = await open();
    const { messages } = await source.list('INBOX', null, ALL, never);
    for await (const { body } of source.fetch(messages, never)) {
      for await (const chunk of body) {
        assert.ok(chunk.length > 0);
        break;
      }
    }
    const found = await fetchAll(source, messages);
    assert.deepEqual(
      [...found.values()].map((body) => body.length),
      [4 * MIB, 4 * MIB],
    );
    assert.deepEqual(server.changes, []);
    await source.close();
  });

  it('serves new mail oldest first and all of a batch in one command', async () => {
    const { server, open, fill } = await setUp();
    fill(...Array.from({ length: 90 }, (_, n) => n));
    const source = await open();
    const { messages } = await source.list('INBOX', null, ALL, never);
    const before = server.commands.length;
    assert.equal((await fetchAll(source, messages)).size, 90);
    assert.deepEqual(server.commands.slice(before), ['UID FETCH']);
    await source.close();
  });
});
