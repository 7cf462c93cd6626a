import { describeDisposals } from './contract/disposals.ts';
import { createBooks, createMemoryDisposals, createMemoryLedger } from './memory-ledger.ts';

describeDisposals('memory', async () => {
  let now = Date.parse('2026-03-01T00:00:00Z');
  const books = createBooks(() => now);
  return {
    ledger: () => createMemoryLedger(books, books.epoch),
    disposals: () => createMemoryDisposals(books, books.epoch),
    choose: async (choice) => {
      books.options = choice;
    },
    pass: async (ms) => {
      now += ms;
    },
    handOver: async () => {
      books.epoch += 1n;
    },
    totals: async () =>
      Object.fromEntries(
        [...Map.groupBy(books.disposed, (outcome) => outcome)].map(([outcome, all]) => [outcome, all.length]),
      ),
  };
});
