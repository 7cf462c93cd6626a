/** What is remembered of a maildrop's sizes, in memory; held to the same contract suite as PostgreSQL's. */
import type { SizeBooks } from '../src/core/claimed-sizes.ts';
import { reopenHashes } from '../src/core/cursor.ts';
import { Fault } from '../src/core/fault.ts';
import type { UidlHash } from '../src/core/message.ts';
import { type BookedSize, type Books, generationOf } from './memory-ledger.ts';

const isSame = (a: Uint8Array | null | undefined, b: Uint8Array | null): boolean =>
  Boolean(a && b && Buffer.from(a).equals(b));

export function createMemorySizes(books: Books, epoch: bigint): SizeBooks {
  const isSettled = (hash: UidlHash): boolean => {
    const cursor = books.cursors.get('INBOX');
    return cursor?.protocol === 'pop3' && cursor.settled.has(hash);
  };
  return {
    state: async () => books.sizeState,
    async sizes() {
      const known = new Map<UidlHash, number>();
      for (const [hash, { size }] of books.sizes) if (size !== null && isSettled(hash)) known.set(hash, size);
      return known;
    },
    compare: async (looks) =>
      looks.map(({ hash, identity }) => {
        const own = books.sizes.get(hash)?.identity ?? null;
        return {
          hadIdentity: own !== null,
          same: isSame(own, identity),
          known: [...books.sizes.values()].some((booked) => isSame(booked.identity, identity)),
        };
      }),
    async note({ reused, sizes, identities, state }) {
      if (books.epoch !== epoch) throw new Fault('lease-lost');
      const cursor = books.cursors.get('INBOX');
      if (cursor?.protocol !== 'pop3') return;
      const hashes = new Set(reused.map(({ hash }) => hash));
      books.cursors.set('INBOX', reopenHashes(cursor, hashes));
      for (const { key } of reused) books.refused.delete(key);
      for (const [hash, size] of sizes) {
        if (!isSettled(hash)) continue;
        const before: BookedSize | undefined = books.sizes.get(hash);
        books.sizes.set(hash, { size, identity: identities.get(hash) ?? before?.identity ?? null });
      }
      if (reused.length > 0) books.generations.set('INBOX', 1 + generationOf(books));
      books.sizeState = state;
    },
  };
}
