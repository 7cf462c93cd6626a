/** The probe: a visit that transfers nothing and tells whether the mailbox can be reached, and how it answers. */
import { Fault, isFault } from '../../src/core/fault.ts';
import { judgeVisit } from '../../src/core/judgement.ts';
import type { Clock, Log } from '../../src/core/ports.ts';
import { MAX_LOGIN_FAILURES } from '../../src/core/schedule.ts';
import { type OpenSurvey, type ProbeStep, type Survey, stepOfFault } from '../../src/core/survey.ts';
import type { Database, Tx } from '../../src/db/pool.ts';
import { noteFault, noteStep } from '../../src/db/probe-reports.ts';
import { loadProbe, type ProbeTarget, type ProbeVerdict, settleProbe } from '../../src/db/probes.ts';
import type { ProbeJob } from '../../src/db/queue.ts';
import { type LoginDeps, logIn } from '../source-login.ts';

export interface ProbeDeps extends LoginDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly openSurvey: OpenSurvey;
}

/** Settles the mailbox's state, unless it was edited meanwhile. Throws only when the job is to be tried again. */
export async function probe(
  { userId, mailboxId }: ProbeJob,
  deps: ProbeDeps,
  signal: AbortSignal,
): Promise<void> {
  const target = await loadProbe(deps.db, userId, mailboxId);
  if (!target) return;
  const verdict = await judge(target, deps, signal);
  deps.log.info('probed', { mailboxId, ...(verdict.faultCode ? { code: verdict.faultCode } : {}) });
  await settleProbe(deps.db, target, verdict);
}

async function judge(target: ProbeTarget, deps: ProbeDeps, signal: AbortSignal): Promise<ProbeVerdict> {
  const now = deps.clock.now();
  const progress = followSteps(target, deps.db);
  try {
    const survey = await look(target, deps, progress.told, signal);
    await progress.written();
    return { state: 'active', faultCode: null, nextRunAt: now, survey };
  } catch (error) {
    signal.throwIfAborted();
    if (isFault(error, 'database-unavailable')) throw error;
    if (!(error instanceof Fault)) deps.log.error('probe failed', { mailboxId: target.mailboxId, error });
    const fault = error instanceof Fault ? error : new Fault('source-protocol', { cause: error });
    await progress.failed(fault);
    // Somebody watches: a refused login is told at once, not after it has repeated itself.
    const facts = {
      now,
      random: 0,
      pollSeconds: target.options.pollSeconds,
      failures: MAX_LOGIN_FAILURES - 1,
    };
    const { state, nextRunAt } = judgeVisit(fault, facts);
    const told = state === 'needs-password' ? state : 'unreachable';
    return { state: told, faultCode: fault.code, nextRunAt, survey: null };
  }
}

/** Writes each step down for whoever watches, in order and beside the test, which does not wait for it. */
function followSteps(target: ProbeTarget, db: Database) {
  let current: ProbeStep = 'resolve';
  let writing: Promise<unknown> = Promise.resolve();
  const write = (work: (tx: Tx) => Promise<void>): void => {
    writing = writing.then(() => db.withTenant(target.userId, work));
    // Whoever waits for `written` hears of it.
    writing.catch(() => {});
  };
  const told = (step: ProbeStep): void => {
    current = step;
    write((tx) => noteStep(tx, target, step));
  };
  told(current);
  return {
    told,
    written: () => writing,
    failed: (fault: Fault) => {
      write((tx) => noteFault(tx, target, stepOfFault(fault.code, current), fault.code));
      return writing;
    },
  };
}

/**
 * Logs in. For a draft looks at all folders, for its owner to choose from; else finds the chosen ones and looks into the
 * first.
 */
async function look(
  target: ProbeTarget,
  deps: ProbeDeps,
  told: (step: ProbeStep) => void,
  signal: AbortSignal,
): Promise<Survey | null> {
  const { source, survey } = await logIn(target, deps, signal, (credentials) =>
    deps.openSurvey(target.server, credentials, signal, told),
  );
  try {
    if (target.draft) return await survey(signal);
    const [first] = await source.folders(target.options.folders, signal);
    if (first !== undefined) await source.count(first.name, signal);
    return null;
  } finally {
    await source.close();
  }
}
