import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../src/core/ports.ts';

/** Timers hold at most this many ms; longer sleeps are made of several. */
const LONGEST = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    try {
      for (let left = ms; left > 0; left -= LONGEST)
        await wait(Math.min(left, LONGEST), undefined, { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  },
};
