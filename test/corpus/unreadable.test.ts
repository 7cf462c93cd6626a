/** Servers that cannot read a message of their own, and how they say so. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addImap, assertArrived, mail, maildrop, onImap, onPop3, others } from './stage.ts';

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

test('IMAP: a message at which the server hangs up, even when asked for its size, holds up none of its neighbours', async (t) => {
  for (const broken of [[3], [2, 4]]) {
    const stage = await onImap(t, { breaksAt: new Set(broken) });
    for (const bytes of held) addImap(stage, bytes);
    const visits = async () => {
      for (let visit = 0; visit < 8; visit += 1) {
        await stage.visit();
        stage.world.now += 10_000;
      }
    };
    const neighbours = held.filter((_, n) => !broken.includes(n + 1));
    await visits();
    assertArrived(stage, neighbours);
    const fresh = mail('fresh', 50);
    addImap(stage, fresh);
    await visits();
    assertArrived(stage, [...neighbours, fresh]);
    delete stage.server.tricks.breaksAt;
    await stage.rest();
    assertArrived(stage, [...held, fresh]);
  }
});

test('IMAP: a server that hangs up at every listing is not called again and again', async (t) => {
  for (const folders of [['INBOX'], ['INBOX', 'Work', 'Old', 'More']]) {
    const stage = await onImap(t, { breaksAt: new Set(Array.from({ length: 10 }, (_, n) => n + 1)) });
    const many = folders.length > 1 ? 3 : 10;
    for (const folder of folders)
      for (let n = 1; n <= many; n += 1) addImap(stage, mail(`${folder} ${n}`, n), folder);
    const verdict = await stage.visit({ options: { folders: 'all' } });
    assert.match(String(verdict?.faultCode), /^source-(?:unavailable|disconnected)$/);
    const logins = stage.server.commands.filter((name) => name === 'AUTHENTICATE').length;
    assert.equal(logins, 9, `in ${folders.length} folders`);
  }
});
