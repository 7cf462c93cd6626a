/** What the contenders without a service around them are asked to do. */
import { ImapFlow } from 'imapflow';

export interface Task {
  readonly imapPort: number;
  /** Gmail's root. */
  readonly rootUrl: string;
  readonly users: readonly {
    readonly username: string;
    readonly password: string;
    readonly accessToken: string;
  }[];
  /** Imports at once for each user: as many as the worker allows itself. */
  readonly atOnce: number;
}

export type TaskUser = Task['users'][number];

/** Every message of every user's INBOX, all users at once, each `atOnce` at a time. */
export async function carryAll(
  { imapPort, users, atOnce }: Task,
  put: (message: Buffer, user: TaskUser) => Promise<void>,
): Promise<void> {
  await Promise.all(users.map((user) => carryUser(imapPort, user, atOnce, put)));
}

async function carryUser(
  port: number,
  user: TaskUser,
  atOnce: number,
  put: (message: Buffer, user: TaskUser) => Promise<void>,
): Promise<void> {
  const auth = { user: user.username, pass: user.password };
  const client = new ImapFlow({ host: 'localhost', port, secure: true, auth, logger: false });
  await client.connect();
  await client.mailboxOpen('INBOX', { readOnly: true });
  const underway = new Set<Promise<void>>();
  for await (const { source } of client.fetch('1:*', { source: true }, { uid: true })) {
    if (!source) throw new Error('no source');
    const one = put(source, user).finally(() => underway.delete(one));
    underway.add(one);
    if (underway.size >= atOnce) await Promise.race(underway);
  }
  await Promise.all(underway);
  await client.logout();
}
