/**
 * Long work for the database, fairly: each user has so much at once and so much waiting, in this process. A turn lasts
 * as long as its work, even when whoever asked has left: the database does not stop for that.
 */
import type { UserId } from '../core/mailbox.ts';
import { HttpError } from './errors.ts';

/** Runs `work` when it is the user's turn; refuses it as `rate-limited` when too much of theirs waits already. */
export type Turns = <T>(userId: UserId, work: () => Promise<T>) => Promise<T>;

interface Line {
  busy: number;
  readonly waiting: (() => void)[];
}

export function createTurns(atOnce: number, mayWait: number): Turns {
  const lines = new Map<UserId, Line>();
  return async (userId, work) => {
    const line = lines.get(userId) ?? { busy: 0, waiting: [] };
    if (line.busy < atOnce) {
      line.busy += 1;
      lines.set(userId, line);
    } else if (line.waiting.length < mayWait)
      await new Promise<void>((resolve) => line.waiting.push(resolve));
    else throw new HttpError('rate-limited');
    try {
      return await work();
    } finally {
      const next = line.waiting.shift();
      // Whoever is next goes on in the same place.
      if (next) next();
      else line.busy -= 1;
      if (line.busy === 0) lines.delete(userId);
    }
  };
}
