/** Notices and who wants them by mail, as the API tells it. */
import { z } from 'zod';
import { NOTICE_KINDS } from '../../core/notice.ts';

const instant = z.iso.datetime();
const count = z.int().min(0);
const day = z.iso.date();
/** A code and its sentence. */
const fault = z.object({ fault: z.object({ code: z.string(), message: z.string() }).nullable() });

const base = {
  id: z.string(),
  /** null: it concerns the account. */
  mailboxId: z.uuid().nullable(),
  raisedAt: instant,
  /** When its cause ended; null: it lasts. */
  closedAt: instant.nullable(),
  readAt: instant.nullable(),
  mailedAt: instant.nullable(),
};

export const noticeSchema = z.discriminatedUnion('kind', [
  z.object({ ...base, kind: z.literal('login-failed'), detail: fault }),
  z.object({ ...base, kind: z.literal('server-unreachable'), detail: fault }),
  z.object({ ...base, kind: z.literal('consent-lost'), detail: fault }),
  z.object({
    ...base,
    kind: z.literal('messages-refused'),
    detail: z.object({
      from: day,
      to: day,
      rejected: count,
      failed: count,
      uncertain: count,
      domains: z.array(z.object({ domain: z.string(), count })).readonly(),
      otherDomains: count,
    }),
  }),
  z.object({
    ...base,
    kind: z.literal('backlog-finished'),
    detail: z.object({ delivered: count, rejected: count, failed: count, uncertain: count }),
  }),
  z.object({
    ...base,
    kind: z.literal('payment-failed'),
    detail: z.object({ graceUntil: z.string().nullable() }),
  }),
  z.object({ ...base, kind: z.literal('wipe-soon'), detail: z.object({ wipeAt: z.string() }) }),
  z.object({
    ...base,
    kind: z.literal('webhook-off'),
    detail: z.object({ host: z.string(), reason: z.enum(['gone', 'failing']) }),
  }),
  z.object({
    ...base,
    kind: z.literal('source-unchanged'),
    /** Why what is chosen for imported messages at the source is not done there. */
    detail: z.object({ problem: z.object({ code: z.string(), message: z.string() }) }),
  }),
]);
export type Notice = z.infer<typeof noticeSchema>;

const number = z.string().regex(/^\d{1,18}$/, 'must be a number');

export const noticesQuerySchema = z.strictObject({
  limit: z
    .string()
    .regex(/^\d{1,3}$/, 'must be between 1 and 100')
    .transform(Number)
    .pipe(z.int().min(1, 'must be between 1 and 100').max(100, 'must be between 1 and 100'))
    .default(50),
  cursor: number.optional(),
});

/** For a badge; it changes whenever a notice is raised, read or closed. */
export const noticeCountsSchema = z.object({
  unread: count,
  open: count,
  /** The newest's id; null: there is none. */
  latest: z.string().nullable(),
});
export type NoticeCounts = z.infer<typeof noticeCountsSchema>;

export const noticesSchema = z.object({
  notices: z.array(noticeSchema),
  nextCursor: z.string().nullable(),
  counts: noticeCountsSchema,
});
export type NoticesPage = z.infer<typeof noticesSchema>;

/** Which are read now; without `ids` all. */
export const readNoticesSchema = z.strictObject({
  ids: z.array(number).max(100, 'must not name more than 100').optional(),
});

export const noticeSettingsSchema = z.object({
  /** Whether this installation sends mail at all. */
  sendsMail: z.boolean(),
  /** Where it goes: the address of the Google account. */
  address: z.string(),
  /** Whether a kind is mailed. */
  mailed: z.record(z.enum(NOTICE_KINDS), z.boolean()),
});
export type NoticeSettings = z.infer<typeof noticeSettingsSchema>;

/** The other kinds are always mailed: without them somebody could lose something unknowingly. */
export const patchNoticeSettingsSchema = z.strictObject({
  mailed: z
    .strictObject({
      'server-unreachable': z.boolean(),
      'messages-refused': z.boolean(),
      'backlog-finished': z.boolean(),
      'webhook-off': z.boolean(),
      'source-unchanged': z.boolean(),
    })
    .partial(),
});
export type PatchNoticeSettings = z.infer<typeof patchNoticeSettingsSchema>;

export { isOptional, NOTICE_KINDS, type NoticeKind } from '../../core/notice.ts';
