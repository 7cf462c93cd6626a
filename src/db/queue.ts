/** Enqueues background jobs, in the transaction that makes them necessary. pg-boss runs no part of itself here. */
import { type ConnectionOptions, PgBoss } from 'pg-boss';
import type { MailboxId, UserId } from '../core/mailbox.ts';
import type { Database, Tx } from './pool.ts';

/** Try this mailbox's server and credentials; `revision` tells for which ones. */
export interface ProbeJob {
  readonly userId: UserId;
  readonly mailboxId: MailboxId;
  readonly revision: number;
}

/** Tell Google that a consent has ended. The token is sealed, base64, at `refreshTokenPlace(userId)`. */
export interface RevokeJob {
  readonly userId: UserId;
  readonly sealedRefreshToken: string;
}

export interface JobQueue {
  probe(tx: Tx, job: ProbeJob): Promise<void>;
  /** Returns the job's id. */
  revoke(tx: Tx, job: RevokeJob): Promise<string>;
  /** Whether a job that was enqueued has been done. */
  isDone(tx: Tx, jobId: string): Promise<boolean>;
  close(): Promise<void>;
}

/** The queues must have been installed by `migrate`. */
export async function openQueue(database: Database): Promise<JobQueue> {
  const boss = new PgBoss({
    db: { executeSql: (text, values) => database.executeSql(text, values) },
    schema: 'pgboss',
    migrate: false,
    supervise: false,
    schedule: false,
    registerInstance: false,
  });
  boss.on('error', () => undefined);
  await boss.start();
  const within = (tx: Tx): ConnectionOptions => ({
    db: { executeSql: async (text, values) => ({ rows: await tx.query(text, values) }) },
  });
  return {
    probe: async (tx, job) => {
      // The revision is in the key: a job waiting for older credentials must not swallow this one.
      await boss.send('probe', job, { singletonKey: `${job.mailboxId}:${job.revision}`, ...within(tx) });
    },
    revoke: async (tx, job) => {
      const id = await boss.send('revoke', job, within(tx));
      if (id === null) throw new Error('the revoke job was not enqueued');
      return id;
    },
    isDone: async (tx, jobId) => {
      const [row] = await tx.query<{ pending: boolean }>(
        `SELECT EXISTS (SELECT FROM pgboss.job WHERE name = 'revoke' AND id = $1 AND state <> 'completed')
           AS pending`,
        [jobId],
      );
      return row?.pending === false;
    },
    close: () => boss.stop({ graceful: false }),
  };
}
