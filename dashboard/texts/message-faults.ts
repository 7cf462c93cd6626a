/** What can befall one message. */
import { text } from './fault-text.ts';

export const MESSAGE_FAULTS = {
  'message-gone': text(
    'none',
    'Removed before it could be moved',
    'The message was listed at your provider and had been deleted there by the time it was its turn.',
    'Nothing to do. If you did not delete it yourself, look into the trash folder at your provider.',
  ),
  'message-truncated': text(
    'wait',
    'The message ended too early',
    'Your provider stopped in the middle of this message. Half a message is never put into Gmail.',
    'It is tried again on its own. If it keeps failing, the message is probably damaged at your provider.',
  ),
  'message-changed': text(
    'none',
    'The message has changed at your provider',
    'Part of this message was already at Gmail when your provider began to serve different bytes under the same number.',
    'Compare the message at your provider with the one in Gmail. You can have it tried again from here.',
  ),
  'message-too-large': text(
    'none',
    'Larger than Gmail accepts',
    'Gmail refuses messages above its size limit, whatever we do.',
    'Save the attachments from your provider’s website. The message itself stays where it is.',
  ),
  'over-size-limit': text(
    'none',
    'Over the size limit you set',
    'The message is larger than the limit in the settings of this mailbox.',
    'Nothing to do. The message stays at your provider. To have larger ones imported, change the limit.',
  ),
  'message-unreadable': text(
    'wait',
    'Your provider could not serve this message',
    'The server lists the message and fails when asked for its content.',
    'It is tried again on its own. If it keeps failing, try to open it on your provider’s website.',
  ),
  'from-header-missing': text(
    'none',
    'Without exactly one sender',
    'Gmail accepts only messages with exactly one From line. This one has none, or several.',
    'Read it at your provider, or allow repaired copies in the mailbox’s settings.',
  ),
  'from-header-invalid': text(
    'none',
    'Gmail does not accept the sender line',
    'The From line of this message is not written the way Gmail asks for.',
    'Read it at your provider, or allow repaired copies in the mailbox’s settings.',
  ),
  'null-byte': text(
    'none',
    'With a byte that no message may have',
    'The message contains a zero byte (NUL), a character that mail must not have, so Gmail does not accept it.',
    'Read it at your provider, or allow repaired copies in the mailbox’s settings.',
  ),
  'message-refused': text(
    'none',
    'Gmail refused this message',
    'Gmail gave an answer that means: never, however often it is tried.',
    'Read it at your provider. The message itself stays where it is.',
  ),
  'upload-bad-request': text(
    'wait',
    'Gmail could not make sense of the upload',
    'Gmail answered “bad request”. Sometimes that passes, sometimes it is the message.',
    'It is tried once more on its own. After that it counts as refused.',
  ),
  'label-refused': text(
    'wait',
    'Gmail no longer knew the label',
    'The label that this message was to get was deleted in Gmail while the message was on its way.',
    'It is imported again on its own, with the label made anew, or without one.',
  ),
  'upload-interrupted': text(
    'wait',
    'The upload broke off',
    'The connection to Gmail was lost while this message was on its way.',
    'Gmail is asked how much it has, and the upload goes on from there. Nothing arrives twice by it.',
  ),
  'upload-lost': text(
    'none',
    'Nobody knows whether it arrived',
    'Gmail has forgotten this upload, so it cannot say whether the message was stored.',
    'Search Gmail for it. If it is missing, have it tried again; if it is there, leave it.',
  ),
} as const;
