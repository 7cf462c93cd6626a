/** What all books of what is to be done at a source must do, whatever they are kept in. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AuditStatus } from '../../src/core/audit.ts';
import type { Disposal, DisposalOutcome, Disposals } from '../../src/core/disposal.ts';
import { isFault } from '../../src/core/fault.ts';
import type { MailboxOptions } from '../../src/core/mailbox.ts';
import { keyOf } from '../../src/core/message.ts';
import type { Ledger } from '../../src/core/ports.ts';
import { imapCursor, imapRef, settlementOf } from './ledger-samples.ts';

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
export function describeDisposals(name: string, factory: () => Promise<DisposalsBench>): void {
  describe(`${name} keeps the disposals' contract:`, () => {
    const open = async (choice: SourceChoice): Promise<DisposalsBench> => {
      const bench = await factory();
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
      await assert.rejects(disposals.intend(keys(1), deletion), lost);
      await assert.rejects(disposals.settle(new Map(), null), lost);
    });
  });
}
