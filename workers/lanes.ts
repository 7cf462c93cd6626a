/**
 * Who may transfer next: a bounded number of transfers per worker and per user, and a budget of bytes in memory.
 * New mail goes before backlog, users take turns, and backlog never fills the last quarter of the lanes, so that
 * nobody's backlog delays another's new mail.
 */
import type { UserId } from '../src/core/mailbox.ts';

export interface LaneRequest {
  readonly userId: UserId;
  readonly backlog: boolean;
  /** Bytes that the transfer will hold in memory at most. */
  readonly bytes: number;
}

export interface LaneLimits {
  readonly total: number;
  readonly perUser: number;
  readonly bytes: number;
}

interface Waiter extends LaneRequest {
  readonly enter: () => void;
}

interface UserLanes {
  active: number;
  limit: number;
  /** Turn number of the last entry, or of the arrival: the smallest is served next. */
  lastTurn: number;
}

export class Lanes {
  readonly #limits: LaneLimits;
  readonly #users = new Map<UserId, UserLanes>();
  #waiters: Waiter[] = [];
  #active = 0;
  #backlog = 0;
  #bytes = 0;
  #turn = 0;

  constructor(limits: LaneLimits) {
    this.#limits = limits;
  }

  /** Waits for a lane; the answer leaves it again (any number of calls count once). Rejects when aborted. */
  async enter(request: LaneRequest, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
        this.#forgetIdle(request.userId);
        this.#dispatch();
        reject(signal.reason);
      };
      const waiter: Waiter = {
        ...request,
        enter: () => {
          signal.removeEventListener('abort', abort);
          resolve();
        },
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#user(request.userId);
      this.#waiters.push(waiter);
      this.#dispatch();
    });
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#leave(request);
    };
  }

  /** Gmail asked for fewer at once for this user: one lane from now on, while the user has any. */
  narrow(userId: UserId): void {
    this.#user(userId).limit = 1;
  }

  #user(userId: UserId): UserLanes {
    let user = this.#users.get(userId);
    if (!user) {
      // Before whoever was served last and behind all others, so that nobody is passed again and again by users who
      // come and go.
      user = { active: 0, limit: this.#limits.perUser, lastTurn: this.#turn - 1 };
      this.#users.set(userId, user);
    }
    return user;
  }

  #leave(request: LaneRequest): void {
    const user = this.#user(request.userId);
    user.active -= 1;
    this.#active -= 1;
    this.#bytes -= request.bytes;
    if (request.backlog) this.#backlog -= 1;
    this.#dispatch();
    this.#forgetIdle(request.userId);
  }

  #forgetIdle(userId: UserId): void {
    const waits = this.#waiters.some((waiter) => waiter.userId === userId);
    if (!waits && this.#user(userId).active === 0) this.#users.delete(userId);
  }

  #dispatch(): void {
    for (let next = this.#next(); next; next = this.#next()) {
      const chosen = next;
      this.#waiters = this.#waiters.filter((waiter) => waiter !== chosen);
      const user = this.#user(chosen.userId);
      this.#turn += 1;
      user.lastTurn = this.#turn;
      user.active += 1;
      this.#active += 1;
      this.#bytes += chosen.bytes;
      if (chosen.backlog) this.#backlog += 1;
      chosen.enter();
    }
  }

  /** The waiter whose turn it is, if there is room for it. */
  #next(): Waiter | undefined {
    if (this.#active >= this.#limits.total) return undefined;
    const backlogFull = this.#backlog >= Math.max(1, Math.floor((this.#limits.total * 3) / 4));
    let best: Waiter | undefined;
    for (const waiter of this.#waiters) {
      const user = this.#user(waiter.userId);
      if (user.active >= user.limit || (waiter.backlog && backlogFull)) continue;
      if (!best || this.#before(waiter, best)) best = waiter;
    }
    // The first in turn waits for its bytes rather than being passed by smaller ones for ever.
    const fits = best && (this.#bytes === 0 || this.#bytes + best.bytes <= this.#limits.bytes);
    return fits ? best : undefined;
  }

  #before(a: Waiter, b: Waiter): boolean {
    if (a.backlog !== b.backlog) return b.backlog;
    return this.#user(a.userId).lastTurn < this.#user(b.userId).lastTurn;
  }
}
