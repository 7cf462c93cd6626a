/** Notices and their settings, as a user sees and changes them. */
import type { UserId } from '../core/mailbox.ts';
import { NOTICE_KINDS, OPTIONAL_KINDS } from '../core/notice.ts';
import {
  countNotices,
  listMuted,
  listNotices,
  lockMuted,
  muteKinds,
  type NoticeRow,
  readNotices,
} from '../db/notices.ts';
import type { Tx } from '../db/pool.ts';
import { findUser } from '../db/users.ts';
import type {
  Notice,
  NoticeCounts,
  NoticeSettings,
  NoticesPage,
  PatchNoticeSettings,
} from './contract/notices.ts';
import { faultView, HttpError, troubleView } from './errors.ts';
import type { Parts } from './parts.ts';

export function noticeView(row: NoticeRow): Notice {
  // Each case by itself: that is how the compiler sees that kind and detail go together.
  const base = {
    id: row.id,
    mailboxId: row.mailboxId,
    raisedAt: row.raisedAt.toISOString(),
    closedAt: row.closedAt?.toISOString() ?? null,
    readAt: row.readAt?.toISOString() ?? null,
    mailedAt: row.mailedAt?.toISOString() ?? null,
  };
  switch (row.kind) {
    case 'login-failed':
    case 'server-unreachable':
    case 'consent-lost':
      return { ...base, kind: row.kind, detail: { fault: faultView(row.detail.fault) } };
    case 'messages-refused':
      return { ...base, kind: row.kind, detail: row.detail };
    case 'backlog-finished':
      return { ...base, kind: row.kind, detail: row.detail };
    case 'payment-failed':
      return { ...base, kind: row.kind, detail: row.detail };
    case 'wipe-soon':
      return { ...base, kind: row.kind, detail: row.detail };
    case 'webhook-off':
      return { ...base, kind: row.kind, detail: row.detail };
    case 'source-unchanged':
      return { ...base, kind: row.kind, detail: { problem: troubleView(row.detail.problem) } };
  }
}

export async function readPage(
  { database }: Parts,
  userId: UserId,
  limit: number,
  cursor: string | null,
): Promise<NoticesPage> {
  const [rows, counts] = await database.withTenant(userId, (tx) =>
    Promise.all([listNotices(tx, limit + 1, cursor), countNotices(tx)]),
  );
  const page = rows.slice(0, limit);
  return {
    notices: page.map(noticeView),
    nextCursor: rows.length > limit ? (page.at(-1)?.id ?? null) : null,
    counts,
  };
}

export const markRead = (
  { database }: Parts,
  userId: UserId,
  ids: readonly string[] | null,
): Promise<NoticeCounts> =>
  database.withTenant(userId, async (tx) => {
    await readNotices(tx, ids);
    return countNotices(tx);
  });

export const readSettings = (parts: Parts, userId: UserId): Promise<NoticeSettings> =>
  parts.database.withTenant(userId, (tx) => settingsOf(parts, tx));

export const changeSettings = (
  parts: Parts,
  userId: UserId,
  mailed: PatchNoticeSettings['mailed'],
): Promise<NoticeSettings> =>
  parts.database.withTenant(userId, async (tx) => {
    await lockMuted(tx);
    const before = await listMuted(tx);
    await muteKinds(
      tx,
      userId,
      OPTIONAL_KINDS.filter((kind) => !(mailed[kind] ?? !before.includes(kind))),
    );
    return settingsOf(parts, tx);
  });

async function settingsOf({ settings }: Parts, tx: Tx): Promise<NoticeSettings> {
  const [user, muted] = await Promise.all([findUser(tx), listMuted(tx)]);
  if (user === null) throw new HttpError('unauthorized');
  const off = new Set<string>(muted);
  return {
    sendsMail: settings.sendsMail,
    address: user.email,
    mailed: Object.fromEntries(
      NOTICE_KINDS.map((kind) => [kind, !off.has(kind)]),
    ) as NoticeSettings['mailed'],
  };
}
