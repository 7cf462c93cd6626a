/** The web process's HTTP: middleware in order, then routers, then what is left: 404 and refusals. */
import { createServer as createHttpServer, type Server } from 'node:http';
import compression from 'compression';
import express, { type Express, type RequestHandler } from 'express';
import { createApiRouter } from './api-router.ts';
import { serveAsset } from './assets.ts';
import { answerNotFound, errorHandler } from './errors.ts';
import { createEventHub } from './events.ts';
import { frameOf } from './frame-of.ts';
import { createLimits } from './limits.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { describeApi } from './openapi.ts';
import { goodbyePage } from './pages/goodbye.ts';
import type { Parts } from './parts.ts';
import { createHandlers } from './routes/api.ts';
import { createAppRouter } from './routes/app.ts';
import { createAuthRouter } from './routes/auth.ts';
import { createPublicRouter, hideFromSearch } from './routes/public.ts';
import { createSourceAuthRouter } from './routes/source-auth.ts';
import { createUnsubscribeRouter } from './routes/unsubscribe.ts';
import { createWebhooksRouter } from './routes/webhooks.ts';
import { noStore, securityHeaders } from './security.ts';

export interface WebServer {
  readonly port: number;
  readonly metrics: Metrics;
  /** Stops taking connections, ends event streams, lets requests under way finish for up to `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** Resolves once it listens; `port` 0 takes a free one. */
export async function serveWeb(parts: Parts, port: number, host: string): Promise<WebServer> {
  const metrics = createMetrics();
  const hub = createEventHub(parts, (streams) => metrics.eventStreams.set(streams));
  const server = createHttpServer(createApp(parts, metrics, hub));
  server.requestTimeout = 60_000;
  server.headersTimeout = 20_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    metrics,
    close: async (graceMs) => {
      hub.close();
      await closeServer(server, graceMs);
    },
  };
}

function createApp(parts: Parts, metrics: Metrics, hub: ReturnType<typeof createEventHub>): Express {
  const { publicUrl, trustedProxies } = parts.settings;
  const limits = createLimits(parts.settings);
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', trustedProxies);
  app.set('case sensitive routing', true);
  app.use(metrics.measure, securityHeaders(publicUrl), hideFromSearch);
  app.get('/healthz', (_req, res) => {
    res.json({ ok: true });
  });
  app.get('/readyz', ready(parts));
  app.get('/assets/:name', serveAsset);
  app.use(noStore, compression({ filter: mayCompress }));
  const description = describeApi(publicUrl);
  app.get('/api/openapi.json', (_req, res) => {
    res.json(description);
  });
  app.use(createWebhooksRouter(parts));
  app.use(createApiRouter(parts, limits, createHandlers(parts, hub)));
  app.use('/api', answerNotFound);
  app.use(
    createAuthRouter(parts, limits),
    createSourceAuthRouter(parts, limits),
    createAppRouter(parts),
    createPublicRouter(parts),
  );
  app.use(createUnsubscribeRouter(parts));
  app.get('/goodbye', (req, res) => {
    res.send(goodbyePage(frameOf(parts, req), req.query.revoked === '1'));
  });
  app.use(answerNotFound);
  app.use(errorHandler(parts));
  return app;
}

/** Not a stream of events: each has to leave at once. */
const mayCompress: compression.CompressionFilter = (req, res) =>
  !String(res.getHeader('Content-Type')).startsWith('text/event-stream') && compression.filter(req, res);

/** Ready: the database answers and has every migration that this code was written for. */
const ready =
  (parts: Parts): RequestHandler =>
  async (_req, res) => {
    const missing = await parts.pendingMigrations();
    if (missing > 0) res.status(503).json({ ok: false, pendingMigrations: missing });
    else res.json({ ok: true });
  };

/** Keep-alive connections are closed as their last answer ends; what still answers after `graceMs` is cut off. */
function closeServer(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const soft = setInterval(() => server.closeIdleConnections(), 50);
    const hard = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearInterval(soft);
      clearTimeout(hard);
      resolve();
    });
  });
}
