/**
 * What mail servers, Google and other importers have done wrong, and the tests in which it is done to us: the one list,
 * which `npm run corpus` runs and test/corpus.test.ts keeps true.
 */

import type { CorpusEntry } from './corpus/entry.ts';
import { PEERS_FAULTS } from './corpus/peers.ts';
import { QUIRKS } from './corpus/quirks.ts';
import { READING_QUIRKS } from './corpus/reading-quirks.ts';

export const CORPUS: readonly CorpusEntry[] = [...QUIRKS, ...READING_QUIRKS, ...PEERS_FAULTS];
