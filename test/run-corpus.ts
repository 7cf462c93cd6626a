/**
 * `npm run corpus [-- words…]`: runs the tests of the corpus, those of the entries whose text has all the words, and says
 * of each entry whether it holds. Exit code 1 when one does not, or when no entry has the words.
 */

import { CORPUS } from './corpus.ts';
import { startTestServer } from './database.ts';
import { ensurePackages, SYSTEM_PACKAGES } from './debian.ts';
import { passing } from './proofs.ts';

const words = process.argv.slice(2).map((word) => word.toLowerCase());
const chosen = CORPUS.filter(({ quirk, source, expected }) =>
  words.every((word) => `${quirk} ${source} ${expected}`.toLowerCase().includes(word)),
);
const proofs = chosen.flatMap((entry) => entry.proofs);
ensurePackages(SYSTEM_PACKAGES);
await import('../dashboard/build.ts');
const server = await startTestServer();
try {
  process.env.TEST_DATABASE_URL = server.url;
  const passes = await passing(proofs);
  for (const { quirk, source, expected, proofs: own } of chosen) {
    const failed = own.filter((proof) => !passes(proof));
    console.log(`${failed.length === 0 ? 'pass' : 'FAIL'}  ${quirk} (${source})\n      ${expected}`);
    for (const { file, name } of failed) console.log(`      not passed: ${file}: ${name}`);
    if (failed.length > 0) process.exitCode = 1;
  }
  console.log(`${chosen.length} entries, ${proofs.length} tests`);
  if (chosen.length === 0) process.exitCode = 1;
} finally {
  await server.stop();
}
