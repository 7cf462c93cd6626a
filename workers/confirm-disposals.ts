/**
 * What became of the deletions that earlier sessions began in a maildrop. Before it is listed: a server may give the id of
 * a message that is away to the next one (RFC 1939 §7 forbids it only while the message exists), so what the books know of
 * such an id must go first, or the new message would count as settled.
 */
import { forgetRefs } from '../src/core/cursor.ts';
import { type DisposalOutcome, disposalOf, isVacated, type SourceAction } from '../src/core/disposal.ts';
import { isFault } from '../src/core/fault.ts';
import type { MessageKey, MessageRef } from '../src/core/message.ts';
import { recogniserOf } from './dispose.ts';
import type { Visit } from './visit.ts';

/** Asked of the books at once, and how many of those that are there are looked at before the mail has its turn. */
const PAGE = 1000;
const LOOKS = 100;
const DELETE = { kind: 'delete' } as const;

/** Changes nothing at the source. Its faults go through: the session has ended. */
export async function confirmDisposals(visit: Visit): Promise<void> {
  const { lease, disposals, source, control } = visit;
  if (lease.server.protocol !== 'pop3') return;
  let ids: ReadonlySet<string> | null = null;
  let looks = LOOKS;
  for (;;) {
    const begun = await disposals.begun(PAGE);
    if (begun.length === 0) return;
    if (ids === null) {
      const listed = await source.ids('INBOX', control.hard);
      ids = new Set(listed.protocol === 'pop3' ? listed.uidls : []);
    }
    const actions = new Map(begun.map((action) => [action.key, action]));
    const there = begun.filter(({ ref }) => ref.protocol === 'pop3' && ids?.has(ref.uidl));
    const away = [...new Set(begun).difference(new Set(there))];
    await settle(visit, actions, await ask(visit, away));
    // What was looked at before has its turn after the mail, as long as it is to be deleted.
    const isDeleting = disposalOf(lease.options) !== null;
    const looked = there.filter(({ tries }) => tries === 1 || !isDeleting).slice(0, looks);
    looks -= looked.length;
    await settle(visit, actions, await lookAt(visit, looked, isDeleting));
    if (away.length === 0 || begun.length < PAGE) return;
  }
}

type Outcomes = ReadonlyMap<MessageKey, DisposalOutcome>;

/** `same`: is told which are there still. */
async function ask(
  { source, engine, control }: Visit,
  actions: readonly SourceAction[],
  same: (keys: readonly MessageKey[]) => void = () => {},
): Promise<Outcomes> {
  if (actions.length === 0) return new Map();
  const intend = async (keys: readonly MessageKey[]): Promise<ReadonlySet<MessageKey>> => {
    same(keys);
    return new Set();
  };
  const recogniser = () => recogniserOf(engine.fingerprintKey);
  const order = { folder: 'INBOX', disposal: DELETE, actions, recogniser, intend };
  return (await source.dispose(order, control.hard)).outcomes;
}

/** What is there still, and not to be deleted any more, is at its end. */
async function lookAt(visit: Visit, looked: readonly SourceAction[], isDeleting: boolean): Promise<Outcomes> {
  let same: readonly MessageKey[] = [];
  try {
    const outcomes = await ask(visit, looked, (found) => {
      same = found;
    });
    return isDeleting ? outcomes : new Map([...outcomes, ...refusalsOf(same)]);
  } catch (error) {
    if (visit.control.hard.aborted || !isFault(error)) throw error;
    // What ends the session must not keep the mail of every visit waiting: it counts as tried, so that it has its turn
    // after the mail, or is at its end.
    const keys = looked.map(({ key }) => key);
    const again = await visit.disposals.intend(keys, DELETE);
    await visit.disposals.settle(refusalsOf(keys.filter((key) => !again.has(key))), 'source-trouble');
    throw error;
  }
}

const refusalsOf = (keys: readonly MessageKey[]): Outcomes => new Map(keys.map((key) => [key, 'refused']));

/** In the books, and in what this visit knows of the maildrop. */
async function settle(
  { disposals, cursors }: Visit,
  actions: ReadonlyMap<MessageKey, SourceAction>,
  outcomes: Outcomes,
): Promise<void> {
  if (outcomes.size === 0) return;
  await disposals.settle(outcomes, null);
  const vacated: MessageRef[] = [];
  for (const [key, outcome] of outcomes) {
    const action = actions.get(key);
    if (action && isVacated(outcome, action.tries)) vacated.push(action.ref);
  }
  const cursor = cursors.get('INBOX');
  if (cursor?.protocol === 'pop3') cursors.set('INBOX', forgetRefs(cursor, vacated));
}
