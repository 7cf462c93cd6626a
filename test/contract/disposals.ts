/** What all books of what is to be done at a source must do, whatever they are kept in. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AuditStatus } from '../../src/core/audit.ts';
import type { Disposal, DisposalOutcome, Disposals } from '../../src/core/disposal.ts';
import { isFault } from '../../src/core/fault.ts';
import type { MailboxOptions, Protocol } from '../../src/core/mailbox.ts';
import { hashUidl, keyOf } from '../../src/core/message.ts';
import type { Ledger } from '../../src/core/ports.ts';
import { imapCursor, imapRef, pop3Cursor, pop3Ref, settlementOf } from './ledger-samples.ts';

export type SourceChoice = Pick<MailboxOptions, 'afterImport' | 'deleteAfterDays' | 'moveTo'>;

export interface DisposalsBench {
  ledger(): Ledger;
  disposals(): Disposals;
  /** What the mailbox's owner chooses. */
  choose(choice: SourceChoice): Promise<void>;
  /** As if so much time had passed. */
  pass(ms: number): Promise<void>;
  /** Another worker takes over. */
  handOver(): Promise<void>;
  /** How often each has come out. */
  totals(): Promise<Partial<Record<DisposalOutcome, number>>>;
}

const DAY = 86_400_000;
const DELETE: SourceChoice = { afterImport: 'delete', deleteAfterDays: null, moveTo: null };
const KEEP: SourceChoice = { ...DELETE, afterImport: 'keep' };
const MOVE: SourceChoice = { ...DELETE, afterImport: 'move', moveTo: 'Done' };
const PRINT = new Uint8Array(16).fill(3);
const delivered = (uid: number, status: AuditStatus = 'delivered') => ({
  ...settlementOf(imapRef(uid), status),
  fingerprint: PRINT,
});
const keys = (...uids: number[]) => uids.map((uid) => keyOf(imapRef(uid)));
const deletion: Disposal = { kind: 'delete' };

/** Declares the suite; to be called inside a test file. */
export function describeDisposals(
  name: string,
  factory: (protocol: Protocol) => Promise<DisposalsBench>,
): void {
  describe(`${name} keeps the disposals' contract:`, () => {
    const open = async (choice: SourceChoice): Promise<DisposalsBench> => {
      const bench = await factory('imap');
      await bench.choose(choice);
      await bench.ledger().observe(imapCursor([]), 0, false);
      return bench;
    };
    const dueOf = async (bench: DisposalsBench) => (await bench.disposals().due(10)).map(({ key }) => key);

    it('takes in what is delivered, and nothing else', async () => {
      const bench = await open(DELETE);
      const ledger = bench.ledger();
      await ledger.settle(delivered(1));
      for (const [at, status] of (['rejected', 'failed', 'uncertain', 'skipped'] as const).entries())
        await ledger.settle(delivered(2 + at, status));
      assert.deepEqual(await bench.disposals().due(10), [
        { ref: imapRef(1), key: keys(1)[0], size: 1000, fingerprint: Buffer.from(PRINT), tries: 0 },
      ]);
      // Settled again it is nothing new.
      await bench.disposals().settle(new Map(keys(1).map((key) => [key, 'done'])), null);
      await ledger.settle(delivered(1));
      assert.deepEqual(await dueOf(bench), []);
      assert.deepEqual(await bench.totals(), { done: 1 });
    });

    it('takes in nothing that is delivered while everything is kept', async () => {
      const bench = await open(KEEP);
      await bench.ledger().settle(delivered(1));
      await bench.choose(DELETE);
      await bench.ledger().settle(delivered(2));
      assert.deepEqual(await dueOf(bench), keys(2));
    });

    it('waits for the day as it is chosen now, and drops what was chosen otherwise', async () => {
      const bench = await open({ ...DELETE, deleteAfterDays: 7 });
      await bench.ledger().settle(delivered(1));
      await bench.pass(6 * DAY);
      assert.deepEqual(await dueOf(bench), []);
      assert.deepEqual(await bench.disposals().intend(keys(1), deletion), new Set());
      await bench.choose({ ...DELETE, deleteAfterDays: 5 });
      assert.deepEqual(await dueOf(bench), keys(1));
      await bench.choose(MOVE);
      assert.deepEqual(await bench.disposals().intend(keys(1), deletion), new Set());
      assert.deepEqual(await dueOf(bench), []);
      await bench.choose(DELETE);
      assert.deepEqual(await dueOf(bench), [], 'dropped for good');
    });

    it('counts a try before it is made, and pauses behind it', async () => {
      const bench = await open(DELETE);
      await bench.ledger().settle(delivered(1));
      await bench.ledger().settle(delivered(2));
      assert.deepEqual(await bench.disposals().intend(keys(1, 3), deletion), new Set(keys(1)));
      assert.deepEqual(await dueOf(bench), keys(2));
      await bench.pass(6_000);
      const tries = (await bench.disposals().due(10)).map((action) => action.tries);
      assert.deepEqual(tries.sort(), [0, 1]);
      await bench.disposals().intend(keys(1), deletion);
      await bench.pass(6_000);
      assert.deepEqual(await dueOf(bench), keys(2), 'half a minute now');
    });

    it('tells what was begun, whatever its time and whatever is wanted by now', async () => {
      const bench = await open(DELETE);
      for (const uid of [1, 2, 3]) await bench.ledger().settle(delivered(uid));
      assert.deepEqual(await bench.disposals().begun(10), []);
      await bench.disposals().intend(keys(1, 3), deletion);
      await bench.pass(6_000);
      await bench.disposals().intend(keys(1), deletion);
      await bench.choose(KEEP);
      const begun = await bench.disposals().begun(10);
      assert.deepEqual(
        begun.map(({ key, tries }) => [key, tries]),
        [
          [keys(3)[0], 1],
          [keys(1)[0], 2],
        ],
      );
      assert.equal((await bench.disposals().begun(1)).length, 1);
    });

    describe('of a maildrop', () => {
      const pop = (uidl: string) => ({ ...settlementOf(pop3Ref(uidl)), fingerprint: PRINT });
      const key = (uidl: string) => keyOf(pop3Ref(uidl));
      const openDrop = async (...uidls: string[]): Promise<DisposalsBench> => {
        const bench = await factory('pop3');
        await bench.choose(DELETE);
        await bench.ledger().observe(pop3Cursor(['other'], []), 0, false);
        for (const uidl of uidls) await bench.ledger().settle(pop(uidl));
        return bench;
      };
      const knownOf = async (bench: DisposalsBench, ...uidls: string[]) => {
        const [cursor] = (await bench.ledger().load()).cursors;
        assert.ok(cursor?.protocol === 'pop3');
        return uidls.filter((uidl) => cursor.settled.has(hashUidl(uidl)));
      };

      it('forgets the ids of what was begun and is away, and no others', async () => {
        const all = ['done', 'changed', 'refused', 'gone', 'swapped'] as const;
        const bench = await openDrop(...all);
        await bench.disposals().intend(all.slice(0, 3).map(key), deletion);
        const outcomes = all.map((uidl) => [key(uidl), uidl === 'swapped' ? 'changed' : uidl] as const);
        await bench.disposals().settle(new Map(outcomes), null);
        assert.deepEqual(await knownOf(bench, 'other', ...all), ['other', 'refused', 'gone', 'swapped']);
        assert.deepEqual(await bench.disposals().begun(9), []);
        // The next message under the id is one of its own.
        await bench.ledger().settle(pop('done'));
        assert.deepEqual(
          (await bench.disposals().due(9)).map(({ ref, tries }) => [ref, tries]),
          [[pop3Ref('done'), 0]],
        );
      });

      it('does not ask again before a session has ended', async () => {
        const bench = await openDrop('a');
        await bench.disposals().intend([key('a')], deletion);
        await bench.pass(110_000);
        assert.deepEqual(await dueOf(bench), []);
        assert.equal((await bench.disposals().begun(9)).length, 1);
        await bench.pass(11_000);
        assert.deepEqual(await dueOf(bench), [key('a')]);
      });

      it('keeps what was begun until it is confirmed, whatever its owner wants by now', async () => {
        const bench = await openDrop('a', 'b');
        await bench.disposals().intend([key('a')], deletion);
        await bench.choose(KEEP);
        await bench.pass(DAY);
        assert.deepEqual(await dueOf(bench), []);
        assert.deepEqual(await bench.disposals().intend([key('a')], deletion), new Set());
        assert.deepEqual(
          (await bench.disposals().begun(9)).map((action) => action.key),
          [key('a')],
        );
      });
    });

    it('agrees to a move into the folder that is chosen now only', async () => {
      const bench = await open(MOVE);
      await bench.ledger().settle(delivered(1));
      const elsewhere: Disposal = { kind: 'move', to: 'Other' };
      assert.deepEqual(await bench.disposals().intend(keys(1), elsewhere), new Set());
      assert.deepEqual(await bench.disposals().intend(keys(1), deletion), new Set());
      const right: Disposal = { kind: 'move', to: 'Done' };
      assert.deepEqual(await bench.disposals().intend(keys(1), right), new Set(keys(1)));
    });

    it('is fenced', async () => {
      const bench = await open(DELETE);
      await bench.ledger().settle(delivered(1));
      const disposals = bench.disposals();
      await bench.handOver();
      const lost = (error: unknown) => isFault(error, 'lease-lost');
      await assert.rejects(disposals.due(1), lost);
      await assert.rejects(disposals.begun(1), lost);
      await assert.rejects(disposals.intend(keys(1), deletion), lost);
      await assert.rejects(disposals.settle(new Map(), null), lost);
    });
  });
}
