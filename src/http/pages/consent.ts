/** What is shown before Google asks for a permission: why, what it allows, and the way there or back. */
import { type Html, html } from '../html.ts';
import { type Frame, framed } from './frame.ts';
import { continueWithGoogle, PILL } from './look.ts';

export interface ConsentPage {
  readonly title: string;
  /** Paragraphs. */
  readonly text: readonly string[];
  /** Where Google is asked. */
  readonly go: string;
  readonly back: { readonly href: string; readonly text: string };
  readonly permission: { readonly title: string; readonly content: Html };
  readonly footnote: Html;
}

export const consentPage = (
  frame: Frame,
  { title, text, go, back, permission, footnote }: ConsentPage,
): string =>
  framed(frame, {
    title,
    content: html`<div class="mx-auto max-w-4xl px-4 py-12 md:px-6 md:py-16">
<h1 class="text-2xl font-semibold tracking-tight text-balance md:text-3xl">${title}</h1>
<div class="mt-4 max-w-3xl space-y-3 leading-relaxed text-muted">${text.map((one) => html`<p>${one}</p>`)}</div>
<div class="mt-6 flex flex-wrap items-center gap-3">${continueWithGoogle(go)}
<a class="${PILL}" href="${back.href}">${back.text}</a></div>
<h2 class="mt-12 text-lg font-semibold">${permission.title}</h2>
${permission.content}
<p class="mt-8 text-sm text-muted">${footnote}</p>
</div>`,
  });
