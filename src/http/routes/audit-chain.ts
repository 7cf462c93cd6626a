/** The handlers of the audit log's chains. */
import type { Handlers } from '../api-router.ts';
import { readChain, verifyChain } from '../audit-chain.ts';
import type { AUDIT_CHAIN_OPERATIONS } from '../operations/audit-chain.ts';
import type { Parts } from '../parts.ts';

export const auditChainHandlers = (parts: Parts): Pick<Handlers, keyof typeof AUDIT_CHAIN_OPERATIONS> => ({
  readChain: ({ userId, id }) => readChain(parts, userId, id),
  verifyChain: ({ userId, id, query }) => verifyChain(parts, userId, id, query),
});
