/** Group commit: what is asked for while one write is under way is written together in the next. */
import { isFault } from '../core/fault.ts';
import { sqlState } from './connection.ts';

interface Entry<T> {
  readonly value: T;
  resolve(): void;
  reject(error: unknown): void;
}

/** More than this in one transaction saves nothing and keeps the first waiting. */
const MOST = 200;

/**
 * `writeAll` must be idempotent: a batch whose fate is unknown (the connection broke, perhaps while it committed)
 * is written once more. A batch that the database refuses is written one by one, so that a single
 * bad entry does not spoil the others.
 */
export function createBatcher<T>(
  writeAll: (values: readonly T[]) => Promise<void>,
): (value: T) => Promise<void> {
  let queue: Entry<T>[] = [];
  let running = false;

  const drain = async (): Promise<void> => {
    running = true;
    while (queue.length > 0) {
      const batch = queue.slice(0, MOST);
      queue = queue.slice(MOST);
      await writeBatch(writeAll, batch);
    }
    running = false;
  };

  return (value) =>
    new Promise((resolve, reject) => {
      queue.push({ value, resolve, reject });
      // A turn later, so that calls made in one breath share a transaction.
      if (!running) {
        running = true;
        queueMicrotask(drain);
      }
    });
}

async function writeBatch<T>(
  writeAll: (values: readonly T[]) => Promise<void>,
  batch: readonly Entry<T>[],
): Promise<void> {
  try {
    await writeTwice(
      writeAll,
      batch.map((entry) => entry.value),
    );
    for (const entry of batch) entry.resolve();
  } catch (error) {
    if (batch.length > 1 && !isFault(error)) {
      for (const entry of batch) await writeBatch(writeAll, [entry]);
    } else {
      for (const entry of batch) entry.reject(error);
    }
  }
}

async function writeTwice<T>(
  writeAll: (values: readonly T[]) => Promise<void>,
  values: readonly T[],
): Promise<void> {
  try {
    await writeAll(values);
  } catch (error) {
    if (!isFault(error, 'database-unavailable') && !CONFLICTS.has(sqlState(error) ?? '')) throw error;
    await writeAll(values);
  }
}

/** serialization_failure, deadlock_detected. */
const CONFLICTS = new Set(['40001', '40P01']);
