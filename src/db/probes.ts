/** The probe's side of a mailbox: what to try, and the verdict, unless it has been edited meanwhile. */
import type { FaultCode } from '../core/fault.ts';
import type { MailboxId, MailboxOptions, Protocol, Security, Server, UserId } from '../core/mailbox.ts';
import type { Database } from './pool.ts';

export interface ProbeTarget {
  readonly userId: UserId;
  readonly mailboxId: MailboxId;
  /** Of server and credentials; a verdict on a former one counts for nothing. */
  readonly revision: number;
  readonly server: Server;
  readonly username: string;
  readonly sealedPassword: Uint8Array;
  readonly options: MailboxOptions;
}

interface TargetRow {
  revision: number;
  protocol: Protocol;
  host: string;
  port: number;
  security: Security;
  username: string;
  sealed_password: Buffer;
  options: MailboxOptions;
}

/** As it is now; null when the mailbox is gone or waits for no probe. Fault `database-unavailable`. */
export async function loadProbe(
  db: Database,
  userId: UserId,
  mailboxId: MailboxId,
): Promise<ProbeTarget | null> {
  const [row] = await db.withTenant(userId, (tx) =>
    tx.query<TargetRow>(
      `SELECT revision, protocol, host, port, security, username, sealed_password, options
       FROM mailboxes WHERE id = $1 AND state = 'probing'`,
      [mailboxId],
    ),
  );
  if (!row) return null;
  const { revision, protocol, host, port, security, username, options } = row;
  const server = { protocol, host, port, security };
  return { userId, mailboxId, revision, server, username, options, sealedPassword: row.sealed_password };
}

export interface ProbeVerdict {
  readonly state: 'active' | 'needs-password' | 'unreachable';
  readonly faultCode: FaultCode | null;
  /** ms since the epoch; for `active` the first visit, for `unreachable` the next try. */
  readonly nextRunAt: number;
}

/**
 * Stores the verdict; false when the mailbox was edited, paused or deleted since, which makes it worth nothing. An
 * `active` mailbox of a user without consent needs that first.
 */
export async function settleProbe(
  db: Database,
  target: ProbeTarget,
  verdict: ProbeVerdict,
): Promise<boolean> {
  const rows = await db.withTenant(target.userId, (tx) =>
    tx.query(
      `WITH consent AS (SELECT EXISTS (SELECT FROM grants WHERE user_id = current_tenant()) AS given)
       UPDATE mailboxes SET failures = 0, changed_at = now(), next_run_at = to_timestamp($5::double precision / 1000),
         state = CASE WHEN $3 = 'active' AND NOT consent.given THEN 'needs-consent' ELSE $3 END,
         fault_code = CASE WHEN $3 = 'active' AND NOT consent.given THEN 'grant-missing' ELSE $4 END
       FROM consent WHERE id = $1 AND revision = $2 AND state = 'probing' RETURNING id`,
      [target.mailboxId, target.revision, verdict.state, verdict.faultCode, verdict.nextRunAt],
    ),
  );
  return rows.length === 1;
}
