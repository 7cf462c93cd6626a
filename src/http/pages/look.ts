/** How things on the public pages look, where more than one page has them. The dashboard's kit has the same. */
import { type Html, html } from '../html.ts';

const BUTTON =
  'inline-flex min-h-10 items-center justify-center gap-2 rounded-lg px-4 text-sm font-medium transition-colors';
export const PRIMARY = `${BUTTON} bg-accent text-on-accent hover:bg-accent-strong`;
export const SECONDARY = `${BUTTON} border border-line-strong bg-surface text-ink hover:bg-sunken`;
/** Beside the button to Google. */
export const PILL =
  'inline-flex min-h-12 items-center justify-center rounded-full border border-line-strong bg-surface px-6 text-base font-medium text-ink transition-colors hover:bg-sunken';
export const linkClasses = 'text-accent underline underline-offset-2 hover:text-accent-strong';

/** A link to a page, in running text. */
export const link = (href: string, text: string): Html =>
  html`<a class="${linkClasses}" href="${href}">${text}</a>`;

/** Dark and without Google's mark, which its branding rules allow only as an image of theirs. */
export const continueWithGoogle = (href: string): Html =>
  html`<a class="inline-flex min-h-12 items-center justify-center rounded-full bg-ink px-7 text-base font-medium text-page hover:opacity-90" href="${href}">Continue with Google</a>`;
