/** The web process: reads its configuration, wires its parts, serves until SIGTERM or until its parent is gone. */
import { forgetPrivateKeys, readWebConfig, type WebConfig } from './config.ts';
import { ConfigError } from './config-parse.ts';
import { DatabaseRefusal } from './db/connection.ts';
import { countPendingMigrations } from './db/migration-state.ts';
import { openDatabase } from './db/pool.ts';
import { openQueue } from './db/queue.ts';
import { openBilling } from './http/billing-parts.ts';
import { installationOf } from './http/installation.ts';
import { serveMetrics } from './http/metrics.ts';
import { consentEndpoints, type Parts, type Settings } from './http/parts.ts';
import { serveWeb } from './http/server.ts';
import { withLocalDefaults } from './local.ts';
import { createLog } from './log.ts';
import { untilStopped } from './parent.ts';
import { createSeal } from './seal.ts';

const GRACE_MS = 5000;

async function main(): Promise<void> {
  const stopping = untilStopped();
  // Whoever starts us may hold them; this process must not be able to open what it seals.
  const heldPrivateKeys = forgetPrivateKeys(process.env);
  const config = readWebConfig(await withLocalDefaults(process.env, 'web'));
  const log = createLog({ level: config.logLevel, name: 'web' });
  if (heldPrivateKeys) log.warn('private-keys-dropped');
  const database = await openDatabase({ url: config.databaseUrl, role: 'web' });
  const queue = await openQueue(database, {
    onError: (error) => log.warn('queue-trouble', { error }),
  });
  const parts: Parts = {
    database,
    queue,
    seal: createSeal(config.sealPublicKey),
    google: consentEndpoints(config),
    signIns: config.signIns,
    billing: await openBilling(config, database),
    log,
    pendingMigrations: () => countPendingMigrations(database),
    settings: settingsOf(config),
  };
  const web = await serveWeb(parts, config.port, config.host).catch((error: unknown) => {
    throw isPortTaken(error) ? new ConfigError([`PORT ${config.port} is in use on ${config.host}.`]) : error;
  });
  // Metrics are worth a warning, not the service: another one on this machine may have the port.
  const metrics = await serveMetrics(web.metrics.registry, config.metricsPort, config.host).catch(
    (error: unknown) => {
      log.warn('no metrics', { port: config.metricsPort, error });
      return null;
    },
  );
  log.info('web-listening', { port: web.port });
  await stopping;
  metrics?.close();
  metrics?.closeAllConnections();
  await web.close(GRACE_MS);
  await queue.stop();
  await database.close();
  log.info('web-stopped');
}

const isPortTaken = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';

const settingsOf = (config: WebConfig): Settings => ({
  publicUrl: config.publicUrl,
  sessionSecret: config.sessionSecret,
  pollSeconds: config.pollSeconds,
  plans: config.plans,
  allowance: config.allowance,
  trustedProxies: config.trustedProxies,
  signInsPerMinute: 120,
  dialsPerMinute: 60,
  revokeWaitMs: 5000,
  discoverWaitMs: 12_000,
  webhookPrivateNetworks: config.webhookPrivateNetworks,
  sendsMail: config.sendsMail,
  installation: installationOf(config),
});

main().catch((error: unknown) => {
  // Our own sentences for the operator; anything else could quote a URL with a password.
  if (error instanceof ConfigError || error instanceof DatabaseRefusal) console.error(error.message);
  else createLog({ level: 'info', name: 'web' }).error('web-failed', { error });
  process.exit(1);
});
