/** A mailbox's options: what is sent, completed and checked. */
import { DEFAULT_OPTIONS, type MailboxOptions } from '../core/mailbox.ts';
import { type Mailbox, type PatchMailbox, storedOptionsSchema } from './api.ts';
import { HttpError, parseInput } from './errors.ts';
import type { Parts } from './parts.ts';

export const defaults = (parts: Parts): MailboxOptions => ({
  ...DEFAULT_OPTIONS,
  pollSeconds: parts.settings.pollSeconds,
});

/** A date belongs to history "since" alone and goes with it. */
export const mergeOptions = (
  current: MailboxOptions,
  sent: NonNullable<PatchMailbox['options']>,
): object => ({
  ...current,
  ...(sent.history !== undefined && sent.history !== 'since' && { since: null }),
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
  return options;
}

export const optionsView = ({ folders, ...options }: MailboxOptions): Mailbox['options'] => ({
  ...options,
  folders: folders === 'all' ? 'all' : [...folders],
  skipSenders: [...options.skipSenders],
  neverSpamDomains: [...options.neverSpamDomains],
});
