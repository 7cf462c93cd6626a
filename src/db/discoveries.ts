/** Where the web process leaves a question about an e-mail address and finds a worker's answer. */
import type { Discovery } from '../core/discovery.ts';
import type { UserId } from '../core/mailbox.ts';
import type { Tx } from './pool.ts';

/** Of one user at once: slow answers must not keep the workers from everybody else's questions. */
const MAX_QUESTIONS = 2;

/** Returns the question's id; null when the user waits for as many answers as one may. */
export async function askDiscovery(tx: Tx, userId: UserId, email: string): Promise<string | null> {
  await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('discoveries ' || current_tenant(), 0))");
  // What is older was left behind by a web process that was killed.
  const [row] = await tx.query<{ id: string }>(
    `INSERT INTO discoveries (user_id, email)
     SELECT $1, $2 WHERE $3 > (SELECT count(*) FROM discoveries
       WHERE user_id = $1 AND created_at > now() - interval '30 seconds')
     RETURNING id`,
    [userId, email, MAX_QUESTIONS],
  );
  return row?.id ?? null;
}

/** The address in question; null when nobody waits for the answer any more, or it is there. */
export async function findQuestion(tx: Tx, id: string): Promise<string | null> {
  const [row] = await tx.query<{ email: string }>(
    'SELECT email FROM discoveries WHERE id = $1 AND answer IS NULL',
    [id],
  );
  return row?.email ?? null;
}

export async function answerDiscovery(tx: Tx, id: string, answer: Discovery): Promise<void> {
  await tx.query('UPDATE discoveries SET answer = $2 WHERE id = $1', [id, JSON.stringify(answer)]);
}

/** Null when there is none yet. */
export async function findAnswer(tx: Tx, id: string): Promise<Discovery | null> {
  const [row] = await tx.query<{ answer: Discovery | null }>('SELECT answer FROM discoveries WHERE id = $1', [
    id,
  ]);
  return row?.answer ?? null;
}

/** Whoever asked has the answer, or has stopped waiting. */
export async function forgetDiscovery(tx: Tx, id: string): Promise<void> {
  await tx.query('DELETE FROM discoveries WHERE id = $1', [id]);
}
