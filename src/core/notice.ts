/** What the owner of a mailbox should know: each kind of notice with the facts that come with it. */
import type { SourceTrouble } from './disposal.ts';

/** A fault's code, as the mailbox had it; null when it had none. */
interface WithFault {
  readonly fault: string | null;
}

export interface Refusals {
  /** First and last day, `YYYY-MM-DD`, UTC. */
  readonly from: string;
  readonly to: string;
  readonly rejected: number;
  readonly failed: number;
  readonly uncertain: number;
  /** The most frequent sender domains, at most ten. */
  readonly domains: readonly { readonly domain: string; readonly count: number }[];
  readonly otherDomains: number;
}

/** All that a notice holds besides its mailbox: never anything of a message but its sender's domain. */
export interface NoticeDetails {
  'login-failed': WithFault;
  'server-unreachable': WithFault;
  'consent-lost': WithFault;
  'messages-refused': Refusals;
  'backlog-finished': {
    readonly delivered: number;
    readonly rejected: number;
    readonly failed: number;
    readonly uncertain: number;
  };
  /** Until when nothing changes although it is unpaid, ISO 8601; null: it has changed already. */
  'payment-failed': { readonly graceUntil: string | null };
  /** ISO 8601. */
  'wipe-soon': { readonly wipeAt: string };
  /** The host that it told; another that is off may have been told of already. */
  'webhook-off': { readonly host: string; readonly reason: 'gone' | 'failing' };
  /** What is chosen for imported messages at the source is not done there. */
  'source-unchanged': { readonly problem: SourceTrouble };
}

export type NoticeKind = keyof NoticeDetails;

export type NoticeFact = {
  readonly [K in NoticeKind]: { readonly kind: K; readonly detail: NoticeDetails[K] };
}[NoticeKind];

export const NOTICE_KINDS = [
  'login-failed',
  'server-unreachable',
  'consent-lost',
  'messages-refused',
  'backlog-finished',
  'payment-failed',
  'wipe-soon',
  'webhook-off',
  'source-unchanged',
] as const satisfies readonly NoticeKind[];

/** The service goes on without these being read, so one may do without the mail; the dashboard has them anyway. */
export const OPTIONAL_KINDS = [
  'server-unreachable',
  'messages-refused',
  'backlog-finished',
  'webhook-off',
  'source-unchanged',
] as const satisfies readonly NoticeKind[];
export type OptionalKind = (typeof OPTIONAL_KINDS)[number];

export const isOptional = (kind: string): kind is OptionalKind =>
  OPTIONAL_KINDS.some((optional) => optional === kind);
