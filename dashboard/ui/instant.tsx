/** A moment, as how long ago it is; its date and time on hover and for machines. */
import { useSyncExternalStore } from 'react';
import { formatInstant, formatRelative } from '../texts/format.ts';

const listeners = new Set<() => void>();
let now = Date.now();
setInterval(() => {
  now = Date.now();
  for (const listener of listeners) listener();
}, 1000);

/** The time, ms since the epoch; draws again each second. */
export const useNow = (): number =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => now,
  );

export function Instant({ at }: { at: string }) {
  return (
    <time dateTime={at} title={formatInstant(at)}>
      {formatRelative(at, useNow())}
    </time>
  );
}
