/** A message's way as a picture, of text and lines, no image. */
import { type Html, html } from '../html.ts';

const icon = (path: Html): Html =>
  html`<span class="flex size-11 shrink-0 items-center justify-center rounded-full bg-accent-soft"><svg aria-hidden="true" viewBox="0 0 24 24" class="size-6 fill-none stroke-accent" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round">${path}</svg></span>`;
const MAILBOX = icon(html`<rect x="3" y="5" width="18" height="14" rx="2"/><path d="m3 8 9 6 9-6"/>`);
const MEMORY = icon(
  html`<rect x="6" y="6" width="12" height="12" rx="2"/><path d="M10 2v4M14 2v4M10 18v4M14 18v4M2 10h4M2 14h4M18 10h4M18 14h4"/>`,
);
const INBOX = icon(
  html`<path d="M3 13h5l1.5 3h5L16 13h5"/><path d="M5.5 5h13L21 13v4a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-4z"/>`,
);

const stop = (picture: Html, title: string, text: string): Html => html`<li class="flex gap-4">
${picture}<div><h3 class="font-semibold">${title}</h3><p class="mt-0.5 text-sm leading-relaxed text-muted">${text}</p></div></li>`;

/** Decoration: the order of the list says the same. */
const arrow = html`<li aria-hidden="true" class="flex items-center gap-4 py-1 text-xs font-medium text-muted">
<svg viewBox="0 0 44 32" class="h-8 w-11 fill-none stroke-accent" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round"><path d="M22 2v27M17 24l5 5 5-5"/></svg><span>encrypted</span></li>`;

/** The one line that stays, as an example. */
const LINE = [
  ['Time', '09:41:07'],
  ['Sender’s domain', 'example.org'],
  ['Outcome', 'delivered'],
  ['Size', '18 kB'],
] as const;

export const messagePath = html`<section id="how" aria-labelledby="how-title" class="scroll-mt-4 rounded-2xl border border-line bg-page p-5 md:p-6">
<h2 id="how-title" class="text-sm font-medium text-muted">The path of a message</h2>
<ol class="mt-4">
${stop(MAILBOX, 'Your old mailbox', 'IMAP or POP3. Nothing there is changed or deleted unless you choose so.')}
${arrow}
${stop(MEMORY, 'Our memory, briefly', 'It streams through a worker that may not write files. The buffers are overwritten behind it.')}
${arrow}
${stop(INBOX, 'Your Gmail', 'Gmail’s own import: its spam filter, categories and search treat it like mail delivered to you.')}
</ol>
<div class="mt-5 rounded-xl border border-dashed border-line-strong p-4">
<p class="text-sm text-muted">What stays here is one line in your audit log, the <strong class="font-medium text-ink">Glass Box</strong>:</p>
<dl class="mt-2 grid grid-cols-2 gap-x-4 gap-y-2 text-sm sm:grid-cols-4 lg:grid-cols-2">${LINE.map(
  ([name, value]) =>
    html`<div><dt class="text-xs text-muted">${name}</dt><dd class="font-mono">${value}</dd></div>`,
)}</dl></div>
</section>`;
