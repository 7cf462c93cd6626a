/** The calls around notices. */
import {
  noticeCountsSchema,
  noticeSettingsSchema,
  noticesQuerySchema,
  noticesSchema,
  patchNoticeSettingsSchema,
  readNoticesSchema,
} from '../contract/notices.ts';
import type { Operation } from './operation.ts';

export const NOTICES_OPERATIONS = {
  listNotices: {
    method: 'get',
    path: '/api/v1/notices',
    scopes: ['read'],
    summary: 'Notices, newest first',
    query: noticesQuerySchema,
    status: 200,
    answer: noticesSchema,
  },
  readNotices: {
    method: 'post',
    path: '/api/v1/notices/read',
    scopes: ['account'],
    summary: 'Mark notices as read',
    body: readNoticesSchema,
    bodyOptional: true,
    example: { ids: ['42'] },
    status: 200,
    answer: noticeCountsSchema,
  },
  readNoticeSettings: {
    method: 'get',
    path: '/api/v1/notice-settings',
    scopes: ['account'],
    summary: 'Which notices are mailed, and where to',
    status: 200,
    answer: noticeSettingsSchema,
  },
  editNoticeSettings: {
    method: 'patch',
    path: '/api/v1/notice-settings',
    scopes: ['account'],
    summary: 'Choose which of the non-essential notices are mailed',
    body: patchNoticeSettingsSchema,
    example: { mailed: { 'backlog-finished': false } },
    status: 200,
    answer: noticeSettingsSchema,
  },
} as const satisfies Record<string, Operation>;
