/** Where the web process asks how much a choice would import, and finds a worker's answer. */
import type { SourceProblem } from '../core/disposal.ts';
import type { FaultCode } from '../core/fault.ts';
import type { MailboxId, MailboxOptions, UserId } from '../core/mailbox.ts';
import type { Amount } from '../core/survey.ts';
import type { Tx } from './pool.ts';

/** Of one user at once, as for discoveries. */
const MAX_QUESTIONS = 2;

export type PreviewQuestion = Pick<
  MailboxOptions,
  'history' | 'since' | 'folders' | 'afterImport' | 'deleteAfterDays' | 'moveTo'
>;

/** Messages by what would happen to them at the source. */
export interface AtSourceAnswer {
  readonly atOnce: number;
  readonly later: number;
  readonly waiting: number;
  readonly due: number;
  readonly problem: SourceProblem | null;
}

export type PreviewAnswer =
  | (Amount & {
      readonly days: number;
      readonly minutes: number;
      /** null: everything would be kept as it is. */
      readonly atSource: AtSourceAnswer | null;
    })
  | { readonly faultCode: FaultCode };

/** Returns the question's id; null when the user waits for as many answers as one may. */
export async function askPreview(
  tx: Tx,
  userId: UserId,
  mailboxId: MailboxId,
  question: PreviewQuestion,
): Promise<string | null> {
  await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('previews ' || current_tenant(), 0))");
  // What is older was left behind by a web process that was killed.
  const [row] = await tx.query<{ id: string }>(
    `INSERT INTO previews (user_id, mailbox_id, question)
     SELECT $1, $2, $3 WHERE $4 > (SELECT count(*) FROM previews
       WHERE user_id = $1 AND created_at > now() - interval '30 seconds')
     RETURNING id`,
    [userId, mailboxId, JSON.stringify(question), MAX_QUESTIONS],
  );
  return row?.id ?? null;
}

/** Null when nobody waits for the answer any more, or it is there. */
export async function findPreview(
  tx: Tx,
  id: string,
): Promise<{ readonly mailboxId: MailboxId; readonly question: PreviewQuestion } | null> {
  const [row] = await tx.query<{ mailboxId: MailboxId; question: PreviewQuestion }>(
    'SELECT mailbox_id AS "mailboxId", question FROM previews WHERE id = $1 AND answer IS NULL',
    [id],
  );
  return row ?? null;
}

export async function answerPreview(tx: Tx, id: string, answer: PreviewAnswer): Promise<void> {
  await tx.query('UPDATE previews SET answer = $2 WHERE id = $1', [id, JSON.stringify(answer)]);
}

/** Null when there is none yet. */
export async function findPreviewAnswer(tx: Tx, id: string): Promise<PreviewAnswer | null> {
  const [row] = await tx.query<{ answer: PreviewAnswer | null }>(
    'SELECT answer FROM previews WHERE id = $1',
    [id],
  );
  return row?.answer ?? null;
}

/** Whoever asked has the answer, or has stopped waiting. */
export async function forgetPreview(tx: Tx, id: string): Promise<void> {
  await tx.query('DELETE FROM previews WHERE id = $1', [id]);
}
