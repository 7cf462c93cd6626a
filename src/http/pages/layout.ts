/** The frame around every page. Pages work without JavaScript; live.js only keeps numbers fresh. */
import { type Html, html } from '../html.ts';

export interface Viewer {
  readonly email: string;
}

export function layout(title: string, viewer: Viewer | null, content: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>${title} · smtp-sync</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css">
${viewer !== null && html`<script src="/live.js" defer></script>`}
</head>
<body>
<header>
<a class="brand" href="/">smtp-sync</a>
${
  viewer !== null &&
  html`<nav><a href="/">Mailboxes</a> <a href="/connect">Connect</a> <a href="/audit">Audit</a></nav>
<form method="post" action="/auth/logout"><span>${viewer.email}</span> <button class="quiet">Sign out</button></form>`
}
</header>
<main>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`.html;
}

/** A page that says one thing and where to go from there. */
export const notice = (title: string, sentence: string, link: { href: string; text: string }): string =>
  layout(title, null, html`<p>${sentence}</p><p><a class="button" href="${link.href}">${link.text}</a></p>`);
