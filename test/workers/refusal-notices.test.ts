/** Messages in Gmail that tell of messages which stay at the source: what they say, once each, and not too many. */
import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { test } from 'node:test';
import { Fault } from '../../src/core/fault.ts';
import type { MessageKey } from '../../src/core/message.ts';
import type { Outgoing } from '../../src/core/ports.ts';
import { NOTICES_PER_DAY, planNotices, type Refusal } from '../../src/core/refusal.ts';
import { DAY } from '../../src/core/schedule.ts';
import { createMessageCheck, decodeWords } from '../../standins/google/message.ts';
import { noticeSender, refusalLetter, summaryLetter } from '../../workers/refusal-letter.ts';
import { type Circumstances, createWorld, live, type World } from '../engine.ts';
import { Mortality } from '../gmail-model.ts';

const NOW = Date.parse('2026-11-04T09:05:06Z');
const KEY = createSecretKey(Buffer.alloc(32, 1));
const PLACE = { mailboxId: 'b7c1', username: 'owner@old.example', key: KEY };
const SENDER = noticeSender('https://mail.example.com', null);
const REFUSAL: Refusal = {
  key: 'imap:1:2:INBOX' as MessageKey,
  reason: 'message-too-large',
  sizeBytes: 151_400_000,
  senderDomain: 'example.com',
  arrivedAt: Date.parse('2026-11-03T23:00:00Z'),
};

interface Read {
  readonly header: (name: string) => string;
  readonly subject: string;
  readonly text: string;
}

/** As a mail program would. Throws when Gmail would refuse it. */
function read(letter: Buffer): Read {
  const check = createMessageCheck(1_000_000);
  check.update(letter);
  assert.equal(check.refusal(), null);
  const whole = letter.toString('latin1');
  assert.ok(
    whole.split('\r\n').every((line) => line.length <= 78 && /^[\t -~]*$/.test(line)),
    whole,
  );
  const header = (name: string): string => {
    assert.equal(check.header(name).length, 1, name);
    return check.header(name)[0] ?? '';
  };
  const body = whole.slice(whole.indexOf('\r\n\r\n') + 4);
  const text = Buffer.from(body, 'base64').toString('utf8');
  return { header, subject: decodeWords(header('subject')), text };
}

test('a notice says what stays where and why, what to do, and where more is to be seen', () => {
  const { header, subject, text } = read(refusalLetter(REFUSAL, PLACE, SENDER, NOW));
  assert.equal(header('from'), 'smtp-sync <no-reply@mail.example.com>');
  assert.equal(header('date'), 'Wed, 04 Nov 2026 09:05:06 +0000');
  assert.equal(header('auto-submitted'), 'auto-generated');
  assert.equal(subject, 'A message of 151 MB from example.com stays at owner@old.example');
  assert.match(
    text,
    /^A message of 151 MB from example\.com, arrived 3 Nov 2026, stays at owner@old\.example: it is larger than Gmail accepts\.\r\n\r\nRead it there, and save/,
  );
  assert.match(text, /\r\nhttps:\/\/mail\.example\.com\/glass-box\?mailbox=b7c1&status=rejected\r\n/);
});

test('every reason has words, and nothing a server or an owner wrote can do anything in a header', () => {
  for (const reason of [
    'from-header-missing',
    'from-header-several',
    'null-byte',
    'upload-bad-request',
  ] as const) {
    const { text } = read(
      refusalLetter({ ...REFUSAL, reason, senderDomain: 'invalid', arrivedAt: null }, PLACE, SENDER, NOW),
    );
    assert.match(text, /^A message of 151 MB from an unknown sender stays at owner@old\.example: \S/);
  }
  const username = `Jörg=?utf-8?q?x?= "<a@b>" ${'ü'.repeat(300)}`;
  const odd = read(refusalLetter(REFUSAL, { ...PLACE, username }, SENDER, NOW));
  assert.ok(odd.subject.endsWith(username));
  assert.ok(odd.text.includes(username));
  const named = noticeSender('https://mail.example.com', { name: 'Pošta', email: 'post@example.org' });
  assert.equal(
    decodeWords(read(refusalLetter(REFUSAL, PLACE, named, NOW)).header('from')),
    'Pošta <post@example.org>',
  );
});

test('its Message-ID is the same for the same message only', () => {
  const idOf = (refusal: Refusal, place = PLACE, now = NOW): string =>
    read(refusalLetter(refusal, place, SENDER, now)).header('message-id');
  const id = idOf(REFUSAL);
  assert.match(id, /^<refusal\.[0-9a-f]{32}@mail\.example\.com>$/);
  assert.equal(idOf({ ...REFUSAL, sizeBytes: 1 }, PLACE, NOW + DAY), id);
  assert.notEqual(idOf({ ...REFUSAL, key: 'imap:1:3:INBOX' as MessageKey }), id);
  assert.notEqual(idOf(REFUSAL, { ...PLACE, key: createSecretKey(Buffer.alloc(32, 2)) }), id);
  const summary = (now: number) => read(summaryLetter(PLACE, SENDER, now)).header('message-id');
  assert.equal(summary(NOW), summary(NOW + 60_000));
  assert.notEqual(summary(NOW), summary(NOW + DAY));
});

test('nothing links to an origin that nobody gave, and an address stands at a host that has a name', () => {
  assert.deepEqual(noticeSender('https://localhost:3000', null), {
    from: { name: 'smtp-sync', email: 'no-reply@smtp-sync.invalid' },
    origin: null,
  });
  for (const url of ['http://localhost:3000', 'http://127.0.0.1:3000', 'http://[::1]:80'])
    assert.equal(noticeSender(url, null).from.email, 'no-reply@smtp-sync.invalid', url);
  assert.equal(noticeSender('http://localhost:3000', null).origin, 'http://localhost:3000');
  const nowhere = noticeSender('https://localhost:3000', null);
  assert.doesNotMatch(read(refusalLetter(REFUSAL, PLACE, nowhere, NOW)).text, /localhost/);
});

test('a day has so many notices and one summary', () => {
  const refusals = Array.from({ length: 30 }, (_, n) => ({ ...REFUSAL, key: `pop3:${n}` as MessageKey }));
  const counts = (told: number, most = 30) => {
    const { each, rest, summary } = planNotices(refusals.slice(0, most), told);
    return [each.length, rest.length, summary];
  };
  assert.deepEqual(counts(0, 20), [20, 0, false]);
  assert.deepEqual(counts(0), [20, 10, true]);
  assert.deepEqual(counts(15, 5), [5, 0, false]);
  assert.deepEqual(counts(20), [0, 30, true]);
  assert.deepEqual(counts(21), [0, 30, false]);
  assert.deepEqual(counts(50_000), [0, 30, false]);
});

const refused = (name: string): Buffer => Buffer.from(`From: a@example.com\r\nSubject: ${name}\r\n\r\nno`);
const WANTED: Circumstances = { options: { noticeRefused: true } };

/** Gmail that refuses what says no; the notices that arrive. */
function worldOf(count: number): { world: World; notices: string[]; outgoing: Outgoing[] } {
  const world = createWorld(Array.from({ length: count }, (_, n) => refused(String(n))));
  const notices: string[] = [];
  const outgoing: Outgoing[] = [];
  world.gmail.refuse = (bytes) => {
    if (bytes.toString().endsWith('no')) return new Fault('message-refused');
    notices.push(/Message-ID: (\S+)/.exec(bytes.toString())?.[1] ?? 'none');
    return null;
  };
  const sinkOf = world.gmail.sink.bind(world.gmail);
  world.gmail.sink = (mortality) => {
    const sink = sinkOf(mortality);
    return {
      ...sink,
      open: (message, signal) => {
        outgoing.push(message);
        return sink.open(message, signal);
      },
    };
  };
  return { world, notices, outgoing };
}

const life = (world: World, different: Circumstances) => live(world, new Mortality(0), different);

test('each refused message gets one notice, in the inbox and never in spam', async () => {
  const { world, notices, outgoing } = worldOf(3);
  assert.equal((await life(world, WANTED))?.faultCode, null);
  assert.equal(new Set(notices).size, 3);
  for (let visit = 0; visit < 3; visit += 1) await life(world, WANTED);
  assert.equal(notices.length, 3);
  assert.ok(
    world.books.audit.every(({ status }) => status === 'rejected'),
    'a notice is no delivery',
  );
  for (const message of outgoing.slice(-3))
    assert.deepEqual([message.labelIds, message.neverMarkSpam], [['INBOX', 'UNREAD'], true]);
});

test('what was refused before its owner wanted notices stays without, and so does what is not wanted', async () => {
  const { world, notices } = worldOf(2);
  await life(world, {});
  await life(world, WANTED);
  assert.deepEqual(notices, []);
  world.messages.set(3, refused('later'));
  await life(world, WANTED);
  assert.equal(notices.length, 1);
});

test('a mailbox with thousands of refusals gets twenty notices and a summary a day', async () => {
  const { world, notices } = worldOf(700);
  world.now = Date.parse('2026-03-01T01:00:00Z');
  const day = async () => {
    for (let visit = 0; visit < 12; visit += 1) {
      await life(world, WANTED);
      world.now += 60_000;
    }
  };
  await day();
  assert.equal(world.books.audit.length, 700);
  assert.equal(notices.length, NOTICES_PER_DAY + 1);
  assert.equal(world.books.told.size, 700);
  world.now += DAY;
  world.messages.set(701, refused('the day after'));
  await day();
  assert.equal(notices.length, NOTICES_PER_DAY + 2);
});

test('a notice that cannot be sent waits, and holds up no mail', async () => {
  const { world, notices } = worldOf(1);
  const plain = world.gmail.refuse;
  let isDown = true;
  world.gmail.refuse = (bytes) => {
    const isNotice = bytes.includes('Auto-Submitted');
    return isNotice && isDown ? new Fault('upload-interrupted') : plain(bytes);
  };
  world.messages.set(2, Buffer.from('From: a@example.com\r\n\r\nyes'));
  assert.equal((await life(world, WANTED))?.faultCode, null);
  assert.deepEqual(world.books.audit.map(({ status }) => status).sort(), ['delivered', 'rejected']);
  assert.equal(notices.length, 1, 'the mail');
  isDown = false;
  await life(world, WANTED);
  assert.equal(notices.length, 2);
});

test('a notice that Gmail will never take is given up', async () => {
  const { world } = worldOf(2);
  let tries = 0;
  world.gmail.refuse = (bytes) => {
    if (bytes.includes('Auto-Submitted')) tries += 1;
    return new Fault('message-refused');
  };
  for (let visit = 0; visit < 3; visit += 1) await life(world, WANTED);
  assert.equal(tries, 2);
});

test('dies at every effect: each refused message has its notice, and a repetition has the same Message-ID', async () => {
  const first = new Mortality(0);
  await live(worldOf(2).world, first, WANTED);
  for (let at = 1; at <= first.steps; at += 1) {
    const { world, notices } = worldOf(2);
    await live(world, new Mortality(at), WANTED);
    for (let visit = 0; visit < 4; visit += 1) {
      world.now += 20_000;
      await life(world, WANTED);
    }
    assert.equal(new Set(notices).size, 2, `death at ${at}`);
    assert.ok(notices.length <= 3, `death at ${at}`);
    assert.equal(world.books.audit.length, 2);
  }
});
