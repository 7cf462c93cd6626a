/** What is said when a sign-in does not end as it should: what happened, and what to do next. */
import { nextQuery } from '../next-page.ts';
import type { Frame } from './frame.ts';
import { askForLabels } from './labels.ts';
import { type Notice, noticePage } from './notice.ts';

interface Refusal extends Pick<Notice, 'title' | 'text'> {
  readonly status: 400 | 403 | 503;
  /** What the link says that starts again. */
  readonly again: string;
  /** Where to read on, when trying again at once may not help. */
  readonly asksForLabels?: true;
  readonly other?: { readonly href: string; readonly text: string };
}

const WHY = { href: '/auth/start', text: 'Why we ask, and what it cannot do' } as const;
const HOME = { href: '/', text: 'Back to the start' } as const;

export const REFUSALS = {
  'not-configured': {
    status: 503,
    title: 'Sign-in is not set up',
    text: [
      'This installation has no OAuth client at Google yet, so nobody can sign in.',
      'If you run it: set GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET, as the README describes, and start it again. Otherwise, tell whoever does.',
    ],
    again: 'Try again',
    other: HOME,
  },
  expired: {
    status: 400,
    title: 'That sign-in has expired',
    text: [
      'It was used before, or took longer than ten minutes. Nothing was stored, and nobody was signed in.',
      'Start again, and finish within ten minutes. If you have signed in already in another tab, go on there.',
    ],
    again: 'Sign in again',
    other: HOME,
  },
  foreign: {
    status: 400,
    title: 'That sign-in was started elsewhere',
    text: [
      'It does not belong to this browser: it was started in another one, cookies are switched off or were deleted on the way, or a link led here that should not have. To protect you, it has been stopped; nobody was signed in.',
      'If you wanted to sign in, start again in this browser, with cookies allowed for this site. We set strictly functional ones only.',
    ],
    again: 'Sign in again',
    other: HOME,
  },
  denied: {
    status: 403,
    title: 'You have not agreed',
    text: [
      'You said no at Google, or closed its question. That is fine: nothing was stored, and there is nothing to undo.',
      'Without the permission to add mail to your Gmail no mail can be passed on. It does not let us read your mail. Should you change your mind, start again.',
    ],
    again: 'Try again',
    other: WHY,
  },
  scope: {
    status: 403,
    title: 'One permission is missing',
    text: [
      'You signed in at Google, but the permission to add mail to your Gmail was not ticked. Without it there is nothing we could do for you, so you were not signed in here and no account was opened. What you may have allowed earlier still stands.',
      'Try again and leave “Add emails into your Gmail mailbox” ticked. It does not let us read your mail.',
    ],
    again: 'Try again',
    other: WHY,
  },
  labels: {
    status: 403,
    title: 'Labels were not allowed',
    text: [
      'You said no to labels at Google, or left that box unticked. That is fine: your mail goes on arriving as before, without labels.',
      'Should you change your mind, ask Google again, and leave “See and edit your email labels” ticked. It does not let us read your mail.',
    ],
    again: 'Ask Google again',
    asksForLabels: true,
  },
  'labels-elsewhere': {
    status: 403,
    title: 'That was another Google account',
    text: [
      'You were asked to allow labels for the account that you are signed in to here, and chose another at Google. Nothing was changed, in neither of them.',
      'Ask again and choose the same account. To open the other one, sign out here first.',
    ],
    again: 'Ask Google again',
    asksForLabels: true,
  },
  blocked: {
    status: 403,
    title: 'Google does not allow it for this account',
    text: [
      'Google stopped this sign-in: the account is disabled, or its administrator does not let smtp-sync be used with it. We are not told more, and nothing was stored.',
      'If it is a work or school account, ask its administrator to allow smtp-sync. If Google has disabled the account, Google’s own sign-in page says how to get it back. Or choose another account.',
    ],
    again: 'Choose another account',
    other: HOME,
  },
  failed: {
    status: 400,
    title: 'Google did not complete the sign-in',
    text: [
      'Google refused to go on with this sign-in, or what it answered could not be verified. Nothing was stored, and nobody was signed in.',
      'Start again. If that fails repeatedly, the clock or the OAuth client of this installation may be wrong: tell whoever runs it.',
    ],
    again: 'Try again',
    other: HOME,
  },
  unavailable: {
    status: 503,
    title: 'Google cannot be reached',
    text: [
      'Google’s sign-in has a temporary problem. It is not about you or your account, and mailboxes that are connected go on as far as Google lets them.',
      'Try again in a minute or two.',
    ],
    again: 'Try again',
    other: HOME,
  },
} as const satisfies Record<string, Refusal>;

export type RefusalReason = keyof typeof REFUSALS;

export function refusalPage(frame: Frame, reason: RefusalReason, next: string | null): string {
  const { title, text, again, asksForLabels, other }: Refusal = REFUSALS[reason];
  const links = asksForLabels
    ? [
        { href: next ?? '/mailboxes', text: 'Go on without labels' },
        { href: askForLabels(next), text: again },
      ]
    : [{ href: `/auth/google${nextQuery(next)}`, text: again }, ...(other ? [other] : [])];
  return noticePage(frame, { title, text, links });
}

/** A sign-in that ended in another account than the one this browser was signed in to. */
export const switchedPage = (frame: Frame, email: string, next: string | null): string =>
  noticePage(frame, {
    title: 'You are now in another account',
    text: [
      `You chose another Google account than before. This is the smtp-sync account of ${email}: it has its own mailboxes and its own Glass Box, and its mail goes to that Gmail.`,
      'Mailboxes that you connected with the other Google account are still there and go on. To see them, continue with Google and choose that account.',
      'If this was a mistake and the account is new, you can delete it under “Account”.',
    ],
    links: [
      { href: next ?? '/mailboxes', text: `Go on as ${email}` },
      { href: `/auth/google${nextQuery(next)}`, text: 'Choose the other account' },
    ],
  });
