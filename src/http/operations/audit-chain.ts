/** The calls of the audit log's chains. */
import { chainSchema, verificationSchema, verifyQuerySchema } from '../contract/audit-chain.ts';
import type { Operation } from './operation.ts';

export const AUDIT_CHAIN_OPERATIONS = {
  readChain: {
    method: 'get',
    path: '/api/v1/mailboxes/:id/chain',
    summary:
      'The end of the chain of the mailbox’s audit entries: who keeps it can prove later what was there',
    scopes: ['audit:read'],
    status: 200,
    answer: chainSchema,
  },
  verifyChain: {
    method: 'get',
    path: '/api/v1/mailboxes/:id/chain/verify',
    summary:
      'Compute the hashes of the mailbox’s audit entries again, 50,000 in a call; go on with `after` until `next` is null',
    scopes: ['audit:read'],
    query: verifyQuerySchema,
    status: 200,
    answer: verificationSchema,
    costs: 'sums',
  },
} as const satisfies Record<string, Operation>;
