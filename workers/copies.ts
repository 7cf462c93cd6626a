/**
 * A message that lies in several folders of a mailbox arrives once: its first copy goes, the others are settled as skipped
 * once that one is delivered. Two that look the same in ONE folder are two messages, and both go.
 */
import { timingSafeEqual } from 'node:crypto';
import { isLast, rankOf } from '../src/core/folder.ts';
import { folderOf, type Likeness, type MessageKey } from '../src/core/message.ts';
import { messageBackoff } from '../src/core/schedule.ts';
import { guessUse } from './decide.ts';
import { type Begun, contentOf, settlementOf } from './transfer.ts';
import { noteSettled, type Visit } from './visit.ts';

/** A message on its way: whoever has one that looks the same, in another folder, waits for its end. */
export interface Claim {
  readonly begun: Begun;
  readonly folder: string;
  readonly fingerprint: Uint8Array;
  /** null: it is large, or a repaired copy, and told by its fingerprint alone. */
  readonly content: Uint8Array | null;
  /** Those of other folders that were here before. */
  readonly before: readonly Promise<void>[];
  /** Resolves when the message is settled or postponed. */
  readonly ended: Promise<void>;
  readonly end: () => void;
}

const hexOf = ({ fingerprint, content }: Likeness): string =>
  `${Buffer.from(fingerprint).toString('hex')} ${content ? Buffer.from(content).toString('hex') : ''}`;

/** What of one round is under way. */
export class Copies {
  readonly #visit: Visit;
  readonly #holdBack: (message: Begun['message'], retryAt: number) => Promise<void>;
  /** By fingerprint. */
  readonly #claims = new Map<string, Set<Claim>>();
  /** By fingerprint: messages of this round that will be tried again. */
  readonly #undecided = new Map<string, Map<MessageKey, string>>();

  constructor(visit: Visit, holdBack: (message: Begun['message'], retryAt: number) => Promise<void>) {
    this.#visit = visit;
    this.#holdBack = holdBack;
  }

  /**
   * Makes known that these are on their way, as far as they can be recognised by now. Not waited for in between, so that
   * everybody waits only for those that came earlier.
   */
  claim(group: readonly Begun[]): Claim[] {
    if (this.#everSeen().size < 2) return [];
    return group.flatMap((begun) => {
      const { passage, decision, message, first } = begun;
      const size = first.total === null ? message.size : (passage.mending?.size ?? first.total);
      if (decision.kind === 'skip' || size === null || !isDistinct(begun)) return [];
      return [this.#claimOne(begun, passage.header.fingerprint(this.#visit.engine.fingerprintKey, size))];
    });
  }

  /** The same once its real size is known, if that is another one; null: nothing has changed. */
  claimAgain(begun: Begun, fingerprint: Uint8Array, claims: readonly Claim[]): Claim | null {
    if (this.#everSeen().size < 2 || !isDistinct(begun)) return null;
    const known = claims.find((claim) => claim.begun.message.key === begun.message.key);
    return known && timingSafeEqual(known.fingerprint, fingerprint)
      ? null
      : this.#claimOne(begun, fingerprint);
  }

  /** Folders of this visit and of former ones: their owner may have chosen others since. */
  #everSeen(): ReadonlySet<string> {
    return new Set([...this.#visit.folders.keys(), ...this.#visit.cursors.keys()]);
  }

  /** Gmail empties spam and trash, so a copy from there does not stand for one that somebody has taken out of there. */
  #lesser(folder: string): readonly string[] {
    const lesser = [...this.#everSeen()].filter((name) => isLast(guessUse(name, this.#visit.folders)));
    return lesser.includes(folder) ? [] : lesser;
  }

  #claimOne(begun: Begun, fingerprint: Uint8Array): Claim {
    const content = contentOf(begun, this.#visit.engine);
    const hex = hexOf({ fingerprint, content });
    const folder = folderOf(begun.message.ref);
    const others = this.#claims.get(hex) ?? new Set();
    const before = [...others].filter((one) => one.folder !== folder).map((one) => one.ended);
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const claim = { begun, folder, fingerprint, content, before, ended, end };
    this.#claims.set(hex, others.add(claim));
    return claim;
  }

  /** Settles or holds back those of which another folder has, or may have, a copy. Their keys. */
  async settle(claims: readonly Claim[]): Promise<ReadonlySet<MessageKey>> {
    await Promise.all(claims.flatMap(({ before }) => before));
    const held = new Set<MessageKey>();
    for (const claim of claims) {
      const until = this.#heldUntil(claim);
      if (until === null) continue;
      await this.#holdBack(claim.begun.message, until);
      held.add(claim.begun.message.key);
    }
    const free = claims.filter(({ begun }) => !held.has(begun.message.key));
    const [one] = free;
    if (!one) return held;
    // A group is of one folder.
    const elsewhere = await this.#visit.ledger.deliveredElsewhere(one.folder, free, this.#lesser(one.folder));
    const copies = free.filter((_, at) => elsewhere[at]);
    await Promise.all(copies.map((claim) => this.#skip(claim)));
    return held.union(new Set(copies.map(({ begun }) => begun.message.key)));
  }

  /** Call it when their messages are settled or postponed. */
  end(claims: readonly Claim[]): void {
    for (const claim of claims) {
      const { key } = claim.begun.message;
      const hex = hexOf(claim);
      const others = this.#claims.get(hex);
      others?.delete(claim);
      if (others?.size === 0) this.#claims.delete(hex);
      if (this.#visit.waiting.has(key)) {
        const keys = this.#undecided.get(hex) ?? new Map<MessageKey, string>();
        this.#undecided.set(hex, keys.set(key, claim.folder));
      }
      claim.end();
    }
  }

  /** Until when somebody else's outcome has to be waited for; null: for nobody's. */
  #heldUntil(claim: Claim): number | null {
    const { begun, folder, fingerprint } = claim;
    const { open, waiting, folders, deps } = this.#visit;
    const { key } = begun.message;
    for (const twin of open.values()) {
      if (twin.key === key || folderOf(twin.ref) === folder) continue;
      if (timingSafeEqual(twin.fingerprint, fingerprint))
        return Math.max(twin.retryAt, deps.clock.now() + messageBackoff(1));
    }
    const hex = hexOf(claim);
    const undecided = this.#undecided.get(hex);
    const rank = rankOf(folders.get(folder)?.use ?? null);
    for (const [other, its] of undecided ?? []) {
      const waits = waiting.get(other);
      if (!waits) undecided?.delete(other);
      // The better copy is to be tried once more, and this one is not to come before it.
      else if (other !== key && rankOf(folders.get(its)?.use ?? null) < rank)
        return Math.max(waits.retryAt, deps.clock.now()) + messageBackoff(1);
    }
    if (undecided?.size === 0) this.#undecided.delete(hex);
    return null;
  }

  async #skip({ begun }: Claim): Promise<void> {
    const { engine, ledger } = this.#visit;
    const { message, passage, first } = begun;
    const total = Math.max(first.total ?? message.size ?? 0, passage.bytes);
    const skipped = {
      ...settlementOf(begun, engine, passage, total, null),
      status: 'skipped',
      reason: 'in-another-folder',
      fingerprint: null,
    } as const;
    await ledger.settle(skipped);
    noteSettled(this.#visit, skipped);
  }
}

/** A header block that names neither a time nor an id may well be that of another message. */
function isDistinct({ passage }: Begun): boolean {
  const { hasMessageId, receivedAt } = passage.header.facts();
  return hasMessageId || receivedAt !== null || passage.header.claims().date !== null;
}
