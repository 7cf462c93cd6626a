/** Claims due mailboxes and hands them, credentials still sealed, to concurrent runs; ends them in order. */
import { schedule } from 'node-cron';
import { isFault } from '../src/core/fault.ts';
import type { MailboxId, UserId } from '../src/core/mailbox.ts';
import type { Clock, Log } from '../src/core/ports.ts';
import type { Lease, Leases, Verdict } from '../src/core/schedule.ts';
import type { RunControl } from './visit.ts';

export interface SchedulerDeps {
  readonly leases: Leases;
  readonly run: (lease: Lease, control: RunControl) => Promise<Verdict | null>;
  readonly clock: Clock;
  readonly log: Log;
  /** Runs at once that are not merely waiting for news. */
  readonly maxRuns: number;
  /** Of these for one user, whose other mailboxes wait: servers that never answer must not take all there are. */
  readonly maxRunsPerUser: number;
  /** Sessions at once that wait for news; beyond it mailboxes are polled. */
  readonly maxWatches: number;
}

interface Held {
  readonly userId: UserId;
  readonly gentle: AbortController;
  readonly hard: AbortController;
  readonly done: Promise<void>;
  /** It may run, or it is to end without having run. */
  readonly proceed: () => void;
  phase: 'waiting' | 'running' | 'watching';
}

/** How long a recalled run may finish what is under way, ms. */
const RECALL_PATIENCE = 10_000;

export class Scheduler {
  readonly #deps: SchedulerDeps;
  readonly #held = new Map<MailboxId, Held>();
  readonly #stopped = new AbortController();
  #pausedUntil = 0;
  /** Leases may be in this worker's name that it does not know of. */
  #doubtful = false;
  #tickUnderway: Promise<void> = Promise.resolve();
  #cron: { stop(): unknown } | undefined;

  constructor(deps: SchedulerDeps) {
    this.#deps = deps;
  }

  get active(): number {
    return this.#count('running');
  }

  get watching(): number {
    return this.#count('watching');
  }

  #count(wanted: Held['phase']): number {
    return [...this.#held.values()].filter(({ phase }) => phase === wanted).length;
  }

  #runningByUser(): Map<UserId, number> {
    const running = new Map<UserId, number>();
    for (const { userId, phase } of this.#held.values())
      if (phase === 'running') running.set(userId, (running.get(userId) ?? 0) + 1);
    return running;
  }

  /** Runs that may begin. Of one user only the allowed count: when many have news at once they run all the same. */
  get #free(): number {
    const { maxRuns, maxRunsPerUser } = this.#deps;
    const counted = [...this.#runningByUser().values()].map((count) => Math.min(count, maxRunsPerUser));
    return maxRuns - counted.reduce((sum, count) => sum + count, 0);
  }

  /** Others may be due that were not claimed. */
  get #isFull(): boolean {
    return this.#free <= 0;
  }

  /** Whether a mailbox of the user's was claimed and waits for its turn. */
  #waits(userId: UserId): boolean {
    return [...this.#held.values()].some((held) => held.userId === userId && held.phase === 'waiting');
  }

  /** Makes the worker known and ticks once a second (node-cron); due times live in the database. */
  async start(): Promise<void> {
    await this.#deps.leases.register([]);
    // What it says of missed ticks would go past our log, and the next tick makes up for them.
    this.#cron = schedule('* * * * * *', () => this.tick(), { noOverlap: true, suppressMissedWarning: true });
  }

  /** One look at the schedule. Never throws. */
  tick(): Promise<void> {
    this.#tickUnderway = this.#tick().catch((error: unknown) => {
      const level = isFault(error, 'database-unavailable') ? 'warn' : 'error';
      this.#deps.log[level]('tick failed', { error });
    });
    return this.#tickUnderway;
  }

  /** Stops claiming, lets runs finish what is under way for `patienceMs`, then lets go; all leases given back. */
  async stop(patienceMs: number): Promise<void> {
    this.#stopped.abort();
    this.#cron?.stop();
    await this.#tickUnderway;
    await Promise.all([...this.#held.values()].map((held) => this.#end(held, patienceMs)));
    await this.#deps.leases.unregister();
  }

  async #tick(): Promise<void> {
    const { leases, clock } = this.#deps;
    const recalled = await leases.beat();
    if (recalled === null) {
      // Taken for dead, so the leases are others' by now; the epoch fences whatever is still under way.
      this.#deps.log.warn('worker was taken for dead');
      for (const held of this.#held.values()) held.hard.abort();
      this.#doubtful = true;
    }
    for (const mailboxId of recalled ?? []) {
      const held = this.#held.get(mailboxId);
      if (held) void this.#end(held, RECALL_PATIENCE);
    }
    const doubt = (error: unknown): never => {
      this.#doubtful = true;
      throw error;
    };
    if (this.#doubtful) {
      // Before the call: a lease that cannot be given back meanwhile is a doubt of its own.
      this.#doubtful = false;
      await leases.register([...this.#held.keys()]).catch(doubt);
    }
    const free = this.#free;
    if (free <= 0 || this.#stopped.signal.aborted || clock.now() < this.#pausedUntil) return;
    // Should the answer get lost, leases are ours that we do not know of.
    const claimed = await leases.claim(free).catch(doubt);
    for (const lease of claimed) this.#begin(lease);
  }

  #begin(lease: Lease): void {
    const gentle = new AbortController();
    const hard = new AbortController();
    const { promise: turn, resolve: proceed } = Promise.withResolvers<void>();
    for (const { signal } of [gentle, hard])
      signal.addEventListener('abort', () => proceed(), { once: true });
    const before = this.#held.get(lease.mailboxId);
    const done = Promise.all([before?.done, turn])
      .then(() => this.#visit(lease, held))
      .finally(() => {
        if (this.#held.get(lease.mailboxId) === held) this.#held.delete(lease.mailboxId);
        this.#promote();
      });
    const held: Held = { userId: lease.userId, gentle, hard, done, proceed, phase: 'waiting' };
    this.#held.set(lease.mailboxId, held);
    this.#promote();
    if (this.#stopped.signal.aborted) gentle.abort();
  }

  /** Lets those run whose user has room for it, in the order in which they were claimed. */
  #promote(): void {
    const running = this.#runningByUser();
    for (const held of this.#held.values()) {
      const count = running.get(held.userId) ?? 0;
      if (held.phase !== 'waiting' || count >= this.#deps.maxRunsPerUser) continue;
      held.phase = 'running';
      running.set(held.userId, count + 1);
      held.proceed();
    }
  }

  async #visit(lease: Lease, own: Held): Promise<void> {
    const { run, leases, log, maxWatches } = this.#deps;
    const control: RunControl = {
      gentle: own.gentle.signal,
      hard: own.hard.signal,
      watching: (on) => {
        if (on && this.watching >= maxWatches) return false;
        own.phase = on ? 'watching' : 'running';
        if (on) this.#promote();
        return true;
      },
      othersWait: () => this.#isFull || this.#waits(lease.userId),
      pause: (until) => {
        this.#pausedUntil = Math.max(this.#pausedUntil, until);
      },
    };
    // One that is asked to end before its turn has nothing to say.
    const verdict = own.phase === 'waiting' ? null : await run(lease, control);
    try {
      await leases.release(lease, verdict);
    } catch (error) {
      log.warn('lease not given back', { mailboxId: lease.mailboxId, error });
      this.#doubtful = true;
    }
  }

  /** Asks a run to end, and makes it end after `patienceMs`. */
  async #end(held: Held, patienceMs: number): Promise<void> {
    held.gentle.abort();
    const patience = new AbortController();
    const over = this.#deps.clock.sleep(patienceMs, patience.signal).then(
      () => held.hard.abort(),
      () => undefined,
    );
    await held.done;
    patience.abort();
    await over;
  }
}
