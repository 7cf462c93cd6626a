/** What every ledger must recognise after a source has given its messages new ids. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { LedgerFactory } from './ledger-bench.ts';
import {
  imapCursor,
  imapRef,
  intentOf,
  pop3Cursor,
  pop3Ref,
  RUN_KEY,
  SEALED,
  settlementOf,
} from './ledger-samples.ts';

/** Of messages whose contents nobody has looked at. */
const likeness = (fingerprints: readonly Uint8Array[]) =>
  fingerprints.map((fingerprint) => ({ fingerprint, content: null }));

export function describeRecognition(factory: LedgerFactory): void {
  const fingerprint = new Uint8Array(16).fill(3);
  const other = new Uint8Array(16).fill(4);
  const cursors = {
    imap: (generation: number) => imapCursor([], 7 + generation),
    pop3: (generation: number) => pop3Cursor([], [`a${generation}`]),
  };
  const refs = { imap: (g: number) => imapRef(5, 7 + g), pop3: (g: number) => pop3Ref(`a${g}`) };

  for (const protocol of ['imap', 'pop3'] as const) {
    const cursorOf = cursors[protocol];
    const refOf = refs[protocol];

    it(`recognises what was settled before the ids changed (${protocol})`, async () => {
      const ledger = (await factory(protocol)).open();
      await ledger.observe(cursorOf(0), 1, false);
      await ledger.settle({ ...settlementOf(refOf(0)), fingerprint });
      assert.equal(await ledger.recognises('INBOX', fingerprint), false, 'ids are as they were');
      await ledger.observe(cursorOf(1), 2, true);
      assert.equal(await ledger.recognises('INBOX', fingerprint), true);
      assert.equal(await ledger.recognises('INBOX', other), false);
      await ledger.settle({ ...settlementOf(refOf(1)), fingerprint: other });
      assert.equal(await ledger.recognises('INBOX', other), false, 'settled under the present ids');
      await ledger.settle({ ...settlementOf(pop3Ref('twin')), fingerprint });
      assert.equal(await ledger.recognises('INBOX', fingerprint), true, 'known for longer');
      await ledger.observe(cursorOf(2), 2, true);
      assert.equal(await ledger.recognises('INBOX', other), true);
    });

    it(`recognises what was under way when the ids changed, once it is settled (${protocol})`, async () => {
      const ledger = (await factory(protocol)).open();
      await ledger.observe(cursorOf(0), 1, false);
      await ledger.keepRunKey(RUN_KEY, SEALED);
      await ledger.intend({ ...intentOf(refOf(0)), fingerprint });
      await ledger.observe(cursorOf(1), 2, true);
      assert.equal(await ledger.recognises('INBOX', fingerprint), false);
      await ledger.settle({ ...settlementOf(refOf(0)), fingerprint });
      assert.equal(await ledger.recognises('INBOX', fingerprint), true);
    });
  }

  it('forgets UIDs that will be given out again under the same UIDVALIDITY', async () => {
    const bench = await factory('imap');
    const ledger = bench.open();
    await ledger.observe(imapCursor([[1, 5]]), 0, false);
    await ledger.observe(imapCursor([[1, 3]]), 0, true);
    const { cursors } = await bench.open().load();
    assert.deepEqual(
      cursors.map((cursor) => cursor.protocol === 'imap' && cursor.settled),
      [[[1, 3]]],
    );
  });

  it('keeps the ids that stayed when a part of a maildrop has got others', async () => {
    const bench = await factory('pop3');
    const ledger = bench.open();
    await ledger.observe(pop3Cursor([], ['a', 'b']), 2, false);
    await ledger.settle({ ...settlementOf(pop3Ref('a')), fingerprint });
    await ledger.settle({ ...settlementOf(pop3Ref('b')), fingerprint: other });
    await ledger.observe(pop3Cursor(['a', 'b'], ['c']), 1, true);
    const { cursors } = await bench.open().load();
    assert.deepEqual(cursors, [pop3Cursor(['a', 'b'], ['c'])]);
    assert.equal(await ledger.recognises('INBOX', fingerprint), true);
  });

  it('recognises what another folder settled before', async () => {
    const ledger = (await factory('imap')).open();
    const work = { ...imapCursor([]), folder: 'Work' };
    await ledger.observe(imapCursor([]), 1, false);
    await ledger.observe(work, 1, false);
    await ledger.observe({ ...work, uidValidity: 8 }, 1, true);
    await ledger.settle({ ...settlementOf(imapRef(5)), fingerprint });
    assert.equal(await ledger.recognises('Work', fingerprint), false);
    assert.equal(await ledger.recognises('INBOX', fingerprint), false);
    await ledger.observe(imapCursor([], 8), 1, true);
    assert.equal(await ledger.recognises('INBOX', fingerprint), true);
    assert.equal(await ledger.recognises('Work', fingerprint), false);
  });

  it('tells what was delivered last from another folder, in the order of the question', async () => {
    const ledger = (await factory('imap')).open();
    const inFolder = (folder: string, uid: number) => ({ ...imapRef(uid), folder }) as const;
    const [third, fourth] = [5, 6].map((byte) => new Uint8Array(16).fill(byte)) as [Uint8Array, Uint8Array];
    await ledger.observe(imapCursor([]), 1, false);
    await ledger.observe({ ...imapCursor([]), folder: 'Work' }, 1, false);
    await ledger.settle({ ...settlementOf(imapRef(1)), fingerprint });
    await ledger.settle({ ...settlementOf(inFolder('Work', 1)), fingerprint: other });
    // Neither of these says that Gmail has the message.
    await ledger.settle({ ...settlementOf(imapRef(2), 'uncertain'), fingerprint: third });
    await ledger.settle({ ...settlementOf(imapRef(3), 'skipped'), fingerprint: fourth });
    const all = [other, fingerprint, third, fourth, new Uint8Array(16)];
    assert.deepEqual(await ledger.deliveredElsewhere('Work', likeness(all), []), [
      false,
      true,
      false,
      false,
      false,
    ]);
    assert.deepEqual(await ledger.deliveredElsewhere('INBOX', likeness(all), []), [
      true,
      false,
      false,
      false,
      false,
    ]);
    assert.deepEqual(await ledger.deliveredElsewhere('Else', likeness(all), []), [
      true,
      true,
      false,
      false,
      false,
    ]);
    await ledger.settle({ ...settlementOf(inFolder('Work', 2)), fingerprint });
    await ledger.settle({ ...settlementOf(inFolder('Work', 3)), fingerprint: third });
    assert.deepEqual(await ledger.deliveredElsewhere('Work', likeness(all), []), [
      false,
      false,
      false,
      false,
      false,
    ]);
    assert.deepEqual(await ledger.deliveredElsewhere('INBOX', likeness(all), []), [
      true,
      true,
      true,
      false,
      false,
    ]);
    assert.deepEqual(await ledger.deliveredElsewhere('INBOX', likeness([]), []), []);
  });

  it('tells those apart that look the same and have another content, where both contents are known', async () => {
    const ledger = (await factory('imap')).open();
    const content = new Uint8Array(16).fill(8);
    const ask = (own: string, of: Uint8Array, what: Uint8Array | null) =>
      ledger.deliveredElsewhere(own, [{ fingerprint: of, content: what }], []);
    await ledger.observe(imapCursor([]), 1, false);
    await ledger.settle({ ...settlementOf(imapRef(1)), fingerprint, content });
    await ledger.settle({ ...settlementOf(imapRef(2)), fingerprint: other });
    assert.deepEqual(await ask('Work', fingerprint, content), [true]);
    assert.deepEqual(await ask('Work', fingerprint, other), [false]);
    assert.deepEqual(await ask('Work', fingerprint, null), [true]);
    assert.deepEqual(await ask('Work', other, content), [true]);
    // Skipped, it has delivered nothing; delivered, it counts from then on.
    await ledger.settle({ ...settlementOf(imapRef(3), 'skipped'), fingerprint, content: other });
    assert.deepEqual(await ask('Work', fingerprint, content), [true]);
    await ledger.settle({ ...settlementOf(imapRef(4)), fingerprint, content: other });
    assert.deepEqual(await ask('Work', fingerprint, other), [true]);
    assert.deepEqual(await ask('Work', fingerprint, content), [true]);
    const third = new Uint8Array(16).fill(9);
    assert.deepEqual(await ask('Work', fingerprint, third), [false]);
    await ledger.settle({ ...settlementOf(imapRef(5)), fingerprint });
    assert.deepEqual(await ask('Work', fingerprint, third), [true]);
  });

  it('does not count folders that are not to count, until another delivers it too', async () => {
    const ledger = (await factory('imap')).open();
    const junk = (uid: number) => ({ ...imapRef(uid), folder: 'Junk' }) as const;
    await ledger.observe(imapCursor([]), 1, false);
    await ledger.observe({ ...imapCursor([]), folder: 'Junk' }, 1, false);
    await ledger.settle({ ...settlementOf(junk(1)), fingerprint });
    await ledger.settle({ ...settlementOf(junk(2)), fingerprint: other });
    const both = [fingerprint, other];
    assert.deepEqual(await ledger.deliveredElsewhere('INBOX', likeness(both), ['Trash']), [true, true]);
    assert.deepEqual(await ledger.deliveredElsewhere('INBOX', likeness(both), ['Trash', 'Junk']), [
      false,
      false,
    ]);
    await ledger.settle({ ...settlementOf(imapRef(1)), fingerprint });
    assert.deepEqual(await ledger.deliveredElsewhere('Work', likeness(both), ['Trash', 'Junk']), [
      true,
      false,
    ]);
    // Skipped, it has delivered nothing.
    await ledger.settle({ ...settlementOf(imapRef(2), 'skipped'), fingerprint: other });
    assert.deepEqual(await ledger.deliveredElsewhere('Work', likeness(both), ['Trash', 'Junk']), [
      true,
      false,
    ]);
  });

  it('knows where a transfer was delivered from that was open when it settled', async () => {
    const ledger = (await factory('imap')).open();
    await ledger.keepRunKey(RUN_KEY, SEALED);
    await ledger.intend({ ...intentOf(imapRef(5)), fingerprint });
    assert.deepEqual(await ledger.deliveredElsewhere('Work', likeness([fingerprint]), []), [false]);
    await ledger.settle({ ...settlementOf(imapRef(5)), fingerprint });
    assert.deepEqual(await ledger.deliveredElsewhere('Work', likeness([fingerprint]), []), [true]);
  });

  it('takes no POP3 message for one of a folder', async () => {
    const ledger = (await factory('pop3')).open();
    await ledger.settle({ ...settlementOf(pop3Ref('a')), fingerprint });
    assert.deepEqual(await ledger.deliveredElsewhere('Work', likeness([fingerprint]), []), [false]);
  });
}
