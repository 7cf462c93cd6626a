import { describeSizes } from './contract/claimed-sizes.ts';
import { createBooks, createMemoryLedger } from './memory-ledger.ts';
import { createMemorySizes } from './memory-sizes.ts';

describeSizes('memory', async () => {
  const books = createBooks(() => Date.parse('2026-03-01T00:00:00Z'));
  return {
    ledger: () => createMemoryLedger(books, books.epoch),
    sizes: () => createMemorySizes(books, books.epoch),
    handOver: async () => {
      books.epoch += 1n;
    },
  };
});
