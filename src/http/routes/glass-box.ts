/** The Glass Box's handlers beside those of the audit log itself. */
import { suggestDomains } from '../../db/audit-stats.ts';
import type { Handlers } from '../api-router.ts';
import { auditFilter } from '../audit.ts';
import { readAuditEntry } from '../audit-entry.ts';
import { readAuditStats } from '../audit-stats.ts';
import { readMailboxStats } from '../mailbox-stats.ts';
import type { GLASS_BOX_OPERATIONS } from '../operations/glass-box.ts';
import type { Parts } from '../parts.ts';
import { listReconciliations } from '../reconciliations.ts';
import { retryAuditEntry } from '../retry.ts';

type GlassBoxName = keyof typeof GLASS_BOX_OPERATIONS;

export const glassBoxHandlers = (parts: Parts): Pick<Handlers, GlassBoxName> => ({
  readAuditStats: async ({ userId, query }) =>
    readAuditStats(parts, userId, await auditFilter(parts, userId, query)),
  suggestDomains: async ({ userId, query }) => ({
    domains: await parts.database.withTenant(userId, (tx) => suggestDomains(tx, query.prefix)),
  }),
  readAuditEntry: ({ userId, id }) => readAuditEntry(parts, userId, id),
  retryAuditEntry: async ({ userId, id }) => ({ retried: await retryAuditEntry(parts, userId, id) }),
  readMailboxStats: ({ userId, id }) => readMailboxStats(parts, userId, id),
  listReconciliations: ({ userId, query }) => listReconciliations(parts, userId, query),
});
