/** `/auth/labels`: before Google asks for labels, why, and for what. */
import { html } from '../html.ts';
import { nextQuery } from '../next-page.ts';
import { type Frame, framed } from './frame.ts';
import { continueWithGoogle, link, PILL } from './look.ts';
import { labelsPermission } from './permission.ts';

export interface LabelsView {
  readonly frame: Frame;
  readonly next: string | null;
  readonly viewer: { readonly email: string; readonly wanted: boolean; readonly allowed: boolean };
}

/** Asks Google for labels, and comes back to `next`. */
export const askForLabels = (next: string | null): string =>
  `/auth/google?labels=1${nextQuery(next).replace('?', '&')}`;

export function labelsPage({ frame, next, viewer }: LabelsView): string {
  const { title, text } = wordsFor(viewer);
  return framed(frame, {
    title,
    content: html`<div class="mx-auto max-w-4xl px-4 py-12 md:px-6 md:py-16">
<h1 class="text-2xl font-semibold tracking-tight text-balance md:text-3xl">${title}</h1>
<div class="mt-4 max-w-3xl space-y-3 leading-relaxed text-muted">${text.map((one) => html`<p>${one}</p>`)}</div>
<div class="mt-6 flex flex-wrap items-center gap-3">${continueWithGoogle(askForLabels(next))}
<a class="${PILL}" href="${next ?? '/mailboxes'}">${viewer.allowed ? 'Back' : 'Go on without'}</a></div>
<h2 class="mt-12 text-lg font-semibold">The permission for labels</h2>
${labelsPermission}
<p class="mt-8 text-sm text-muted">The ${link('/privacy', 'privacy policy')} says what is kept of it.</p>
</div>`,
  });
}

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
