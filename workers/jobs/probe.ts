/** The probe: a visit that transfers nothing and tells whether the mailbox can be reached, and how it answers. */
import { Fault, isFault } from '../../src/core/fault.ts';
import { judgeVisit } from '../../src/core/judgement.ts';
import { passwordPlace } from '../../src/core/place.ts';
import type { Clock, Log, OpenSource, Unseal } from '../../src/core/ports.ts';
import { MAX_LOGIN_FAILURES } from '../../src/core/schedule.ts';
import type { Database } from '../../src/db/pool.ts';
import { loadProbe, type ProbeTarget, type ProbeVerdict, settleProbe } from '../../src/db/probes.ts';
import type { ProbeJob } from '../../src/db/queue.ts';

export interface ProbeDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly unseal: Unseal;
  readonly openSource: OpenSource;
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
  try {
    await look(target, deps, signal);
    return { state: 'active', faultCode: null, nextRunAt: now };
  } catch (error) {
    signal.throwIfAborted();
    if (isFault(error, 'database-unavailable')) throw error;
    if (!(error instanceof Fault)) deps.log.error('probe failed', { mailboxId: target.mailboxId, error });
    const fault = error instanceof Fault ? error : new Fault('source-protocol', { cause: error });
    // Somebody watches: a refused login is told at once, not after it has repeated itself.
    const facts = {
      now,
      random: 0,
      pollSeconds: target.options.pollSeconds,
      failures: MAX_LOGIN_FAILURES - 1,
    };
    const { state, nextRunAt } = judgeVisit(fault, facts);
    return { state: state === 'needs-password' ? state : 'unreachable', faultCode: fault.code, nextRunAt };
  }
}

/** Logs in, finds the chosen folders and looks into the first. */
async function look(
  target: ProbeTarget,
  { unseal, openSource }: ProbeDeps,
  signal: AbortSignal,
): Promise<void> {
  const password = await unseal(target.sealedPassword, passwordPlace(target.userId, target.mailboxId));
  const credentials = { username: target.username, password: Buffer.from(password).toString('utf8') };
  password.fill(0);
  const source = await openSource(target.server, credentials, signal);
  try {
    const [first] = await source.folders(target.options.folders, signal);
    if (first !== undefined) await source.count(first, signal);
  } finally {
    await source.close();
  }
}
