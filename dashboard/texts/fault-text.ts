/** How a fault is put into words. */

/**
 * What cures it: `password` enter it again, `consent` sign in at Google again, `sign-in` sign in at the mailbox's
 * provider (again), `retry` try again now, `wait` nothing,
 * it goes on by itself, `server` other server settings or folders, `none` nothing that its owner could do here.
 */
export type FaultAction = 'password' | 'sign-in' | 'consent' | 'retry' | 'wait' | 'server' | 'none';

export interface FaultText {
  readonly title: string;
  readonly happened: string;
  readonly next: string;
  readonly action: FaultAction;
}

export const text = (action: FaultAction, title: string, happened: string, next: string): FaultText => ({
  title,
  happened,
  next,
  action,
});
