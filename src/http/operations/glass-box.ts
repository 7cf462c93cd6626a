/** The Glass Box's calls beside the audit log itself. */
import { auditDetailSchema, auditStatsQuerySchema, retriedSchema } from '../api.ts';
import {
  auditStatsSchema,
  domainsQuerySchema,
  domainsSchema,
  mailboxStatsSchema,
  reconciliationQuerySchema,
  reconciliationsSchema,
} from '../contract/glass-box.ts';
import type { Operation } from './operation.ts';

export const GLASS_BOX_OPERATIONS = {
  readAuditStats: {
    method: 'get',
    path: '/api/v1/audit/stats',
    scopes: ['audit:read'],
    summary: 'Messages and bytes over time by status; the filters are those of the audit log',
    query: auditStatsQuerySchema,
    status: 200,
    answer: auditStatsSchema,
    costs: 'sums',
  },
  suggestDomains: {
    method: 'get',
    path: '/api/v1/audit/domains',
    scopes: ['audit:read'],
    summary: 'Sender domains that begin with, or else hold, a text; most frequent first',
    query: domainsQuerySchema,
    status: 200,
    answer: domainsSchema,
    costs: 'sums',
  },
  readAuditEntry: {
    method: 'get',
    path: '/api/v1/audit/:id',
    scopes: ['audit:read'],
    idIs: 'entry',
    summary: 'One entry with its link in the chain, and what became of its message at the source since',
    status: 200,
    answer: auditDetailSchema,
  },
  retryAuditEntry: {
    method: 'post',
    path: '/api/v1/audit/:id/retry',
    scopes: ['mailboxes:write'],
    idIs: 'entry',
    summary:
      'Try the message of a failed or uncertain entry again, or of a rejected one that can be repaired where the mailbox allows it. An uncertain one may be in Gmail already and would then be there twice',
    refusals: ['nothing-to-retry'],
    status: 200,
    answer: retriedSchema,
    dials: true,
  },
  readMailboxStats: {
    method: 'get',
    path: '/api/v1/mailboxes/:id/stats',
    scopes: ['read'],
    summary: 'Delay from arrival to Gmail, movement of the last 7 days, and how long the backlog takes',
    status: 200,
    answer: mailboxStatsSchema,
    costs: 'sums',
  },
  listReconciliations: {
    method: 'get',
    path: '/api/v1/reconciliation',
    scopes: ['audit:read'],
    summary: 'By mailbox and day: how many messages the source listed, and where each of them is',
    query: reconciliationQuerySchema,
    status: 200,
    answer: reconciliationsSchema,
    costs: 'sums',
  },
} as const satisfies Record<string, Operation>;
