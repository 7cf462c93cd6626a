/** The shell that the dashboard is drawn into, and what is said where it cannot be. */
import type { Assets } from '../assets.ts';
import { html } from '../html.ts';
import type { Theme } from '../theme.ts';

/** `nonce` is for what the dashboard's script puts into a style element. */
export const appPage = (assets: Assets, nonce: string, theme: Theme | null): string =>
  html`<!doctype html>
<html lang="en" data-theme="${theme ?? 'system'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<meta property="csp-nonce" nonce="${nonce}">
<title>smtp-sync</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${assets.stylesheet}">
<script type="module" src="${assets.script}"></script>
</head>
<body>
<div id="app"></div>
<noscript>
<div class="mx-auto max-w-xl px-4 py-24 text-center">
<h1 class="text-xl font-semibold">The dashboard needs JavaScript</h1>
<p class="mt-2 text-muted">Your mail goes on flowing without it. Allow JavaScript for this address to see your mailboxes and the Glass Box, or use the <a class="text-accent underline" href="/docs/api">HTTP API</a>.</p>
</div>
</noscript>
</body>
</html>
`.html;
