/** How far the test of a mailbox has come: the worker writes, the web process reads. */
import type { FaultCode } from '../core/fault.ts';
import type { MailboxId, UserId } from '../core/mailbox.ts';
import type { ProbeStep, Survey } from '../core/survey.ts';
import type { Tx } from './pool.ts';

export interface ReportTarget {
  readonly userId: UserId;
  readonly mailboxId: MailboxId;
  readonly revision: number;
  readonly draft: boolean;
}

export interface ProbeReport extends Survey {
  readonly revision: number;
  /** Under way, or the one that failed. */
  readonly step: ProbeStep;
  readonly faultCode: string | null;
  readonly finished: boolean;
}

/** Whatever an earlier test has found is gone with this. */
export async function noteStep(tx: Tx, target: ReportTarget, step: ProbeStep): Promise<void> {
  await tx.query(
    `INSERT INTO probe_reports (mailbox_id, user_id, revision, step)
     SELECT id, user_id, $2, $3 FROM mailboxes WHERE id = $1 AND revision = $2 AND state = 'probing'
     ON CONFLICT (mailbox_id) DO UPDATE SET revision = $2, step = $3, fault_code = NULL, finished = false,
       folders = '[]', idle = false, uidl = false, changed_at = now()`,
    [target.mailboxId, target.revision, step],
  );
}

/** Says at which step the test failed. */
export async function noteFault(
  tx: Tx,
  target: ReportTarget,
  step: ProbeStep,
  faultCode: FaultCode,
): Promise<void> {
  await noteStep(tx, target, step);
  await tx.query('UPDATE probe_reports SET fault_code = $2 WHERE mailbox_id = $1', [
    target.mailboxId,
    faultCode,
  ]);
}

/** Ends the report. What was found is kept only for a draft, whose owner has still to choose from it. */
export async function finishReport(
  tx: Tx,
  target: ReportTarget,
  faultCode: FaultCode | null,
  survey: Survey | null,
): Promise<void> {
  if (!target.draft) return forgetReport(tx, target.mailboxId);
  const { folders, idle, uidl } = survey ?? { folders: [], idle: false, uidl: false };
  await tx.query(
    `UPDATE probe_reports SET finished = true, fault_code = $2, folders = $3, idle = $4, uidl = $5, changed_at = now()
     WHERE mailbox_id = $1`,
    [target.mailboxId, faultCode, JSON.stringify(folders), idle, uidl],
  );
}

export async function findReport(tx: Tx, id: MailboxId): Promise<ProbeReport | null> {
  const [row] = await tx.query<ProbeReport>(
    `SELECT revision, step, fault_code AS "faultCode", finished, folders, idle, uidl
     FROM probe_reports WHERE mailbox_id = $1`,
    [id],
  );
  return row ?? null;
}

/** What is kept of the tenant's unfinished setups, for the export. */
export const listReports = (tx: Tx): Promise<(Survey & { mailboxId: string; changedAt: Date })[]> =>
  tx.query(
    `SELECT mailbox_id AS "mailboxId", folders, idle, uidl, changed_at AS "changedAt"
     FROM probe_reports WHERE user_id = current_tenant() ORDER BY mailbox_id`,
  );

export async function forgetReport(tx: Tx, id: MailboxId): Promise<void> {
  await tx.query('DELETE FROM probe_reports WHERE mailbox_id = $1', [id]);
}
