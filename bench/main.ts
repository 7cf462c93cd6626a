/**
 * `npm run bench`: messages a second and CPU per message of three ways from IMAP to Gmail, side by side and taking turns
 * in one run: a bare loop, imapflow with Google's client, and our worker with its database. Then the worker's peak
 * memory. Always within six minutes.
 */
import type { UserId } from '../src/core/mailbox.ts';
import { type Child, startChild } from './child.ts';
import type { Task } from './contender.ts';
import { PASSWORD } from './mail-process.ts';
import { measureMemory } from './memory.ts';
import type { Box } from './owners.ts';
import { cpuSeconds, familyCpuSeconds } from './proc.ts';
import { type Stage, setStage } from './stage.ts';
import { printTable, type Round, type Sample } from './table.ts';

const USERS = 20;
const MESSAGES = 100;
const ROUNDS = 3;
const DELAYS_MS = [0, 30];
/** Imports at once per user: what workers/main.ts allows each. */
const AT_ONCE = 2;
const OVERTIME_MS = 345_000;

/** 1 to 100 KB, half of them up to 20 KB, evenly spread on a logarithmic scale; in an order that mixes them. */
const SIZES = Array.from({ length: MESSAGES }, (_, n) => {
  const at = ((n * 37) % MESSAGES) / (MESSAGES - 1);
  return Math.round(at < 0.5 ? 1_000 * 20 ** (2 * at) : 20_000 * 5 ** (2 * at - 1));
});

interface Runner {
  readonly name: Sample['name'];
  /** One round with these users' mail; resolves when all is done. */
  run(users: readonly string[], delayMs: number): Promise<Sample>;
}

async function main(): Promise<void> {
  const overtime = setTimeout(() => {
    console.error('out of time');
    process.exit(1);
  }, OVERTIME_MS);
  await using stage = await setStage();
  await using stack = new AsyncDisposableStack();
  const tokens: string[] = [];
  const userIds: UserId[] = [];
  for (let n = 0; n < USERS; n += 1) {
    const grant = await stage.grant(`owner-${n}@gmail.example`);
    tokens.push(grant.accessToken);
    userIds.push(await stage.owners.add(grant));
  }
  const bare = stack.use(startChild<Task, null>('bare.ts', stage.trust));
  const obvious = stack.use(startChild<Task, null>('obvious.ts', stage.trust));
  const worker = stack.use(await stage.startWorker());
  const runners: readonly Runner[] = [
    { name: 'bare', run: (users, delayMs) => runChild('bare', bare, stage, tokens, users, delayMs) },
    { name: 'obvious', run: (users, delayMs) => runChild('obvious', obvious, stage, tokens, users, delayMs) },
    {
      name: 'ours',
      run: async (users, delayMs) => {
        const server = {
          protocol: 'imap',
          host: 'localhost',
          port: stage.ports.imap,
          security: 'tls',
        } as const;
        const boxes: Box[] = [];
        for (const [n, userId] of userIds.entries())
          boxes.push(await stage.owners.connect(userId, server, users[n] ?? '', PASSWORD));
        return runOurs(stage, worker.pid, boxes, delayMs);
      },
    },
  ];
  console.log(`${USERS} users, ${MESSAGES} messages each, ${ROUNDS} rounds, ${AT_ONCE} at once per user`);
  // Code is compiled and connections are made before anything counts.
  for (const runner of runners) await runOnce(runner, stage, 'warm-up', 0);
  for (const delayMs of DELAYS_MS) {
    const rounds: Round[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const turn = [...runners.slice(round % 3), ...runners.slice(0, round % 3)];
      const samples: Sample[] = [];
      for (const runner of turn) samples.push(await runOnce(runner, stage, `${delayMs}-${round}`, delayMs));
      rounds.push(samples);
    }
    printTable(`Google answers after ${delayMs} ms`, rounds);
  }
  await stack.disposeAsync();
  await measureMemory(stage);
  clearTimeout(overtime);
}

async function runOnce(runner: Runner, stage: Stage, label: string, delayMs: number): Promise<Sample> {
  const users = Array.from({ length: USERS }, (_, n) => `${runner.name}-${label}-${n}`);
  await stage.mail.ask({ kind: 'fill', users, sizes: SIZES });
  return runner.run(users, delayMs);
}

async function runChild(
  name: Sample['name'],
  child: Child<Task, null>,
  stage: Stage,
  tokens: readonly string[],
  usernames: readonly string[],
  delayMs: number,
): Promise<Sample> {
  const users = usernames.map((username, n) => ({
    username,
    password: PASSWORD,
    accessToken: tokens[n] ?? '',
  }));
  await stage.reset(delayMs);
  const before = cpuSeconds(child.pid);
  await child.ask({ imapPort: stage.ports.imap, rootUrl: stage.rootUrl, users, atOnce: AT_ONCE });
  const cpu = cpuSeconds(child.pid) - before;
  const { ms } = await stage.arrivals(USERS * MESSAGES);
  return { name, messages: USERS * MESSAGES, seconds: ms / 1000, cpu, cpuWithDatabase: cpu };
}

async function runOurs(stage: Stage, pid: number, boxes: readonly Box[], delayMs: number): Promise<Sample> {
  await stage.reset(delayMs);
  const before = cpuSeconds(pid);
  const databaseBefore = familyCpuSeconds(stage.postgresPid);
  await stage.owners.activate(boxes);
  const { ms } = await stage.arrivals(USERS * MESSAGES);
  await stage.owners.untilDelivered(boxes, MESSAGES);
  const cpu = cpuSeconds(pid) - before;
  const cpuWithDatabase = cpu + familyCpuSeconds(stage.postgresPid) - databaseBefore;
  await stage.owners.remove(boxes);
  return { name: 'ours', messages: USERS * MESSAGES, seconds: ms / 1000, cpu, cpuWithDatabase };
}

await main();
