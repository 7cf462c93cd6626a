/** How one mailbox is doing. */
import { isInGmail } from '../core/audit.ts';
import { estimateBacklog } from '../core/estimate.ts';
import type { MailboxId, UserId } from '../core/mailbox.ts';
import { rollUpAudit } from '../db/audit-rollup.ts';
import { type AuditSum, sumAudit } from '../db/audit-stats.ts';
import { bytesToday, delayOf, medianDelays, movementOf } from '../db/mailbox-stats.ts';
import { findMailbox, listMailboxes, type MailboxRow } from '../db/mailboxes.ts';
import type { Tx } from '../db/pool.ts';
import { readSourceTotals, readWaitingAtSource } from '../db/source-actions.ts';
import type { MailboxStats } from './api.ts';
import { HttpError, problemView } from './errors.ts';
import type { Parts } from './parts.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const STEP_SECONDS = 6 * 3600;
const STEPS = 28;

export async function readMailboxStats(parts: Parts, userId: UserId, id: string): Promise<MailboxStats> {
  await rollUpAudit(parts.database, userId);
  return parts.database.withTenant(userId, async (tx) => {
    const mailbox = await findMailbox(tx, id as MailboxId);
    if (mailbox === null) throw new HttpError('not-found');
    const now = Date.now();
    const [delay, series, pace, backlog, atSource] = await Promise.all([
      delayOf(tx, mailbox.id, new Date(now - 7 * DAY_MS)),
      readSeries(tx, mailbox.id, now),
      paceOf(tx, mailbox.id, now),
      readBacklog(parts, tx, mailbox, now),
      readAtSource(tx, mailbox),
    ]);
    return { delay, series, messagesPerMinute: pace, backlog, atSource };
  });
}

async function readAtSource(tx: Tx, mailbox: MailboxRow): Promise<MailboxStats['atSource']> {
  const { afterImport, deleteAfterDays } = mailbox.options;
  const [totals, waiting] = await Promise.all([
    readSourceTotals(tx, mailbox.id),
    readWaitingAtSource(tx, mailbox.id, afterImport, deleteAfterDays ?? 0),
  ]);
  const { deleted, moved, markedRead, gone, changed, renumbered, refused, problem } = totals;
  return {
    deleted,
    moved,
    markedRead,
    gone,
    left: { changed, renumbered, refused },
    waiting: waiting.messages,
    // Where nothing waits it stands in nobody's way.
    problem: waiting.messages === 0 ? null : problemView(problem),
  };
}

async function readSeries(tx: Tx, mailboxId: MailboxId, now: number): Promise<MailboxStats['series']> {
  const last = Math.floor(now / 1000 / STEP_SECONDS);
  const steps = Array.from({ length: STEPS }, (_, at) => last - STEPS + 1 + at);
  const from = new Date((steps[0] ?? last) * STEP_SECONDS * 1000);
  const period = { mailboxId, status: null, senderDomain: null, from, to: new Date(now + 1) };
  const [sums, medians] = await Promise.all([
    sumAudit(tx, period, STEP_SECONDS),
    medianDelays(tx, mailboxId, from, STEP_SECONDS),
  ]);
  const bySteps = Map.groupBy(sums, ({ bucket }) => bucket);
  return steps.map((step) => {
    const all = bySteps.get(step) ?? [];
    const delivered = all.filter(({ status }) => isInGmail(status));
    return {
      from: new Date(step * STEP_SECONDS * 1000).toISOString(),
      messages: sumOf(all, 'messages'),
      delivered: sumOf(delivered, 'messages'),
      bytes: sumOf(delivered, 'bytes'),
      medianMs: medians.get(step) ?? null,
    };
  });
}

const sumOf = (sums: readonly AuditSum[], key: 'messages' | 'bytes'): number =>
  sums.reduce((all, sum) => all + sum[key], 0);

/** Messages per minute, over the last 10 minutes or since the first of them. `mailboxId` null: of all mailboxes. */
async function paceOf(tx: Tx, mailboxId: MailboxId | null, now: number): Promise<number> {
  const { messages, firstAt } = await movementOf(tx, mailboxId, new Date(now - 10 * MINUTE_MS));
  if (firstAt === null) return 0;
  // The first seconds say little: at least one minute counts.
  const minutes = Math.max(1, (now - firstAt.getTime()) / MINUTE_MS);
  return Math.round((messages / minutes) * 10) / 10;
}

async function readBacklog(
  { settings }: Parts,
  tx: Tx,
  mailbox: MailboxRow,
  now: number,
): Promise<MailboxStats['backlog']> {
  if (mailbox.waiting === 0) return null;
  const [others, today, pace] = await Promise.all([listMailboxes(tx), bytesToday(tx), paceOf(tx, null, now)]);
  const mean = mailbox.delivered > 0 ? mailbox.bytes / mailbox.delivered : null;
  const moving = others.filter(({ state }) => state === 'active' || state === 'unreachable');
  const isMoving = moving.some(({ id }) => id === mailbox.id);
  const facts = {
    now,
    messages: moving.reduce((all, { waiting }) => all + waiting, 0),
    meanBytes: mean,
    bytesToday: today,
    pace,
  };
  const estimate = isMoving ? estimateBacklog(facts, settings.allowance) : null;
  return {
    messages: mailbox.waiting,
    estimatedBytes: mean === null ? null : Math.round(mean * mailbox.waiting),
    remainingSeconds: estimate?.seconds ?? null,
    limitedBy: estimate?.limitedBy ?? null,
  };
}
