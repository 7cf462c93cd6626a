import { describeLedger } from './contract/ledger.ts';
import { createBooks, createMemoryLedger } from './memory-ledger.ts';

describeLedger('the ledger in memory', async () => {
  const books = createBooks(Date.now);
  return {
    open: () => createMemoryLedger(books, books.epoch),
    handOver: async () => {
      books.epoch += 1n;
    },
    audit: async () => books.audit.map(({ status, senderDomain }) => ({ status, senderDomain })),
    waiting: async () => books.waiting,
  };
});
