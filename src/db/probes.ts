/** The probe's side of a mailbox: what to try, and the verdict, unless it has been edited meanwhile. */
import type { FaultCode } from '../core/fault.ts';
import {
  DEFAULT_OPTIONS,
  type MailboxId,
  type MailboxOptions,
  type MailboxState,
  type Protocol,
  type Security,
  type Server,
  type UserId,
} from '../core/mailbox.ts';
import type { Survey } from '../core/survey.ts';
import type { Database, Tx } from './pool.ts';
import { finishReport } from './probe-reports.ts';

export interface ProbeTarget {
  readonly userId: UserId;
  readonly mailboxId: MailboxId;
  /** Of server and credentials; a verdict on a former one counts for nothing. */
  readonly revision: number;
  readonly server: Server;
  readonly username: string;
  /** null: its owner signs in at the provider. */
  readonly sealedPassword: Uint8Array | null;
  readonly options: MailboxOptions;
  readonly draft: boolean;
}

interface TargetRow {
  revision: number;
  protocol: Protocol;
  host: string;
  port: number;
  security: Security;
  username: string;
  sealed_password: Buffer | null;
  options: MailboxOptions;
  draft: boolean;
  state: MailboxState;
}

/** As it is now; null when the mailbox is gone or waits for no probe. Fault `database-unavailable`. */
export const loadProbe = (db: Database, userId: UserId, mailboxId: MailboxId): Promise<ProbeTarget | null> =>
  db.withTenant(userId, (tx) => findTarget(tx, userId, mailboxId, 'probing'));

/** What is needed to log in; null when the mailbox is gone, or in another state than the one asked for. */
export async function findTarget(
  tx: Tx,
  userId: UserId,
  mailboxId: MailboxId,
  state: MailboxState | null,
): Promise<ProbeTarget | null> {
  const [row] = await tx.query<TargetRow>(
    `SELECT revision, protocol, host, port, security, username, sealed_password, options, draft, state
     FROM mailboxes WHERE id = $1`,
    [mailboxId],
  );
  if (!row || (state !== null && row.state !== state)) return null;
  const { revision, protocol, host, port, security, username, options, draft } = row;
  const server = { protocol, host, port, security };
  return {
    userId,
    mailboxId,
    revision,
    server,
    username,
    options: { ...DEFAULT_OPTIONS, ...options },
    draft,
    sealedPassword: row.sealed_password,
  };
}

export interface ProbeVerdict {
  readonly state: 'active' | 'needs-password' | 'unreachable';
  readonly faultCode: FaultCode | null;
  /** ms since the epoch; for `active` the first visit, for `unreachable` the next try. */
  readonly nextRunAt: number;
  /** Of a draft that was found in order. */
  readonly survey: Survey | null;
}

/**
 * Stores the verdict; false when the mailbox was edited, paused or deleted since, which makes it worth nothing. An
 * `active` mailbox of a user without consent needs that first; a draft waits, paused, for its owner.
 */
export async function settleProbe(
  db: Database,
  target: ProbeTarget,
  verdict: ProbeVerdict,
): Promise<boolean> {
  const state = target.draft ? 'paused' : verdict.state;
  const code = target.draft ? (verdict.faultCode ?? 'setup-unfinished') : verdict.faultCode;
  return db.withTenant(target.userId, async (tx) => {
    const rows = await tx.query(
      `WITH consent AS (SELECT EXISTS (SELECT FROM grants WHERE user_id = current_tenant()) AS given)
       UPDATE mailboxes SET failures = 0, changed_at = now(),
         next_run_at = to_timestamp($5::double precision / 1000),
         state = CASE WHEN $3 = 'active' AND NOT consent.given THEN 'needs-consent' ELSE $3 END,
         fault_code = CASE WHEN $3 = 'active' AND NOT consent.given THEN 'grant-missing' ELSE $4 END
       FROM consent WHERE id = $1 AND revision = $2 AND state = 'probing' RETURNING id`,
      [target.mailboxId, target.revision, state, code, verdict.nextRunAt],
    );
    if (rows.length === 0) return false;
    await finishReport(tx, target, verdict.faultCode, verdict.survey);
    return true;
  });
}
