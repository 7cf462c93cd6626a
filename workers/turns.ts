/** Runs `work` when it is its turn; rejects with the signal's reason when aborted before that. */
export type Turns = <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>;

/** At most `most` at the same time, first come first served. A turn ends with its work, not with its signal. */
export function createTurns(most: number): Turns {
  const waiting: (() => void)[] = [];
  let free = most;
  const turn = (signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    if (free > 0) {
      free -= 1;
      return Promise.resolve();
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const enter = (): void => {
      signal.removeEventListener('abort', abort);
      resolve();
    };
    const abort = (): void => {
      waiting.splice(waiting.indexOf(enter), 1);
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    waiting.push(enter);
    return promise;
  };
  return async (signal, work) => {
    await turn(signal);
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
