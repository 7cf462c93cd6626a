/** What Gmail refuses a message for that a small change mends. Pure; workers/repair.ts makes the change. */
import type { AuditReason } from './audit.ts';

export const REPAIRS = [
  'from-header-missing',
  'from-header-several',
  'from-header-invalid',
  'null-byte',
] as const satisfies readonly AuditReason[];
/** A repair is called by what it mends; so is the reason of the audit entry. */
export type Repair = (typeof REPAIRS)[number];

export const isRepairable = (reason: AuditReason): reason is Repair =>
  (REPAIRS as readonly AuditReason[]).includes(reason);

/** What was seen of a message on its way that tells what Gmail may mean. */
export interface Flaws {
  /** From headers in its header block. */
  readonly fromHeaders: number;
  readonly hasNul: boolean;
}

/** Gmail has one answer for no From header and for several; of exactly one it takes another view than we do. */
export function repairOfFrom(fromHeaders: number): Repair {
  if (fromHeaders === 0) return 'from-header-missing';
  return fromHeaders === 1 ? 'from-header-invalid' : 'from-header-several';
}
