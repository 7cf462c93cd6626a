/** The worker's Prometheus metrics, on a port of their own so that they are never public. */
import { createServer, type Server } from 'node:http';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

export interface WorkerGauges {
  readonly runs: () => number;
  readonly watches: () => number;
}

/** Serves `GET /metrics`; resolves once it listens, rejects when the port is taken. */
export async function serveWorkerMetrics(gauges: WorkerGauges, port: number, host: string): Promise<Server> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, read: () => number): Gauge =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  gauge('smtp_sync_runs', 'Mailboxes that are being transferred', gauges.runs);
  gauge('smtp_sync_watches', 'Mailboxes whose servers are watched for news', gauges.watches);
  const server = createServer(async (request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    const body = await registry.metrics();
    response.writeHead(200, { 'Content-Type': registry.contentType }).end(body);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}
