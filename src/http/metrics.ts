/** Prometheus metrics, on a port of their own so that they are never public. */
import type { Server } from 'node:http';
import express, { type RequestHandler } from 'express';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface Metrics {
  readonly registry: Registry;
  /** Times requests by route pattern, never by URL. */
  readonly measure: RequestHandler;
  readonly eventStreams: Gauge;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const duration = new Histogram({
    name: 'smtp_sync_http_request_seconds',
    help: 'Time to answer, by route and status',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [registry],
  });
  const eventStreams = new Gauge({
    name: 'smtp_sync_event_streams',
    help: 'Open server-sent event streams',
    registers: [registry],
  });
  const measure: RequestHandler = (req, res, next) => {
    const stop = duration.startTimer();
    res.once('finish', () => {
      const route: unknown = req.route?.path;
      stop({
        method: METHODS.has(req.method) ? req.method : 'other',
        route: typeof route === 'string' ? route : 'none',
        status: res.statusCode,
      });
    });
    next();
  };
  return { registry, measure, eventStreams };
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PATCH', 'DELETE']);

/** Serves `GET /metrics`; resolves once it listens. */
export function serveMetrics(registry: Registry, port: number, host: string): Promise<Server> {
  const app = express().disable('x-powered-by');
  app.get('/metrics', async (_req, res) => {
    res.type(registry.contentType).send(await registry.metrics());
  });
  return new Promise((resolve, reject) => {
    const server = app.listen(port, host);
    server.once('listening', () => resolve(server));
    server.once('error', reject);
  });
}
