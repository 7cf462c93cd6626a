/** `npm start` with the stand-in for Google, on a free port, with its data in `dir`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { freePort } from '../demo/free-port.ts';
import { startGoogle } from '../standins/google/server.ts';
import { end } from './child.ts';

const ROOT = new URL('..', import.meta.url).pathname;

export interface WholeService {
  readonly url: string;
  stop(): Promise<void>;
}

export async function startWholeService(dir: string): Promise<WholeService> {
  const google = await startGoogle();
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const child = spawn(process.execPath, ['src/start.ts'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...google.environment,
      PORT: String(port),
      PUBLIC_URL: url,
      METRICS_PORT: '0',
      DATA_DIR: dir,
      LOG_LEVEL: 'warn',
    },
  });
  const lines = createInterface({ input: child.stdout });
  const exited = once(child, 'exit').then(() => Promise.reject(new Error('the service ended early')));
  exited.catch(() => undefined);
  await Promise.race([
    exited,
    new Promise<void>((resolve) => {
      lines.on('line', (line) => line.startsWith('smtp-sync is ready') && resolve());
    }),
  ]);
  return {
    url,
    stop: async () => {
      await end(child, 'SIGTERM');
      await google.close();
    },
  };
}
