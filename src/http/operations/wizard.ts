/** The calls of the wizard beside those of a mailbox. */
import { previewAnswerSchema, previewSchema, probeReportSchema } from '../contract/wizard.ts';
import type { Operation } from './operation.ts';

export const WIZARD_OPERATIONS = {
  readProbe: {
    method: 'get',
    path: '/api/v1/mailboxes/:id/probe',
    scopes: ['read'],
    summary: 'How far the test of a mailbox has come, and what it found',
    status: 200,
    answer: probeReportSchema,
  },
  previewMailbox: {
    method: 'post',
    path: '/api/v1/mailboxes/:id/preview',
    scopes: ['mailboxes:write'],
    summary:
      'How much a choice of folders and history would import, how long Gmail makes that take, and what would happen to messages at the source; nothing is changed there',
    body: previewSchema,
    example: { history: 'all', folders: ['INBOX'] },
    refusals: ['state-conflict', 'count-unfinished', 'count-failed'],
    status: 200,
    answer: previewAnswerSchema,
    dials: true,
  },
} as const satisfies Record<string, Operation>;
