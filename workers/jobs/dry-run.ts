/** What a choice would do at the source, in numbers. Looks, and changes nothing. */
import { disposalOf } from '../../src/core/disposal.ts';
import type { History } from '../../src/core/ports.ts';
import type { Surveyor } from '../../src/core/survey.ts';
import { readCursors } from '../../src/db/ledger.ts';
import type { Database } from '../../src/db/pool.ts';
import type { AtSourceAnswer, PreviewQuestion } from '../../src/db/previews.ts';
import type { ProbeTarget } from '../../src/db/probes.ts';
import { readWaitingAtSource } from '../../src/db/source-actions.ts';

/** `imported`: messages there that the choice takes in, of a mailbox that has not begun. null: everything is kept. */
export async function dryRun(
  session: Surveyor,
  target: ProbeTarget,
  question: PreviewQuestion,
  imported: { readonly messages: number; readonly history: History },
  db: Database,
  signal: AbortSignal,
): Promise<AtSourceAnswer | null> {
  const disposal = disposalOf(question);
  if (disposal === null) return null;
  const problem = await session.obstacle(disposal, signal);
  const left = target.draft
    ? imported.messages
    : await countLeft(session, target, question, imported.history, db, signal);
  const days = question.deleteAfterDays ?? 0;
  const { messages: waiting, due } = await db.withTenant(target.userId, (tx) =>
    readWaitingAtSource(tx, target.mailboxId, question.afterImport, days),
  );
  const later = disposal.kind === 'delete' && days > 0;
  return { atOnce: later ? 0 : left, later: later ? left : 0, waiting, due, problem };
}

/** What a mailbox that runs would still import. */
async function countLeft(
  { source }: Surveyor,
  { userId, mailboxId, server }: ProbeTarget,
  { folders, moveTo }: PreviewQuestion,
  history: History,
  db: Database,
  signal: AbortSignal,
): Promise<number> {
  const cursors = await db.withTenant(userId, (tx) => readCursors(tx, mailboxId, server.protocol));
  let left = 0;
  for (const { name } of await source.folders(folders, signal)) {
    if (name === moveTo) continue;
    const known = cursors.get(name) ?? null;
    left += (await source.list(name, known, history, signal)).messages.length;
  }
  return left;
}
