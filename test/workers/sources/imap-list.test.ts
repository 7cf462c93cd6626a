/** Listing IMAP folders: what is folded into the cursor, and what must never be. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ImapCursor } from '../../../src/core/cursor.ts';
import { isFault } from '../../../src/core/fault.ts';
import type { Listing } from '../../../src/core/ports.ts';
import { never, setUp, USER } from './imap-fixture.ts';

const ALL = { kind: 'all' } as const;

const code = (expected: string) => (error: unknown) => isFault(error) && error.code === expected;
const uids = ({ messages }: Listing): number[] =>
  messages.flatMap(({ ref }) => (ref.protocol === 'imap' ? [ref.uid] : []));

function imap({ cursor }: Listing): ImapCursor {
  assert.equal(cursor.protocol, 'imap');
  if (cursor.protocol !== 'imap') throw new TypeError('not IMAP');
  return cursor;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);

describe('IMAP listing', () => {
  it('folds UIDs that do not exist, so that a settled folder is one range and costs one EXAMINE', async () => {
    const { server, open, fill } = await setUp();
    server.store.skipUids(USER, 1000);
    fill(...upTo(5));
    server.store.remove(USER, 1003);
    const source = await open();
    const listing = await source.list('INBOX', null, ALL, never);
    assert.deepEqual(uids(listing), [1005, 1004, 1002, 1001]);
    assert.deepEqual(imap(listing).settled, [
      [1, 1000],
      [1003, 1003],
    ]);
    const done = { ...imap(listing), settled: [[1, 1005]] as const };
    const before = server.commands.length;
    assert.deepEqual((await source.list('INBOX', done, ALL, never)).messages, []);
    assert.deepEqual(server.commands.slice(before), ['EXAMINE']);
    await source.close();
  });

  it('asks only about what is open in a fragmented cursor', async () => {
    const { open, fill } = await setUp();
    fill(...upTo(1500));
    const source = await open();
    const { uidValidity } = imap(await source.list('INBOX', null, ALL, never));
    const settled = upTo(740).map((n) => [2 * n, 2 * n] as const);
    const cursor: ImapCursor = { protocol: 'imap', folder: 'INBOX', uidValidity, baseline: 1, settled };
    const listing = await source.list('INBOX', cursor, ALL, never);
    assert.deepEqual(
      uids(listing),
      upTo(1500).filter((uid) => uid % 2 === 1 || uid > 1480),
    );
    await source.close();
  });

  it('lists a folder of many messages in a bounded number of commands', async () => {
    const { server, open } = await setUp();
    for (let n = 0; n < 12_000; n += 1) server.append(USER, Buffer.from('Subject: x\r\n\r\n'));
    const source = await open();
    const before = server.commands.length;
    assert.equal((await source.list('INBOX', null, ALL, never)).messages.length, 12_000);
    assert.ok(server.commands.length - before <= 8, String(server.commands.slice(before)));
    await source.close();
  });

  it('derives UIDNEXT where the server does not tell it', async () => {
    const { server, open, fill } = await setUp({ noUidNext: true });
    const source = await open();
    assert.equal(imap(await source.list('INBOX', null, ALL, never)).baseline, 1);
    fill(1, 2, 3);
    server.store.remove(USER, 2);
    const listing = await source.list('INBOX', null, ALL, never);
    assert.deepEqual(uids(listing), [3, 1]);
    assert.equal(imap(listing).baseline, 4);
    await source.close();
  });

  it('is not misled by a server that stops at its own limit', async () => {
    const { server, open, fill } = await setUp({ messageLimit: 10 });
    fill(...upTo(47));
    for (const uid of [1, 5, 38, 47]) server.store.remove(USER, uid);
    const source = await open();
    const there = upTo(47).filter((uid) => ![1, 5, 38, 47].includes(uid));
    const listing = await source.list('INBOX', null, ALL, never);
    assert.deepEqual(uids(listing), there.toReversed());
    assert.deepEqual(
      imap(listing).settled,
      [1, 5, 38, 47].map((uid) => [uid, uid]),
    );
    const since = await source.list('INBOX', null, { kind: 'since', from: Date.now() - 60_000 }, never);
    assert.deepEqual(uids(since), there.toReversed());
    await source.close();
  });

  it('finds recent mail below old mail that fills the limit', async () => {
    const { server, open, fill } = await setUp({ messageLimit: 5 });
    fill(1, 2, 3);
    for (let n = 0; n < 8; n += 1)
      server.append(USER, Buffer.from('Subject: x\r\n\r\n'), { at: new Date(0) });
    const source = await open();
    const listing = await source.list('INBOX', null, { kind: 'since', from: Date.now() - 60_000 }, never);
    assert.deepEqual(uids(listing), [3, 2, 1]);
    assert.deepEqual(imap(listing).settled, [[4, 11]]);
    await source.close();
  });

  it('leaves open what one answer names and another leaves out', async () => {
    const { server, open, fill } = await setUp({ silentOn: new Set([2]) });
    fill(1, 2, 3);
    const source = await open();
    const listing = await source.list('INBOX', null, ALL, never);
    assert.deepEqual(uids(listing), [3, 1]);
    assert.deepEqual(imap(listing).settled, []);
    delete server.tricks.silentOn;
    assert.deepEqual(uids(await source.list('INBOX', listing.cursor, ALL, never)), [3, 2, 1]);
    await source.close();
  });

  for (const name of ['UID SEARCH', 'UID FETCH']) {
    it(`fails, and settles nothing, when ${name} is refused`, async () => {
      const { open, fill } = await setUp({ refuse: new Map([[name, 'no']]) });
      fill(1);
      const source = await open();
      await assert.rejects(source.list('INBOX', null, ALL, never), code('source-unavailable'));
      await source.close();
    });
  }

  it('starts over under a new UIDVALIDITY, by the same history rule', async () => {
    const { server, open, fill } = await setUp();
    const connected = Date.UTC(2026, 0, 15, 12);
    const append = (ms: number) =>
      server.append(USER, Buffer.from('Subject: x\r\n\r\n'), { at: new Date(connected + ms) });
    append(-1000);
    append(1000);
    const source = await open();
    const first = await source.list('INBOX', null, { kind: 'new', from: connected }, never);
    assert.deepEqual(uids(first), []);
    server.store.renumber(USER, 77);

    const all = await source.list('INBOX', first.cursor, ALL, never);
    assert.equal(all.renumbered, true);
    assert.deepEqual([imap(all).uidValidity, imap(all).baseline, uids(all)], [77, 3, [2, 1]]);

    const recent = await source.list('INBOX', first.cursor, { kind: 'new', from: connected }, never);
    assert.deepEqual(uids(recent), [2]);
    assert.ok(
      recent.messages.every(({ backlog }) => backlog),
      'to be recognised',
    );
    assert.deepEqual([imap(recent).baseline, imap(recent).settled], [3, [[1, 1]]]);

    const since = await source.list('INBOX', first.cursor, { kind: 'since', from: connected }, never);
    assert.deepEqual(uids(since), [2]);
    fill(3);
    assert.deepEqual(
      uids(await source.list('INBOX', recent.cursor, { kind: 'new', from: connected }, never)),
      [3, 2],
    );
    await source.close();
  });

  it('knows folders, and names those that are missing', async () => {
    const { server, open } = await setUp();
    server.append(USER, Buffer.from('Subject: x\r\n\r\n'), { folder: 'Old mail/2020' });
    const source = await open();
    assert.deepEqual(
      (await source.folders('all', never)).map(({ name }) => name),
      ['INBOX', 'Old mail/2020'],
    );
    assert.deepEqual(
      (await source.folders(['Old mail/2020'], never)).map(({ name }) => name),
      ['Old mail/2020'],
    );
    assert.equal(await source.count('Old mail/2020', never), 1);
    await assert.rejects(source.folders(['Nowhere'], never), code('folder-missing'));
    await assert.rejects(source.list('Nowhere', null, ALL, never), code('folder-missing'));
    assert.equal(await source.count('INBOX', never), 0);
    await source.close();
  });
});

describe('IMAP watching', () => {
  it('ends when the server is dead behind an open connection', async () => {
    const { open } = await setUp({ deadIdle: true });
    const source = await open({ idle: 50, command: 200 });
    await source.list('INBOX', null, ALL, never);
    await assert.rejects(source.watch('INBOX', 60_000, never), code('source-timeout'));
    await source.close();
  });

  it('renews IDLE and still hears of news', async () => {
    const { server, open, fill } = await setUp();
    const source = await open({ idle: 20 });
    await source.list('INBOX', null, ALL, never);
    const watching = source.watch('INBOX', 60_000, never);
    while (server.commands.filter((name) => name === 'IDLE').length < 3) await new Promise(setImmediate);
    fill(1);
    assert.equal(await watching, 'news');
    await source.close();
  });

  it('does not sleep over what arrived after the listing, here or while in another folder', async () => {
    const { server, open, fill } = await setUp();
    server.store.folder(USER, 'Other');
    const source = await open();
    await source.list('INBOX', null, ALL, never);
    fill(1);
    assert.equal(await source.watch('INBOX', 60_000, never), 'news');
    await source.list('INBOX', null, ALL, never);
    await source.list('Other', null, ALL, never);
    fill(2);
    assert.equal(await source.watch('INBOX', 60_000, never), 'news');
    await source.close();
  });

  it('cannot tell where IDLE is refused', async () => {
    const { open } = await setUp({ refuse: new Map([['IDLE', 'no']]) });
    const source = await open();
    await source.list('INBOX', null, ALL, never);
    assert.equal(await source.watch('INBOX', 60_000, never), 'unsupported');
    assert.equal(await source.watch('INBOX', 60_000, never), 'unsupported');
    await source.close();
  });
});
