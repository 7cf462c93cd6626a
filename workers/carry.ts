/**
 * Carries messages from the source to Gmail. Small ones go in groups: a group holds one lane, makes one call to Gmail at a
 * time, and has one transaction for its intents and one for its settlements. Each message is judged on its own.
 */
import type { Listed } from '../src/core/message.ts';
import { SMALL_BYTES } from '../src/core/pending.ts';
import type { Fetched } from '../src/core/ports.ts';
import type { Repair } from '../src/core/repair.ts';
import type { Settlement, WaitingTransfer } from '../src/core/transfer.ts';
import { type Claim, Copies } from './copies.ts';
import {
  approach,
  type Begun,
  begin,
  commit,
  intend,
  type Passage,
  passageOf,
  type Ready,
  recognise,
  skip,
} from './transfer.ts';
import { type Judge, laneOf, noteOpen, noteSettled, type Visit } from './visit.ts';

/** More at once would make new mail wait longer for the lanes of its user's backlog. */
const GROUP_MESSAGES = 16;

/** The groups of one round that are under way. A live resource: whoever makes one waits for its end. */
export class Carrier {
  readonly #visit: Visit;
  readonly #judge: Judge;
  readonly #underway = new Set<Promise<void>>();
  /** What ends the visit. */
  #fatal: { readonly error: unknown } | undefined;
  readonly #copies: Copies;
  /** A fault of its own may have left the last message's body unread. */
  #unread = false;

  constructor(visit: Visit, judge: Judge) {
    this.#visit = visit;
    this.#judge = judge;
    this.#copies = new Copies(visit, (message, retryAt) => this.#holdBack(message, retryAt));
  }

  /** Takes all of the batch in hand. Throws what ends the visit, with nothing under way any more. */
  async carry(wanted: readonly Listed[]): Promise<void> {
    const { deps, source, control } = this.#visit;
    const batch = await this.#withinLimit(wanted);
    if (batch.length === 0) return;
    const missing = new Map(batch.map((message) => [message.key, message]));
    const fetched = source.fetch(batch, control.hard)[Symbol.asyncIterator]();
    try {
      for (let more = true; more && !this.#fatal; ) {
        // The lane comes first: what waits for one must not hold its messages in memory.
        const leave = await deps.lanes.enter(laneOf(this.#visit, batch[0]), control.hard);
        const group: Begun[] = [];
        more = await this.#gather(fetched, missing, group);
        const task = this.#send(group, leave).finally(() => {
          leave();
          this.#underway.delete(task);
        });
        this.#underway.add(task);
        // It streams: nothing else can be fetched meanwhile.
        if (group.at(-1)?.first.total === null) await task;
      }
    } catch (error) {
      this.#fatal ??= { error };
    } finally {
      await fetched.return?.();
    }
    if (this.#fatal) await this.finish();
  }

  /** Settles what its owner's own limit leaves out by the announced size; of what is left the real size decides. */
  async #withinLimit(batch: readonly Listed[]): Promise<readonly Listed[]> {
    const { deps, ledger, lease } = this.#visit;
    const { maxBytes } = lease.options;
    const over = batch.filter(({ size }) => maxBytes !== null && size !== null && size > maxBytes);
    if (over.length === 0) return batch;
    deps.quota.giveBack(lease.userId, over.length);
    await this.#together(
      over.map((message) => ({ message })),
      async ({ message }) => {
        const skipped = overLimit(message);
        await ledger.settle(skipped);
        noteSettled(this.#visit, skipped);
      },
    );
    if (this.#fatal) await this.finish();
    return batch.filter((message) => !over.includes(message));
  }

  /** Back when all is settled or postponed. Throws what ends the visit. */
  async finish(): Promise<void> {
    await Promise.all(this.#underway);
    if (this.#fatal) throw this.#fatal.error;
  }

  /** Fetches small messages into `group`, or one that streams; false when there are no more. */
  async #gather(
    fetched: AsyncIterator<Fetched>,
    missing: Map<string, Listed>,
    group: Begun[],
  ): Promise<boolean> {
    for (let bytes = 0; group.length < GROUP_MESSAGES && bytes < SMALL_BYTES && !this.#fatal; ) {
      const next = await this.#next(fetched, missing);
      if (!next) return false;
      missing.delete(next.message.key);
      const passage = passageOf(this.#repairOf(next.message));
      const begun = await this.#attempt({ message: next.message, passage }, () =>
        begin(next, this.#visit.engine, passage),
      );
      if (!begun) {
        passage.header.destroy();
        continue;
      }
      group.push(begun);
      bytes += passage.bytes;
    }
    return true;
  }

  /** What Gmail has refused the message for, where its owner allows a repaired copy. */
  #repairOf({ key }: Listed): Repair | null {
    const { lease, waiting } = this.#visit;
    return lease.options.repair ? (waiting.get(key)?.repair ?? null) : null;
  }

  async #next(fetched: AsyncIterator<Fetched>, missing: Map<string, Listed>): Promise<Fetched | null> {
    try {
      const next = await fetched.next();
      if (next.done) return null;
      this.#unread = false;
      return next.value;
    } catch (error) {
      const [message] = missing.values();
      // The next message has nothing to do with what was left of a body that nobody wanted to its end.
      if (message && !this.#fatal && !this.#unread)
        await this.#attempt({ message }, () => Promise.reject(error));
      this.#fatal ??= { error };
      return null;
    }
  }

  /** Never throws. */
  async #send(group: readonly Begun[], leave: () => void): Promise<void> {
    const { control } = this.#visit;
    const claims = this.#copies.claim(group);
    let ready: readonly Ready[] = [];
    const before = new Map(group.map(({ message: { key } }) => [key, this.#visit.waiting.get(key)]));
    try {
      const wanted = await this.#wanted(group, claims);
      ready = await this.#inTurn(wanted, (begun) => this.#approach(begun, claims));
      const intended = await this.#together(ready, (one) => intend(one, this.#visit.engine));
      const sent = await this.#inTurn(intended, async (one) => {
        await commit(one, control.hard);
        return one;
      });
      for (const { chunks } of group) await chunks.return();
      // What is left is the books, which need no lane.
      leave();
      await this.#together(sent, (one) => this.#settle(one));
    } catch (error) {
      this.#fatal ??= { error };
    } finally {
      leave();
      for (const { chunks, passage } of group) {
        await chunks.return();
        passage.header.destroy();
      }
      for (const one of ready) this.#noteLeft(one, before.get(one.message.key));
      this.#copies.end(claims);
    }
  }

  /** What ended the visit may have left an intent behind that nobody was asked about: no copy may go before it. */
  #noteLeft({ message: { key }, intent }: Ready, before: WaitingTransfer | undefined): void {
    const { settled, waiting, open } = this.#visit;
    const isJudged = settled.has(key) || open.has(key) || waiting.get(key) !== before;
    if (this.#fatal && !isJudged) noteOpen(this.#visit, intent, before?.tries ?? 0);
  }

  /** Settles what is not to be sent; what is left. */
  async #wanted(group: readonly Begun[], claims: readonly Claim[]): Promise<Begun[]> {
    const { deps, engine, lease } = this.#visit;
    const through = await this.#inTurn(group, async (begun) => {
      const skipped = await skip(begun, engine);
      if (skipped) noteSettled(this.#visit, skipped);
      return skipped ? null : begun;
    });
    const copies = await this.#copies.settle(claims);
    const wanted = through.filter(({ message }) => !copies.has(message.key));
    deps.quota.giveBack(lease.userId, group.length - wanted.length);
    // Of one that streams the rest is left at the source.
    this.#unread ||= group.some((begun) => begun.first.total === null && !wanted.includes(begun));
    return wanted;
  }

  async #approach(begun: Begun, claims: Claim[]): Promise<Ready | null> {
    const one = await approach(begun, this.#visit.engine, null, this.#visit.control.hard);
    const again = this.#copies.claimAgain(begun, one.intent.fingerprint, claims);
    if (again) {
      claims.push(again);
      if ((await this.#copies.settle([again])).size > 0) return null;
    }
    return (await this.#isKnown(one)) ? null : one;
  }

  async #isKnown(ready: Ready): Promise<boolean> {
    const known = await recognise(ready, this.#visit.engine);
    if (typeof known === 'number') await this.#holdBack(ready.message, known);
    else if (known) noteSettled(this.#visit, known);
    return known !== null;
  }

  /** Until another transfer has ended that may be of the same message; not a try that failed. */
  async #holdBack(message: Listed, retryAt: number): Promise<void> {
    const { ledger, waiting } = this.#visit;
    const { tries = 0, repair = null } = waiting.get(message.key) ?? {};
    const postponed = { ...message, tries, retryAt, reason: 'upload-interrupted' } as const;
    await ledger.postpone(postponed);
    waiting.set(message.key, { ...postponed, state: 'waiting', repair });
  }

  async #settle({ delivered }: Ready): Promise<void> {
    const { deps, engine, lease } = this.#visit;
    await engine.ledger.settle(delivered);
    noteSettled(this.#visit, delivered);
    deps.quota.spend(lease.userId, delivered.sizeBytes);
  }

  /** One after the other; what ends the visit ends this too, and those that were through go on. */
  async #inTurn<Before extends Attempted, After>(
    members: readonly Before[],
    step: (member: Before) => Promise<After | null>,
  ): Promise<After[]> {
    const through: After[] = [];
    for (const member of members) {
      const outcome = await this.#attempt(member, () => step(member));
      if (outcome !== null) through.push(outcome);
      else if (this.#fatal) break;
    }
    return through;
  }

  /** In one breath, so that the ledger writes them in one transaction; those that got through. */
  async #together<Member extends Attempted>(
    members: readonly Member[],
    step: (member: Member) => Promise<void>,
  ): Promise<Member[]> {
    const outcomes = await Promise.all(
      members.map((member) =>
        this.#attempt(member, async () => {
          await step(member);
          return member;
        }),
      ),
    );
    return outcomes.filter((member) => member !== null);
  }

  /** null when it failed and was judged. */
  async #attempt<T>({ message, passage }: Attempted, step: () => Promise<T>): Promise<T | null> {
    try {
      return await step();
    } catch (error) {
      this.#unread = true;
      await this.#judge(message, error, passage).catch((fatal: unknown) => {
        this.#fatal ??= { error: fatal };
      });
      return null;
    }
  }
}

/** Nothing of it was read, so nobody knows whom it is from. */
const overLimit = (message: Listed): Settlement => ({
  ...message,
  status: 'skipped',
  reason: 'over-size-limit',
  senderDomain: 'invalid',
  sizeBytes: message.size ?? 0,
  fingerprint: null,
});

type Attempted = { readonly message: Listed; readonly passage?: Passage };
