/** What a visit still has to transfer: new mail first, then backlog, then what goes last; handed out in batches of one folder. */
import type { Listed, MessageKey } from './message.ts';

/** Larger messages are streamed one at a time. */
export const SMALL_BYTES = 1024 * 1024;
const BATCH_MESSAGES = 16;
const BATCH_BYTES = 4 * SMALL_BYTES;

export class Pending {
  #fresh: Listed[] = [];
  #backlog: Listed[] = [];
  #last: Listed[] = [];
  readonly #keys = new Set<MessageKey>();
  readonly #goesLast: (message: Listed) => boolean;

  /** `goesLast`: only when nothing else is left, new mail or not. */
  constructor(goesLast: (message: Listed) => boolean = () => false) {
    this.#goesLast = goesLast;
  }

  get size(): number {
    return this.#keys.size;
  }

  /** Whether the next batch is new mail. */
  get freshFirst(): boolean {
    return this.#fresh.length > 0;
  }

  has(key: MessageKey): boolean {
    return this.#keys.has(key);
  }

  /** Behind what is here, in the order given; a key that is already here is ignored. */
  add(messages: readonly Listed[]): void {
    const added = messages.filter(({ key }) => {
      const isNew = !this.#keys.has(key);
      this.#keys.add(key);
      return isNew;
    });
    const isLast = new Set(added.filter(this.#goesLast));
    const others = added.filter((message) => !isLast.has(message));
    // Queues are taken from their end, where that costs nothing.
    this.#fresh = [...others.filter(({ backlog }) => !backlog).reverse(), ...this.#fresh];
    this.#backlog = [...others.filter(({ backlog }) => backlog).reverse(), ...this.#backlog];
    this.#last = [...[...isLast].reverse(), ...this.#last];
  }

  /** Up to `most` small messages of one folder and together at most 4 MiB, or one that is large or goes alone. */
  take(most: number): readonly Listed[] {
    const queue = [this.#fresh, this.#backlog].find(({ length }) => length > 0) ?? this.#last;
    const batch: Listed[] = [];
    let bytes = 0;
    for (
      let next = queue.at(-1);
      next && batch.length < Math.min(most, BATCH_MESSAGES);
      next = queue.at(-1)
    ) {
      const size = next.size ?? SMALL_BYTES;
      const isSmall = size <= SMALL_BYTES && !next.alone;
      const fits = batch.length === 0 || (isSmall && bytes + size <= BATCH_BYTES);
      if (!fits || !sameFolder(batch[0] ?? next, next)) break;
      queue.pop();
      this.#keys.delete(next.key);
      batch.push(next);
      bytes += size;
      if (!isSmall) break;
    }
    return batch;
  }
}

const sameFolder = (a: Listed, b: Listed): boolean =>
  a.ref.protocol === 'pop3' || (b.ref.protocol === 'imap' && a.ref.folder === b.ref.folder);
