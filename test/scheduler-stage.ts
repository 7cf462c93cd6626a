/** A scheduler whose leases, runs and time are in a test's hands. */
import assert from 'node:assert/strict';
import type { MailboxId, UserId } from '../src/core/mailbox.ts';
import type { Lease, Leases, Verdict } from '../src/core/schedule.ts';
import { Scheduler } from '../workers/scheduler.ts';
import type { RunControl } from '../workers/visit.ts';

export const VERDICT: Verdict = { nextRunAt: 1, faultCode: null, failures: 0, synced: true };
export const id = (name: string): MailboxId => name as MailboxId;
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
export const leaseOf = (name: string, epoch = 1n, user = name) =>
  ({ mailboxId: id(name), userId: user as UserId, epoch }) as Lease;

export interface Run {
  readonly lease: Lease;
  readonly control: RunControl;
  readonly end: (verdict?: Verdict | null) => Promise<void>;
}

/** A worker with leases, runs and time in the test's hands. */
export class Stage {
  readonly calls: string[] = [];
  readonly runs: Run[] = [];
  readonly due: Lease[] = [];
  readonly sleeps: { readonly ms: number; readonly pass: () => void }[] = [];
  recalled: MailboxId[] | null = [];
  now = 0;
  claim: (limit: number) => Promise<readonly Lease[]> = async (limit) => this.due.splice(0, limit);
  release: (lease: Lease) => Promise<void> = async () => {};
  register: (held: readonly MailboxId[]) => Promise<void> = async () => {};
  readonly scheduler: Scheduler;

  constructor(limits: { maxRuns?: number; maxRunsPerUser?: number; maxWatches?: number } = {}) {
    const leases: Leases = {
      beat: async () => {
        const answer = this.recalled;
        this.recalled = [];
        return answer;
      },
      claim: (limit) => this.claim(limit),
      release: async (lease, verdict) => {
        this.calls.push(`release ${lease.mailboxId} ${lease.epoch} ${verdict === null ? 'null' : 'verdict'}`);
        await this.release(lease);
      },
      register: async (held) => {
        this.calls.push(`register [${[...held].sort()}]`);
        await this.register(held);
      },
      unregister: async () => void this.calls.push('unregister'),
    };
    const clock = {
      now: () => this.now,
      sleep: (ms: number, signal: AbortSignal) =>
        new Promise<void>((resolve, reject) => {
          this.sleeps.push({ ms, pass: resolve });
          signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        }),
    };
    const quiet = () => {};
    const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
    const run = (lease: Lease, control: RunControl) => this.#run(lease, control);
    this.scheduler = new Scheduler({
      leases,
      run,
      clock,
      log,
      maxRuns: 2,
      maxRunsPerUser: 2,
      maxWatches: 2,
      ...limits,
    });
  }

  #run(lease: Lease, control: RunControl): Promise<Verdict | null> {
    const { promise, resolve } = Promise.withResolvers<Verdict | null>();
    const end = async (verdict: Verdict | null = VERDICT) => {
      resolve(verdict);
      await settled();
    };
    this.runs.push({ lease, control, end });
    return promise;
  }

  async tick(...due: Lease[]): Promise<void> {
    this.due.push(...due);
    await this.scheduler.tick();
    await settled();
  }

  get running(): readonly string[] {
    return this.runs.map(({ lease }) => lease.mailboxId);
  }

  at(index: number): Run {
    const one = this.runs[index];
    assert.ok(one, `run ${index}`);
    return one;
  }
}

export const aborted = ({ control }: Run) => [control.gentle.aborted, control.hard.aborted];
