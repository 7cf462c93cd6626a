/** What each status and each reason of an audit entry means, and what its owner can do. */
import type { AuditEntryView, AuditReason } from '../../src/http/api.ts';

export type AuditStatus = AuditEntryView['status'];

export interface ReasonText {
  readonly title: string;
  readonly means: string;
  readonly next: string;
}

const reason = (title: string, means: string, next: string): ReasonText => ({ title, means, next });

/** In the order in which they are stacked and listed. */
export const STATUSES = [
  'delivered',
  'repaired',
  'rejected',
  'failed',
  'uncertain',
  'skipped',
] as const satisfies AuditStatus[];

export const STATUS_TEXTS = {
  delivered: reason('Delivered', 'Gmail has confirmed that it stored this message.', 'Nothing to do.'),
  repaired: reason(
    'Repaired',
    'Gmail refused the message as it is, and took a repaired copy of it, which you allowed. The copy is no longer the same byte for byte: a header X-Smtp-Sync-Repaired in it says what was changed.',
    'Nothing to do. The original stays at the source as it is.',
  ),
  rejected: reason(
    'Rejected',
    'Gmail refuses this message as it is, and would refuse it every time.',
    'Read it at the source. It is not changed there, and it is not sent again.',
  ),
  failed: reason(
    'Failed',
    'The message could not be moved although it was tried several times over hours.',
    'It is safe to try again: nothing of it is in Gmail.',
  ),
  uncertain: reason(
    'Uncertain',
    'Nobody can tell whether Gmail has stored this message. It is shown rather than guessed.',
    'Look for it in Gmail. Try again only if it is not there, because otherwise it may arrive twice.',
  ),
  skipped: reason('Skipped', 'The message did not have to be moved.', 'Nothing to do.'),
} as const satisfies Record<AuditStatus, ReasonText>;

const MENDABLE =
  'Read it at the source. No message is changed unless you say so: if the mailbox’s settings allow repaired copies, it can be tried again from here.';

export const REASON_TEXTS = {
  recovered: reason(
    'Finished after an interruption',
    'A worker stopped in the middle of this upload. Gmail was asked how far it had got, and the same upload was completed.',
    'Nothing to do. It has arrived once.',
  ),
  reimported: reason(
    'Sent again, merged by Gmail',
    'Gmail had forgotten an interrupted upload. The message was sent again, and Gmail merges copies with the same Message-ID.',
    'Nothing to do.',
  ),
  'already-delivered': reason(
    'Delivered before',
    'The source has given its messages new numbers. This one was recognised as a message that is in Gmail already.',
    'Nothing to do. It was not sent a second time.',
  ),
  'message-gone': reason(
    'Removed at the source',
    'The message was deleted or moved at the source before it could be transferred.',
    'Nothing to do. If you did not remove it yourself, look into the other folders of the source.',
  ),
  'in-another-folder': reason(
    'In another folder as well',
    'The same message lies in another folder of this mailbox, and was delivered from there. This copy stays at the source as it is, also where imported messages are deleted, moved or marked there.',
    'Nothing to do. It was not sent a second time. If you want no copies at the source, delete this one there.',
  ),
  'sender-skipped': reason(
    'Left out by your rule',
    'A rule of this mailbox says that messages of this sender are not imported.',
    'Nothing to do. The message stays at the source. To have the next ones imported, change the rule.',
  ),
  'over-size-limit': reason(
    'Over the size limit you set',
    'The message is larger than the limit that you set for this mailbox.',
    'Nothing to do. The message stays at the source. To have larger ones imported, change the limit.',
  ),
  'date-unreadable': reason(
    'Dated by its arrival',
    'The message has no Date line that can be read, so Gmail was told to show it at the time when it was received.',
    'Nothing to do.',
  ),
  'label-missing': reason(
    'Without its label',
    'It came without the label that you want for this mailbox, or with that of a folder above only: you have not allowed labels at Google, Gmail would not make this one, or its labels could not be reached. No mail waits for a label.',
    'The mailbox’s page says so if the permission is missing. To label this message, do it in Gmail.',
  ),
  'date-unreadable-label-missing': reason(
    'Dated by its arrival, without its label',
    'The message has no Date line that can be read, so Gmail was told to show it at the time when it was received. It also came without the label that you want for this mailbox, or with that of a folder above only.',
    'The mailbox’s page says so if the permission for labels is missing. To label this message, do it in Gmail.',
  ),
  'from-header-several': reason(
    'Several sender lines',
    'Gmail accepts only messages with exactly one From line. This message has more than one.',
    MENDABLE,
  ),
  'null-byte': reason(
    'A byte that no message may have',
    'The message contains a zero byte (NUL), a character that mail must not have, so Gmail does not accept it.',
    MENDABLE,
  ),
  'message-too-large': reason(
    'Larger than Gmail accepts',
    'Gmail takes messages up to a certain size, attachments included. This one is larger.',
    'Read it at the source, and save its attachments there.',
  ),
  'from-header-missing': reason(
    'Not exactly one sender line',
    'Gmail accepts only messages with exactly one From line. This message has none, or more than one.',
    MENDABLE,
  ),
  'from-header-invalid': reason(
    'Sender line not accepted',
    'Gmail does not accept the way in which the From line of this message is written.',
    MENDABLE,
  ),
  'message-refused': reason(
    'Refused by Gmail',
    'Gmail refused the message for good, without giving a reason that could be shown here.',
    'Read it at the source.',
  ),
  'upload-bad-request': reason(
    'Not understood by Gmail',
    'Gmail answered twice that it cannot make sense of this upload. That is usually due to the message itself.',
    'Read it at the source.',
  ),
  'label-refused': reason(
    'Label refused by Gmail',
    'Gmail refused the label of this message each time, also after the label had been made anew.',
    'Try again. If it stays, take the label out of the mailbox’s settings.',
  ),
  'message-truncated': reason(
    'Ended too early at the source',
    'The source stopped before the announced end of the message, each time. Half a message is never put into Gmail.',
    'Open it at the source. If it is whole there, try again.',
  ),
  'message-unreadable': reason(
    'Unreadable at the source',
    'The source lists the message but could not serve its content.',
    'Open it at the source. If that works, try again.',
  ),
  'message-changed': reason(
    'Changed at the source',
    'An upload was interrupted, and when the message was fetched again the source served other bytes for it. So the upload could not be finished.',
    'Look for the message in Gmail, and try again if it is not there.',
  ),
  'upload-interrupted': reason(
    'Upload broke off',
    'The connection to Gmail broke each time before Gmail confirmed the message.',
    'Try again. If this concerns many messages, something between the service and Gmail is not well.',
  ),
  'upload-lost': reason(
    'Upload forgotten by Gmail',
    'The upload was interrupted at its very end, Gmail no longer knows of it, and the message has no Message-ID by which Gmail could merge a copy.',
    'Look for the message in Gmail, and try again if it is not there.',
  ),
  'source-disconnected': reason(
    'Source closed the connection',
    'The mail server closed the connection while it served this message, each time.',
    'Open it at the source. If that works, try again.',
  ),
  'source-timeout': reason(
    'Source did not answer in time',
    'The mail server took too long to serve this message, each time.',
    'Try again later, when the server is less busy.',
  ),
  'source-protocol': reason(
    'Source gave a wrong answer',
    'The mail server answered the request for this message with something that its protocol does not allow.',
    'Open it at the source. If that works, try again.',
  ),
} as const satisfies Record<AuditReason, ReasonText>;

/** What was changed in a repaired copy. */
const REPAIRED_TEXTS: Partial<Record<AuditReason, string>> = {
  'from-header-missing': 'It had no From line. The copy has one that says that the sender is unknown.',
  'from-header-several':
    'It had several From lines. The first is as it was; the others are called X-Smtp-Sync-Original-From in the copy.',
  'from-header-invalid':
    'Its From line was not written as Gmail asks for. In the copy it is called X-Smtp-Sync-Original-From, and a From line with its text stands in its place.',
  'null-byte': 'It had zero bytes (NUL), which mail must not have. The copy has none.',
};

/** Whether a repaired copy may get this message into Gmail. */
export const isMendable = ({ status, reason: code }: Pick<AuditEntryView, 'status' | 'reason'>): boolean =>
  status === 'rejected' && code !== null && Object.hasOwn(REPAIRED_TEXTS, code);

const repairedText = (code: string): ReasonText => ({
  ...STATUS_TEXTS.repaired,
  title: REASON_TEXTS[code as AuditReason]?.title ?? STATUS_TEXTS.repaired.title,
  means: REPAIRED_TEXTS[code as AuditReason] ?? STATUS_TEXTS.repaired.means,
});

/** Of an entry: by its reason, or by its status alone. Codes newer than this page get the status's words. */
export const textOf = ({ status, reason: code }: Pick<AuditEntryView, 'status' | 'reason'>): ReasonText =>
  status === 'repaired'
    ? repairedText(code ?? '')
    : code !== null && Object.hasOwn(REASON_TEXTS, code)
      ? REASON_TEXTS[code as AuditReason]
      : STATUS_TEXTS[status];
