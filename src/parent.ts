/** A process under `npm start` ends with it, even when the supervisor is killed and can say nothing. */

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
