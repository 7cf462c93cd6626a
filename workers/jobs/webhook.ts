/** One try to tell a webhook something, and the handing out of what is due. */
import { isFault } from '../../src/core/fault.ts';
import { webhookSecretPlace } from '../../src/core/place.ts';
import type { Clock, Log, Unseal } from '../../src/core/ports.ts';
import { bodyOf, pauseAfter, signatureOf } from '../../src/core/webhook.ts';
import { raiseNotice } from '../../src/db/notices.ts';
import type { Database } from '../../src/db/pool.ts';
import type { JobQueue } from '../../src/db/queue.ts';
import {
  claimDeliveries,
  type DeliveryJob,
  type DueDelivery,
  loadDelivery,
  type Outcome,
  settleDelivery,
} from '../../src/db/webhook-deliveries.ts';
import type { PostResult, WebhookPost } from '../webhook-post.ts';

export interface WebhookDeps {
  readonly db: Database;
  readonly log: Log;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly unseal: Unseal;
  readonly post: WebhookPost;
}

const AT_ONCE = 100;

/** Puts what is due into the queue, in the transaction that claims it; how much that was. */
export async function dispatchDeliveries(db: Database, queue: Pick<JobQueue, 'deliver'>): Promise<number> {
  return db.asNobody(async (tx) => {
    const due = await claimDeliveries(tx, AT_ONCE);
    for (const job of due) await queue.deliver(tx, job);
    return due.length;
  });
}

/** Throws only when the database cannot be reached or the signal aborts; then it is tried again in two minutes. */
export async function deliver(job: DeliveryJob, deps: WebhookDeps, signal: AbortSignal): Promise<void> {
  const due = await loadDelivery(deps.db, job);
  if (due === null) return;
  const started = deps.clock.now();
  const result = await attempt(due, deps, signal);
  const durationMs = Math.round(deps.clock.now() - started);
  const outcome = outcomeOf(result, durationMs);
  await settle(due, outcome, deps);
  const { taken, status, failure } = outcome;
  const told = { userId: due.userId, ms: durationMs, ...(status !== null && { status }) };
  deps.log.info(taken ? 'webhook told' : 'webhook not told', { ...told, ...(failure && { code: failure }) });
}

async function attempt(due: DueDelivery, deps: WebhookDeps, signal: AbortSignal): Promise<PostResult> {
  const body = bodyOf(due);
  let signature: string;
  try {
    signature = signatureOf(await openSecrets(due, deps.unseal), body, deps.clock.now());
  } catch (error) {
    if (!isFault(error, 'seal-broken')) throw error;
    return { failure: error.code };
  }
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'smtp-sync-webhook/1',
    'smtp-sync-event': due.event,
    'smtp-sync-event-id': due.id,
    'smtp-sync-signature': signature,
  };
  return deps.post(due.url, headers, body, signal);
}

/** Fault `seal-broken`. */
function openSecrets({ userId, secrets }: DueDelivery, unseal: Unseal): Promise<string[]> {
  return Promise.all(
    secrets.map(async ({ id, sealed }) => {
      const secret = await unseal(sealed, webhookSecretPlace(userId, id));
      const text = Buffer.from(secret).toString('utf8');
      secret.fill(0);
      return text;
    }),
  );
}

function outcomeOf(result: PostResult, durationMs: number): Outcome {
  if ('failure' in result) return { taken: false, status: null, failure: result.failure, durationMs };
  const { status } = result;
  return { taken: status >= 200 && status < 300, status, failure: null, durationMs };
}

async function settle(due: DueDelivery, outcome: Outcome, { db, random, log }: WebhookDeps): Promise<void> {
  const { taken, status } = outcome;
  const pauseMs = taken || status === 410 ? null : pauseAfter(due.tries + 1, random());
  await db.withTenant(due.userId, async (tx) => {
    const reason = await settleDelivery(tx, due, outcome, pauseMs);
    if (reason !== 'gone' && reason !== 'failing') return;
    log.info('webhook off', { userId: due.userId, code: reason });
    const detail = { host: new URL(due.url).hostname, reason };
    await raiseNotice(tx, { userId: due.userId, mailboxId: null, kind: 'webhook-off', detail });
  });
}
