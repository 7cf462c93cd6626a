/** A mailbox's state in a word. */
import type { Mailbox } from '../../../src/http/api.ts';
import { mailboxTexts } from '../../texts/mailboxes.ts';
import { signIn } from '../../texts/sign-in.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';

const TONES: Readonly<Record<Mailbox['state'], Tone>> = {
  probing: 'waiting',
  active: 'delivered',
  paused: 'skipped',
  'needs-password': 'failed',
  'needs-consent': 'failed',
  unreachable: 'rejected',
  suspended: 'rejected',
};

/** Begun in the wizard and not started yet: a mailbox that its owner has paused has no fault. */
export const isUnfinished = ({ state, fault }: Mailbox): boolean => state === 'paused' && fault !== null;

const nameOf = (mailbox: Mailbox): string => {
  if (isUnfinished(mailbox)) return mailboxTexts.unfinished;
  if (mailbox.state === 'needs-password' && mailbox.auth === 'oauth') return signIn.state;
  return mailboxTexts.states[mailbox.state];
};

export function StateBadge({ mailbox }: { mailbox: Mailbox }) {
  return (
    <Badge tone={TONES[mailbox.state]}>
      <span aria-hidden className="size-1.5 rounded-full bg-current" />
      {nameOf(mailbox)}
    </Badge>
  );
}
