/** What every ledger must do with messages that Gmail refuses as they are. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { LedgerFactory } from './ledger-bench.ts';
import {
  imapCursor,
  imapRef,
  intentOf,
  postponementOf,
  RUN_KEY,
  repairOf,
  SEALED,
} from './ledger-samples.ts';

export function describeRepairs(factory: LedgerFactory): void {
  it('has a refused message wait for its repair, whatever it was before', async () => {
    const bench = await factory('imap');
    const ledger = bench.open();
    await ledger.observe(imapCursor([]), 3, false);
    await ledger.keepRunKey(RUN_KEY, SEALED);
    await ledger.intend(intentOf(imapRef(5)));
    await ledger.postpone(postponementOf(imapRef(6)));
    const orders = [5, 6, 7].map((uid) => repairOf(imapRef(uid)));
    await Promise.all(orders.map((order) => ledger.repair(order)));
    const { transfers } = await ledger.load();
    assert.deepEqual(
      transfers.map(({ key, state, reason, repair, tries, retryAt }) => [
        key,
        state,
        reason,
        repair,
        tries,
        retryAt,
      ]),
      orders.map(({ key, repair, tries, retryAt }) => [key, 'waiting', repair, repair, tries, retryAt]),
    );
    assert.deepEqual(await bench.audit(), []);
    assert.equal(await bench.waiting(), 3);
  });

  it('keeps the repair while it waits, and with the intent of the copy', async () => {
    const bench = await factory('imap');
    const ledger = bench.open();
    const { repair } = repairOf(imapRef(5));
    await ledger.repair(repairOf(imapRef(5)));
    await ledger.postpone(postponementOf(imapRef(5)));
    const [waiting] = (await ledger.load()).transfers;
    assert.deepEqual(
      [waiting?.state, waiting?.repair, waiting?.reason],
      ['waiting', repair, 'source-timeout'],
    );
    await ledger.keepRunKey(RUN_KEY, SEALED);
    await ledger.intend({ ...intentOf(imapRef(5)), repair, fromHeaders: 3, hasNul: true });
    await ledger.postpone(postponementOf(imapRef(5)));
    const [open] = (await ledger.load()).transfers;
    assert.ok(open?.state === 'open');
    assert.deepEqual([open.repair, open.fromHeaders, open.hasNul, open.tries], [repair, 3, true, 2]);
    await ledger.intend(intentOf(imapRef(5)));
    assert.equal((await ledger.load()).transfers[0]?.repair, null, 'the message as it is');
  });
}
