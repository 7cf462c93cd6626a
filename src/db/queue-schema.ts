/** Installs pg-boss's schema as the owner, so that the runtime roles open it without any DDL. */
import type pg from 'pg';
import { PgBoss, type Queue } from 'pg-boss';

/** Finished jobs name users and mailboxes, so they are not kept. */
const DELETED_AFTER = { deleteAfterSeconds: 1 };

const QUEUES: readonly Queue[] = [
  // At most one waits per singleton key, while another may be under way.
  {
    name: 'probe',
    policy: 'short',
    retryLimit: 3,
    retryDelay: 2,
    retryBackoff: true,
    expireInSeconds: 120,
    ...DELETED_AFTER,
  },
  {
    name: 'revoke',
    policy: 'standard',
    retryLimit: 12,
    retryDelay: 5,
    retryBackoff: true,
    expireInSeconds: 60,
    ...DELETED_AFTER,
  },
  // Money would go on being taken from somebody who has left: tried for days.
  {
    name: 'end-customer',
    policy: 'standard',
    retryLimit: 200,
    retryDelay: 5,
    retryBackoff: true,
    retryDelayMax: 3600,
    expireInSeconds: 120,
    ...DELETED_AFTER,
  },
  // Somebody waits for the answer, for some seconds and not for a second try.
  { name: 'discover', policy: 'standard', retryLimit: 0, expireInSeconds: 30, ...DELETED_AFTER },
  { name: 'preview', policy: 'standard', retryLimit: 0, expireInSeconds: 30, ...DELETED_AFTER },
  // What is to be told again, and when, is in webhook_deliveries: a job is one try.
  { name: 'webhook', policy: 'short', retryLimit: 0, expireInSeconds: 60, ...DELETED_AFTER },
  // Kept for as long as another one is not wanted.
  { name: 'sweep', policy: 'short', retryLimit: 0, expireInSeconds: 600, deleteAfterSeconds: 600 },
  { name: 'notify', policy: 'short', retryLimit: 0, expireInSeconds: 600, deleteAfterSeconds: 60 },
];

const GRANTS = `
  GRANT USAGE ON SCHEMA pgboss TO smtp_sync_web, smtp_sync_worker;
  GRANT SELECT ON pgboss.version, pgboss.queue TO smtp_sync_web;
  GRANT SELECT, INSERT ON pgboss.job, pgboss.job_common TO smtp_sync_web;
  GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA pgboss TO smtp_sync_worker;
  GRANT USAGE ON ALL SEQUENCES IN SCHEMA pgboss TO smtp_sync_worker`;

/** Idempotent; the caller holds the migration lock. */
export async function installQueues(client: pg.Client): Promise<void> {
  const boss = new PgBoss({
    db: { executeSql: (text, values) => client.query(text, values) },
    schema: 'pgboss',
    supervise: false,
    schedule: false,
    registerInstance: false,
  });
  await boss.start();
  try {
    for (const { name, ...options } of QUEUES) {
      if (await boss.getQueue(name)) await boss.updateQueue(name, withoutPolicy(options));
      else await boss.createQueue(name, options);
    }
    await client.query(GRANTS);
  } finally {
    await boss.stop({ graceful: false });
  }
}

/** A queue's policy cannot be changed once made. */
const withoutPolicy = ({ policy: _, ...options }: Omit<Queue, 'name'>): Omit<Queue, 'name' | 'policy'> =>
  options;
