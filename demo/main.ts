/**
 * `npm run demo`: the whole service on this machine with stand-ins for Google, Microsoft, Stripe, Mailjet and mail servers, nothing to
 * configure and nothing kept. Ctrl-C ends everything it started.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { readDemoConfig } from '../src/config-commands.ts';
import { ConfigError } from '../src/config-parse.ts';
import { createAuthority } from '../standins/authority.ts';
import { startGoogle } from '../standins/google/server.ts';
import { startMailjet } from '../standins/mailjet/server.ts';
import { startStripe } from '../standins/stripe/server.ts';
import { freePort } from './free-port.ts';
import { type DemoMailbox, startMailboxes } from './mailboxes.ts';
import { startOutlook } from './outlook.ts';

const ROOT = new URL('..', import.meta.url).pathname;
const READY = 'smtp-sync is ready';

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());

async function main(signal: AbortSignal): Promise<void> {
  const config = readDemoConfig(process.env);
  const port = config.port || (await freePort());
  const dir = await mkdtemp(join(tmpdir(), 'smtp-sync-demo-'));
  const authority = await createAuthority();
  const caFile = join(dir, 'ca.pem');
  await writeFile(caFile, authority.caPem);
  const google = await startGoogle({ accounts: ['you@gmail.example'], keepBytes: 65_536 });
  const mailjet = await startMailjet({ leaf: await authority.issue(['localhost']) });
  const stripe = await startStripe({ webhookUrl: `http://localhost:${port}/webhooks/stripe` });
  const mail = await startMailboxes(authority);
  const outlook = await startOutlook(authority);
  // PostgreSQL runs under an account of its own when this is root, and must be able to get there.
  await chmod(dir, 0o755);
  let service: ChildProcess | undefined;
  try {
    const url = `http://localhost:${port}`;
    service = startService({
      ...config.environment,
      ...google.environment,
      ...mailjet.environment,
      ...stripe.environment,
      ...outlook.environment,
      // All mailboxes are to flow before anybody subscribes.
      FREE_MAILBOXES: '3',
      FREE_POLL_SECONDS: '5',
      PORT: String(port),
      PUBLIC_URL: url,
      METRICS_PORT: '0',
      DATA_DIR: dir,
      MAIL_PRIVATE_NETWORKS: '127.0.0.0/8,::1/128',
      WEBHOOK_PRIVATE_NETWORKS: '127.0.0.0/8,::1/128',
      NODE_EXTRA_CA_CERTS: caFile,
      POLL_SECONDS: '5',
      // What Gmail allows to older Cloud projects; new ones have 240, and the sample mail is more.
      GMAIL_IMPORTS_PER_MINUTE: '600',
      LOG_LEVEL: 'warn',
    });
    await untilReady(service, signal);
    const pages = { gmail: `${google.origin}/gmail`, notices: mailjet.pageUrl, payments: stripe.origin };
    if (!signal.aborted) console.log(welcome(url, pages, mail.mailboxes, outlook.address));
    if (!(await untilEnded(service, signal))) process.exitCode = 1;
  } finally {
    if (service) await end(service);
    await Promise.all([mail.close(), outlook.close(), google.close(), mailjet.close(), stripe.close()]);
    await rm(dir, { recursive: true, force: true });
  }
}

function startService(env: Record<string, string>): ChildProcess {
  // A process group of its own, so that Ctrl-C reaches it once, through us, and it can end in order.
  return spawn(process.execPath, ['src/start.ts'], {
    cwd: ROOT,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Passes the service's output on, but for its own ready line; returns at that line, or when there is no more to wait for. */
async function untilReady(service: ChildProcess, signal: AbortSignal): Promise<void> {
  if (!service.stdout) throw new Error('the service has no output');
  const lines = createInterface({ input: service.stdout });
  await new Promise<void>((resolve) => {
    service.once('exit', () => resolve());
    signal.addEventListener('abort', () => resolve(), { once: true });
    lines.on('line', (line) => {
      if (line.startsWith(READY)) resolve();
      else console.log(line);
    });
  });
}

/** False when the service ended by itself. */
async function untilEnded(service: ChildProcess, signal: AbortSignal): Promise<boolean> {
  const aborted = new Promise<void>((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  if (!signal.aborted && isRunning(service)) await Promise.race([aborted, once(service, 'exit')]);
  return signal.aborted;
}

async function end(service: ChildProcess): Promise<void> {
  if (!isRunning(service)) return;
  service.kill('SIGTERM');
  await once(service, 'exit');
}

const isRunning = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

/** The stand-ins' own pages. */
interface Pages {
  readonly gmail: string;
  readonly notices: string;
  readonly payments: string;
}

const welcome = (url: string, pages: Pages, mailboxes: readonly DemoMailbox[], outlook: string): string => `
  Open ${url}

  1. Continue with Google: a stand-in asks for consent; allow it.
  2. Connect a mailbox; these two are full of sample mail and get more every few seconds:
${mailboxes.map(describe).join('\n')}
     or type ${outlook}: you sign in at a pretended Microsoft, and no password is asked for.
  3. Watch it arrive at the stand-in's Gmail: ${pages.gmail}
     With a label, if you choose one in the wizard: the stand-in asks for that permission then.
  4. Subscribe under Billing; a stand-in takes the card. Let a payment fail, and time go by, at: ${pages.payments}
  5. Notices by mail, when there is something to tell: ${pages.notices}

  Ctrl-C ends everything; nothing is kept.
`;

const describe = ({ protocol, host, port, security, username, password }: DemoMailbox): string =>
  `       ${protocol.toUpperCase().padEnd(4)}  host ${host}   port ${port}   security ${security === 'tls' ? 'TLS' : 'STARTTLS'}\n` +
  `             user ${username}   password ${password}`;

try {
  await main(stopping.signal);
} catch (error) {
  // What somebody has to put right needs no stack.
  console.error(error instanceof ConfigError ? error.message : error);
  process.exitCode = 1;
}
