/**
 * When a process has to end: on SIGTERM or SIGINT, and under `npm start` with it, even when the supervisor is killed and
 * can say nothing.
 */

/** Longer than any drain; what still runs then is stuck. */
const PATIENCE_MS = 25_000;

/**
 * Calls `stop` once when the supervisor is gone, and ends the process when that takes longer than 25 s. Does
 * nothing in a process that was started alone, and keeps none alive.
 */
export function exitWithParent(stop: () => void): void {
  if (!process.connected) return;
  process.once('disconnect', () => {
    setTimeout(() => process.exit(1), PATIENCE_MS).unref();
    stop();
  });
  // Listening for the end must not keep the process from ending by itself.
  process.channel?.unref();
}

/** Resolves at the first signal to end or when the supervisor is gone. */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    // `once` would let a second signal end the process in the middle of its drain: one that goes to the whole group
    // comes again from the supervisor.
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
    exitWithParent(resolve);
  });
}
