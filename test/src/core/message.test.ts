import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { hashUidl, keyOf, type MessageKey, type MessageRef, refOf } from '../../../src/core/message.ts';

const folder = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '',
    ':',
    'imap:1:2:',
    'pop3:x',
    'A:B:C',
    'a\nb',
    'a\r\n',
    '&AOk-',
    '0',
    ' INBOX ',
    '\u0000',
  ),
);
const number = fc.integer({ min: 0, max: 0xffff_ffff });
const ref: fc.Arbitrary<MessageRef> = fc.oneof(
  fc
    .tuple(folder, number, number)
    .map(([name, uidValidity, uid]) => ({ protocol: 'imap' as const, folder: name, uidValidity, uid })),
  folder.map((uidl) => ({ protocol: 'pop3' as const, uidl })),
);

test('refOf undoes keyOf, whatever the folder or UIDL is called', () => {
  fc.assert(fc.property(ref, (original) => assert.deepEqual(refOf(keyOf(original)), original)));
});

test('different messages have different keys', () => {
  fc.assert(
    fc.property(ref, ref, (a, b) => {
      const same = JSON.stringify(refOf(keyOf(a))) === JSON.stringify(refOf(keyOf(b)));
      assert.equal(keyOf(a) === keyOf(b), same);
    }),
  );
});

test('refOf refuses what is no key', () => {
  for (const text of ['', 'imap', 'imap:1', 'imap:1:2', 'imap:a:2:x', 'imap:1:-2:x', 'pop3', 'smtp:1'])
    assert.throws(() => refOf(text as MessageKey), RangeError, text);
});

test('a UIDL hash is 32 hex digits and tells UIDLs apart', () => {
  // RFC 1939 §7: a UIDL is 1 to 70 characters from 0x21 to 0x7E.
  const uidl = fc.stringMatching(/^[!-~]{1,70}$/);
  fc.assert(
    fc.property(uidl, uidl, (a, b) => {
      assert.match(hashUidl(a), /^[0-9a-f]{32}$/);
      assert.equal(hashUidl(a) === hashUidl(b), a === b);
    }),
  );
});

test('a UIDL hash is the beginning of SHA-256 of its bytes, one a character, as it always was', () => {
  const bytes = fc.string({
    unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
  });
  fc.assert(
    fc.property(bytes, (uidl) => {
      const digest = createHash('sha256').update(uidl, 'latin1').digest('hex');
      assert.equal(hashUidl(uidl), digest.slice(0, 32));
    }),
  );
});
