/** The wire contract of the Glass Box's figures: the audit log over time, delay, reconciliation, retry of one entry. */
import { z } from 'zod';
import { atSourceSchema } from './at-source.ts';
import { day, text } from './fields.ts';

const count = z.int().min(0);
const instant = z.iso.datetime();
const ms = z.int().min(0);

/** How one mailbox is doing. */
export const mailboxStatsSchema = z.object({
  /**
   * From arrival at the source to Gmail's answer: messages of the last 7 days, the newest 10,000 of them. What was there
   * when the mailbox was connected has no delay. `messages` 0: both are null.
   */
  delay: z.object({ messages: count, medianMs: ms.nullable(), p95Ms: ms.nullable() }),
  /** 28 steps of 6 hours, oldest first; the last one is under way. `medianMs` null: nothing to measure. */
  series: z.array(
    z.object({ from: instant, messages: count, delivered: count, bytes: count, medianMs: ms.nullable() }),
  ),
  /** Messages settled per minute, over the last 10 minutes or since the first of them. */
  messagesPerMinute: z.number().min(0),
  /** null: nothing waits. */
  backlog: z
    .object({
      messages: count,
      /** By the mean size of what was delivered so far; null: nothing was. */
      estimatedBytes: count.nullable(),
      /**
       * Under Gmail's allowance for the whole account, which the user's mailboxes share; null: nothing moves, so it
       * cannot be told.
       */
      remainingSeconds: count.nullable(),
      /** What takes longest: Gmail's imports per minute, its bytes per day, or the pace of the last minutes. */
      limitedBy: z.enum(['imports', 'bytes', 'pace']).nullable(),
    })
    .nullable(),
  atSource: atSourceSchema,
});
export type MailboxStats = z.infer<typeof mailboxStatsSchema>;

/** Messages and bytes. */
const tally = z.object({ messages: count, bytes: count });
const tallies = {
  delivered: tally,
  repaired: tally,
  rejected: tally,
  failed: tally,
  uncertain: tally,
  skipped: tally,
};

export const auditStatsSchema = z.object({
  /** The period in full: as asked for, else from the first matching entry until now. null: no entry matches. */
  from: instant.nullable(),
  to: instant.nullable(),
  /** Width of a bucket, chosen for about 200 of them. Each begins at a multiple of it since the epoch. */
  bucketSeconds: count,
  total: z.object(tallies),
  /** Oldest first; those in which nothing happened are left out. */
  buckets: z.array(z.object({ from: instant, ...tallies })),
});
export type AuditStats = z.infer<typeof auditStatsSchema>;

export const domainsQuerySchema = z.strictObject({
  prefix: z.union([z.literal(''), text(253)], 'must be text without control characters'),
});
/** Most frequent first, 10 at most. */
export const domainsSchema = z.object({ domains: z.array(z.string()) });

export const reconciliationQuerySchema = z.strictObject({
  mailbox: z.string().optional(),
  from: day.optional(),
  to: day.optional(),
});

/**
 * One mailbox on one UTC day: what its source listed when it was counted last, and where each of these messages is.
 * `listed` is the sum of the other seven; what is `missing` nothing accounts for.
 */
export const reconciliationSchema = z.object({
  mailboxId: z.uuid(),
  day: z.iso.date(),
  at: instant,
  listed: count,
  delivered: count,
  rejected: count,
  failed: count,
  uncertain: count,
  waiting: count,
  skipped: count,
  missing: count,
});
export type Reconciliation = z.infer<typeof reconciliationSchema>;
/** Newest day first; 1,000 at most. */
export const reconciliationsSchema = z.object({ reconciliations: z.array(reconciliationSchema) });

/** Why an entry has its status, for whoever has words for all of them. */
export type { AuditReason } from '../../core/audit.ts';
