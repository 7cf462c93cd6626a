/** What every source must do, whatever protocol and server are behind it. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { isFault } from '../../src/core/fault.ts';
import type { Credentials, Protocol } from '../../src/core/mailbox.ts';
import { keyOf } from '../../src/core/message.ts';
import type { Source } from '../../src/core/ports.ts';
import { EDGE_MESSAGES } from './edge-messages.ts';
import { describeDisposal } from './source-disposal.ts';
import { asServed, fetchAll, mail, never, readAll, settle, sha256, subjects } from './source-reading.ts';

/** An empty mailbox of its own at a server. */
export interface SourceSubject {
  readonly credentials: Credentials;
  open(credentials: Credentials, signal: AbortSignal): Promise<Source>;
  /** Resolves when the server has it; in the order of the calls. Default folder INBOX; others are made by this. */
  deliver(bytes: Uint8Array, at?: Date, folder?: string): Promise<void>;
  /** Removes the `index`th message behind every client's back. */
  remove(index: number): Promise<void>;
  /** Everything at the source that a client could have changed; compared before and after. */
  state(): Promise<unknown>;
  /** What a folder holds, in any order. */
  contents(folder?: string): Promise<readonly { readonly bytes: Uint8Array; readonly seen: boolean }[]>;
  /** Resolves once the server has no connection open; absent where it cannot tell. */
  quiet?(): Promise<void>;
}

export interface SourceTraits {
  readonly protocol: Protocol;
  /** Names of edge messages that this server itself does not serve as they are; see edge-messages.ts. */
  readonly skips: readonly string[];
}

const code =
  (expected: string) =>
  (error: unknown): boolean =>
    isFault(error) && error.code === expected;

/** Registers the suite. `create` makes a fresh mailbox; what it needs to end, it ends itself. */
export function describeSource(
  name: string,
  traits: SourceTraits,
  create: () => Promise<SourceSubject>,
): void {
  describe(`source: ${name}`, () => {
    let subject: SourceSubject;
    const opened: Source[] = [];
    const open = async (): Promise<Source> => {
      const source = await subject.open(subject.credentials, never);
      opened.push(source);
      return source;
    };
    beforeEach(async () => {
      subject = await create();
    });
    afterEach(async () => {
      for (const source of opened.splice(0)) await source.close();
      await subject.quiet?.();
    });
    const deliver = async (...numbers: number[]): Promise<void> => {
      for (const n of numbers) await subject.deliver(mail(n));
    };

    it('names every id, whatever is settled', async () => {
      await deliver(1, 2, 3);
      const source = await open();
      const { cursor, messages } = await source.list('INBOX', null, { kind: 'all' }, never);
      await source.list('INBOX', settle(cursor, messages), { kind: 'all' }, never);
      const ids = await source.ids('INBOX', never);
      const named =
        ids.protocol === 'pop3'
          ? ids.uidls.map((uidl) => keyOf({ protocol: 'pop3', uidl }))
          : ids.uids.map((uid) => keyOf({ ...ids, folder: 'INBOX', uid }));
      assert.deepEqual(named.sort(), messages.map(({ key }) => key).sort());
      assert.equal((await fetchAll(source, messages.slice(0, 1))).size, 1);
    });

    it('finds nothing in an empty mailbox', async () => {
      const source = await open();
      assert.equal(await source.count('INBOX', never), 0);
      assert.deepEqual((await source.list('INBOX', null, { kind: 'all' }, never)).messages, []);
    });

    it('lists everything for history all, newest first, as backlog', async () => {
      await deliver(1, 2, 3);
      const source = await open();
      assert.deepEqual(await source.folders(['INBOX'], never), [
        { name: 'INBOX', use: 'inbox', path: ['INBOX'] },
      ]);
      assert.equal(await source.count('INBOX', never), 3);
      const { messages, renumbered } = await source.list('INBOX', null, { kind: 'all' }, never);
      assert.equal(renumbered, false);
      assert.deepEqual(subjects(await fetchAll(source, messages), messages), ['3', '2', '1']);
      assert.ok(messages.every(({ backlog }) => backlog));
      assert.ok(messages.every(({ size }) => size === null || size === mail(1).length));
    });

    it('lists only later arrivals for history new, oldest first', async () => {
      await deliver(1, 2);
      const first = await open();
      const { cursor, messages } = await first.list('INBOX', null, { kind: 'new', from: Date.now() }, never);
      assert.deepEqual(messages, []);
      await first.close();
      await deliver(3, 4);
      const source = await open();
      const later = await source.list('INBOX', cursor, { kind: 'new', from: Date.now() }, never);
      assert.deepEqual(subjects(await fetchAll(source, later.messages), later.messages), ['3', '4']);
      assert.ok(later.messages.every(({ backlog }) => !backlog));
    });

    it('puts new mail before backlog', async () => {
      await deliver(1, 2);
      const first = await open();
      const { cursor } = await first.list('INBOX', null, { kind: 'all' }, never);
      await first.close();
      await deliver(3, 4);
      const source = await open();
      const { messages } = await source.list('INBOX', cursor, { kind: 'all' }, never);
      assert.deepEqual(subjects(await fetchAll(source, messages), messages), ['3', '4', '2', '1']);
    });

    it('leaves out what is settled, and all of it in the end', async () => {
      await deliver(1, 2, 3);
      const source = await open();
      const first = await source.list('INBOX', null, { kind: 'all' }, never);
      const some = settle(first.cursor, first.messages.slice(0, 2));
      const second = await source.list('INBOX', some, { kind: 'all' }, never);
      assert.deepEqual(second.messages, first.messages.slice(2));
      const third = await source.list(
        'INBOX',
        settle(second.cursor, second.messages),
        { kind: 'all' },
        never,
      );
      assert.deepEqual(third.messages, []);
    });

    it('serves every edge message byte for byte', { timeout: 120_000 }, async () => {
      const edges = EDGE_MESSAGES.filter((edge) => !traits.skips.includes(edge.name));
      for (const { bytes } of edges) await subject.deliver(bytes);
      const source = await open();
      const { messages } = await source.list('INBOX', null, { kind: 'all' }, never);
      const found = await fetchAll(source, messages);
      const oldestFirst = messages.toReversed();
      assert.equal(oldestFirst.length, edges.length);
      for (const [at, edge] of edges.entries()) {
        const body = found.get(oldestFirst[at]?.key ?? '');
        const expected = asServed(edge.bytes, traits.protocol);
        assert.ok(Buffer.isBuffer(body), `${edge.name}: ${body}`);
        assert.equal(body.length, expected.length, edge.name);
        assert.equal(sha256(body), sha256(expected), edge.name);
      }
    });

    it('names a message that is gone, serves its neighbours, and lives on', async () => {
      await deliver(1, 2, 3);
      const first = await open();
      const { messages } = await first.list('INBOX', null, { kind: 'all' }, never);
      await first.close();
      await subject.remove(1);
      const source = await open();
      assert.deepEqual(subjects(await fetchAll(source, messages), messages), ['3', 'message-gone', '1']);
      assert.equal(await source.count('INBOX', never), 2);
    });

    it('changes nothing at the source', async () => {
      await deliver(1, 2, 3);
      const before = await subject.state();
      const source = await open();
      const { messages } = await source.list('INBOX', null, { kind: 'all' }, never);
      await fetchAll(source, messages);
      await source.close();
      assert.deepEqual(await subject.state(), before);
    });

    it('can be returned from early and used again', async () => {
      await deliver(1, 2, 3);
      const source = await open();
      const { messages } = await source.list('INBOX', null, { kind: 'all' }, never);
      for await (const { body } of source.fetch(messages, never)) {
        await readAll(body);
        break;
      }
      assert.deepEqual(subjects(await fetchAll(source, messages), messages), ['3', '2', '1']);
    });

    it('refuses a wrong password, and control characters before the wire', async () => {
      const { username, password = '' } = subject.credentials;
      await assert.rejects(
        subject.open({ username, password: `${password}x` }, never),
        code('login-refused'),
      );
      for (const bad of ['\r\n', '\n', '\0', '\x7f']) {
        await assert.rejects(
          subject.open({ username, password: password + bad }, never),
          code('credentials-invalid'),
        );
        await assert.rejects(
          subject.open({ username: username + bad, password }, never),
          code('credentials-invalid'),
        );
      }
    });

    it('ends promptly when aborted, at whatever it is', async () => {
      await subject.deliver(Buffer.alloc(5_000_000, 'line of a large message\r\n'));
      const reason = new Error('stop');
      const isReason = (error: unknown) => error === reason;

      const opening = new AbortController();
      const unopened = subject.open(subject.credentials, opening.signal);
      opening.abort(reason);
      await assert.rejects(unopened, isReason);

      const listing = new AbortController();
      const unlisted = (await open()).list('INBOX', null, { kind: 'all' }, listing.signal);
      listing.abort(reason);
      await assert.rejects(unlisted, isReason);

      const source = await open();
      const { messages } = await source.list('INBOX', null, { kind: 'all' }, never);
      const fetching = new AbortController();
      await assert.rejects(async () => {
        for await (const { body } of source.fetch(messages, fetching.signal)) {
          for await (const chunk of body) if (chunk.length > 0) fetching.abort(reason);
        }
      }, isReason);
    });

    it('tells of news, of quiet, or that it cannot tell', async () => {
      const source = await open();
      await source.list('INBOX', null, { kind: 'all' }, never);
      if (traits.protocol === 'pop3') {
        assert.equal(await source.watch('INBOX', 60_000, never), 'unsupported');
        return;
      }
      assert.equal(await source.watch('INBOX', 1, never), 'quiet');
      const watching = source.watch('INBOX', 60_000, never);
      await deliver(1);
      assert.equal(await watching, 'news');
      const { messages } = await source.list('INBOX', null, { kind: 'all' }, never);
      assert.equal(messages.length, 1);
      const aborting = new AbortController();
      const reason = new Error('stop');
      const aborted = source.watch('INBOX', 60_000, aborting.signal);
      aborting.abort(reason);
      await assert.rejects(aborted, (error) => error === reason);
    });

    describeDisposal(traits, () => subject, open);

    if (traits.protocol === 'imap') {
      it('takes what arrived since a moment, exactly', async () => {
        const from = Date.UTC(2026, 0, 15, 12);
        for (const [n, ms] of [-86_400_000 * 20, -1000, 0, 1000, 86_400_000].entries()) {
          await subject.deliver(mail(n), new Date(from + ms));
        }
        const source = await open();
        const { messages, cursor } = await source.list('INBOX', null, { kind: 'since', from }, never);
        assert.deepEqual(subjects(await fetchAll(source, messages), messages), ['4', '3', '2']);
        const settled = settle(cursor, messages);
        assert.deepEqual(settled.protocol === 'imap' && settled.settled, [[1, 5]]);
      });
    }
  });
}
