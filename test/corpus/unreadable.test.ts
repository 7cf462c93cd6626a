/** Servers that cannot read a message of their own, and how they say so. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertArrived, mail, maildrop, onPop3, others } from './stage.ts';

const held = Array.from({ length: 5 }, (_, n) => mail(`${n}`, n));

test('POP3: a message that is refused as if it were gone, and is still listed, is tried again', async (t) => {
  // Dovecot says so of one whose file it cannot read.
  for (const refusal of ['Message 3 expunged.', 'no such message', '[SYS/TEMP] cannot read']) {
    const stage = await onPop3(t, { retrRefusal: refusal });
    for (const bytes of held) maildrop(stage).add(bytes);
    await stage.visit();
    delete stage.server.faults.retrRefusal;
    await stage.rest();
    assertArrived(stage, held);
  }
});

test('POP3: one that another program has deleted meanwhile is skipped once it is not listed any more', async (t) => {
  const stage = await onPop3(t, { retrRefusal: 'no such message' });
  maildrop(stage).add(mail('gone', 1));
  await stage.visit();
  assert.deepEqual(others(stage), []);
  maildrop(stage).remove(new Set(maildrop(stage).messages));
  await stage.rest();
  assert.deepEqual(others(stage), [['skipped', 'message-gone']]);
});
