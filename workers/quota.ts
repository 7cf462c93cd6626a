/**
 * Gmail's allowance per user, kept before Gmail has to say so: imports in any 60 seconds (6,000 units a minute at
 * 25 an import), and the daily upload bandwidth, of which a backlog leaves a fifth to new mail. All mailboxes of a
 * user are visited by one worker (claim_mailboxes), so the count lives in memory.
 */
import type { UserId } from '../src/core/mailbox.ts';
import type { Clock } from '../src/core/ports.ts';
import { DAY, MINUTE } from '../src/core/schedule.ts';

export interface Allowance {
  readonly importsPerMinute: number;
  /** Bytes per user and UTC day. */
  readonly bytesPerDay: number;
}

/** Of the daily bandwidth. */
export const BACKLOG_SHARE = 0.8;
/** What an import takes of Gmail's allowance. */
const IMPORT_UNITS = 25;

interface Use {
  /** Times of the imports of the last minute, ascending. */
  recent: number[];
  day: number;
  bytes: number;
  /** Of other calls, not yet those of one import. */
  units: number;
}

export class Quota {
  readonly #allowance: Allowance;
  readonly #clock: Clock;
  readonly #users = new Map<UserId, Use>();

  constructor(allowance: Allowance, clock: Clock) {
    this.#allowance = allowance;
    this.#clock = clock;
  }

  /** Waits until at least one import is free, then takes up to `most`; how many. Rejects when aborted. */
  async take(userId: UserId, most: number, signal: AbortSignal): Promise<number> {
    for (;;) {
      signal.throwIfAborted();
      const now = this.#clock.now();
      const use = this.#use(userId, now);
      const free = this.#allowance.importsPerMinute - use.recent.length;
      if (free > 0) {
        const taken = Math.min(free, most);
        for (let i = 0; i < taken; i += 1) use.recent.push(now);
        return taken;
      }
      await this.#clock.sleep(Math.max(1, (use.recent[0] ?? now) + MINUTE - now), signal);
    }
  }

  /** What was taken and not used. */
  giveBack(userId: UserId, count: number): void {
    const { recent } = this.#use(userId, this.#clock.now());
    recent.splice(Math.max(0, recent.length - count));
  }

  /** Units that another call than an import takes; nobody waits for them, imports make up for them. */
  charge(userId: UserId, units: number): void {
    const now = this.#clock.now();
    const use = this.#use(userId, now);
    use.units += units;
    for (; use.units >= IMPORT_UNITS; use.units -= IMPORT_UNITS) use.recent.push(now);
  }

  /** Bytes that went to Gmail. */
  spend(userId: UserId, bytes: number): void {
    this.#use(userId, this.#clock.now()).bytes += bytes;
  }

  /** What earlier runs, perhaps of other workers, have spent today: the larger figure counts. */
  restore(userId: UserId, bytesToday: number): void {
    const use = this.#use(userId, this.#clock.now());
    use.bytes = Math.max(use.bytes, bytesToday);
  }

  /** When backlog may go on for this user, ms since the epoch; null: now. New mail is left to Gmail's own word. */
  backlogResumesAt(userId: UserId): number | null {
    const now = this.#clock.now();
    const { bytes } = this.#use(userId, now);
    return bytes < this.#allowance.bytesPerDay * BACKLOG_SHARE ? null : (Math.floor(now / DAY) + 1) * DAY;
  }

  #use(userId: UserId, now: number): Use {
    const day = Math.floor(now / DAY);
    let use = this.#users.get(userId);
    if (!use || use.day !== day) {
      use = { recent: use?.recent ?? [], day, bytes: 0, units: use?.units ?? 0 };
      this.#users.set(userId, use);
    }
    const kept = use.recent.findIndex((at) => at > now - MINUTE);
    if (kept !== 0) use.recent.splice(0, kept < 0 ? use.recent.length : kept);
    return use;
  }
}
