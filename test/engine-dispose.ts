/** What the engine's imaginary source does when it is told to delete, move or mark; each step may be a worker's last. */
import type { DisposalOrder, DisposalOutcome } from '../src/core/disposal.ts';
import type { MessageKey } from '../src/core/message.ts';
import type { Source } from '../src/core/ports.ts';
import type { Mortality } from './gmail-model.ts';

/** The part of the engine's world that it is about. */
interface Storage {
  /** INBOX. */
  readonly messages: Map<number, Buffer>;
  readonly others: ReadonlyMap<string, { readonly messages: Map<number, Buffer> }>;
  readonly moved: Map<number, Buffer>;
  readonly seen: Set<number>;
  readonly uidValidity: number;
  readonly obeys: (uid: number) => boolean;
}

export const disposeOf =
  (world: Storage, mortality: Mortality): Source['dispose'] =>
  async ({ folder, disposal, actions, recogniser, intend }: DisposalOrder) => {
    const there = folder === 'INBOX' ? world.messages : (world.others.get(folder)?.messages ?? new Map());
    const outcomes = new Map<MessageKey, DisposalOutcome>();
    const recognised = new Map<MessageKey, number>();
    for (const action of actions) {
      const { ref, key, tries } = action;
      if (ref.protocol !== 'imap' || ref.uidValidity !== world.uidValidity) {
        outcomes.set(key, 'renumbered');
        continue;
      }
      const bytes = await mortality.live(async () => there.get(ref.uid));
      const known = recogniser();
      if (bytes) known.push(bytes);
      if (!bytes) outcomes.set(key, tries > 0 ? 'done' : 'gone');
      else if (bytes.length === action.size && known.isOf(action)) recognised.set(key, ref.uid);
      else outcomes.set(key, 'changed');
      known.destroy();
    }
    const wanted = await intend([...recognised.keys()]);
    for (const [key, uid] of recognised) {
      if (!wanted.has(key)) continue;
      const obeyed = await mortality.live(async () => {
        const bytes = there.get(uid);
        if (!bytes || !world.obeys(uid)) return false;
        if (disposal.kind === 'mark-read') world.seen.add(uid);
        else there.delete(uid);
        if (disposal.kind === 'move') world.moved.set(uid, bytes);
        return true;
      });
      outcomes.set(key, obeyed ? 'done' : 'refused');
    }
    return { outcomes, problem: null };
  };
