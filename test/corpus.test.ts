/** The corpus is about tests that exist. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CORPUS } from './corpus.ts';
import { exists } from './proofs.ts';

test('each entry of the corpus has tests, and they exist', () => {
  for (const { quirk, proofs } of CORPUS) {
    assert.ok(proofs.length > 0, quirk);
    for (const proof of proofs)
      assert.ok(exists(proof), `${quirk}: no test “${proof.name}” in ${proof.file}`);
  }
});

test('entries have names of their own', () => {
  assert.equal(new Set(CORPUS.map(({ quirk }) => quirk)).size, CORPUS.length);
});

test('a test that is not there, or elsewhere, is no proof', () => {
  const file = 'test/corpus.test.ts';
  assert.ok(exists({ file, name: 'entries have names of their own' }));
  for (const proof of [
    { file, name: 'entries have names' },
    { file, name: 'x: IMAP' },
    { file: 'test/floors.test.ts', name: 'entries have names of their own' },
    { file: 'test/none.test.ts', name: 'entries have names of their own' },
  ])
    assert.equal(exists(proof), false, `${proof.file}: ${proof.name}`);
});
