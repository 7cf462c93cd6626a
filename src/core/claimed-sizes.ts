/**
 * A maildrop may give the id of a message that is away to another one (RFC 1939 §7 forbids it only while the message exists).
 * Nothing but the size that LIST claims tells of it without a look at the message, so that is remembered with each settled
 * id, and what has another size is looked at. Pure.
 */
import type { MessageKey, UidlHash } from './message.ts';
import { DAY, HOUR } from './schedule.ts';

/** Messages in a maildrop, and their bytes, as STAT claims or LIST adds up to. */
export interface DropTotal {
  readonly count: number;
  readonly octets: number;
}

/** One message of LIST. */
export interface Claim {
  readonly uidl: string;
  readonly hash: UidlHash;
  /** Bytes; see `sizeClaimed`. */
  readonly size: number;
}

/** What a maildrop tells beside its ids, in one session. Session Faults. */
export interface Maildrop {
  /** STAT (RFC 1939 §5); null: the server does not say. */
  total(signal: AbortSignal): Promise<DropTotal | null>;
  /** LIST, asked for once a session, in the order of the messages' numbers, without those that the session has marked. */
  claims(signal: AbortSignal): Promise<readonly Claim[]>;
  /** The header blocks of these, in this order, as TOP shows them and at most 256 KiB each; null: it does not. */
  headers(of: readonly Claim[], signal: AbortSignal): AsyncIterable<AsyncIterable<Uint8Array> | null>;
}

/** How the last comparison left a maildrop. Times in ms since the epoch. */
export interface SizeState {
  /** null: there was none. */
  readonly comparedAt: number | null;
  /** null: something is left to be looked at. */
  readonly total: DropTotal | null;
  /** How often in a row it was of no use: see `tired`. */
  readonly doubt: number;
  /** Not to be compared before. */
  readonly restUntil: number;
}

/** What was found under an id. */
export interface Look {
  readonly hash: UidlHash;
  /** Keyed digest (16 bytes) of what names the message; null: nothing does, or it was not shown. */
  readonly identity: Uint8Array | null;
}

/** What the books say to it. */
export interface Resemblance {
  /** Whether an identity is on record for the id. */
  readonly hadIdentity: boolean;
  /** It is the one that was found. */
  readonly same: boolean;
  /** The one that was found was settled under this id or another. */
  readonly known: boolean;
}

export interface SizeNotes {
  /** Ids that other messages have now: they are unsettled, as after a renumbering. */
  readonly reused: readonly { readonly hash: UidlHash; readonly key: MessageKey }[];
  /** To be remembered from now on. */
  readonly sizes: ReadonlyMap<UidlHash, number>;
  readonly identities: ReadonlyMap<UidlHash, Uint8Array>;
  readonly state: SizeState;
}

/** What is remembered of the sizes in one maildrop, for one run. Fenced as a ledger is. */
export interface SizeBooks {
  state(): Promise<SizeState>;
  /** Of what is settled, as far as they are known. */
  sizes(): Promise<ReadonlyMap<UidlHash, number>>;
  /** In the order of `looks`. */
  compare(looks: readonly Look[]): Promise<readonly Resemblance[]>;
  /** In one transaction, but that of many sizes some may be learnt before. */
  note(notes: SizeNotes): Promise<void>;
}

/** Sizes are remembered up to here. */
const MAX_SIZE = 2 ** 31 - 1;
export const sizeClaimed = (bytes: number): number => Math.min(bytes, MAX_SIZE);

export const totalOf = (claims: readonly Claim[]): DropTotal => ({
  count: claims.length,
  octets: claims.reduce((sum, { size }) => sum + size, 0),
});

export const isSameTotal = (a: DropTotal | null, b: DropTotal | null): boolean =>
  a !== null && b !== null && a.count === b.count && a.octets === b.octets;

/** Messages that are looked at in one visit. */
export const MAX_LOOKS = 32;
const MAX_DOUBT = 9;

/**
 * After a comparison that ended the session, or found so many sizes changed that not all could be looked at, and no other
 * message: the next one is 2 hours later, then 4, and 3 weeks at last.
 */
export function tired(state: SizeState, now: number): SizeState {
  const doubt = Math.min(state.doubt + 1, MAX_DOUBT);
  return { ...state, doubt, restUntil: now + 2 ** doubt * HOUR };
}

/** All, or the newest half of what may be looked at and as many from all over the others. `suspects`: oldest first. */
export function sampleOf(suspects: readonly Claim[]): readonly Claim[] {
  if (suspects.length <= MAX_LOOKS) return suspects;
  const half = MAX_LOOKS / 2;
  const older = suspects.length - half;
  const spread = Array.from({ length: half }, (_, n) => suspects[Math.floor((n * older) / half)]);
  return [...spread.filter((claim) => claim !== undefined), ...suspects.slice(older)];
}

/**
 * What a look has brought. `same`: the message that had the id before, as far as anything tells. `moved`: one that was settled
 * under another id. `unseen`: the server does not show its header block.
 */
export type Finding = 'same' | 'moved' | 'another' | 'unseen';

/** Where clocks differ, and mail is held up. */
const SLACK = DAY;

/** `receivedAt`: by the stamp of the last server, as the message has it now; ms since the epoch. */
export function findingOf(
  { hadIdentity, same, known }: Resemblance,
  receivedAt: number | null,
  comparedAt: number | null,
): Finding {
  if (same) return 'same';
  if (known) return 'moved';
  // What was left out at the first visit, say: it was there when the sizes were compared, so it is not what came since.
  const wasThere = receivedAt !== null && comparedAt !== null && receivedAt < comparedAt - SLACK;
  return !hadIdentity && wasThere ? 'same' : 'another';
}

/**
 * What follows from one comparison. `suspects`: all that have another size than before; `findings`: about those of them that
 * were looked at. Where more have changed than can be looked at, and no look has found another message, the server counts
 * in another way now, and all of it is believed; otherwise the rest is left for the next visits.
 */
export function weigh(
  suspects: readonly Claim[],
  findings: ReadonlyMap<UidlHash, Finding>,
): {
  readonly reused: readonly Claim[];
  readonly believed: readonly Claim[];
  readonly isDone: boolean;
  readonly isDoubtful: boolean;
} {
  const isCrowd = suspects.length > MAX_LOOKS;
  const found = (...what: readonly Finding[]): readonly Claim[] =>
    suspects.filter(({ hash }) => what.some((finding) => findings.get(hash) === finding));
  const reused = isCrowd ? found('another') : found('another', 'unseen');
  const isDone = !isCrowd || reused.length === 0;
  return {
    reused,
    believed: isCrowd && isDone ? suspects : found('same', 'moved'),
    isDone,
    isDoubtful: isCrowd && found('another', 'moved').length === 0,
  };
}
