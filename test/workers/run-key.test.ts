import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { isFault } from '../../src/core/fault.ts';
import { createRunKey, fingerprint, openRunKey } from '../../workers/run-key.ts';

const broken = (fn: () => unknown) => assert.throws(fn, (error) => isFault(error, 'seal-broken'));

test('a run key opened again decrypts what it encrypted', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, context) => {
      const key = createRunKey();
      const again = openRunKey(key.id, Uint8Array.from(key.bytes));
      assert.equal(again.decrypt(key.encrypt(text, context), context), text);
      assert.deepEqual(again.mac().update('m').digest(), key.mac().update('m').digest());
    }),
    { numRuns: 50 },
  );
});

test('another context, key, bit or length is refused', () => {
  const key = createRunKey();
  const encrypted = key.encrypt('https://upload.example.com/?id=1', 'imap:1:2:INBOX');
  broken(() => key.decrypt(encrypted, 'imap:1:3:INBOX'));
  broken(() => createRunKey().decrypt(encrypted, 'imap:1:2:INBOX'));
  for (let at = 0; at < encrypted.length; at++) {
    const changed = Uint8Array.from(encrypted);
    changed[at] = (changed[at] ?? 0) ^ 1;
    broken(() => key.decrypt(changed, 'imap:1:2:INBOX'));
    broken(() => key.decrypt(encrypted.slice(0, at), 'imap:1:2:INBOX'));
  }
  broken(() => openRunKey('id', new Uint8Array(31)));
});

test('a destroyed key is zero and refuses to work', () => {
  const key = createRunKey();
  const encrypted = key.encrypt('text', 'context');
  key.destroy();
  assert.deepEqual(key.bytes, new Uint8Array(32));
  assert.throws(() => key.encrypt('text', 'context'), /destroyed/);
  assert.throws(() => key.decrypt(encrypted, 'context'), /destroyed/);
  assert.throws(() => key.mac(), /destroyed/);
});

test('the digest key is not the encryption key', () => {
  const key = openRunKey('id', new Uint8Array(32).fill(7));
  const direct = openRunKey('id', new Uint8Array(32).fill(8));
  assert.notDeepEqual(key.mac().digest(), direct.mac().digest());
});

test('a fingerprint depends on key, size and header, not on how the header was cut', () => {
  const key = createSecretKey(new Uint8Array(32).fill(1));
  const header = Buffer.from('From: a@example.org\r\nSubject: x\r\n\r\n');
  const whole = fingerprint(key, [header], 100);
  assert.equal(whole.length, 16);
  for (let at = 0; at <= header.length; at++) {
    assert.deepEqual(fingerprint(key, [header.subarray(0, at), header.subarray(at)], 100), whole);
  }
  assert.notDeepEqual(fingerprint(key, [header], 101), whole);
  assert.notDeepEqual(fingerprint(key, [header.subarray(1)], 100), whole);
  assert.notDeepEqual(fingerprint(createSecretKey(new Uint8Array(32)), [header], 100), whole);
});
