/** What the ledger's contract suite is run on. */
import type { AuditStatus } from '../../src/core/audit.ts';
import type { Ledger } from '../../src/core/ports.ts';

export interface LedgerBench {
  /** A ledger under the mailbox's present lease. */
  open(): Ledger;
  /** Another worker gets the lease; ledgers opened before are fenced out. */
  handOver(): Promise<void>;
  /** The audit entries in the order they were made. */
  audit(): Promise<readonly { readonly status: AuditStatus; readonly senderDomain: string }[]>;
  /** How many messages the mailbox is said to wait for. */
  waiting(): Promise<number>;
}

export type LedgerFactory = (protocol: 'imap' | 'pop3') => Promise<LedgerBench>;
