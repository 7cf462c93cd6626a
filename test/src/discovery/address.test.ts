import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseEmail, parseName } from '../../../src/discovery/address.ts';

test('an address is its local part and its domain in A-labels', () => {
  assert.deepEqual(parseEmail('Some.One+tag@Bücher.EXAMPLE.'), {
    full: 'Some.One+tag@xn--bcher-kva.example',
    local: 'Some.One+tag',
    domain: 'xn--bcher-kva.example',
  });
});

test('what no provider gives out is refused', () => {
  for (const typed of [
    '',
    '@',
    'someone',
    'someone@',
    '@example.com',
    'someone@localhost',
    'someone@127.0.0.1',
    'someone@[127.0.0.1]',
    'someone@[::1]',
    'someone@0x7f.1',
    'someone@example.com:443',
    'someone@example.com/path',
    'someone@user@example.com@',
    'some one@example.com',
    'someone@exa mple.com',
    '"some@one"@example.com',
    'some\r\none@example.com',
    'someone@example.com\r\n',
    'someone@exam\nple.com',
    'someone@-example.com',
    'someone@example..com',
    `${'a'.repeat(65)}@example.com`,
    `someone@${'a'.repeat(64)}.com`,
    `someone@${'a.'.repeat(130)}com`,
    '\ud800@example.com',
  ])
    assert.equal(parseEmail(typed), null, JSON.stringify(typed));
});

test('whatever is read as a name is one, and reads the same again', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.domain()), (typed) => {
      const name = parseName(typed);
      if (name === null) return;
      assert.match(name, /^[a-z0-9_.-]+\.[a-z][a-z0-9-]*$/);
      assert.equal(parseName(name), name);
      assert.equal(new URL(`https://${name}/x`).hostname, name);
    }),
  );
});
