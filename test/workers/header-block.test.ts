import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { HeaderBlock, type HeaderFacts, senderDomain } from '../../workers/header-block.ts';

const KIB = 1024;
const CAP = 256 * KIB;
const KEY = createSecretKey(new Uint8Array(32).fill(7));
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'utf8'));

function blockOf(...pieces: readonly Uint8Array[]): HeaderBlock {
  const block = new HeaderBlock();
  for (const piece of pieces) block.push(piece);
  return block;
}

const factsOf = (text: string): HeaderFacts => blockOf(bytesOf(text)).facts();
const fingerprintOf = (block: HeaderBlock): string => Buffer.from(block.fingerprint(KEY, 1)).toString('hex');

test('senderDomain reads the first address of a From header', () => {
  const label = 'a'.repeat(63);
  const table: readonly (readonly [string, string])[] = [
    ['a@example.com', 'example.com'],
    ['<a@Example.COM>', 'example.com'],
    ['"A, B" <a@example.com>', 'example.com'],
    ['"Secret <x@other.test>" <a@example.com>', 'example.com'],
    ['"a@other.test" <b@example.com>', 'example.com'],
    ['"quo\\"ted@other.test"@example.com', 'example.com'],
    ['Name (see x@other.test) <a@example.com>', 'example.com'],
    ['A <a@example.com>, B <b@other.test>', 'example.com'],
    ['a@example.com, b@other.test', 'example.com'],
    ['Group: a@example.com, b@other.test;', 'example.com'],
    ['Group: One <a@example.com>;', 'example.com'],
    ['Group:;', 'invalid'],
    ['<@relay.test:a@example.com>', 'example.com'],
    ['=?utf-8?q?x=40other.test?= <a@example.com>', 'example.com'],
    ['=?utf-8?B?eEBvdGhlci50ZXN0?=', 'invalid'],
    ['ä@bücher.example', 'xn--bcher-kva.example'],
    ['<a@BÜCHER.example>', 'xn--bcher-kva.example'],
    ['a@例え.テスト', 'xn--r8jz45g.xn--zckzah'],
    ['a@xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['a@example.com.', 'example.com'],
    ['a@localhost', 'localhost'],
    ['a@mail_1.example.com', 'mail_1.example.com'],
    ['a@[192.0.2.1]', 'invalid'],
    ['a@[IPv6:2001:db8::1]', 'invalid'],
    ['a@192.0.2.1', 'invalid'],
    ['a@0x7f.1', 'invalid'],
    ['a@2130706433', 'invalid'],
    ['a@192.0.2.１', 'invalid'],
    ['a@-example.com', 'invalid'],
    ['a@example..com', 'invalid'],
    ['a@.', 'invalid'],
    ['a@', 'invalid'],
    ['@', 'invalid'],
    ['', 'invalid'],
    ['no address at all', 'invalid'],
    ['<>', 'invalid'],
    ['example.com', 'invalid'],
    [`a@${`${label}.`.repeat(3)}${'b'.repeat(61)}`, `${`${label}.`.repeat(3)}${'b'.repeat(61)}`],
    [`a@${`${label}.`.repeat(3)}${'b'.repeat(62)}`, 'invalid'],
    [`a@${label}a.example.com`, 'invalid'],
  ];
  for (const [from, domain] of table) assert.equal(senderDomain(from), domain, from);
});

/** CPU time, which other processes do not change, in ms. */
function cost(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

test('absurd From headers cost next to nothing', () => {
  const absurd = [
    '(',
    '<',
    '"',
    ':',
    ',',
    ';',
    '@',
    '\\',
    'a:',
    '(a',
    'a<b@c.test>',
    'a@b.test,',
    '"a" ',
    '=?utf-8?q?',
  ];
  for (const part of absurd) {
    let domain = '';
    const spent = cost(() => {
      domain = factsOf(`From: ${part.repeat(250_000 / part.length)}\r\n\r\n`).senderDomain;
    });
    assert.match(domain, /^[a-z.]+$/);
    // Each takes milliseconds; one that is not linear takes minutes.
    assert.ok(spent < 1500, part);
  }
});

test('absurd folding, dates and pieces cost next to nothing', () => {
  const absurd = [
    `From: a@example.com\r\n${' a\n'.repeat(87_000)}`,
    `Received: ;${'('.repeat(260_000)}`,
    `Received: ${'('.repeat(130_000)};${'()'.repeat(60_000)}`,
    'From:\n'.repeat(43_000),
  ];
  for (const text of absurd) {
    const spent = cost(() => {
      const block = new HeaderBlock();
      for (const byte of bytesOf(text)) block.push(Uint8Array.of(byte));
      block.facts();
    });
    assert.ok(spent < 1500, text.slice(0, 30));
  }
});

test('facts come from the header block alone', () => {
  const none = { senderDomain: 'invalid', fromHeaders: 0, hasMessageId: false, receivedAt: null };
  const one = { senderDomain: 'example.com', fromHeaders: 1 };
  const fields = 'From: a@example.com\r\nMessage-ID: <1@example.com>\r\n';
  for (const [text, facts] of [
    ['', none],
    ['\r\nFrom: a@example.com\r\n', none],
    ['\nFrom: a@example.com\n', none],
    [`Subject: x\r\n\r\n${fields}`, none],
    [`Subject: x\n\n${fields}`, none],
    [`X-From: a@example.com\r\nSubject: From: a@example.com\r\n\r\n`, none],
    ['From a@example.com Sun Mar  1 10:00:00 2026\r\n\r\n', none],
    [`${fields}\r\nFrom: b@other.test\r\n`, { ...none, ...one, hasMessageId: true }],
    ['FROM : a@example.com\n\n', { ...none, ...one }],
    ['from:\r\n a\r\n\t@example.com\r\n\r\n', { ...none, ...one }],
    ['from:\r\n A\r\n\t<a@example.com>\r\n\r\n', { ...none, ...one }],
    [' folded from nothing\r\nFrom: a@example.com', { ...none, ...one }],
    ['From: a@example.com\r\nFrom: b@other.test\r\n\r\n', { ...none, ...one, fromHeaders: 2 }],
  ] as const)
    assert.deepEqual(factsOf(text), facts, text);
});

test('only exactly one Message-ID is something to merge by', () => {
  const counts: readonly (readonly [string, boolean])[] = [
    ['', false],
    ['Message-ID: <1@example.com>\r\n', true],
    ['MESSAGE-id:\r\n <1@example.com>\r\n', true],
    ['Message-ID:\r\n', false],
    ['Message-ID: <1@example.com>\r\nMessage-Id: <1@example.com>\r\n', false],
    ['X-Message-ID: <1@example.com>\r\n', false],
  ];
  for (const [fields, expected] of counts)
    assert.equal(factsOf(`${fields}\r\n`).hasMessageId, expected, fields);
});

test('the topmost Received header tells the arrival, if a calendar could hold it', () => {
  const ten = Date.parse('2026-03-01T10:00:00Z');
  for (const [received, at] of [
    ['from a by b; Sun, 01 Mar 2026 10:00:00 +0000', ten],
    ['from a; b by c;\r\n Sun, 1 Mar 2026 11:00:00 +0100 (CET)', ten],
    ['from a by b; Sun, 01 Mar 2026 10:00:00 +0000\r\nReceived: by c; Sun, 01 Mar 2020 10:00:00 +0000', ten],
    ['Sun, 01 Mar 2026 10:00:00 +0000', null],
    ['x; not a date', null],
    ['x;', null],
    ['x; -200000-01-01T00:00:00Z', null],
    ['x; +200000-01-01T00:00:00Z', null],
  ] as const)
    assert.equal(factsOf(`Received: ${received}\r\n\r\n`).receivedAt, at, received);
});

test('a header means the same wherever it is cut', () => {
  for (const end of ['\r\n', '\n']) {
    const message = bytesOf(
      ['From: "A"', '\t<a@example.com>', 'Message-ID: <1@example.com>', '', 'From: no@other.test', ''].join(
        end,
      ),
    );
    const whole = blockOf(message);
    for (let at = 0; at <= message.length; at += 1) {
      const cut = blockOf(message.subarray(0, at), message.subarray(at));
      assert.deepEqual(cut.facts(), whole.facts(), `cut at ${at}`);
      assert.equal(fingerprintOf(cut), fingerprintOf(whole), `cut at ${at}`);
    }
    assert.equal(
      fingerprintOf(blockOf(...Array.from(message, (byte) => Uint8Array.of(byte)))),
      fingerprintOf(whole),
    );
  }
});

test('a fingerprint is of header block and size, under the key, and of no body', () => {
  const print = (text: string, size = 1) =>
    Buffer.from(blockOf(bytesOf(text)).fingerprint(KEY, size)).toString('hex');
  const one = print('Subject: x\r\n\r\nbody');
  assert.match(one, /^[0-9a-f]{32}$/);
  assert.equal(one, print('Subject: x\r\n\r\nother'));
  assert.notEqual(one, print('Subject: x\r\n\r\nbody', 2));
  assert.notEqual(one, print('Subject: y\r\n\r\nbody'));
  const other = blockOf(bytesOf('Subject: x\r\n\r\n')).fingerprint(
    createSecretKey(new Uint8Array(32).fill(8)),
    1,
  );
  assert.notEqual(one, Buffer.from(other).toString('hex'));
});

test('what is kept is capped', () => {
  const filler = (bytes: number) => `X: ${'x'.repeat(bytes - 5)}\r\n`;
  const from = 'From: a@example.com\r\n';
  assert.equal(factsOf(filler(CAP - from.length) + from).senderDomain, 'example.com');
  assert.equal(factsOf(filler(CAP) + from).senderDomain, 'invalid');
  const long = bytesOf(filler(2 * CAP));
  const changed = Uint8Array.from(long);
  changed[CAP] = 0;
  assert.equal(
    fingerprintOf(blockOf(long)),
    fingerprintOf(blockOf(changed)),
    'beyond the cap nothing counts',
  );
  changed[CAP - 1] = 0;
  assert.notEqual(fingerprintOf(blockOf(long)), fingerprintOf(blockOf(changed)));
});

test('destroyed, it has forgotten everything', () => {
  const block = blockOf(bytesOf('From: a@example.com\r\n'));
  block.destroy();
  block.push(bytesOf('From: a@example.com\r\n\r\n'));
  assert.equal(block.facts().senderDomain, 'invalid');
});

test('of a message full of secrets nothing comes out but the domain', () => {
  const canary = 'canary';
  const names = ['Subject', 'To', 'Message-ID', 'Received', 'X-Anything', 'Return-Path'];
  const fields = names.map((name) => `${name}: <${canary}@${canary}.test>; ${canary}\r\n`).join('');
  const from = `From: "${canary} <${canary}@${canary}.test>" (${canary}) <${canary}@example.com>\r\n`;
  const facts = factsOf(`${fields}${from}\r\n${canary}`);
  assert.deepEqual(facts, {
    senderDomain: 'example.com',
    fromHeaders: 1,
    hasMessageId: true,
    receivedAt: null,
  });
});

test('no bytes make facts() throw or give out what is no domain', () => {
  const line = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string().map((value) => `From: ${value}@${value}`),
  );
  const message = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.array(line).map((lines) => bytesOf(lines.join('\r\n'))),
    fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.concat([bytesOf('From: a@'), bytes])),
    fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.concat([bytesOf('Received: ;'), bytes])),
  );
  fc.assert(
    fc.property(message, (bytes) => {
      const facts = blockOf(bytes).facts();
      assert.match(facts.senderDomain, /^[a-z0-9._-]{1,253}$/);
      assert.ok(facts.receivedAt === null || Number.isSafeInteger(facts.receivedAt));
    }),
    { numRuns: 2000 },
  );
});
