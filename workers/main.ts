/** The worker process: reads its configuration, wires the engine, runs until SIGTERM or until its parent is gone. */
import type { Server as HttpServer } from 'node:http';
import { readWorkerConfig, type WorkerConfig } from '../src/config.ts';
import { ConfigError } from '../src/config-parse.ts';
import type { DiscoveryNet } from '../src/core/discovery.ts';
import { Fault } from '../src/core/fault.ts';
import type { Log } from '../src/core/ports.ts';
import { GMAIL_LABELS_SCOPE } from '../src/core/scopes.ts';
import { createSizeBooks } from '../src/db/claimed-sizes.ts';
import { DatabaseRefusal } from '../src/db/connection.ts';
import { createGrants } from '../src/db/grant-faults.ts';
import { createLabelNotes } from '../src/db/labels.ts';
import { createLeases } from '../src/db/leases.ts';
import { createLedger } from '../src/db/ledger.ts';
import { wipeAtRest } from '../src/db/notice-mails.ts';
import { type Database, openDatabase } from '../src/db/pool.ts';
import { type JobQueue, openQueue } from '../src/db/queue.ts';
import { createReconciler } from '../src/db/reconciliations.ts';
import { createRefusalBooks } from '../src/db/refusals.ts';
import { createDisposals } from '../src/db/source-actions.ts';
import { createSourceGrants } from '../src/db/source-grants.ts';
import { sweepExpired } from '../src/db/sweep.ts';
import {
  createAccessTokens,
  createTokenClient,
  refreshTokenHash,
  type TokenClient,
} from '../src/google/tokens.ts';
import { withLocalDefaults } from '../src/local.ts';
import { createLog } from '../src/log.ts';
import { createMailer } from '../src/mailjet/mailer.ts';
import { createSourceSignIns } from '../src/oauth/refresh.ts';
import { untilStopped } from '../src/parent.ts';
import { createSeal } from '../src/seal.ts';
import { createBiller } from '../src/stripe/client.ts';
import { systemClock } from './clock.ts';
import { createDiscoveryNet } from './discovery-net.ts';
import { type BillingDeps, endCustomer, sweepBilling } from './jobs/billing.ts';
import { answer } from './jobs/discover.ts';
import { type NotifyDeps, notify } from './jobs/notify.ts';
import { type PreviewDeps, preview } from './jobs/preview.ts';
import { probe } from './jobs/probe.ts';
import { revoke } from './jobs/revoke.ts';
import { deliver, dispatchDeliveries, type WebhookDeps } from './jobs/webhook.ts';
import { Labels } from './labels.ts';
import { Lanes } from './lanes.ts';
import { serveWorkerMetrics } from './metrics.ts';
import { BACKLOG_SHARE, Quota } from './quota.ts';
import { noticeSender } from './refusal-letter.ts';
import { run } from './run.ts';
import { Scheduler } from './scheduler.ts';
import { createGmailAgent, createGmailSink } from './sinks/gmail.ts';
import { createGmailLabels } from './sinks/gmail-labels.ts';
import { createLabelledSink } from './sinks/labelled.ts';
import { createSourceTokens } from './source-tokens.ts';
import { createDial } from './sources/dial.ts';
import { createOpenSource } from './sources/open.ts';
import { createOpenSurvey } from './sources/survey.ts';
import { createUnseal, publicKeyOf } from './unseal.ts';
import type { RunDeps } from './visit.ts';
import { createWebhookPost } from './webhook-post.ts';

/** What one worker process does at once. */
const MAX_RUNS = 100;
const MAX_RUNS_PER_USER = 10;
const MAX_WATCHES = 2_000;
const MAX_LANES = 64;
/** Gmail caps concurrent requests per user at an unpublished number. */
const LANES_PER_USER = 2;
const DATABASE_CONNECTIONS = 16;
const TIMING = { graceMs: 10_000, sliceMs: 30_000, longSliceMs: 300_000, relistMs: 5_000 } as const;
/** SIGTERM drains this long; the rest of the 20 s is for letting go. */
const DRAIN_MS = 15_000;
const SWEEP_MS = 300_000;
const NOTIFY_MS = 15_000;
const DISPATCH_MS = 1_000;

async function main(): Promise<void> {
  const stopping = untilStopped();
  const config = readWorkerConfig(await withLocalDefaults(process.env, 'worker'));
  const log = createLog({ level: config.logLevel, name: 'worker' });
  const db = await openDatabase({ url: config.databaseUrl, role: 'worker', max: DATABASE_CONNECTIONS });
  const agent = createGmailAgent(config.google.gmailRootUrl);
  const tokens = tokenClientOf(config);
  const deps = engineOf(config, log, db, tokens, agent);
  const net = createDiscoveryNet({ privateNetworks: config.mailPrivateNetworks });
  const { importsPerMinute, bytesPerDay } = config.allowance;
  const setup = {
    openSurvey: createOpenSurvey(createDial({ privateNetworks: config.mailPrivateNetworks })),
    biller: config.stripe && createBiller(config.stripe),
    plans: config.plans,
    pace: { importsPerMinute, bytesPerDay: bytesPerDay * BACKLOG_SHARE },
    mail: await mailOf(config, log),
    retentionDays: config.retentionDays,
    post: createWebhookPost({ privateNetworks: config.webhookPrivateNetworks }),
  };
  const queue = await openJobs({ ...deps, ...setup, db, net }, tokens);
  const dispatching = dispatchEvery(DISPATCH_MS, db, queue, log);
  const scheduler = new Scheduler({
    leases: createLeases(db, config.workerId, config.plans),
    run: (lease, control) => run(lease, deps, control),
    clock: systemClock,
    log,
    maxRuns: MAX_RUNS,
    maxRunsPerUser: MAX_RUNS_PER_USER,
    maxWatches: MAX_WATCHES,
  });
  await scheduler.start();
  const metrics = await openMetrics(scheduler, config, log);
  log.info('worker-started', { workerId: config.workerId });
  await stopping;
  await Promise.all([dispatching.stop(), scheduler.stop(DRAIN_MS), queue.stop()]);
  metrics?.close();
  metrics?.closeAllConnections();
  agent.destroy();
  await db.close();
  log.info('worker-stopped');
}

function tokenClientOf({ google }: WorkerConfig): TokenClient | null {
  if (!google.client) return null;
  const { id: clientId, secret: clientSecret } = google.client;
  return createTokenClient({
    tokenUrl: google.tokenUrl,
    revokeUrl: google.revokeUrl,
    clientId,
    clientSecret,
  });
}

async function mailOf({ mailjet, publicUrl }: WorkerConfig, log: Log): Promise<NotifyDeps['mail']> {
  if (!mailjet) return null;
  const onTrouble = (status: number | null) => log.warn('mail trouble', status === null ? {} : { status });
  return { mailer: await createMailer({ ...mailjet, onTrouble }), publicUrl };
}

function engineOf(
  config: WorkerConfig,
  log: Log,
  db: Database,
  tokens: TokenClient | null,
  agent: ReturnType<typeof createGmailAgent>,
): RunDeps {
  const ring = config.unsealPrivateKeys;
  const accessTokens = tokens && createAccessTokens(tokens);
  const { gmailRootUrl: rootUrl } = config.google;
  const quota = new Quota(config.allowance, systemClock);
  const secrets = { seal: createSeal(publicKeyOf(ring[0] ?? '')), unseal: createUnseal(ring) };
  return {
    clock: systemClock,
    random: Math.random,
    log,
    ...secrets,
    sourceTokens: createSourceTokens({
      ...secrets,
      log,
      grants: createSourceGrants(db),
      signIns: createSourceSignIns(config.signIns),
      now: systemClock.now,
    }),
    openSource: createOpenSource({ dial: createDial({ privateNetworks: config.mailPrivateNetworks }) }),
    openSink: (lease, refreshToken) => {
      if (!accessTokens) throw new Fault('google-unavailable');
      const { userId, mailboxId } = lease;
      const gmail = { rootUrl, accessToken: accessTokens.of(userId, refreshToken) };
      const sink = createGmailSink({ ...gmail, agent, declareSize: config.declareSize });
      if (!lease.scopes.includes(GMAIL_LABELS_SCOPE)) return sink;
      const client = createGmailLabels(gmail);
      const target = { userId, mailboxId, refreshTokenHash: refreshTokenHash(refreshToken) };
      const notes = createLabelNotes(db, target);
      const spend = (units: number) => quota.charge(userId, units);
      const labels = new Labels({ client, notes, spend, clock: systemClock, log, mailboxId });
      return createLabelledSink(sink, labels);
    },
    openLedger: (lease) => createLedger(db, { ...lease, workerId: config.workerId }),
    openRefusals: (lease) => createRefusalBooks(db, { ...lease, workerId: config.workerId }),
    noticeSender: noticeSender(config.publicUrl, config.mailjet?.from ?? null),
    openReconciler: (lease) => createReconciler(db, { ...lease, workerId: config.workerId }),
    openDisposals: (lease) => createDisposals(db, { ...lease, workerId: config.workerId }),
    openSizes: (lease) => createSizeBooks(db, { ...lease, workerId: config.workerId }),
    grants: createGrants(db),
    lanes: new Lanes({ total: MAX_LANES, perUser: LANES_PER_USER, bytes: config.bytesInFlight }),
    quota,
    maxMessageBytes: config.maxMessageBytes,
    timing: TIMING,
  };
}

/** Everything that is not a run. The sweep is asked for by every worker and done by one. */
async function openJobs(
  deps: RunDeps & PreviewDeps & BillingDeps & NotifyDeps & WebhookDeps & { readonly net: DiscoveryNet },
  tokens: TokenClient | null,
): Promise<JobQueue> {
  const { db, log } = deps;
  const queue = await openQueue(db, {
    handlers: {
      probe: (job, signal) => probe(job, deps, signal),
      revoke: (job, signal) => revoke(job, { ...deps, tokens }, signal),
      discover: (job, signal) => answer(job, deps, signal),
      endCustomer: (job) => endCustomer(job, deps),
      preview: (job, signal) => preview(job, deps, signal),
      deliver: (job, signal) => deliver(job, deps, signal),
      sweep: async (signal) => {
        log.info('swept', { count: await sweepExpired(db) });
        await sweepBilling(deps);
        log.info('wiped at rest', { count: await wipeAtRest(db, deps.retentionDays, signal) });
      },
      notify: (signal) => notify(deps, signal),
    },
    onError: (error) => log.warn('queue-trouble', { error }),
  });
  const askEvery = (ms: number, name: 'sweep' | 'notify'): void => {
    const ask = () =>
      void queue[name]().catch((error: unknown) => log.warn(`${name} not asked for`, { error }));
    ask();
    setInterval(ask, ms).unref();
  };
  askEvery(SWEEP_MS, 'sweep');
  askEvery(NOTIFY_MS, 'notify');
  return queue;
}

/** Of all workers the one that asks first hands out what webhooks are to be told. */
function dispatchEvery(
  ms: number,
  db: Database,
  queue: JobQueue,
  log: Log,
): { readonly stop: () => Promise<void> } {
  let under: Promise<unknown> | null = null;
  const timer = setInterval(() => {
    under ??= dispatchDeliveries(db, queue)
      .catch((error: unknown) => log.warn('webhooks not dispatched', { error }))
      .finally(() => {
        under = null;
      });
  }, ms);
  return {
    stop: async () => {
      clearInterval(timer);
      await under;
    },
  };
}

/** Metrics are worth a warning, not the mail: another worker on this machine may have the port. */
async function openMetrics(scheduler: Scheduler, config: WorkerConfig, log: Log): Promise<HttpServer | null> {
  const gauges = { runs: () => scheduler.active, watches: () => scheduler.watching };
  return serveWorkerMetrics(gauges, config.metricsPort, config.host).catch((error: unknown) => {
    log.warn('no metrics', { port: config.metricsPort, error });
    return null;
  });
}

main().catch((error: unknown) => {
  // Our own sentences for the operator; anything else could quote a URL with a password.
  if (error instanceof ConfigError || error instanceof DatabaseRefusal) console.error(error.message);
  else createLog({ level: 'info', name: 'worker' }).error('worker-failed', { error });
  process.exit(1);
});
