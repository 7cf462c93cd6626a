/** The API's calls as data: the router serves exactly these, and openapi.ts describes exactly these. */
import * as api from './api.ts';
import { AUDIT_CHAIN_OPERATIONS } from './operations/audit-chain.ts';
import { BILLING_OPERATIONS } from './operations/billing.ts';
import { GLASS_BOX_OPERATIONS } from './operations/glass-box.ts';
import { MAILBOX_LIST_OPERATIONS } from './operations/mailbox-list.ts';
import { NOTICES_OPERATIONS } from './operations/notices.ts';
import type { Operation } from './operations/operation.ts';
import { SESSIONS_OPERATIONS } from './operations/sessions.ts';
import { WEBHOOK_OPERATIONS } from './operations/webhooks.ts';
import { WIZARD_OPERATIONS } from './operations/wizard.ts';

export type { Operation } from './operations/operation.ts';

export const OPERATIONS = {
  readAccount: {
    method: 'get',
    path: '/api/v1/account',
    scopes: ['read'],
    summary: 'Profile and state of the Google consent',
    status: 200,
    answer: api.accountSchema,
  },
  deleteAccount: {
    method: 'delete',
    path: '/api/v1/account',
    scopes: ['full'],
    summary: 'Delete the account with everything in it and revoke the consent at Google',
    status: 200,
    answer: api.deletedAccountSchema,
  },
  exportAccount: {
    method: 'get',
    path: '/api/v1/account/export',
    scopes: ['account', 'read', 'audit:read'],
    summary: 'Everything that is stored about the account, without secrets',
    status: 200,
    mediaType: 'application/json',
    costs: 'download',
  },
  createApiKey: {
    method: 'post',
    path: '/api/v1/api-keys',
    scopes: ['full'],
    summary: 'Create an API key; the key is shown this once',
    body: api.createApiKeySchema,
    status: 201,
    answer: api.newApiKeySchema,
  },
  listApiKeys: {
    method: 'get',
    path: '/api/v1/api-keys',
    scopes: ['account'],
    summary: 'List API keys',
    status: 200,
    answer: api.apiKeysSchema,
  },
  deleteApiKey: {
    method: 'delete',
    path: '/api/v1/api-keys/:id',
    scopes: ['full'],
    summary: 'Delete an API key; it stops working at once',
    status: 204,
  },
  discover: {
    method: 'post',
    path: '/api/v1/discover',
    scopes: ['mailboxes:write'],
    summary:
      'Servers that an e-mail address may have, best first, and a hint where its owner has to know something first',
    body: api.discoverSchema,
    status: 200,
    answer: api.discoverySchema,
    dials: true,
  },
  createMailbox: {
    method: 'post',
    path: '/api/v1/mailboxes',
    scopes: ['mailboxes:write'],
    summary: 'Connect a mailbox; it is probed by a worker',
    body: api.createMailboxSchema,
    status: 201,
    answer: api.mailboxSchema,
    dials: true,
  },
  listMailboxes: {
    method: 'get',
    path: '/api/v1/mailboxes',
    scopes: ['read'],
    summary: 'List mailboxes, oldest first',
    status: 200,
    answer: api.mailboxesSchema,
  },
  readMailbox: {
    method: 'get',
    path: '/api/v1/mailboxes/:id',
    scopes: ['read'],
    summary: 'One mailbox with its progress',
    status: 200,
    answer: api.mailboxSchema,
  },
  editMailbox: {
    method: 'patch',
    path: '/api/v1/mailboxes/:id',
    scopes: ['mailboxes:write'],
    summary: 'Change server, credentials (both probed again) or options',
    body: api.patchMailboxSchema,
    status: 200,
    answer: api.mailboxSchema,
    dials: true,
  },
  deleteMailbox: {
    method: 'delete',
    path: '/api/v1/mailboxes/:id',
    scopes: ['mailboxes:write'],
    summary: 'Delete a mailbox with all its rows; nothing changes at its server or in Gmail',
    status: 204,
  },
  syncMailbox: {
    method: 'post',
    path: '/api/v1/mailboxes/:id/sync',
    scopes: ['mailboxes:write'],
    summary: 'Look for mail now',
    status: 200,
    answer: api.mailboxSchema,
    dials: true,
  },
  pauseMailbox: {
    method: 'post',
    path: '/api/v1/mailboxes/:id/pause',
    scopes: ['mailboxes:write'],
    summary: 'Stop looking for mail',
    status: 200,
    answer: api.mailboxSchema,
  },
  resumeMailbox: {
    method: 'post',
    path: '/api/v1/mailboxes/:id/resume',
    scopes: ['mailboxes:write'],
    summary: 'Look for mail again',
    status: 200,
    answer: api.mailboxSchema,
    dials: true,
  },
  retryMailbox: {
    method: 'post',
    path: '/api/v1/mailboxes/:id/retry',
    scopes: ['mailboxes:write'],
    summary:
      'Try failed and uncertain messages again. An uncertain one may be in Gmail already and would then be there twice',
    body: api.retrySchema,
    bodyOptional: true,
    status: 200,
    answer: api.retriedSchema,
    dials: true,
  },
  listAudit: {
    method: 'get',
    path: '/api/v1/audit',
    scopes: ['audit:read'],
    summary:
      'Audit entries, newest first. `from` is inclusive, `to` exclusive; as plain dates (UTC) both days count whole',
    query: api.auditQuerySchema,
    status: 200,
    answer: api.auditPageSchema,
  },
  exportAudit: {
    method: 'get',
    path: '/api/v1/audit.csv',
    scopes: ['audit:read'],
    summary: 'Audit entries as CSV (RFC 4180), newest first',
    query: api.auditCsvQuerySchema,
    status: 200,
    mediaType: 'text/csv',
    costs: 'download',
  },
  watchEvents: {
    method: 'get',
    path: '/api/v1/events',
    scopes: ['read', 'audit:read'],
    summary:
      'Server-sent events: `mailbox` with a mailbox, or `{id, deleted: true}`; `audit` with an audit entry; `notice` with the counts of notices when they have changed',
    status: 200,
    mediaType: 'text/event-stream',
  },
  ...AUDIT_CHAIN_OPERATIONS,
  ...MAILBOX_LIST_OPERATIONS,
  ...GLASS_BOX_OPERATIONS,
  ...WIZARD_OPERATIONS,
  ...NOTICES_OPERATIONS,
  ...SESSIONS_OPERATIONS,
  ...WEBHOOK_OPERATIONS,
  ...BILLING_OPERATIONS,
} as const satisfies Record<string, Operation>;

export type OperationName = keyof typeof OPERATIONS;
