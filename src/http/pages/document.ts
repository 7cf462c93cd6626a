/** Long texts: numbered parts, a table of contents, the date, and what is about to change. */
import { type Html, html } from '../html.ts';
import type { Installation } from '../installation.ts';
import { type Frame, framed } from './frame.ts';
import { link } from './look.ts';
import { policyAt } from './policy-dates.ts';

export interface DocumentView {
  readonly frame: Frame;
  /** The page's own address. */
  readonly url: string;
  readonly installation: Installation;
}

export interface Part {
  readonly id: string;
  readonly title: string;
  /** Paragraphs; an array is a list. */
  readonly text: readonly (string | Html | readonly (string | Html)[])[];
}

export interface Document {
  readonly title: string;
  readonly description: string;
  readonly opening: string | Html;
  /** Whether it has versions that take effect on a day. */
  readonly dated: boolean;
  readonly parts: readonly Part[];
}

export const documentPage = (
  view: DocumentView,
  { title, description, opening, dated, parts }: Document,
): string =>
  framed(view.frame, {
    title,
    indexed: { description, url: view.url },
    content: html`<div class="mx-auto grid max-w-6xl gap-x-12 gap-y-8 px-4 py-12 md:px-6 md:py-16 lg:grid-cols-[15rem_minmax(0,1fr)]">
<header class="lg:col-start-2">
<h1 class="text-3xl font-bold tracking-tight">${title}</h1>
${dated && dates(new Date())}
<p class="mt-5 max-w-prose text-lg leading-relaxed text-muted">${opening}</p>
</header>
<nav aria-label="On this page" class="text-sm lg:col-start-1 lg:row-span-2 lg:row-start-1"><ol class="space-y-0.5 lg:sticky lg:top-6">${parts.map(
      (part) =>
        html`<li><a class="block rounded-md py-1 text-muted hover:text-accent hover:underline" href="#${part.id}">${part.title}</a></li>`,
    )}</ol></nav>
<div class="max-w-prose space-y-10 lg:col-start-2">${parts.map(renderPart)}</div>
</div>`,
  });

const renderPart = ({
  id,
  title,
  text,
}: Part): Html => html`<section id="${id}" class="scroll-mt-6" aria-labelledby="${id}-title">
<h2 id="${id}-title" class="text-xl font-semibold tracking-tight">${title}</h2>
<div class="mt-3 space-y-3 leading-relaxed text-muted">${text.map((one) =>
  Array.isArray(one)
    ? html`<ul class="list-disc space-y-1.5 pl-5 marker:text-line-strong">${one.map((item) => html`<li>${item}</li>`)}</ul>`
    : html`<p>${one as string | Html}</p>`,
)}</div>
</section>`;

function dates(now: Date): Html {
  const { inForce, upcoming } = policyAt(now);
  const day = (date: string) => html`<time datetime="${date}">${dayInWords(date)}</time>`;
  return html`<p class="mt-2 text-sm text-muted">In force since ${day(inForce.from)}</p>
${
  upcoming &&
  html`<p class="mt-4 rounded-lg bg-waiting-soft p-4 text-sm text-waiting">A change takes effect on ${day(upcoming.from)}: ${upcoming.summary}</p>`
}`;
}

const dayInWords = (day: string): string =>
  new Date(`${day}T00:00:00Z`).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  });

/** Who runs this. */
export const operator = (installation: Installation): Html =>
  html`the operator of this installation${installation.contactEmail !== null && html` (${contact(installation)})`}`;

/** Whom to write to. */
export const contact = ({ contactEmail }: Installation): string | Html =>
  contactEmail === null ? 'the operator of this installation' : link(`mailto:${contactEmail}`, contactEmail);

/** A term and what it means here. */
export const term = (name: string, meaning: string | Html): Html =>
  html`<strong class="font-medium text-ink">${name}</strong> ${meaning}`;
