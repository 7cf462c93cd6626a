/** Background jobs over pg-boss: everything that is not a run. */
import { PgBoss } from 'pg-boss';
import type { MailboxId, UserId } from '../core/mailbox.ts';
import type { Database, Tx } from './pool.ts';
import type { DeliveryJob } from './webhook-deliveries.ts';

export interface ProbeJob {
  readonly userId: UserId;
  readonly mailboxId: MailboxId;
  readonly revision: number;
}

export interface RevokeJob {
  readonly userId: UserId;
  /** The token as it was in `grants`, sealed for src/core/place.ts's refreshTokenPlace; base64. */
  readonly sealedRefreshToken: string;
}

export interface DiscoverJob {
  readonly userId: UserId;
  /** The row in `discoveries` that holds the question and waits for the answer. */
  readonly discoveryId: string;
}

export interface PreviewJob {
  readonly userId: UserId;
  /** The row in `previews` that holds the question and waits for the answer. */
  readonly previewId: string;
}

export interface EndCustomerJob {
  /** At Stripe; nothing else is left that names the user. */
  readonly customerId: string;
}

/** A job as a transaction enqueues it: there if and only if that commits. */
export interface JobQueue {
  probe(tx: Tx, job: ProbeJob): Promise<void>;
  /** Returns the job's id, for `isDone`. */
  revoke(tx: Tx, job: RevokeJob): Promise<string>;
  isDone(tx: Tx, jobId: string): Promise<boolean>;
  discover(tx: Tx, job: DiscoverJob): Promise<void>;
  endCustomer(tx: Tx, job: EndCustomerJob): Promise<void>;
  preview(tx: Tx, job: PreviewJob): Promise<void>;
  /** Nothing happens when it is enqueued already. */
  deliver(tx: Tx, job: DeliveryJob): Promise<void>;
  /** Enqueued at most once in five minutes, whoever asks. */
  sweep(): Promise<void>;
  /** Enqueued at most once in 15 s, whoever asks. */
  notify(): Promise<void>;
  /** Waits up to `graceMs` for jobs under way; default 5 s. */
  stop(graceMs?: number): Promise<void>;
}

/** A handler that throws has its job retried later, within the queue's limits. */
export interface JobHandlers {
  probe(job: ProbeJob, signal: AbortSignal): Promise<void>;
  revoke(job: RevokeJob, signal: AbortSignal): Promise<void>;
  discover(job: DiscoverJob, signal: AbortSignal): Promise<void>;
  endCustomer(job: EndCustomerJob): Promise<void>;
  preview(job: PreviewJob, signal: AbortSignal): Promise<void>;
  deliver(job: DeliveryJob, signal: AbortSignal): Promise<void>;
  sweep(signal: AbortSignal): Promise<void>;
  notify(signal: AbortSignal): Promise<void>;
}

export interface QueueOptions {
  /** Given in a worker, absent in the web process, which only sends. */
  readonly handlers?: JobHandlers;
  /** pg-boss's own troubles, e.g. a lost connection; it goes on by itself. */
  readonly onError: (error: unknown) => void;
}

/** Jobs are looked for this often; a waiting wizard watches. */
const POLL_SECONDS = 0.5;
const CONCURRENCY = {
  probe: 8,
  revoke: 2,
  discover: 4,
  'end-customer': 1,
  preview: 4,
  webhook: 4,
  sweep: 1,
  notify: 1,
} as const;
/** So many of these for one user: who names servers that never answer keeps nobody else waiting. */
const PER_USER = 2;

/** The schema must be installed (npm run migrate). The queue lives on `db` and does not close it. */
export async function openQueue(db: Database, options: QueueOptions): Promise<JobQueue> {
  const { handlers, onError } = options;
  const boss = new PgBoss({
    db: { executeSql: (text, values) => db.executeSql(text, values) },
    schema: 'pgboss',
    migrate: false,
    createSchema: false,
    schedule: false,
    registerInstance: false,
    // Removing finished jobs and failing abandoned ones is for whoever works. Reindexing is for owners.
    supervise: handlers !== undefined,
    superviseIntervalSeconds: 5,
    maintenanceIntervalSeconds: 60,
    monitorVacuum: false,
    reindex: false,
  });
  boss.on('error', onError);
  await boss.start();
  if (handlers) await work(boss, handlers);
  return {
    probe: async (tx, job) => {
      const singletonKey = `${job.mailboxId}:${job.revision}`;
      await boss.send('probe', job, { ...sending(tx, job), singletonKey });
    },
    revoke: async (tx, job) => {
      const id = await boss.send('revoke', job, { db: within(tx) });
      if (id === null) throw new Error('the revoke job was not enqueued');
      return id;
    },
    isDone: async (tx, jobId) => {
      const sql = "SELECT 1 FROM pgboss.job WHERE name = 'revoke' AND id = $1 AND state <> 'completed'";
      return (await tx.query(sql, [jobId])).length === 0;
    },
    discover: async (tx, job) => {
      await boss.send('discover', job, sending(tx, job));
    },
    endCustomer: async (tx, job) => {
      await boss.send('end-customer', job, { db: within(tx) });
    },
    preview: async (tx, job) => {
      await boss.send('preview', job, sending(tx, job));
    },
    deliver: async (tx, job) => {
      await boss.send('webhook', job, { ...sending(tx, job), singletonKey: job.deliveryId });
    },
    sweep: async () => {
      await boss.send('sweep', {}, { singletonSeconds: 300 });
    },
    notify: async () => {
      await boss.send('notify', {}, { singletonSeconds: 15 });
    },
    stop: (graceMs = 5_000) => boss.stop({ graceful: true, timeout: graceMs, close: false }),
  };
}

const within = (tx: Tx) => ({
  executeSql: async (text: string, values?: unknown[]) => ({ rows: await tx.query(text, values) }),
});

/** A job that dials on behalf of a user. */
const sending = (tx: Tx, { userId }: { readonly userId: UserId }) => ({
  db: within(tx),
  group: { id: userId },
});

async function work(boss: PgBoss, handlers: JobHandlers): Promise<void> {
  const options = (name: keyof typeof CONCURRENCY) => ({
    pollingIntervalSeconds: POLL_SECONDS,
    localConcurrency: CONCURRENCY[name],
  });
  const dialling = (name: keyof typeof CONCURRENCY) => ({
    ...options(name),
    localGroupConcurrency: PER_USER,
  });
  // Those two name users, who may be gone by then: what is done is removed at once, not by the next clean-up.
  await boss.work<ProbeJob>('probe', dialling('probe'), async ([job]) => {
    if (!job) return;
    await handlers.probe(job.data, job.signal);
    await boss.deleteJob('probe', job.id);
  });
  await boss.work<RevokeJob>('revoke', options('revoke'), async ([job]) => {
    if (!job) return;
    await handlers.revoke(job.data, job.signal);
    await boss.deleteJob('revoke', job.id);
  });
  await boss.work<DiscoverJob>('discover', dialling('discover'), async ([job]) => {
    if (job) await handlers.discover(job.data, job.signal);
  });
  await boss.work<PreviewJob>('preview', dialling('preview'), async ([job]) => {
    if (job) await handlers.preview(job.data, job.signal);
  });
  await boss.work<DeliveryJob>('webhook', dialling('webhook'), async ([job]) => {
    if (job) await handlers.deliver(job.data, job.signal);
  });
  await boss.work<EndCustomerJob>('end-customer', options('end-customer'), async ([job]) => {
    if (!job) return;
    await handlers.endCustomer(job.data);
    await boss.deleteJob('end-customer', job.id);
  });
  await boss.work('sweep', options('sweep'), async ([job]) => {
    if (job) await handlers.sweep(job.signal);
  });
  await boss.work('notify', options('notify'), async ([job]) => {
    if (job) await handlers.notify(job.signal);
  });
}
