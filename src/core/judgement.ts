/** What a fault means, for one message and for a whole visit. Pure; only workers/run.ts acts on it. */
import type { AuditReason, AuditStatus } from './audit.ts';
import type { Fault, FaultCode } from './fault.ts';
import type { MailboxState } from './mailbox.ts';
import { type Flaws, isRepairable, type Repair, repairOfFrom } from './repair.ts';
import {
  DAY,
  MAX_LOGIN_FAILURES,
  MAX_TRIES,
  messageBackoff,
  type Verdict,
  visitBackoff,
} from './schedule.ts';

export type MessageJudgement =
  | { readonly kind: 'settle'; readonly status: AuditStatus; readonly reason: AuditReason }
  | { readonly kind: 'postpone'; readonly reason: AuditReason; readonly retryAt: number }
  /** Gmail refuses it as it is: a repaired copy is to be sent. */
  | { readonly kind: 'repair'; readonly reason: Repair };

/** Outcomes that no further try can change. */
const FINAL: Partial<Record<FaultCode, readonly [AuditStatus, AuditReason]>> = {
  'message-gone': ['skipped', 'message-gone'],
  'over-size-limit': ['skipped', 'over-size-limit'],
  'message-too-large': ['rejected', 'message-too-large'],
  'from-header-missing': ['rejected', 'from-header-missing'],
  'from-header-invalid': ['rejected', 'from-header-invalid'],
  'null-byte': ['rejected', 'null-byte'],
  'message-refused': ['rejected', 'message-refused'],
  'message-changed': ['uncertain', 'message-changed'],
  'upload-lost': ['uncertain', 'upload-lost'],
};

/** What goes on record for a try that failed and may succeed later. */
const TRANSIENT: Partial<Record<FaultCode, AuditReason>> = {
  'message-truncated': 'message-truncated',
  'upload-bad-request': 'upload-bad-request',
  'upload-interrupted': 'upload-interrupted',
  'label-refused': 'label-refused',
  'source-disconnected': 'source-disconnected',
  'source-timeout': 'source-timeout',
  'source-protocol': 'source-protocol',
};

export interface MessageFacts {
  readonly now: number;
  /** Counts this try. */
  readonly tries: number;
  /** What went on record for the try before; null: none did. */
  readonly before: AuditReason | null;
  /** Gmail may have the message, because its last chunk was or may have been sent: giving up is `uncertain`, not `failed`. */
  readonly open: boolean;
  /** null: nothing of it was read. */
  readonly flaws: Flaws | null;
  /** Its owner allows a repaired copy. */
  readonly mayRepair: boolean;
  /** What it was that was tried: a copy repaired like this; null: the message as it is. */
  readonly repair: Repair | null;
}

export function judgeMessage(fault: Fault, facts: MessageFacts): MessageJudgement {
  const { now, tries, before, open } = facts;
  const final = FINAL[fault.code];
  if (final) return final[0] === 'rejected' ? judgeRefusal(final[1], facts) : settled(...final);
  const reason = TRANSIENT[fault.code] ?? 'message-unreadable';
  // Gmail says "Bad Request" both for a passing confusion and for good: one more try tells them apart.
  if (fault.code === 'upload-bad-request' && before === reason)
    return judgeRefusal(facts.flaws?.hasNul ? 'null-byte' : reason, facts);
  if (tries >= MAX_TRIES) {
    const unknown = open && fault.code !== 'label-refused';
    return settled(unknown ? 'uncertain' : 'failed', reason);
  }
  return { kind: 'postpone', reason, retryAt: Math.max(now + messageBackoff(tries), fault.retryAt ?? 0) };
}

const settled = (status: AuditStatus, reason: AuditReason): MessageJudgement => ({
  kind: 'settle',
  status,
  reason,
});

/** Gmail will never take what was sent. There is one repair; where that is refused, too, the first refusal is what counts. */
function judgeRefusal(refused: AuditReason, { flaws, mayRepair, repair }: MessageFacts): MessageJudgement {
  if (repair !== null) return settled('rejected', repair);
  const reason = refused === 'from-header-missing' && flaws ? repairOfFrom(flaws.fromHeaders) : refused;
  return mayRepair && isRepairable(reason) ? { kind: 'repair', reason } : settled('rejected', reason);
}

/** True for faults that concern the message alone: its neighbours go on in the same session. */
export const concernsMessageOnly = (fault: Fault): boolean => fault.scope === 'message';

/** True when the fault may have been caused by the message that was on its way, so it counts as a try of it. */
export const mayBlameMessage = (fault: Fault): boolean =>
  fault.scope === 'message' || fault.scope === 'session';

export interface VisitFacts {
  readonly now: number;
  /** In [0, 1). */
  readonly random: number;
  readonly pollSeconds: number;
  /** Visits in a row that had failed before this one. */
  readonly failures: number;
}

/** True when the try that went on record with this reason ended its session. */
export const endedSession = (reason: AuditReason): boolean => reason.startsWith('source-');

/** What servers also say when they only want to be left alone for a while. */
const MAY_BE_THROTTLED: ReadonlySet<FaultCode> = new Set(['login-refused', 'source-token-refused']);
/** Only its owner can give the mailbox what it lacks: a password, or a sign-in at its provider. */
const NEEDS_OWNER: ReadonlySet<FaultCode> = new Set([
  'login-refused',
  'credentials-invalid',
  'source-token-refused',
  'source-consent-missing',
  'source-consent-gone',
]);

/** How a visit that a fault ended leaves the mailbox's schedule. Grant faults are the user's, not the mailbox's. */
export function judgeVisit(fault: Fault, facts: VisitFacts): Verdict {
  const failures = facts.failures + 1;
  const pause = visitBackoff(failures, facts.pollSeconds, facts.random);
  const verdict = (state: MailboxState, delay: number): Verdict => ({
    state,
    faultCode: fault.code,
    failures,
    nextRunAt: Math.max(facts.now + delay, fault.retryAt ?? 0),
    synced: false,
  });
  if (fault.scope === 'session') return verdict('active', pause);
  if (fault.scope === 'mailbox') {
    if (MAY_BE_THROTTLED.has(fault.code) && failures < MAX_LOGIN_FAILURES) return verdict('active', pause);
    if (NEEDS_OWNER.has(fault.code)) return verdict('needs-password', DAY);
    return verdict('unreachable', fault.retry === 'never' ? DAY : pause);
  }
  if (fault.code === 'seal-broken') return verdict('needs-password', DAY);
  // Nothing is wrong with the mailbox: come back without holding it against it.
  return {
    faultCode: fault.code,
    failures: facts.failures,
    nextRunAt: Math.max(facts.now + facts.pollSeconds * 1000, fault.retryAt ?? 0),
    synced: false,
  };
}
