/** Texts of what happens to messages at the provider after they were imported. */
import type { AuditDetail, Mailbox, MailboxStats, Preview } from '../../src/http/api.ts';
import { formatInstant, formatNumber } from './format.ts';

type Options = Pick<Mailbox['options'], 'afterImport' | 'deleteAfterDays' | 'moveTo'>;
type Planned = NonNullable<Preview['atSource']>;

const messages = (n: number): string => (n === 1 ? '1 message' : `${formatNumber(n)} messages`);
const days = (n: number): string => (n === 1 ? '1 day' : `${formatNumber(n)} days`);

/** What is done, in the middle of a sentence. */
function deedOf({ afterImport, deleteAfterDays, moveTo }: Options): string {
  if (afterImport === 'move') return `moved to “${moveTo ?? ''}”`;
  if (afterImport === 'mark-read') return 'marked as read';
  return deleteAfterDays ? `deleted ${days(deleteAfterDays)} later` : 'deleted at once';
}

type Entry = NonNullable<AuditDetail['atSource']>;

const DONE = { delete: 'Deleted', move: 'Moved', 'mark-read': 'Marked as read' } as const;
const TO_DO = { delete: 'deleted', move: 'moved', 'mark-read': 'marked as read' } as const;
/** Why nothing was done. */
const LEFT = {
  gone: 'Somebody else had removed it before.',
  changed: 'Left as it is: the server shows another message under the same number now.',
  renumbered: 'Left as it is: the server has numbered its messages anew.',
  refused: 'Left as it is: the server did not do it, however often it was asked.',
} satisfies Record<Exclude<Entry['outcome'], 'waiting' | 'done'>, string>;

/** Of one message. */
function entryText({ action, outcome, at, dueAt }: Entry): string {
  if (outcome === 'done') return `${DONE[action]}, ${formatInstant(at ?? '')}`;
  if (outcome !== 'waiting') return LEFT[outcome];
  const soon = dueAt === null || Date.parse(dueAt) <= Date.now();
  return `Not yet: it is to be ${TO_DO[action]} ${soon ? 'at one of the next checks' : `after ${formatInstant(dueAt)}`}.`;
}

export const atSourceTexts = {
  entry: entryText,
  title: 'At your provider',
  intro: 'What happens to a message there after it has arrived in your Gmail for certain.',
  choices: {
    keep: {
      label: 'Leave a copy of retrieved messages on the server',
      hint: 'Everything stays as it is: nothing is deleted, moved or marked as read.',
    },
    'mark-read': { label: 'Mark them as read', hint: 'They stay where they are.' },
    move: { label: 'Move them to a folder', hint: 'Out of the way, and still there.' },
    delete: {
      label: 'Delete them from the server',
      hint: 'For good: your Gmail then has the only copy.',
    },
  } satisfies Record<Options['afterImport'], { label: string; hint: string }>,
  never:
    'A message that Gmail refused, that failed, was skipped, is uncertain or arrived as a repaired copy is never touched. Nor is what was imported before you choose this.',
  /** Where there are several folders. */
  copies:
    'A message that lies in several folders is imported once. Its other copies count as skipped: they stay in their folders as they are.',
  folder: 'Folder at your provider',
  folderHint: 'It must exist there. It is not imported itself.',
  folderRequired: 'Enter the name of a folder.',
  folderInbox: 'Choose a folder other than the inbox.',
  days: 'Days until they are deleted',
  daysHint: 'Counted from the import. Empty or 0: at once.',
  daysRange: 'Enter a number from 0 to 3650.',
  cancels: 'Messages that wait to be deleted will stay: choosing something else cancels it.',

  dryRun: {
    title: 'Dry run',
    counting: 'Counting what would happen. Nothing is changed…',
    uncounted: 'This could not be counted just now. You can go on without.',
    none: 'No message that is there now would be imported. What comes later is.',
    planned: (planned: Planned, options: Options) =>
      `${messages(planned.atOnce + planned.later)} would be imported, each then ${deedOf(options)}.`,
    waiting: ({ waiting, due }: Planned) =>
      `${messages(waiting)} imported already ${waiting === 1 ? 'waits' : 'wait'} for it; ${due === 0 ? 'none' : formatNumber(due)} of them would go at the next check.`,
    nothing: 'Only counted: nothing has been changed at your provider.',
  },
  confirm: {
    title: 'Delete messages at your provider?',
    sentence:
      'From now on, each message is deleted there after it has arrived in your Gmail for certain. This cannot be undone: your Gmail then has the only copy.',
    word: 'delete',
    typed: 'Type “delete” to confirm',
    action: 'Delete after import',
  },
  line: (options: Options): string => {
    if (options.afterImport === 'keep') return 'Everything stays as it is';
    const deed = deedOf(options);
    return `Imported messages are ${deed}`;
  },

  done: {
    title: 'Done at your provider',
    deleted: 'Deleted',
    moved: 'Moved',
    markedRead: 'Marked as read',
    waiting: 'Waiting',
    gone: (n: number) => `${messages(n)} had been removed by somebody else before.`,
    left: {
      changed: (n: number) =>
        `${messages(n)} left alone: the server shows another message under the same number now.`,
      renumbered: (n: number) => `${messages(n)} left alone: the server has numbered its messages anew.`,
      refused: (n: number) => `${messages(n)} left alone: the server would not, however often it was asked.`,
    } satisfies Record<keyof MailboxStats['atSource']['left'], (n: number) => string>,
    problem: 'Not possible at the moment',
    import: 'Importing goes on.',
  },
} as const;
