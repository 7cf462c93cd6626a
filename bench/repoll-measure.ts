/** An import of one very large mailbox, and looks at it with nothing new: what they take. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Passed } from './doors.ts';
import type { Box } from './owners.ts';
import { cpuSeconds, familyCpuSeconds, peakBytes } from './proc.ts';
import { startProgress } from './progress.ts';
import type { Stage } from './stage.ts';
import { countStatements } from './statement-count.ts';

const VISITS = 10;
/** The worker’s own statements: first those of its start go by. */
const SETTLE_MS = 5_000;
const IDLE_MS = 10_000;
const LOOK_MS = 100;

export interface Scene {
  readonly stage: Stage;
  readonly protocol: 'imap' | 'pop3';
  readonly box: Box;
  readonly email: string;
  readonly messages: number;
  /** What has passed the door to the mailbox's server. */
  readonly passed: () => Promise<Readonly<Passed>>;
  /** Everything ends with it. */
  readonly signal: AbortSignal;
}

export interface Imported {
  readonly seconds: number;
  /** CPU seconds. */
  readonly worker: number;
  readonly postgres: number;
  readonly peak: number;
  /** Sessions on the server, and bytes from it. */
  readonly visits: number;
  readonly down: number;
}

/** Of one visit, but for the peak. */
export interface Cost {
  readonly up: number;
  readonly down: number;
  readonly ms: number;
  readonly cpuMs: number;
  readonly postgresMs: number;
  readonly statements: number;
  /** The most memory that the process ever had resident, bytes. */
  readonly peak: number;
}

/** Throws when a message is lost, or there twice, or was changed. */
export async function importAll(scene: Scene): Promise<Imported> {
  const { stage, box, email, messages, protocol, signal, passed } = scene;
  await stage.reset(0);
  await using worker = await stage.startWorker();
  const progress = startProgress(`imported over ${protocol.toUpperCase()}`, messages);
  const [began, cpu, before] = [performance.now(), cpuSeconds(worker.pid), await passed()];
  const postgres = familyCpuSeconds(stage.postgresPid);
  await stage.owners.activate([box]);
  for (let come = 0; come < messages; ) {
    await sleep(LOOK_MS, undefined, { signal });
    come = await stage.arrived();
    progress.show(come);
  }
  progress.end();
  await stage.owners.untilDelivered([box], messages);
  const imported = {
    seconds: (performance.now() - began) / 1_000,
    worker: cpuSeconds(worker.pid) - cpu,
    postgres: familyCpuSeconds(stage.postgresPid) - postgres,
    peak: peakBytes(worker.pid),
  };
  // The last visit ends when it has counted the whole mailbox for the reconciliation.
  while (!(await stage.owners.isIdle(box))) await sleep(LOOK_MS, undefined, { signal });
  const after = await passed();
  await stage.owners.pause([box]);
  const tally = await stage.tally(email, messages);
  if (tally.lost + tally.twice + tally.strange > 0)
    throw new Error(`lost ${tally.lost}, twice ${tally.twice}, strange ${tally.strange}`);
  return { ...imported, visits: after.visits - before.visits, down: after.down - before.down };
}

/** Means of some visits of a fresh worker, less what it does anyway. */
export async function measureVisits(scene: Scene): Promise<Cost> {
  const { stage, box, signal, passed } = scene;
  await using door = await countStatements(stage.workerUrl);
  await using worker = await stage.startWorker({ DATABASE_URL: door.url });
  const look = () => ({
    at: performance.now(),
    cpu: cpuSeconds(worker.pid),
    postgres: familyCpuSeconds(stage.postgresPid),
    bound: new Map(door.bound),
  });
  await sleep(SETTLE_MS, undefined, { signal });
  const quiet = look();
  await sleep(IDLE_MS, undefined, { signal });
  const before = look();
  const come = await stage.arrived();
  const idle = (of: 'cpu' | 'postgres') => (before[of] - quiet[of]) / (before.at - quiet.at);
  await stage.owners.activate([box]);
  // Code is compiled by the first.
  const from = await untilVisits(scene, (await passed()).visits + 2);
  const began = look();
  const to = await untilVisits(scene, from.visits + VISITS);
  const ended = look();
  const visits = to.visits - from.visits;
  const ms = ended.at - began.at;
  // PostgreSQL may tidy up behind the import while nothing else happens.
  const own = (of: 'cpu' | 'postgres') =>
    Math.max(0, (ended[of] - began[of] - idle(of) * ms) * 1_000) / visits;
  await stage.owners.pause([box]);
  if ((await stage.arrived()) !== come) throw new Error('something seemed new');
  return {
    ...perVisit(from, to),
    cpuMs: own('cpu'),
    postgresMs: own('postgres'),
    statements: sumOfNew(before.bound, began.bound, ended.bound) / visits,
    peak: peakBytes(worker.pid),
  };
}

/** The same for the obvious way: `look` answers how many messages it finds new. */
export async function measureObvious(scene: Scene, pid: number, look: () => Promise<number>): Promise<Cost> {
  const { messages, passed, signal } = scene;
  const { visits } = await passed();
  // It has to learn them first.
  if ((await look()) !== messages) throw new Error('the mailbox is not as it should be');
  await look();
  const from = await untilVisits(scene, visits + 2);
  const began = cpuSeconds(pid);
  for (let visit = 0; visit < VISITS; visit += 1) {
    signal.throwIfAborted();
    if ((await look()) !== 0) throw new Error('something seemed new');
  }
  const cpuMs = ((cpuSeconds(pid) - began) * 1_000) / VISITS;
  const to = await untilVisits(scene, from.visits + VISITS);
  return { ...perVisit(from, to), cpuMs, postgresMs: 0, statements: 0, peak: peakBytes(pid) };
}

const perVisit = (from: Passed, to: Passed): Pick<Cost, 'up' | 'down' | 'ms'> => {
  const visits = to.visits - from.visits;
  return {
    up: (to.up - from.up) / visits,
    down: (to.down - from.down) / visits,
    ms: (to.ms - from.ms) / visits,
  };
};

async function untilVisits({ passed, signal }: Scene, wanted: number): Promise<Passed> {
  for (;;) {
    const now = await passed();
    if (now.visits >= wanted) return now;
    await sleep(LOOK_MS, undefined, { signal });
  }
}

/** Of the statements that an idle worker never makes. */
function sumOfNew(
  idle: ReadonlyMap<string, number>,
  began: ReadonlyMap<string, number>,
  ended: ReadonlyMap<string, number>,
): number {
  const own = [...ended].filter(([name]) => !idle.has(name));
  return own.reduce((sum, [name, times]) => sum + times - (began.get(name) ?? 0), 0);
}
