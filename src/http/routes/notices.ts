/** The handlers of notices and their settings. */
import type { Handlers } from '../api-router.ts';
import { changeSettings, markRead, readPage, readSettings } from '../notices.ts';
import type { Parts } from '../parts.ts';

export const noticeHandlers = (
  parts: Parts,
): Pick<Handlers, 'listNotices' | 'readNotices' | 'readNoticeSettings' | 'editNoticeSettings'> => ({
  listNotices: ({ userId, query: { limit, cursor } }) => readPage(parts, userId, limit, cursor ?? null),
  readNotices: ({ userId, body: { ids } }) => markRead(parts, userId, ids ?? null),
  readNoticeSettings: ({ userId }) => readSettings(parts, userId),
  editNoticeSettings: ({ userId, body: { mailed } }) => changeSettings(parts, userId, mailed),
});
