/** A page that says one thing: what happened, what it means, and where to go from there. */
import { type Html, html } from '../html.ts';
import { type Frame, framed } from './frame.ts';
import { PRIMARY, SECONDARY } from './look.ts';

export interface Notice {
  readonly title: string;
  /** Paragraphs; the first says what happened. */
  readonly text: readonly (string | Html)[];
  /** What to do next, the likeliest first. */
  readonly links: readonly { readonly href: string; readonly text: string }[];
  /** Small, above the title; an error's status. */
  readonly label?: string;
}

export const noticePage = (frame: Frame, { title, text, links, label }: Notice): string =>
  framed(frame, {
    title,
    content: html`<div class="mx-auto max-w-xl px-4 py-16 md:py-24">
${label !== undefined && html`<p class="mb-2 text-sm font-medium text-muted">${label}</p>`}
<h1 class="text-2xl font-semibold tracking-tight text-balance md:text-3xl">${title}</h1>
<div class="mt-4 space-y-3 text-base leading-relaxed text-muted">${text.map((one) => html`<p>${one}</p>`)}</div>
<p class="mt-8 flex flex-wrap gap-3">${links.map(
      ({ href, text }, i) => html`<a class="${i === 0 ? PRIMARY : SECONDARY}" href="${href}">${text}</a>`,
    )}</p>
</div>`,
  });
