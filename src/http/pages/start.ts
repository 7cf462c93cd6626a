/** `/auth/start`: before Google asks, why, and for what; said differently to somebody who has been here. */
import { html } from '../html.ts';
import { nextQuery } from '../next-page.ts';
import { consentPage } from './consent.ts';
import type { Frame } from './frame.ts';
import { link } from './look.ts';
import { permission } from './permission.ts';

export interface StartView {
  readonly frame: Frame;
  readonly next: string | null;
  /** Who is signed in, and whether Google honours their consent; null: nobody. */
  readonly viewer: { readonly email: string; readonly consent: 'given' | 'missing' | 'refused' } | null;
}

export const startPage = ({ frame, next, viewer }: StartView): string =>
  consentPage(frame, {
    ...wordsFor(viewer),
    go: `/auth/google${nextQuery(next)}`,
    back: viewer ? { href: '/mailboxes', text: 'Back to my mailboxes' } : { href: '/', text: 'Not now' },
    permission: { title: 'The one permission', content: permission },
    footnote: html`By continuing you agree to the ${link('/terms', 'terms')}. The ${link('/privacy', 'privacy policy')} says what happens to your data.`,
  });

function wordsFor(viewer: StartView['viewer']): { title: string; text: readonly string[] } {
  if (viewer === null)
    return {
      title: 'Google will ask for one permission',
      text: [
        'You sign in at Google; your Google password stays there. Google then asks whether smtp-sync may add mail to your Gmail. That is all we ask for here, and all we could do with it. Only if you want your mail labelled, later, does Google ask you for a second permission, which reads no mail either.',
      ],
    };
  if (viewer.consent === 'missing')
    return {
      title: 'Google no longer honours your consent',
      text: [
        'So no mail is passed on at the moment, and the token we had is destroyed. It ends when you remove smtp-sync in your Google Account, when you change your Google password, and after six months without use.',
        `Your mailboxes and their progress are still here. Continue with Google as ${viewer.email}, and they go on where they stopped. What has arrived is not imported again.`,
      ],
    };
  if (viewer.consent === 'refused')
    return {
      title: 'Gmail does not accept mail for this account',
      text: [
        `Google honours your consent, but not for the Gmail of ${viewer.email}: the account has no Gmail, or its administrator does not allow the Gmail API.`,
        'Once that is settled, continue with Google to try again. Another Google account opens mailboxes of its own.',
      ],
    };
  return {
    title: `You are signed in as ${viewer.email}`,
    text: [
      'Your consent is in order; there is no need to give it again. You can renew it here all the same.',
      'If you choose another Google account, you open that account’s own smtp-sync account: its mailboxes are apart from these, and its mail goes to its own Gmail.',
    ],
  };
}
