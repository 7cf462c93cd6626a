/** The frame around every public page. No script: these pages work in any browser, and without the dashboard. */
import { assets } from '../assets.ts';
import { type Html, html } from '../html.ts';
import type { Theme } from '../theme.ts';
import { linkClasses, SECONDARY } from './look.ts';

/** What every page knows about the request it answers. */
export interface Frame {
  readonly theme: Theme | null;
  /** Where the theme's form comes back to: a path of ours. */
  readonly path: string;
  /** Whether the browser holds a session, which may have ended: decides what the header offers, nothing else. */
  readonly hasSession: boolean;
}

export interface Page {
  readonly title: string;
  readonly content: Html;
  /** Given: the page may be found by search engines, under this address. */
  readonly indexed?: { readonly description: string; readonly url: string };
}

export const framed = (frame: Frame, { title, content, indexed }: Page): string =>
  html`<!doctype html>
<html lang="en" data-theme="${frame.theme ?? 'system'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${
  indexed
    ? html`<meta name="description" content="${indexed.description}">
<link rel="canonical" href="${indexed.url}">`
    : html`<meta name="robots" content="noindex">`
}
<meta name="color-scheme" content="light dark">
<title>${title} · smtp-sync</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${assets.stylesheet}">
</head>
<body class="flex min-h-dvh flex-col bg-page text-ink">
<a class="sr-only focus:not-sr-only focus:absolute focus:top-2 focus:left-2 focus:z-10 focus:rounded-lg focus:bg-accent focus:px-4 focus:py-2 focus:text-on-accent" href="#content">Skip to the content</a>
${header(frame)}
<main id="content" class="flex-1">
${content}
</main>
${footer(frame)}
</body>
</html>
`.html;

const header = ({ hasSession }: Frame): Html => html`<header class="border-b border-line bg-surface">
<div class="mx-auto flex max-w-6xl items-center gap-4 px-4 py-2.5 md:px-6">
<a class="flex min-h-9 items-center gap-2 text-base font-bold tracking-tight" href="/">${MARK}smtp-sync</a>
<span class="flex-1"></span>
${
  hasSession
    ? html`<a class="${SECONDARY}" href="/mailboxes">My mailboxes</a>`
    : html`<a class="${SECONDARY}" href="/auth/start">Sign in</a>`
}
</div></header>`;

/** An envelope on its way. */
const MARK = html`<svg aria-hidden="true" viewBox="0 0 24 24" class="size-6 fill-none stroke-accent" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"><path d="M2 9h4M1 13h4M9 6h11a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H9"/><path d="m22 8-7 5-6-4"/></svg>`;

const footer = (frame: Frame): Html => html`<footer class="border-t border-line bg-surface">
<div class="mx-auto flex max-w-6xl flex-wrap items-center justify-between gap-x-8 gap-y-4 px-4 py-6 text-sm md:px-6">
<nav aria-label="About smtp-sync" class="flex flex-wrap gap-x-5 gap-y-1">${PLACES.map(
  ([href, text]) => html`<a class="${linkClasses} inline-block py-1" href="${href}">${text}</a>`,
)}</nav>
<form method="post" action="/theme" class="flex flex-wrap items-center gap-2">
<input type="hidden" name="back" value="${frame.path}">
<span id="theme" class="text-muted">Colours</span>
<span role="group" aria-labelledby="theme" class="flex rounded-lg border border-line-strong p-0.5">${THEMES.map(
  ([value, text]) =>
    html`<button name="theme" value="${value}" aria-pressed="${String((frame.theme ?? 'system') === value)}" class="min-h-7 rounded-md px-2.5 text-muted hover:text-ink aria-pressed:bg-accent-soft aria-pressed:font-medium aria-pressed:text-accent">${text}</button>`,
)}</span>
</form>
</div></footer>`;

const PLACES = [
  ['/', 'Overview'],
  ['/privacy', 'Privacy'],
  ['/terms', 'Terms'],
  ['/security', 'Security'],
  ['/docs/api', 'API'],
] as const;

const THEMES = [
  ['system', 'System'],
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const;
