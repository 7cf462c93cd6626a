/** Counts what a choice would import, for somebody who waits for it in the web process. */
import { Fault } from '../../src/core/fault.ts';
import type { History, Log } from '../../src/core/ports.ts';
import { type Amount, estimate, type OpenSurvey, type Pace } from '../../src/core/survey.ts';
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
    const amount = await measure(target, question, deps, signal);
    return { ...amount, ...estimate(amount, deps.pace) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Fault) return { faultCode: error.code };
    throw error;
  }
}

async function measure(
  target: ProbeTarget,
  { history, since, folders }: PreviewQuestion,
  deps: PreviewDeps,
  signal: AbortSignal,
): Promise<Amount> {
  const session = await logIn(target, deps, signal, (credentials) =>
    deps.openSurvey(target.server, credentials, signal),
  );
  try {
    return await session.measure(folders, historyOf(history, since), signal);
  } finally {
    await session.source.close();
  }
}

/** A date means its beginning, UTC, as in a run. */
const historyOf = (history: PreviewQuestion['history'], since: string | null): History =>
  history === 'all' ? { kind: 'all' } : { kind: history, from: Date.parse(`${since}T00:00:00Z`) };
