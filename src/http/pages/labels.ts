/** `/auth/labels`: before Google asks for labels, why, and for what. */
import { html } from '../html.ts';
import { nextQuery } from '../next-page.ts';
import { consentPage } from './consent.ts';
import type { Frame } from './frame.ts';
import { link } from './look.ts';
import { labelsPermission } from './permission.ts';

export interface LabelsView {
  readonly frame: Frame;
  readonly next: string | null;
  readonly viewer: { readonly email: string; readonly wanted: boolean; readonly allowed: boolean };
}

/** Asks Google for labels, and comes back to `next`. */
export const askForLabels = (next: string | null): string =>
  `/auth/google?labels=1${nextQuery(next).replace('?', '&')}`;

export const labelsPage = ({ frame, next, viewer }: LabelsView): string =>
  consentPage(frame, {
    ...wordsFor(viewer),
    go: askForLabels(next),
    back: { href: next ?? '/mailboxes', text: viewer.allowed ? 'Back' : 'Go on without' },
    permission: { title: 'The permission for labels', content: labelsPermission },
    footnote: html`The ${link('/privacy', 'privacy policy')} says what is kept of it.`,
  });

function wordsFor({ email, wanted, allowed }: LabelsView['viewer']): {
  title: string;
  text: readonly string[];
} {
  if (allowed)
    return {
      title: 'Labels are allowed',
      text: [`You have given the permission for labels as ${email}. There is no need to give it again.`],
    };
  const asks =
    'Google asks for it apart from the permission to add mail, which you have given. Whatever you answer, your mail goes on.';
  if (wanted)
    return {
      title: 'Your labels wait for a permission',
      text: [
        'A mailbox of yours is to have its mail labelled, and Google does not allow that at the moment. Until it does, mail arrives without labels.',
        `${asks} Continue as ${email}.`,
      ],
    };
  return {
    title: 'Google will ask for a second permission',
    text: [
      'To put your imported mail under labels, smtp-sync has to make them in your Gmail, and to know which there are.',
      `${asks} Continue as ${email}.`,
    ],
  };
}
