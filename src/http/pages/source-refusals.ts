/** What is said when a sign-in at a mailbox's provider does not end as it should: what happened, and what to do next. */
import type { Frame } from './frame.ts';
import { type Notice, noticePage } from './notice.ts';

interface Refusal {
  readonly status: 400 | 402 | 403 | 404 | 409 | 503;
  readonly title: string;
  readonly text: readonly string[];
  /** What the link says that starts again; absent: that cannot help. */
  readonly again?: string;
  /** What helps in its place. */
  readonly instead?: { readonly href: string; readonly text: string };
}

/** `p`: the provider's name. */
const refusals = (p: string) =>
  ({
    expired: {
      status: 400,
      title: `That sign-in at ${p} has expired`,
      text: [
        'It was used before, took longer than ten minutes, was begun again in another tab, or belongs to another browser or account here. Nothing was stored.',
        'Start again from the mailbox, and finish within ten minutes in the same browser.',
      ],
    },
    missing: {
      status: 404,
      title: 'There is no such mailbox',
      text: [
        'It was deleted meanwhile, belongs to another account, or takes a password rather than a sign-in. Nothing was stored.',
        'Go back to your mailboxes, and connect it from there.',
      ],
    },
    'not-offered': {
      status: 503,
      title: `Signing in at ${p} is not set up here`,
      text: [
        `This installation has no app registration at ${p}, so its mailboxes cannot be connected.`,
        'If you run it: the README says how to register one. Otherwise, tell whoever does. Until then, a forwarding rule at the provider brings new mail to your Gmail.',
      ],
    },
    suspended: {
      status: 409,
      title: 'This mailbox is suspended',
      text: [
        'It waits for something else first, so a sign-in would not make it go on. Nothing was stored.',
        'The mailbox’s page says what it waits for.',
      ],
    },
    plan: {
      status: 402,
      title: 'Your plan has no room for this mailbox',
      text: [
        'It is paused, and a sign-in would make it run again: as many others as your plan allows run already. Nothing was stored.',
        'Pause or delete another mailbox, or choose a larger plan. Then sign in again.',
      ],
      instead: { href: '/billing', text: 'See the plans' },
    },
    denied: {
      status: 403,
      title: 'You have not agreed',
      text: [
        `You said no at ${p}, or closed its question. That is fine: nothing was stored, and there is nothing to undo.`,
        'Without it the mail of this mailbox cannot be fetched. Should you change your mind, start again.',
      ],
      again: `Sign in at ${p}`,
    },
    scope: {
      status: 403,
      title: 'One permission is missing',
      text: [
        `You signed in at ${p}, but it did not give the permission to read this mailbox by IMAP or POP. Without it there is nothing to fetch, so nothing was stored.`,
        'Try again and agree to all that is asked. If nothing was left out, your organisation may not allow it: ask its administrator.',
      ],
      again: 'Try again',
    },
    admin: {
      status: 403,
      title: 'Your administrator has to agree first',
      text: [
        `${p} does not let the people of your organisation decide this for themselves. Nothing was stored.`,
        `Ask your administrator to approve smtp-sync for the organisation, with the permission to read mail by IMAP or POP, and then sign in again. A personal account needs no such approval.`,
      ],
      again: 'Sign in again',
    },
    blocked: {
      status: 403,
      title: `${p} does not let this account in`,
      text: [
        `${p} stopped this sign-in: the account is disabled, or a rule of its organisation does not allow it. We are not told more, and nothing was stored.`,
        'If it is a work or school account, ask its administrator. Or choose another account.',
      ],
      again: 'Choose another account',
    },
    'other-account': {
      status: 409,
      title: 'That is another account',
      text: [
        `You signed in at ${p} with another account than the one this mailbox was connected with. To keep their mail apart, nothing was stored.`,
        'Sign in again and choose the account named on the mailbox’s page. To have the other one’s mail too, connect it as a mailbox of its own.',
      ],
      again: 'Sign in with the right account',
    },
    exists: {
      status: 409,
      title: 'This account is connected already',
      text: [
        'Another of your mailboxes fetches the mail of the account that you signed in with. Connecting it twice would deliver its mail twice, so nothing was stored.',
        'Go on with the mailbox that is there, or choose another account.',
      ],
      again: 'Choose another account',
    },
    failed: {
      status: 400,
      title: `${p} did not complete the sign-in`,
      text: [
        `${p} refused to go on with this sign-in, or what it answered was not meant for it. Nothing was stored.`,
        'Start again. If that fails repeatedly, the app registration of this installation may be wrong or its secret expired: tell whoever runs it.',
      ],
      again: 'Try again',
    },
    unavailable: {
      status: 503,
      title: `${p} cannot be reached`,
      text: [
        `${p}’s sign-in has a temporary problem. It is not about you or your account, and nothing was stored.`,
        'Try again in a minute or two.',
      ],
      again: 'Try again',
    },
  }) as const satisfies Record<string, Refusal>;

export type SourceRefusalReason = keyof ReturnType<typeof refusals>;

export const sourceRefusalStatus = (reason: SourceRefusalReason): number => refusals('')[reason].status;

/** `mailbox`: what it was about, where that is known; `draft`: its setup goes on in the wizard. */
export function sourceRefusalPage(
  frame: Frame,
  reason: SourceRefusalReason,
  provider: string | null,
  mailbox: { readonly id: string; readonly draft: boolean } | null,
): string {
  const { title, text, again, instead }: Refusal = refusals(provider ?? 'the provider')[reason];
  const links: Notice['links'] = [
    ...(mailbox && again ? [{ href: `/auth/source/start?mailbox=${mailbox.id}`, text: again }] : []),
    ...(instead ? [instead] : []),
    mailbox === null
      ? { href: '/mailboxes', text: 'Your mailboxes' }
      : mailbox.draft
        ? { href: `/connect/${mailbox.id}`, text: 'Back to the setup' }
        : { href: `/mailboxes/${mailbox.id}`, text: 'Back to the mailbox' },
  ];
  return noticePage(frame, { title, text, links });
}
