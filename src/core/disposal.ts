/**
 * What happens to a message at its source after Gmail has it for certain. Nothing here is ever done to a message that was
 * refused, failed, skipped or is uncertain.
 */
import type { AfterImport } from './mailbox.ts';
import type { MessageKey, MessageRef } from './message.ts';

export type Disposal =
  | { readonly kind: 'delete' }
  /** Into this folder of the same account. */
  | { readonly kind: 'move'; readonly to: string }
  | { readonly kind: 'mark-read' };

/** As a mailbox's options have it; null: everything is kept as it is. */
export function disposalOf(options: {
  readonly afterImport: AfterImport;
  readonly moveTo: string | null;
}): Disposal | null {
  switch (options.afterImport) {
    case 'keep':
      return null;
    case 'move':
      return options.moveTo === null ? null : { kind: 'move', to: options.moveTo };
    default:
      return { kind: options.afterImport };
  }
}

/** One message that was delivered, and whose source is to be told. */
export interface SourceAction {
  readonly ref: MessageRef;
  readonly key: MessageKey;
  /** Bytes that Gmail has. */
  readonly size: number;
  /** Keyed digest (16 bytes) of header block and size, as at the delivery. */
  readonly fingerprint: Uint8Array;
  /** How often it was begun. */
  readonly tries: number;
}

/**
 * How it ended. `done`: the source has done it, as far as it lets see. `gone`: somebody else had removed the message.
 * `changed`: the source has another message under the id now. `renumbered`: the id names nothing any more. `refused`: the
 * source would not, or said that it had and had not.
 */
export const DISPOSAL_OUTCOMES = ['done', 'gone', 'changed', 'renumbered', 'refused'] as const;
export type DisposalOutcome = (typeof DISPOSAL_OUTCOMES)[number];

/** Why nothing of the kind can be done in a mailbox at present. The import goes on. */
export const SOURCE_PROBLEMS = {
  'no-single-removal':
    'The mail server cannot remove single messages (it lacks UIDPLUS), so they stay where they are.',
  'target-missing':
    'The folder to move messages to does not exist at the source, so they stay where they are.',
  'source-read-only': 'The mail server lets nobody change this folder, so its messages stay as they are.',
  'source-trouble':
    'The mail server ended the connection when messages were to be changed there. It is tried again.',
} as const;
export type SourceProblem = keyof typeof SOURCE_PROBLEMS;

/** What the mailbox's owner is told of: what stands in the way, and that messages were given up. */
export const SOURCE_TROUBLES = {
  ...SOURCE_PROBLEMS,
  refused:
    'The mail server did not do it with some messages, however often it was asked. They stay as they are.',
} as const;
export type SourceTrouble = keyof typeof SOURCE_TROUBLES;

/** Whatever is done proves that these are over; the others concern one folder, or messages that are not asked for again. */
export const OVER_WHEN_DONE: readonly SourceTrouble[] = [
  'no-single-removal',
  'target-missing',
  'source-trouble',
];

/** Takes in a message's bytes, from its first on. */
export interface Recogniser {
  push(piece: Uint8Array): void;
  /** Whether what was taken in begins the message that was delivered: the same header block under the same key. */
  isOf(action: SourceAction): boolean;
  destroy(): void;
}

export interface DisposalOrder {
  /** Of all the actions. */
  readonly folder: string;
  readonly disposal: Disposal;
  readonly actions: readonly SourceAction[];
  readonly recogniser: () => Recogniser;
  /**
   * Called before anything is changed, with those that are there and have been recognised, or that the source lists and does
   * not show: each has a try less. Durable; answers which of them are still wanted.
   */
  readonly intend: (keys: readonly MessageKey[]) => Promise<ReadonlySet<MessageKey>>;
}

export interface DisposalReport {
  /** What is not in here is asked for again later. */
  readonly outcomes: ReadonlyMap<MessageKey, DisposalOutcome>;
  readonly problem: SourceProblem | null;
  /** Of the refused ones, those that are not to be tried again: each try would leave one more copy where they were to go. */
  readonly hopeless?: ReadonlySet<MessageKey>;
}

/** Whether a POP3 message is away that was told to go, so that its id may come back for another. `tries`: before this look. */
export const isVacated = (outcome: DisposalOutcome, tries: number): boolean =>
  tries > 0 && (outcome === 'done' || outcome === 'changed');

/** What is to be done at the source of one mailbox, for one run. Fenced as a ledger is. */
export interface Disposals {
  /** Up to `limit` that are due, oldest first. Those that its owner no longer wants are dropped. */
  due(limit: number): Promise<readonly SourceAction[]>;
  /** Up to `limit` that were begun, whatever their time and whatever is wanted by now; the least tried first. */
  begun(limit: number): Promise<readonly SourceAction[]>;
  /** Before the source is told: counts a try, and answers which are still wanted just so. */
  intend(keys: readonly MessageKey[], disposal: Disposal): Promise<ReadonlySet<MessageKey>>;
  /** Ends those with an outcome, and keeps what stands in the way of the others. Forgets the UIDLs that are vacated. */
  settle(outcomes: ReadonlyMap<MessageKey, DisposalOutcome>, problem: SourceProblem | null): Promise<void>;
}

/** How often a source is told of one message. */
export const MAX_DISPOSAL_TRIES = 8;
