/** Claims due mailboxes and hands them, credentials still sealed, to concurrent runs; ends them in order. */
import { schedule } from 'node-cron';
import { isFault } from '../src/core/fault.ts';
import type { MailboxId } from '../src/core/mailbox.ts';
import type { Clock, Leases, Log } from '../src/core/ports.ts';
import type { Lease, Verdict } from '../src/core/schedule.ts';
import type { RunControl } from './visit.ts';

export interface SchedulerDeps {
  readonly leases: Leases;
  readonly run: (lease: Lease, control: RunControl) => Promise<Verdict | null>;
  readonly clock: Clock;
  readonly log: Log;
  /** Runs at once that are not merely waiting for news. */
  readonly maxRuns: number;
  /** Sessions at once that wait for news; beyond it mailboxes are polled. */
  readonly maxWatches: number;
}

interface Held {
  readonly gentle: AbortController;
  readonly hard: AbortController;
  readonly done: Promise<void>;
  watching: boolean;
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
    return [...this.#held.values()].filter(({ watching }) => !watching).length;
  }

  get watching(): number {
    return this.#held.size - this.active;
  }

  /** Makes the worker known and ticks once a second (node-cron); due times live in the database. */
  async start(): Promise<void> {
    await this.#deps.leases.register([]);
    this.#cron = schedule('* * * * * *', () => this.tick(), { noOverlap: true });
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
    const { leases, clock, maxRuns } = this.#deps;
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
    const free = maxRuns - this.active;
    if (free <= 0 || this.#stopped.signal.aborted || clock.now() < this.#pausedUntil) return;
    // Should the answer get lost, leases are ours that we do not know of.
    const claimed = await leases.claim(free).catch(doubt);
    for (const lease of claimed) this.#begin(lease);
  }

  #begin(lease: Lease): void {
    const gentle = new AbortController();
    const hard = new AbortController();
    const before = this.#held.get(lease.mailboxId);
    const done = Promise.resolve(before?.done)
      .then(() => this.#visit(lease, { gentle, hard }))
      .finally(() => {
        if (this.#held.get(lease.mailboxId)?.done === done) this.#held.delete(lease.mailboxId);
      });
    this.#held.set(lease.mailboxId, { gentle, hard, done, watching: false });
    if (this.#stopped.signal.aborted) gentle.abort();
  }

  async #visit(lease: Lease, { gentle, hard }: Pick<Held, 'gentle' | 'hard'>): Promise<void> {
    const { run, leases, log, maxWatches } = this.#deps;
    const control: RunControl = {
      gentle: gentle.signal,
      hard: hard.signal,
      watching: (on) => {
        const held = this.#held.get(lease.mailboxId);
        if (!held || (on && this.watching >= maxWatches)) return false;
        held.watching = on;
        return true;
      },
      pause: (until) => {
        this.#pausedUntil = Math.max(this.#pausedUntil, until);
      },
    };
    const verdict = await run(lease, control);
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
