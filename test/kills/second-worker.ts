/** A worker beside the one of `npm start`, as on another machine: under a new name in each of its lives. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Service, untilSome } from '../service.ts';

const ROOT = new URL('../..', import.meta.url).pathname;

export interface SecondWorker {
  /** The process id of the one that runs now; waits for one. */
  pid(): Promise<number>;
  /** SIGTERM; resolves when it has ended. May be called again. */
  stop(): Promise<void>;
}

/** Starts it again whenever it dies, until stopped. */
export function keepSecondWorker(service: Service): SecondWorker {
  let stopping = false;
  let child: ChildProcess | null = null;
  const keepRunning = async (): Promise<void> => {
    while (!stopping) {
      child = spawnWorker(service);
      await once(child, 'exit');
      child = null;
    }
  };
  const ended = keepRunning();
  return {
    pid: () => untilSome(() => child?.pid ?? null),
    async stop() {
      stopping = true;
      child?.kill('SIGTERM');
      await ended;
    },
  };
}

const spawnWorker = ({ dir, google }: Service): ChildProcess =>
  spawn(process.execPath, ['--permission', '--allow-fs-read=*', 'workers/main.ts'], {
    cwd: ROOT,
    // The channel tells it when this process is gone.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      PATH: process.env.PATH,
      ...google.environment,
      DATA_DIR: dir,
      METRICS_PORT: '0',
      MAIL_PRIVATE_NETWORKS: '127.0.0.0/8,::1/128',
      NODE_EXTRA_CA_CERTS: join(dir, 'ca.pem'),
      POLL_SECONDS: '1',
      GMAIL_IMPORTS_PER_MINUTE: '1000000',
      LOG_LEVEL: 'error',
    },
  });
