/**
 * `npm run test:kills -- [kills=100] [seed]`: the whole service beside a second worker, a Gmail that merges nothing,
 * and mail that keeps coming to IMAP and POP3 mailboxes, while one worker after the other is killed with SIGKILL. Counts
 * in the end. Exits 0 only when nothing was lost, twice or altered; always within 10 s a kill and 5 minutes.
 */
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAuthority } from '../../standins/authority.ts';
import type { FaultPoint } from '../../standins/google/faults.ts';
import { type Service, startService, untilSome } from '../service.ts';
import { countAll, report, signInOwners, untilSettled } from './books.ts';
import { type Mail, startMail } from './mail.ts';
import { keepSecondWorker, type SecondWorker } from './second-worker.ts';

const MESSAGES = 3_200;
/** There before the first kill. The rest comes while workers die. */
const FIRST = 800;
/** Longer than an import takes to be answered, so that a kill can come between. */
const GOOGLE_MS = 60;
const MOMENT_MS = 400;
const CALL_PATIENCE_MS = 3_000;
/** Between two kills up to this many messages arrive, if they do in time. */
const BETWEEN = 30;
const BETWEEN_PATIENCE_MS = 4_000;
const SETTLE_PATIENCE_MS = 150_000;

const CALLS = ['open', 'commit', 'arrival', 'moment'] as const;
type Style = (typeof CALLS)[number];

interface Stage {
  readonly service: Service;
  readonly second: SecondWorker;
  readonly mail: Mail;
  readonly random: (below: number) => number;
  /** Calls `act` inside Google's next call of that kind; answers whether one came in time. */
  readonly atNext: (point: FaultPoint, act: () => void) => Promise<boolean>;
}

async function main(kills: number, seed: number): Promise<number> {
  console.log(`${kills} kills, seed ${seed}; ends within ${Math.ceil((kills * 10 + 300) / 60)} minutes`);
  const overtime = setTimeout(
    () => {
      console.error('out of time');
      process.exit(1);
    },
    (kills * 10 + 300) * 1000,
  );
  const started = performance.now();
  const calls = watchCalls();
  const authority = await createAuthority();
  const mail = await startMail(authority);
  const service = await startService({
    authority,
    google: { delayMs: GOOGLE_MS, hook: calls.hook },
    env: { GMAIL_IMPORTS_PER_MINUTE: '1000000', LOG_LEVEL: 'error' },
  });
  const second = keepSecondWorker(service);
  try {
    mail.deliver(FIRST, () => 0);
    const owners = await signInOwners(service, mail);
    const random = generator(seed);
    const styles = await strikeAll(kills, { service, second, mail, random, atNext: calls.atNext });
    const settled = await untilSettled(owners, mail, SETTLE_PATIENCE_MS);
    const entries = await countAll(owners);
    await second.stop();
    await service.stop();
    const seconds = Math.round((performance.now() - started) / 1000);
    return report({ kills, styles, settled, entries, seconds, asked: calls.asked(), mail, service });
  } finally {
    await second.stop();
    await service.stop();
    await mail.close();
    clearTimeout(overtime);
  }
}

async function strikeAll(kills: number, stage: Stage): Promise<Record<Style, number>> {
  const { service, second, mail, random } = stage;
  const arrived = () => service.google.messages.length;
  const done: Record<Style, number> = { open: 0, commit: 0, arrival: 0, moment: 0 };
  for (let kill = 0; kill < kills; kill += 1) {
    const style = CALLS[random(CALLS.length)] ?? 'moment';
    // One of the two, or both.
    const victims = random(3);
    const pids = [
      ...(victims === 1 ? [] : [await service.workerPid()]),
      ...(victims === 0 ? [] : [await second.pid()]),
    ];
    const share = Math.ceil(((MESSAGES - FIRST) * (kill + 1)) / kills);
    mail.deliver(FIRST + share - mail.sent.length, random);
    const mark = arrived() + 1 + random(BETWEEN);
    await untilSome(() => (arrived() >= mark ? true : null), BETWEEN_PATIENCE_MS).catch(() => undefined);
    done[await strike(style, pids, stage)] += 1;
    await untilSome(() => (pids.some(isRunning) ? null : true));
    if ((kill + 1) % 10 === 0)
      console.log(`killed ${kill + 1} times, ${arrived()} of ${mail.sent.length} arrived`);
  }
  return done;
}

/** What it came to: a call that does not come in time makes it a kill at any moment. */
async function strike(style: Style, pids: readonly number[], { random, atNext }: Stage): Promise<Style> {
  const kill = (): void => {
    for (const pid of pids) process.kill(pid, 'SIGKILL');
  };
  if (style === 'moment') await sleep(random(MOMENT_MS));
  // An arrival is behind the commit, while its answer is held back.
  else if (style === 'arrival' && (await atNext('commit', () => setTimeout(kill, random(GOOGLE_MS)))))
    return style;
  else if (style !== 'arrival' && (await atNext(style, kill))) return style;
  kill();
  return 'moment';
}

function watchCalls() {
  let waiting: { point: FaultPoint; act: () => void } | undefined;
  let asked = 0;
  return {
    asked: () => asked,
    hook: (point: FaultPoint): undefined => {
      if (point === 'status') asked += 1;
      if (point !== waiting?.point) return;
      const { act } = waiting;
      waiting = undefined;
      act();
    },
    async atNext(point: FaultPoint, act: () => void): Promise<boolean> {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const late = setTimeout(resolve, CALL_PATIENCE_MS, false);
      waiting = {
        point,
        act: () => {
          act();
          resolve(true);
        },
      };
      const came = await promise;
      clearTimeout(late);
      waiting = undefined;
      return came;
    },
  };
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Numbers from 0 to `below` - 1, the same for a seed (mulberry32). */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) % below;
  };
}

const [kills = '100', seed = String(randomInt(2 ** 31))] = process.argv.slice(2);
if (!/^[1-9]\d{0,3}$/.test(kills) || !/^\d{1,10}$/.test(seed)) {
  console.error('usage: npm run test:kills -- [kills=100] [seed]');
  process.exitCode = 1;
} else process.exitCode = await main(Number(kills), Number(seed));
