/** Counts what a choice would import, for somebody who waits for it in the web process. */
import { Fault } from '../../src/core/fault.ts';
import type { History, Log } from '../../src/core/ports.ts';
import { estimate, type OpenSurvey, type Pace } from '../../src/core/survey.ts';
import type { Database } from '../../src/db/pool.ts';
import {
  answerPreview,
  findPreview,
  type PreviewAnswer,
  type PreviewQuestion,
} from '../../src/db/previews.ts';
import { findTarget, type ProbeTarget } from '../../src/db/probes.ts';
import type { PreviewJob } from '../../src/db/queue.ts';
import { type LoginDeps, logIn } from '../source-login.ts';
import { dryRun } from './dry-run.ts';

export interface PreviewDeps extends LoginDeps {
  readonly db: Database;
  readonly log: Log;
  readonly openSurvey: OpenSurvey;
  readonly pace: Pace;
}

/** Stores the answer, unless nobody waits any more. */
export async function preview(
  { userId, previewId }: PreviewJob,
  deps: PreviewDeps,
  signal: AbortSignal,
): Promise<void> {
  const asked = await deps.db.withTenant(userId, async (tx) => {
    const found = await findPreview(tx, previewId);
    const target = found && (await findTarget(tx, userId, found.mailboxId, null));
    return found && target && { question: found.question, target };
  });
  if (!asked) return;
  const answer = await count(asked.target, asked.question, deps, signal);
  deps.log.info('previewed', {
    mailboxId: asked.target.mailboxId,
    ...('faultCode' in answer && { code: answer.faultCode }),
  });
  await deps.db.withTenant(userId, (tx) => answerPreview(tx, previewId, answer));
}

async function count(
  target: ProbeTarget,
  question: PreviewQuestion,
  deps: PreviewDeps,
  signal: AbortSignal,
): Promise<PreviewAnswer> {
  try {
    return await measure(target, question, deps, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Fault) return { faultCode: error.code };
    throw error;
  }
}

async function measure(
  target: ProbeTarget,
  question: PreviewQuestion,
  deps: PreviewDeps,
  signal: AbortSignal,
): Promise<PreviewAnswer> {
  const session = await logIn(target, deps, signal, (credentials) =>
    deps.openSurvey(target.server, credentials, signal),
  );
  try {
    const history = historyOf(question.history, question.since);
    const amount = await session.measure(question.folders, history, signal);
    const imported = { messages: amount.messages, history };
    const atSource = await dryRun(session, target, question, imported, deps.db, signal);
    return { ...amount, ...estimate(amount, deps.pace), atSource };
  } finally {
    await session.source.close();
  }
}

/** A date means its beginning, UTC, as in a run; of what is there now nothing is new. */
function historyOf(history: PreviewQuestion['history'], since: string | null): History {
  if (history === 'all') return { kind: 'all' };
  if (history === 'new') return { kind: 'new', from: Date.now() };
  return { kind: history, from: Date.parse(`${since}T00:00:00Z`) };
}
