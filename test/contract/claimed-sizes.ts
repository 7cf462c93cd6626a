/** What all books of a maildrop's sizes must do, whatever they are kept in. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AuditStatus } from '../../src/core/audit.ts';
import type { SizeBooks, SizeNotes, SizeState } from '../../src/core/claimed-sizes.ts';
import { isFault } from '../../src/core/fault.ts';
import { hashUidl, keyOf } from '../../src/core/message.ts';
import type { Ledger } from '../../src/core/ports.ts';
import { intentOf, pop3Cursor, pop3Ref, RUN_KEY, SEALED, settlementOf } from './ledger-samples.ts';

export interface SizesBench {
  ledger(): Ledger;
  sizes(): SizeBooks;
  /** Another worker takes over. */
  handOver(): Promise<void>;
}

const FIRST: SizeState = { comparedAt: null, total: null, doubt: 0, restUntil: 0 };
const AT = Date.parse('2026-03-01T00:00:00Z');
const print = (fill: number): Uint8Array => new Uint8Array(16).fill(fill);
const notes = (given: Partial<SizeNotes> & { readonly again?: string }): SizeNotes => ({
  reused:
    given.again === undefined ? [] : [{ hash: hashUidl(given.again), key: keyOf(pop3Ref(given.again)) }],
  sizes: given.sizes ?? new Map(),
  identities: given.identities ?? new Map(),
  state: given.state ?? { comparedAt: AT, total: { count: 1, octets: 10 }, doubt: 0, restUntil: 0 },
});
const settled = (
  uidl: string,
  size: number | null,
  fill: number | null,
  status: AuditStatus = 'delivered',
) => ({
  ...settlementOf(pop3Ref(uidl), status),
  fingerprint: print(99),
  size,
  identity: fill === null ? null : print(fill),
});

/** Declares the suite; to be called inside a test file. */
export function describeSizes(name: string, factory: () => Promise<SizesBench>): void {
  describe(`${name} keeps the sizes' contract:`, () => {
    const open = async (): Promise<SizesBench> => {
      const bench = await factory();
      await bench.ledger().observe(pop3Cursor(['left out'], ['old']), 1, false);
      return bench;
    };

    it('knows nothing at first, and what is settled from then on', async () => {
      const bench = await open();
      assert.deepEqual(await bench.sizes().state(), FIRST);
      assert.deepEqual(await bench.sizes().sizes(), new Map());
      await bench.ledger().settle(settled('a', 700, 1));
      await bench.ledger().settle(settled('huge', 10 ** 14, 2, 'rejected'));
      await bench.ledger().settle(settled('untold', null, null));
      assert.deepEqual(
        await bench.sizes().sizes(),
        new Map([
          [hashUidl('a'), 700],
          [hashUidl('huge'), 2 ** 31 - 1],
        ]),
      );
    });

    it('learns sizes and identities of what is settled, and of nothing else', async () => {
      const bench = await open();
      await bench.ledger().settle(settled('a', 700, 1));
      const sizes = new Map([
        [hashUidl('a'), 701],
        [hashUidl('left out'), 5],
        [hashUidl('old'), 6],
        [hashUidl('unknown'), 7],
      ]);
      const identities = new Map([[hashUidl('left out'), print(3)]]);
      const state: SizeState = {
        comparedAt: AT,
        total: { count: 4, octets: 3_000_000_000 },
        doubt: 2,
        restUntil: AT + 1000,
      };
      await bench.sizes().note(notes({ sizes, identities, state }));
      assert.deepEqual(await bench.sizes().state(), state);
      assert.deepEqual(
        new Map([...(await bench.sizes().sizes())].sort(([, a], [, b]) => a - b)),
        new Map([
          [hashUidl('left out'), 5],
          [hashUidl('a'), 701],
        ]),
      );
      const looks = [
        { hash: hashUidl('a'), identity: print(1) },
        { hash: hashUidl('a'), identity: print(3) },
        { hash: hashUidl('a'), identity: print(4) },
        { hash: hashUidl('old'), identity: print(1) },
        { hash: hashUidl('old'), identity: null },
        { hash: hashUidl('left out'), identity: print(3) },
      ];
      assert.deepEqual(await bench.sizes().compare(looks), [
        { hadIdentity: true, same: true, known: true },
        { hadIdentity: true, same: false, known: true },
        { hadIdentity: true, same: false, known: false },
        { hadIdentity: false, same: false, known: true },
        { hadIdentity: false, same: false, known: false },
        { hadIdentity: true, same: true, known: true },
      ]);
      await bench.sizes().note(notes({ state: { ...state, total: null } }));
      assert.equal((await bench.sizes().state()).total, null);
    });

    it('unsettles an id that another message has, and recognises what was settled before', async () => {
      const bench = await open();
      const ledger = bench.ledger();
      await ledger.settle(settled('a', 700, 1));
      assert.equal(await ledger.recognises('INBOX', print(99)), false);
      await bench.sizes().note(notes({ again: 'a' }));
      const [cursor] = (await ledger.load()).cursors;
      assert.ok(cursor?.protocol === 'pop3');
      assert.deepEqual([...cursor.settled], [hashUidl('left out')]);
      assert.deepEqual(cursor.backlog, new Set([hashUidl('old'), hashUidl('a')]));
      assert.deepEqual((await ledger.load()).renumbered, ['INBOX']);
      assert.equal(await ledger.recognises('INBOX', print(99)), true);
      assert.deepEqual(await bench.sizes().sizes(), new Map());
      // It counts as the first one did, and once.
      await ledger.settle({ ...settled('a', 900, 2), fingerprint: print(98) });
      await ledger.settle({ ...settled('a', 901, 3), fingerprint: print(97) });
      assert.deepEqual(await bench.sizes().sizes(), new Map([[hashUidl('a'), 900]]));
      assert.equal(await ledger.recognises('INBOX', print(98)), false);
    });

    for (const status of ['rejected', 'failed', 'uncertain'] as const) {
      it(`what follows a ${status} message under its id is settled as any other`, async () => {
        const bench = await open();
        const ledger = bench.ledger();
        await ledger.settle(settled('a', 700, 1, status));
        await bench.sizes().note(notes({ again: 'a' }));
        await ledger.settle({ ...settled('a', 900, 2), status: 'skipped', reason: 'sender-skipped' });
        const [cursor] = (await ledger.load()).cursors;
        assert.ok(cursor?.protocol === 'pop3' && cursor.settled.has(hashUidl('a')));
        assert.deepEqual(await bench.sizes().sizes(), new Map([[hashUidl('a'), 900]]));
      });
    }

    it('leaves a transfer alone that is under way', async () => {
      const bench = await open();
      const ledger = bench.ledger();
      await ledger.keepRunKey(RUN_KEY, SEALED);
      await ledger.intend(intentOf(pop3Ref('a')));
      await bench.sizes().note(notes({ again: 'a' }));
      assert.equal((await ledger.load()).transfers.length, 1);
    });

    it('writes nothing for a worker that has lost the mailbox', async () => {
      const bench = await open();
      await bench.ledger().settle(settled('a', 700, 1));
      const late = bench.sizes();
      await bench.handOver();
      await assert.rejects(late.note(notes({ again: 'a' })), (error) => isFault(error, 'lease-lost'));
      assert.deepEqual(await bench.sizes().state(), FIRST);
      assert.deepEqual(await bench.sizes().sizes(), new Map([[hashUidl('a'), 700]]));
    });
  });
}
