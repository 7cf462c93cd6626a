/** What went wrong in other programs, done to this one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../src/core/fault.ts';
import { sha256 } from '../gmail-model.ts';
import {
  addImap,
  assertArrived,
  imapFolder,
  mail,
  maildrop,
  onImap,
  onPop3,
  others,
  type Stage,
} from './stage.ts';

/** The same habit on both protocols; `put` delivers to the old mailbox. */
function onBoth(
  name: string,
  play: (stage: Stage<unknown>, put: (bytes: Buffer) => void) => Promise<void>,
): void {
  test(`${name}: IMAP`, async (t) => {
    const stage = await onImap(t);
    await play(stage, (bytes) => void addImap(stage, bytes));
  });
  test(`${name}: POP3`, async (t) => {
    const stage = await onPop3(t);
    await play(stage, (bytes) => void maildrop(stage).add(bytes));
  });
}

onBoth('repeated headers, Received and DKIM-Signature arrive as they are', async (stage, put) => {
  const bytes = Buffer.from(
    [
      'Received: from c.test by b.test; Thu, 1 Jan 2026 10:00:02 +0000',
      'Received: from b.test by a.test;\r\n\tThu, 1 Jan 2026 10:00:01 +0000',
      'Received: from a.test by localhost; Thu, 1 Jan 2026 10:00:00 +0000',
      'DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=one;\r\n b=AAAA\r\n\tBBBB',
      'DKIM-Signature: v=1; a=ed25519-sha256; d=example.com; s=two; b=CCCC',
      'X-Loop:  two  spaces and a tab\t',
      'X-LOOP: again',
      'From: a@example.com',
      'Subject: as it is',
      '',
      '.a line with a dot',
      '..',
      '.',
      'bytes: \u00e9\u00ff',
      '',
    ].join('\r\n'),
    'latin1',
  );
  put(bytes);
  await stage.rest();
  assertArrived(stage, [bytes]);
});

onBoth('many visits, and nothing is imported again', async (stage, put) => {
  const held = Array.from({ length: 30 }, (_, n) => mail(`${n}`, n));
  for (const bytes of held) put(bytes);
  for (let visit = 0; visit < 5; visit += 1) await stage.rest();
  assertArrived(stage, held);
  assert.equal(stage.world.books.audit.length, held.length);
  assert.equal(stage.world.gmail.sessions.size, held.length, 'not even begun again');
});

onBoth('mail that differs in its body alone arrives, together and later', async (stage, put) => {
  const alike = (body: string) => Buffer.from(`From: a@example.com\r\nSubject: backup\r\n\r\n${body}\r\n`);
  for (const body of ['one', 'two']) put(alike(body));
  await stage.rest();
  put(alike('six'));
  await stage.rest();
  assertArrived(stage, ['one', 'two', 'six'].map(alike));
  assert.deepEqual(others(stage), []);
});

onBoth('a message without Message-ID is imported like any other', async (stage, put) => {
  const bytes = Buffer.from('From: a@example.com\r\nSubject: no id\r\n\r\nhello\r\n');
  put(bytes);
  await stage.rest();
  assertArrived(stage, [bytes]);
});

onBoth('one attachment that Gmail bans stalls nobody', async (stage, put) => {
  const held = Array.from({ length: 9 }, (_, n) => mail(`${n}`, n));
  for (const bytes of held) put(bytes);
  const banned = sha256(held[4] as Buffer);
  stage.world.gmail.refuse = (bytes) => (sha256(bytes) === banned ? new Fault('message-refused') : null);
  await stage.rest();
  assertArrived(stage, held.toSpliced(4, 1));
  const fresh = mail('fresh', 50);
  put(fresh);
  await stage.rest();
  assertArrived(stage, [...held.toSpliced(4, 1), fresh]);
  assert.deepEqual(others(stage), [['rejected', 'message-refused']]);
});

onBoth('an "Invalid From header" is on record as one, and the next message goes on', async (stage, put) => {
  const bad = mail('bad', 1);
  put(bad);
  put(mail('good', 2));
  stage.world.gmail.refuse = (bytes) =>
    sha256(bytes) === sha256(bad) ? new Fault('from-header-invalid') : null;
  await stage.rest();
  assertArrived(stage, [mail('good', 2)]);
  assert.deepEqual(others(stage), [['rejected', 'from-header-invalid']]);
});

onBoth(
  'one message fails again and again: those behind it are imported, and it is never forgotten',
  async (stage, put) => {
    const held = Array.from({ length: 6 }, (_, n) => mail(`${n}`, n));
    for (const bytes of held) put(bytes);
    const fifth = sha256(held[4] as Buffer);
    let failures = 3;
    stage.world.gmail.refuse = (bytes) => {
      if (sha256(bytes) !== fifth || failures === 0) return null;
      failures -= 1;
      return new Fault('message-unreadable');
    };
    await stage.visit();
    assertArrived(stage, held.toSpliced(4, 1));
    await stage.rest();
    assertArrived(stage, held);
    assert.equal(failures, 0);
  },
);

test('IMAP: a connection that drops in the middle of 2,000 messages is no success, and the rest follows', async (t) => {
  const stage = await onImap(t);
  const held = Array.from({ length: 2_000 }, (_, n) => mail(`${n}`, n));
  for (const bytes of held) addImap(stage, bytes);
  let served = 0;
  stage.world.habit = (source) => ({
    ...source,
    async *fetch(...args) {
      for await (const fetched of source.fetch(...args)) {
        served += 1;
        if (served === 100) stage.server.disconnect();
        yield fetched;
      }
    },
  });
  const verdict = await stage.visit();
  assert.equal(verdict?.faultCode, 'source-disconnected');
  assert.equal(verdict?.synced, false);
  assert.ok(stage.world.books.waiting >= 1_500, `${stage.world.books.waiting} wait`);
  await stage.rest();
  assertArrived(stage, held);
});

test('IMAP: a listing that breaks off half way settles nothing that it did not name', async (t) => {
  const stage = await onImap(t, { stall: new Set(['UID FETCH']) }, { command: 200 });
  const held = Array.from({ length: 50 }, (_, n) => mail(`${n}`, n));
  for (const bytes of held) addImap(stage, bytes);
  const verdict = await stage.visit();
  assert.deepEqual([verdict?.faultCode, verdict?.synced], ['source-timeout', false]);
  delete stage.server.tricks.stall;
  await stage.rest();
  assertArrived(stage, held);
});

test('IMAP: a server that never handles more than ten messages a command (MESSAGELIMIT)', async (t) => {
  const stage = await onImap(t, { messageLimit: 10 });
  const held = Array.from({ length: 95 }, (_, n) => mail(`${n}`, n));
  for (const bytes of held) addImap(stage, bytes);
  await stage.rest();
  const fresh = mail('fresh', 200);
  addImap(stage, fresh);
  await stage.rest();
  assertArrived(stage, [...held, fresh]);
  assert.deepEqual(others(stage), []);
});

test('IMAP: an IDLE that has died ends the visit, and the next one finds what came meanwhile', async (t) => {
  const stage = await onImap(t, { deadIdle: true }, { idle: 50, command: 200 });
  addImap(stage, mail('before', 1));
  const verdict = await stage.visit({ lease: { mayWatch: true } });
  assert.equal(verdict?.faultCode, 'source-timeout');
  assert.equal(verdict?.state, 'active');
  addImap(stage, mail('meanwhile', 2));
  assert.equal((await stage.visit({ lease: { mayWatch: true } }))?.faultCode, 'source-timeout');
  assertArrived(stage, [mail('before', 1), mail('meanwhile', 2)]);
});

test('sizes that a server makes up change no byte', async (t) => {
  const held = [mail('small', 1), mail('large', 2, `${'x'.repeat(70)}\r\n`.repeat(20_000))];
  for (const claim of [() => 0, () => 1, (size: number) => size - 3, (size: number) => size * 3]) {
    const imap = await onImap(t, { claimSize: ({ bytes }) => claim(bytes.length) });
    for (const bytes of held) addImap(imap, bytes);
    await imap.rest();
    assertArrived(imap, held);
    const pop3 = await onPop3(t, { sizes: claim });
    for (const bytes of held) maildrop(pop3).add(bytes);
    await pop3.rest();
    assertArrived(pop3, held);
  }
});

test('POP3: a visit that only looks ends with QUIT and deletes nothing', async (t) => {
  const stage = await onPop3(t);
  maildrop(stage).add(mail('1', 1));
  await stage.rest();
  assert.equal(stage.server.heard.at(-1)?.verb, 'QUIT');
  assert.ok(stage.server.heard.every(({ verb }) => verb !== 'DELE'));
  assert.equal(maildrop(stage).messages.length, 1);
});

test('a consent that died is asked for once more by nobody: nothing is lost, and it goes on with a new one', async (t) => {
  const stage = await onImap(t);
  const held = [mail('1', 1), mail('2', 2)];
  for (const bytes of held) addImap(stage, bytes);
  const destroyed: unknown[] = [];
  const grants = {
    hold: async () => {},
    destroy: async (_user: unknown, code: unknown) => void destroyed.push(code),
  };
  stage.world.gmail.refuse = () => new Fault('grant-revoked');
  await stage.visit({ deps: { grants } });
  assert.deepEqual(destroyed, ['grant-revoked']);
  stage.world.gmail.refuse = () => null;
  stage.world.now += 3_600_000;
  await stage.rest();
  assertArrived(stage, held);
  assert.equal(imapFolder(stage).messages.length, 2);
});
