/** How long an IMAP server may take, and what happens when it takes longer. */
import { Fault } from '../../src/core/fault.ts';
import { type ImapPhase, imapFault } from './imap-fault.ts';

/** All in ms. */
export interface ImapTimeouts {
  /** Name look-up, connection, TLS, greeting and login together. */
  readonly open: number;
  /** One command that brings no bodies. */
  readonly command: number;
  /** All commands that list one folder: some hundreds, in one of a million messages. */
  readonly listing: number;
  /** The next message of a batch or piece of a large one; all of them together, beside what their bytes may take. */
  readonly body: number;
  /** One IDLE, then a NOOP shows whether the server still lives; below the 10 minutes that NATs keep. */
  readonly idle: number;
  /** Between two looks for news. */
  readonly pause: number;
  /** A polite LOGOUT. */
  readonly logout: number;
}

export const IMAP_TIMEOUTS: ImapTimeouts = {
  open: 30_000,
  command: 60_000,
  listing: 900_000,
  body: 120_000,
  idle: 540_000,
  pause: 500,
  logout: 1_000,
};

/** Runs `work`; at the deadline or on abort closes the connection hard and rejects at once. */
export async function bounded<T>(
  client: { close(): void },
  phase: ImapPhase,
  ms: number,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = (reason: unknown) => {
    reject(reason);
    client.close();
  };
  const onAbort = () => stop(signal.reason);
  const timer = setTimeout(() => stop(new Fault('source-timeout')), ms);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([
      stopped,
      work().catch((error: unknown) => Promise.reject(imapFault(error, phase))),
    ]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

/** LOGOUT within `ms`, else hard. Never throws. */
export async function logOut(
  client: {
    readonly isClosed: boolean;
    once(event: 'close', listener: () => void): unknown;
    logout(): Promise<unknown>;
    close(): void;
  },
  ms: number,
): Promise<void> {
  if (client.isClosed) return;
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  client.once('close', resolve);
  const timer = setTimeout(() => client.close(), ms);
  client.logout().catch(() => client.close());
  await closed;
  clearTimeout(timer);
}
