/** A mailbox's options: what is sent, completed and checked. */
import { DEFAULT_OPTIONS, type MailboxOptions } from '../core/mailbox.ts';
import { type Mailbox, type PatchMailbox, storedOptionsSchema } from './api.ts';
import { HttpError, parseInput } from './errors.ts';
import type { Parts } from './parts.ts';
import { canonicalRules } from './sender-rules.ts';

export const defaults = (parts: Parts): MailboxOptions => ({
  ...DEFAULT_OPTIONS,
  pollSeconds: parts.settings.pollSeconds,
});

/** A date belongs to history "since" alone and goes with it; so do days to "delete" and a folder to "move". */
export const mergeOptions = (
  current: MailboxOptions,
  sent: NonNullable<PatchMailbox['options']>,
): object => ({
  ...DEFAULT_OPTIONS,
  ...current,
  ...(sent.history !== undefined && sent.history !== 'since' && { since: null }),
  ...(sent.afterImport !== undefined && sent.afterImport !== 'delete' && { deleteAfterDays: null }),
  ...(sent.afterImport !== undefined && sent.afterImport !== 'move' && { moveTo: null }),
  ...sent,
});

export function wholeOptions(parts: Parts, protocol: 'imap' | 'pop3', merged: object): MailboxOptions {
  const { options } = parseInput(storedOptionsSchema, { options: merged });
  const { folders, pollSeconds } = options;
  const shortest = Math.min(60, parts.settings.pollSeconds);
  if (pollSeconds < shortest)
    throw new HttpError('invalid-request', `options.pollSeconds: must be at least ${shortest}`);
  if (protocol === 'pop3' && folders !== 'all' && folders.some((folder) => folder !== 'INBOX'))
    throw new HttpError('invalid-request', 'options.folders: POP3 has only INBOX');
  if (protocol === 'pop3' && options.folderLabels)
    throw new HttpError('invalid-request', 'options.folderLabels: POP3 has only INBOX');
  if (!canDispose(protocol, options.afterImport))
    throw new HttpError('invalid-request', `options.afterImport: POP3 can only keep or delete`);
  return { ...options, ...canonicalRules(options) };
}

/** POP3 has neither folders nor flags. */
export const canDispose = (protocol: 'imap' | 'pop3', afterImport: MailboxOptions['afterImport']): boolean =>
  protocol === 'imap' || afterImport === 'keep' || afterImport === 'delete';

/** A process from before an option came may have stored the options without it. */
export const optionsView = (stored: MailboxOptions): Mailbox['options'] => {
  const { folders, ...options } = { ...DEFAULT_OPTIONS, ...stored };
  return {
    ...options,
    folders: folders === 'all' ? 'all' : [...folders],
    skipSenders: [...options.skipSenders],
    neverSpamDomains: [...options.neverSpamDomains],
  };
};
