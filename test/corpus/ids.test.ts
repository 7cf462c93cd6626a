/** Servers whose message ids change, come back or are no ids: nothing is lost, and nothing is imported twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashUidl, type UidlHash } from '../../src/core/message.ts';
import type { Maildrop } from '../../standins/maildrop.ts';
import { addImap, assertArrived, imapFolder, mail, maildrop, onImap, onPop3, others, USER } from './stage.ts';

const ALREADY = ['skipped', 'already-delivered'];
const mails = (from: number, to: number): Buffer[] =>
  Array.from({ length: to - from + 1 }, (_, n) => mail(`${from + n}`, from + n));

/** Puts the messages with these places behind new ids, where they are. */
function renumber(drop: Maildrop, changed: (place: number) => boolean): void {
  const held = [...drop.messages];
  drop.remove(new Set(held));
  for (const [place, { bytes, uidl }] of held.entries())
    if (changed(place)) drop.add(bytes);
    else drop.add(bytes, uidl);
}

test('POP3: a server that is moved in steps changes some ids at a time, and nothing is imported twice', async (t) => {
  const stage = await onPop3(t);
  const all = mails(1, 10);
  for (const bytes of all) maildrop(stage).add(bytes);
  await stage.rest();
  for (const moved of [4, 8]) {
    renumber(maildrop(stage), (place) => place < moved && place >= moved - 4);
    await stage.rest();
    assertArrived(stage, all);
  }
  assert.deepEqual(
    others(stage),
    Array.from({ length: 8 }, () => ALREADY),
  );
  const fresh = mail('fresh', 100);
  maildrop(stage).add(fresh);
  await stage.rest();
  assertArrived(stage, [...all, fresh]);
});

test('POP3: ids that change in the middle, while new mail comes', async (t) => {
  const stage = await onPop3(t);
  const old = mails(1, 9);
  for (const bytes of old) maildrop(stage).add(bytes);
  await stage.rest();
  renumber(maildrop(stage), (place) => place % 3 === 1);
  const fresh = mails(20, 22);
  for (const bytes of fresh) maildrop(stage).add(bytes);
  await stage.rest();
  assertArrived(stage, [...old, ...fresh]);
  assert.deepEqual(others(stage), [ALREADY, ALREADY, ALREADY]);
});

test('POP3: a server that lists the newest first is not taken for one that changes its ids', async (t) => {
  const stage = await onPop3(t);
  const held = mails(1, 3);
  for (const bytes of held.toReversed()) maildrop(stage).add(bytes);
  await stage.rest();
  const before = [...maildrop(stage).messages];
  maildrop(stage).remove(new Set(before));
  const fresh = mail('fresh', 50);
  maildrop(stage).add(fresh);
  for (const { bytes, uidl } of before) maildrop(stage).add(bytes, uidl);
  await stage.rest();
  assertArrived(stage, [...held, fresh]);
  assert.equal(stage.world.books.audit.at(-1)?.backlog, false, 'new mail');
  assert.equal(stage.world.books.generations.size, 0);
});

test('POP3: new mail costs no look at headers, however many messages are known', async (t) => {
  const stage = await onPop3(t);
  for (const bytes of mails(1, 20)) maildrop(stage).add(bytes);
  await stage.rest();
  maildrop(stage).add(mail('fresh', 50));
  await stage.rest();
  assert.ok(stage.server.heard.every(({ verb }) => verb !== 'TOP'));
});

test('POP3: ids that no server may give out, with blanks or beyond ASCII, are ids all the same', async (t) => {
  const stage = await onPop3(t);
  const ids = ['a b', 'a  b', 'a', "it's; (odd)", '\u00e9\u00ff', '.', '2', 'x'.repeat(255)];
  const held = ids.map((id, n) => {
    const bytes = mail(`${n}`, n);
    maildrop(stage).add(bytes, id);
    return bytes;
  });
  await stage.rest();
  await stage.rest();
  assertArrived(stage, held);
});

test('POP3: the message number in front of an id is no part of it', async (t) => {
  const stage = await onPop3(t);
  const [first, second, third] = mails(1, 3) as [Buffer, Buffer, Buffer];
  for (const bytes of [first, second, third]) maildrop(stage).add(bytes);
  await stage.rest();
  // Its owner deletes the first elsewhere: all others have other numbers now.
  maildrop(stage).remove(new Set(maildrop(stage).messages.slice(0, 1)));
  await stage.rest();
  assertArrived(stage, [first, second, third]);
  assert.deepEqual(others(stage), []);
});

test('POP3: ids that several messages share identify none: the mailbox says so, and nothing is imported twice', async (t) => {
  const stage = await onPop3(t, { sameUidl: 'twin' });
  for (const bytes of mails(1, 2)) maildrop(stage).add(bytes);
  assert.equal((await stage.visit())?.faultCode, 'no-uidl');
  assertArrived(stage, []);
  delete stage.server.faults.sameUidl;
  await stage.rest();
  assertArrived(stage, mails(1, 2));
});

for (const first of [0, 7]) {
  test(`IMAP: UIDVALIDITY ${first} becomes ${7 - first}: nothing twice, and new mail goes on`, async (t) => {
    const stage = await onImap(t);
    imapFolder(stage).uidValidity = first;
    const held = mails(1, 3);
    for (const bytes of held) addImap(stage, bytes);
    await stage.rest();
    stage.server.store.renumber(USER, 7 - first);
    await stage.rest();
    const fresh = mail('fresh', 50);
    addImap(stage, fresh);
    await stage.rest();
    assertArrived(stage, [...held, fresh]);
    assert.deepEqual(others(stage), [ALREADY, ALREADY, ALREADY]);
  });
}

test('IMAP: UIDVALIDITY is 0 for good: all mail is imported once', async (t) => {
  const stage = await onImap(t);
  imapFolder(stage).uidValidity = 0;
  const held = mails(1, 3);
  for (const bytes of held) addImap(stage, bytes);
  await stage.rest();
  const fresh = mail('fresh', 50);
  addImap(stage, fresh);
  for (let visits = 0; visits < 3; visits += 1) await stage.rest();
  assertArrived(stage, [...held, fresh]);
  assert.deepEqual(others(stage), []);
});

test('IMAP: UIDVALIDITY 0 and all UIDs given out anew: nothing is lost or imported twice', async (t) => {
  const stage = await onImap(t);
  const folder = imapFolder(stage);
  folder.uidValidity = 0;
  const held = mails(1, 5);
  for (const bytes of held) addImap(stage, bytes);
  await stage.rest();
  folder.messages = folder.messages.slice(2);
  stage.server.store.renumber(USER, 0);
  addImap(stage, mail('while', 40));
  await stage.rest();
  addImap(stage, mail('fresh', 50));
  await stage.rest();
  assertArrived(stage, [...held, mail('while', 40), mail('fresh', 50)]);
});

test('IMAP: a server restored from a backup gives UIDs out again: the mail that gets them is imported', async (t) => {
  const stage = await onImap(t);
  const folder = imapFolder(stage);
  const held = mails(1, 5);
  for (const bytes of held) addImap(stage, bytes);
  await stage.rest();
  folder.messages = folder.messages.slice(0, 3);
  folder.uidNext = 4;
  await stage.rest();
  const fresh = mails(20, 23);
  for (const bytes of fresh) addImap(stage, bytes);
  await stage.rest();
  await stage.rest();
  assertArrived(stage, [...held, ...fresh]);
  assert.deepEqual(others(stage), []);
});

test('IMAP: a UIDNEXT that so many messages cannot have is not believed', async (t) => {
  const stage = await onImap(t);
  const held = mails(1, 3);
  for (const bytes of held) addImap(stage, bytes);
  imapFolder(stage).uidNext = 1;
  await stage.rest();
  await stage.rest();
  assertArrived(stage, held);
  assert.deepEqual(others(stage), []);
});

const MANY = 100_000;
const never = new AbortController().signal;

test('IMAP: 100,000 known messages and nothing new: one EXAMINE and no other question', async (t) => {
  const stage = await onImap(t);
  imapFolder(stage).uidNext = MANY + 1;
  const source = await stage.open();
  const { uidValidity } = imapFolder(stage);
  const known = {
    protocol: 'imap',
    folder: 'INBOX',
    uidValidity,
    baseline: 1,
    settled: [[1, MANY]],
  } as const;
  const { cursor, messages } = await source.list('INBOX', known, { kind: 'all' }, never);
  await source.close();
  assert.deepEqual([cursor, messages], [known, []]);
  assert.ok(!stage.server.commands.some((name) => /SEARCH|FETCH/.test(name)), stage.server.commands.join());
});

test('POP3: 100,000 known messages and nothing new: one UIDL and no other question', async (t) => {
  const stage = await onPop3(t);
  const bytes = mail('one of many', 1);
  maildrop(stage).fill(Array.from({ length: MANY }, (_, n) => ({ uidl: `id-${n}`, bytes })));
  const settled = new Set(Array.from({ length: MANY }, (_, n) => hashUidl(`id-${n}`)));
  const source = await stage.open();
  const known = { protocol: 'pop3', settled, backlog: new Set<UidlHash>() } as const;
  const { cursor, messages } = await source.list('INBOX', known, { kind: 'all' }, never);
  await source.close();
  assert.equal(cursor, known);
  assert.deepEqual(messages, []);
  const asked = stage.server.heard.map(({ verb }) => verb);
  assert.deepEqual(
    asked.filter((verb) => /^(?:UIDL|LIST|TOP|RETR)$/.test(verb)),
    ['UIDL'],
  );
});
