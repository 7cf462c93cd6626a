/** Who runs which mailbox: src/core/ports.ts says what is promised, claim_mailboxes in the schema how. */
import {
  DEFAULT_OPTIONS,
  type MailboxId,
  type MailboxOptions,
  type Protocol,
  type Security,
  type UserId,
} from '../core/mailbox.ts';
import {
  DEFAULT_PLANS,
  effectivePollSeconds,
  mayWatch,
  type PlanLimits,
  type PlanName,
  type Plans,
} from '../core/plan.ts';
import type { Lease, Leases, Verdict } from '../core/schedule.ts';
import type { Database, Statement, Tx } from './pool.ts';

/** A worker not seen for this long is taken for dead; claim_mailboxes has the same number. */
const BEAT: Statement = {
  name: 'leases-beat',
  text: `WITH beat AS (
      UPDATE workers SET beat_at = now() WHERE id = $1 AND beat_at > now() - interval '15 seconds' RETURNING id
    ), recalled AS (
      DELETE FROM recalls r USING beat WHERE r.worker_id = beat.id RETURNING r.mailbox_id
    )
    SELECT recalled.mailbox_id AS "mailboxId" FROM beat LEFT JOIN recalled ON true`,
};

const CLAIM: Statement = { name: 'leases-claim', text: 'SELECT * FROM claim_mailboxes($1, $2)' };

/**
 * $1 mailbox, $2 epoch, $3 worker, then the verdict: $4 due (ms), $5 state, $6 fault, $7 failures, $8 synced.
 * The state is the run's to change only while the mailbox is one to be run: its owner may have paused it, or given it
 * another password that is being probed. A wish for another visit, made meanwhile, stands.
 */
const RELEASE: Statement = {
  name: 'leases-release',
  text: `UPDATE mailboxes SET leased_by = NULL, changed_at = now(), failures = $7,
      last_sync_at = CASE WHEN $8::boolean THEN now() ELSE last_sync_at END,
      next_run_at = CASE WHEN next_run_at > leased_at THEN next_run_at
        ELSE to_timestamp($4::double precision / 1000) END,
      state = CASE WHEN state IN ('active', 'unreachable') THEN COALESCE($5, state) ELSE state END,
      fault_code = CASE WHEN state IN ('active', 'unreachable') THEN $6 ELSE fault_code END
    WHERE id = $1 AND epoch = $2 AND leased_by = $3`,
};

const RELEASE_ONLY = 'UPDATE mailboxes SET leased_by = NULL WHERE id = $1 AND epoch = $2 AND leased_by = $3';

/** The leases of the worker process `workerId`, a UUID made at its start. Fault `database-unavailable`. */
export function createLeases(db: Database, workerId: string, plans: Plans = DEFAULT_PLANS): Leases {
  return {
    register: (held) => db.asNobody((tx) => register(tx, workerId, held)),
    beat: () => db.asNobody((tx) => beat(tx, workerId)),
    claim: async (limit) => {
      const rows = await db.asNobody((tx) => tx.query<ClaimedRow>(CLAIM, [workerId, limit]));
      return rows.map((row) => leaseOf(row, row.plan && plans[row.plan]));
    },
    release: (lease, verdict) => db.withTenant(lease.userId, (tx) => release(tx, workerId, lease, verdict)),
    unregister: () => db.asNobody((tx) => unregister(tx, workerId)),
  };
}

async function register(tx: Tx, workerId: string, held: readonly MailboxId[]): Promise<void> {
  await tx.query('INSERT INTO workers (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET beat_at = now()', [
    workerId,
  ]);
  await tx.query('SELECT free_mailboxes($1, $2)', [workerId, held]);
}

async function unregister(tx: Tx, workerId: string): Promise<void> {
  await tx.query("SELECT free_mailboxes($1, '{}')", [workerId]);
  await tx.query('DELETE FROM recalls WHERE worker_id = $1', [workerId]);
  await tx.query('DELETE FROM workers WHERE id = $1', [workerId]);
}

async function beat(tx: Tx, workerId: string): Promise<MailboxId[] | null> {
  const rows = await tx.query<{ mailboxId: MailboxId | null }>(BEAT, [workerId]);
  if (rows.length === 0) return null;
  return rows.flatMap(({ mailboxId }) => (mailboxId ? [mailboxId] : []));
}

async function release(tx: Tx, workerId: string, lease: Lease, verdict: Verdict | null): Promise<void> {
  const fence = [lease.mailboxId, String(lease.epoch), workerId];
  if (!verdict) {
    await tx.query(RELEASE_ONLY, fence);
    return;
  }
  const { nextRunAt, state, faultCode, failures, synced } = verdict;
  await tx.query(RELEASE, [...fence, nextRunAt, state ?? null, faultCode, failures, synced]);
}

interface ClaimedRow {
  mailbox_id: MailboxId;
  user_id: UserId;
  epoch: number;
  protocol: Protocol;
  host: string;
  port: number;
  security: Security;
  username: string;
  sealed_password: Buffer | null;
  sealed_fingerprint_key: Buffer;
  options: MailboxOptions;
  created_at: Date;
  failures: number;
  sealed_refresh_token: Buffer;
  scopes: string[];
  plan: PlanName | null;
}

const leaseOf = (row: ClaimedRow, limits: PlanLimits | null): Lease => ({
  mailboxId: row.mailbox_id,
  userId: row.user_id,
  epoch: BigInt(row.epoch),
  server: { protocol: row.protocol, host: row.host, port: row.port, security: row.security },
  username: row.username,
  sealedPassword: row.sealed_password,
  sealedFingerprintKey: row.sealed_fingerprint_key,
  sealedRefreshToken: row.sealed_refresh_token,
  scopes: row.scopes,
  options: {
    ...DEFAULT_OPTIONS,
    ...row.options,
    pollSeconds: effectivePollSeconds(row.options.pollSeconds, limits),
  },
  mayWatch: mayWatch(limits),
  createdAt: row.created_at.getTime(),
  failures: row.failures,
});
