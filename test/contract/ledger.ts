/** What every ledger must do, whatever it keeps its books in. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hasUid, type ImapCursor } from '../../src/core/cursor.ts';
import { isFault } from '../../src/core/fault.ts';
import { hashUidl } from '../../src/core/message.ts';
import type { Ledger } from '../../src/core/ports.ts';
import type { LedgerFactory } from './ledger-bench.ts';
import { describeRecognition } from './ledger-recognition.ts';
import { describeRepairs } from './ledger-repairs.ts';
import {
  imapCursor,
  imapRef,
  intentOf,
  pop3Cursor,
  pop3Ref,
  postponementOf,
  RUN_KEY,
  repairOf,
  SEALED,
  settlementOf,
} from './ledger-samples.ts';

const lost = (error: unknown): boolean => isFault(error, 'lease-lost');

async function settledUids(ledger: Ledger): Promise<ImapCursor['settled']> {
  const [cursor] = (await ledger.load()).cursors;
  assert.ok(cursor?.protocol === 'imap');
  return cursor.settled;
}

/** Declares the suite; to be called inside a test file. */
export function describeLedger(name: string, factory: LedgerFactory): void {
  describe(`${name} keeps the ledger's contract:`, () => {
    describeCursors(factory);
    describeTransfers(factory);
    describeRepairs(factory);
    describeSettling(factory);
    describeRecognition(factory);
    describeFence(factory);
  });
}

function describeCursors(factory: LedgerFactory): void {
  it('knows nothing at first', async () => {
    const bench = await factory('imap');
    const state = await bench.open().load();
    assert.deepEqual(state, { cursors: [], renumbered: [], bytesToday: 0, transfers: [] });
  });

  it('gives back an observed folder, and what waits in it', async () => {
    const bench = await factory('imap');
    const ledger = bench.open();
    await ledger.observe(imapCursor([[1, 4]]), 12, false);
    assert.deepEqual((await ledger.load()).cursors, [imapCursor([[1, 4]])]);
    assert.equal(await bench.waiting(), 12);
    await ledger.observe(null, 3, false);
    assert.deepEqual((await ledger.load()).cursors, [imapCursor([[1, 4]])]);
    assert.equal(await bench.waiting(), 3);
  });

  it('unites what is observed with what is settled', async () => {
    const bench = await factory('imap');
    const ledger = bench.open();
    await ledger.observe(imapCursor([[1, 4]]), 0, false);
    await ledger.settle(settlementOf(imapRef(9)));
    await ledger.observe(imapCursor([[3, 6]]), 0, false);
    assert.deepEqual(await settledUids(ledger), [
      [1, 6],
      [9, 9],
    ]);
  });

  it('forgets the old ids and remembers that there were some when a folder is renumbered', async () => {
    const bench = await factory('imap');
    const ledger = bench.open();
    await ledger.observe(imapCursor([[1, 4]]), 0, false);
    await ledger.observe(imapCursor([[2, 2]], 8), 0, true);
    await ledger.observe(imapCursor([[2, 2]], 8), 0, false);
    const state = await ledger.load();
    assert.deepEqual(state.cursors, [imapCursor([[2, 2]], 8)]);
    assert.deepEqual(state.renumbered, ['INBOX']);
  });

  it('keeps UIDLs: settled ones stay settled, the rest of the first visit is backlog', async () => {
    const bench = await factory('pop3');
    const ledger = bench.open();
    await ledger.observe(pop3Cursor(['a'], ['b', 'c']), 2, false);
    await ledger.settle(settlementOf(pop3Ref('b')));
    const [cursor] = (await ledger.load()).cursors;
    assert.ok(cursor?.protocol === 'pop3');
    assert.deepEqual([...cursor.settled].sort(), ['a', 'b'].map(hashUidl).sort());
    assert.ok(cursor.backlog.has(hashUidl('c')));
    await ledger.observe(pop3Cursor(['x'], []), 0, true);
    const [renumbered] = (await ledger.load()).cursors;
    assert.ok(renumbered?.protocol === 'pop3');
    assert.deepEqual([...renumbered.settled], [hashUidl('x')]);
  });

  it('arrives at the same cursor whatever the order of settling', async () => {
    const bench = await factory('imap');
    const ledger = bench.open();
    let uidValidity = 100;
    const uids = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(uids, async (order) => {
        const folder = ++uidValidity;
        await ledger.observe(imapCursor([], folder), 0, true);
        await Promise.all(order.map((uid) => ledger.settle(settlementOf(imapRef(uid, folder)))));
        const settled = await settledUids(ledger);
        for (let uid = 1; uid <= 60; uid++) assert.equal(hasUid(settled, uid), order.includes(uid));
        for (const [index, [first]] of settled.entries()) {
          const before = settled[index - 1];
          assert.ok(!before || first > before[1] + 1, 'ranges are ascending and apart');
        }
      }),
      { numRuns: 25 },
    );
  });
}

function describeTransfers(factory: LedgerFactory): void {
  it('gives back an intent as an open transfer with its run key', async () => {
    const bench = await factory('imap');
    const ledger = bench.open();
    await ledger.keepRunKey(RUN_KEY, SEALED);
    await ledger.intend(intentOf(imapRef(5)));
    await bench.handOver();
    const [transfer] = (await bench.open().load()).transfers;
    assert.ok(transfer?.state === 'open');
    const { intendedAt, retryAt, sealedRunKey, session, digest, fingerprint, content, ...rest } = transfer;
    const { session: _s, digest: _d, fingerprint: _f, content: _c, ...expected } = intentOf(imapRef(5));
    assert.deepEqual(rest, { ...expected, state: 'open', tries: 0, reason: null });
    assert.deepEqual(
      [session, digest, fingerprint, content ?? [], sealedRunKey].map((each) => [...each]),
      [
        intentOf(imapRef(5)).session,
        intentOf(imapRef(5)).digest,
        intentOf(imapRef(5)).fingerprint,
        intentOf(imapRef(5)).content ?? [],
        SEALED,
      ].map((each) => [...each]),
    );
    assert.ok(retryAt <= intendedAt, 'may be asked about at once');
  });

  it('asks the session of the last intent, when a message is sent once more', async () => {
    const bench = await factory('imap');
    const ledger = bench.open();
    await ledger.keepRunKey(RUN_KEY, SEALED);
    await ledger.intend(intentOf(imapRef(5)));
    await ledger.postpone(postponementOf(imapRef(5)));
    const again = {
      ...intentOf(imapRef(5)),
      session: Uint8Array.of(4, 5),
      digest: new Uint8Array(32).fill(8),
    };
    await ledger.intend({ ...again, total: 99 });
    const [transfer, ...others] = (await ledger.load()).transfers;
    assert.ok(transfer?.state === 'open');
    assert.deepEqual([[...transfer.session], [...transfer.digest]], [[...again.session], [...again.digest]]);
    assert.deepEqual([transfer.total, transfer.reason, transfer.tries, others], [99, null, 2, []]);
    assert.ok(transfer.retryAt <= transfer.intendedAt, 'may be asked about at once');
  });

  it('keeps an open transfer open when it is postponed', async () => {
    const bench = await factory('imap');
    const ledger = bench.open();
    await ledger.keepRunKey(RUN_KEY, SEALED);
    await ledger.intend(intentOf(imapRef(5)));
    await ledger.postpone(postponementOf(imapRef(5)));
    const [transfer] = (await ledger.load()).transfers;
    assert.ok(transfer?.state === 'open');
    assert.equal(transfer.total, 1234);
    assert.equal(transfer.tries, 2);
    assert.deepEqual([transfer.retryAt, transfer.reason], [1_800_000_000_000, 'source-timeout']);
  });

  it('keeps a postponed message waiting, outside the cursor', async () => {
    const bench = await factory('imap');
    const ledger = bench.open();
    await ledger.observe(imapCursor([]), 1, false);
    await ledger.postpone(postponementOf(imapRef(5)));
    const state = await ledger.load();
    assert.deepEqual(state.transfers, [{ ...postponementOf(imapRef(5)), state: 'waiting', repair: null }]);
    assert.deepEqual(await settledUids(ledger), []);
    assert.deepEqual(await bench.audit(), []);
  });

  it('keeps the number of tries when a waiting message is intended', async () => {
    const bench = await factory('imap');
    const ledger = bench.open();
    await ledger.postpone(postponementOf(imapRef(5)));
    await ledger.keepRunKey(RUN_KEY, SEALED);
    await ledger.intend(intentOf(imapRef(5)));
    const [transfer] = (await ledger.load()).transfers;
    assert.equal(transfer?.state, 'open');
    assert.equal(transfer?.tries, 2);
  });
}

function describeSettling(factory: LedgerFactory): void {
  for (const status of ['delivered', 'repaired', 'rejected', 'failed', 'uncertain', 'skipped'] as const) {
    it(`settles as ${status}: cursor, one audit entry, no transfer under way, one fewer waiting`, async () => {
      const bench = await factory('imap');
      const ledger = bench.open();
      await ledger.observe(imapCursor([]), 2, false);
      await ledger.keepRunKey(RUN_KEY, SEALED);
      await ledger.intend(intentOf(imapRef(5)));
      await ledger.settle(settlementOf(imapRef(5), status));
      const state = await ledger.load();
      assert.deepEqual(state.transfers, []);
      assert.deepEqual(await settledUids(ledger), [[5, 5]]);
      assert.deepEqual(await bench.audit(), [{ status, senderDomain: 'example.org' }]);
      assert.equal(await bench.waiting(), 1);
      assert.equal(state.bytesToday, status === 'delivered' || status === 'repaired' ? 1000 : 0);
    });

    it(`changes nothing when what is settled as ${status} is settled again`, async () => {
      const bench = await factory('imap');
      const ledger = bench.open();
      await ledger.observe(imapCursor([]), 2, false);
      await ledger.settle(settlementOf(imapRef(5), status));
      await ledger.settle(settlementOf(imapRef(5), status));
      assert.equal((await bench.audit()).length, 1);
      assert.equal(await bench.waiting(), 1);
    });
  }

  it('settles a POP3 message once', async () => {
    const bench = await factory('pop3');
    const ledger = bench.open();
    await ledger.observe(pop3Cursor([], ['a']), 1, false);
    await ledger.settle(settlementOf(pop3Ref('a')));
    await ledger.settle(settlementOf(pop3Ref('a')));
    assert.equal((await bench.audit()).length, 1);
  });

  it('leaves the cursor alone when a message of a former UIDVALIDITY settles', async () => {
    const bench = await factory('imap');
    const ledger = bench.open();
    await ledger.keepRunKey(RUN_KEY, SEALED);
    await ledger.intend(intentOf(imapRef(5)));
    await ledger.observe(imapCursor([[1, 1]], 8), 0, true);
    await ledger.settle(settlementOf(imapRef(5)));
    const state = await ledger.load();
    assert.deepEqual(state.transfers, []);
    assert.deepEqual(await settledUids(ledger), [[1, 1]]);
    assert.equal((await bench.audit()).length, 1);
  });

  it('commits what is asked for at once, each in full', async () => {
    const bench = await factory('imap');
    const ledger = bench.open();
    await ledger.observe(imapCursor([]), 300, false);
    await ledger.keepRunKey(RUN_KEY, SEALED);
    const uids = Array.from({ length: 250 }, (_, index) => index + 1);
    await Promise.all(uids.map((uid) => ledger.intend(intentOf(imapRef(uid)))));
    await Promise.all([
      ...uids.slice(0, 200).map((uid) => ledger.settle(settlementOf(imapRef(uid)))),
      ...uids.slice(200).map((uid) => ledger.postpone(postponementOf(imapRef(uid)))),
    ]);
    const state = await ledger.load();
    assert.equal(state.transfers.length, 50);
    assert.deepEqual(await settledUids(ledger), [[1, 200]]);
    assert.equal((await bench.audit()).length, 200);
    assert.equal(state.bytesToday, 200_000);
    assert.equal(await bench.waiting(), 100);
  });
}

function describeFence(factory: LedgerFactory): void {
  const writes: Record<string, (ledger: Ledger) => Promise<void>> = {
    observe: (ledger) => ledger.observe(imapCursor([[1, 9]]), 77, false),
    'keep a run key': (ledger) => ledger.keepRunKey(RUN_KEY, SEALED),
    intend: (ledger) => ledger.intend(intentOf(imapRef(5))),
    repair: (ledger) => ledger.repair(repairOf(imapRef(5))),
    postpone: (ledger) => ledger.postpone(postponementOf(imapRef(5))),
    settle: (ledger) => ledger.settle(settlementOf(imapRef(5))),
  };
  for (const [verb, write] of Object.entries(writes)) {
    it(`lets a run that lost its lease ${verb} no more`, async () => {
      const bench = await factory('imap');
      const before = bench.open();
      await before.keepRunKey(RUN_KEY, SEALED);
      await bench.handOver();
      await assert.rejects(write(before), lost);
      const state = await bench.open().load();
      assert.deepEqual([state.cursors, state.transfers, await bench.audit()], [[], [], []]);
      assert.equal(await bench.waiting(), 0);
    });
  }
}
