/** Tells of messages that Gmail refused for good, by messages in Gmail: a few a day, after the mail of a round. */
import { isFault } from '../src/core/fault.ts';
import { planNotices, type Refusal } from '../src/core/refusal.ts';
import { type NoticePlace, refusalLetter, summaryLetter } from './refusal-letter.ts';
import { takeImports, type Visit } from './visit.ts';

/** Looked at in one round. */
const PORTION = 500;
/** Never to spam: what it tells may be what its owner looks for. */
const OUTGOING = {
  labelIds: ['INBOX', 'UNREAD'],
  neverMarkSpam: true,
  internalDateSource: 'dateHeader',
} as const;

/**
 * Each is sent until it is known to have arrived; Gmail merges what comes twice. Where one cannot be sent now, all wait for
 * the next round. Throws what ends the visit.
 */
export async function tellRefusals(visit: Visit): Promise<void> {
  const { lease, deps, engine, refusals: books } = visit;
  if (!lease.options.noticeRefused) return;
  const { refusals, toldToday } = await books.due(PORTION);
  const { each, rest, summary } = planNotices(refusals, toldToday);
  const { mailboxId, username } = lease;
  const place: NoticePlace = { mailboxId, username, key: engine.fingerprintKey };
  const sender = deps.noticeSender;
  const tell = async (letter: Buffer, about: readonly Refusal[]): Promise<boolean> => {
    if (!(await send(visit, letter))) return false;
    await books.told(about.map(({ key }) => key));
    return true;
  };
  for (const refusal of each) {
    if (!(await tell(refusalLetter(refusal, place, sender, deps.clock.now()), [refusal]))) return;
  }
  if (summary) await tell(summaryLetter(place, sender, deps.clock.now()), rest);
  else if (rest.length > 0) await books.told(rest.map(({ key }) => key));
}

/** Whether nothing is left to be done for it: Gmail has it, or will never take it. */
async function send(visit: Visit, letter: Buffer): Promise<boolean> {
  const { deps, engine, lease, control } = visit;
  if (control.gentle.aborted || (await takeImports(visit, 1)) === 0) return false;
  const { userId, mailboxId } = lease;
  const leave = await deps.lanes.enter({ userId, backlog: true, bytes: letter.length }, control.hard);
  try {
    const upload = await engine.sink.open({ ...OUTGOING, size: letter.length }, control.hard);
    const { state } = await upload.put([letter], 0, letter.length, control.hard);
    if (state === 'committed') deps.quota.spend(userId, letter.length);
    return state === 'committed';
  } catch (error) {
    if (!isFault(error) || error.scope !== 'message') throw error;
    deps.log.warn('refusal notice not taken', { mailboxId, code: error.code });
    return error.retry === 'never';
  } finally {
    leave();
  }
}
