/** The table of peers says what is proved, and docs/peers.md says what the table says. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { peersPage } from './peers-page.ts';
import { PEERS } from './peers-row.ts';
import { PEERS_TABLE } from './peers-table.ts';
import { exists } from './proofs.ts';

test('each row has tests that prove it, and they exist', () => {
  for (const { feature, proofs } of PEERS_TABLE) {
    assert.ok(proofs.length > 0, feature);
    for (const proof of proofs)
      assert.ok(exists(proof), `${feature}: no test “${proof.name}” in ${proof.file}`);
  }
});

test('each row says of each peer what was found', () => {
  for (const { feature, peers } of PEERS_TABLE)
    assert.match(peers, new RegExp(`^(?:[HPN?](?: |$)){${PEERS.length}}$`), feature);
  assert.equal(new Set(PEERS_TABLE.map(({ feature }) => feature)).size, PEERS_TABLE.length);
});

test('docs/peers.md is what npm run peers writes', () => {
  const page = readFileSync(new URL('../docs/peers.md', import.meta.url), 'utf8');
  assert.equal(page, peersPage(exists), 'npm run peers writes it anew');
});

test('a row without its proof is no H', () => {
  assert.doesNotMatch(
    peersPage(() => false),
    /\*\*H\*\*/,
  );
});
