/** `/`: what the service does, what it asks for, and the way in. */
import { type Html, html } from '../html.ts';
import type { Installation } from '../installation.ts';
import { nextQuery } from '../next-page.ts';
import { type Frame, framed } from './frame.ts';
import { messagePath } from './landing-path.ts';
import { price } from './landing-price.ts';
import { PROMISES, QUESTIONS } from './landing-texts.ts';
import { continueWithGoogle, link, PILL } from './look.ts';
import { permission } from './permission.ts';

export interface LandingView {
  readonly frame: Frame;
  readonly url: string;
  readonly installation: Installation;
  /** Where the visitor wanted to go and was not signed in for. */
  readonly next: string | null;
}

const TITLE = 'Your old mailbox, flowing into your Gmail';
const DESCRIPTION =
  'smtp-sync fetches mail from POP3 and IMAP mailboxes and adds it to your Gmail: each message once, unchanged, and nothing of it kept.';

export function landingPage({ frame, url, installation, next }: LandingView): string {
  const entrance = continueWithGoogle(`/auth/google${nextQuery(next)}`);
  return framed(frame, {
    title: TITLE,
    indexed: { description: DESCRIPTION, url },
    content: html`${next !== null && INTERRUPTED}
${hero(entrance, installation)}
<div class="mx-auto max-w-6xl space-y-16 px-4 py-14 md:px-6 md:py-20">
${section('promises', 'What we promise, and how each promise is checked', PROMISE_CARDS)}
${section('permission', 'The one permission', permission)}
${aside('sources', 'Where mail may come from', sources(installation))}
${aside('price', 'What it costs', price(installation))}
${aside('questions', 'Questions', QUESTION_LIST)}
</div>
${closing(entrance)}`,
  });
}

const INTERRUPTED = html`<div class="border-b border-line bg-waiting-soft"><p class="mx-auto max-w-6xl px-4 py-3 text-sm text-waiting md:px-6" role="status">You are not signed in, or your session has ended. Continue with Google, and you come back to the page you wanted.</p></div>`;

const hero = (
  entrance: Html,
  { billing }: Installation,
): Html => html`<div class="border-b border-line bg-surface">
<div class="mx-auto grid max-w-6xl items-center gap-x-14 gap-y-10 px-4 py-12 md:px-6 md:py-16 lg:grid-cols-[minmax(0,1fr)_27rem]">
<div>
<h1 class="text-4xl font-bold tracking-tight text-balance md:text-5xl">${TITLE}</h1>
<p class="mt-5 max-w-xl text-lg leading-relaxed text-muted">Gmail is ending “Check mail from other accounts”. smtp-sync takes over: it fetches the mail of your POP3 or IMAP mailbox and adds it to your Gmail. Each message arrives once and unchanged, and nothing of it is kept but one line that you can read.</p>
<div class="mt-8 flex flex-wrap items-center gap-3">${entrance}
<a class="${PILL}" href="#promises">What we promise</a></div>
<p class="mt-5 max-w-lg text-sm leading-relaxed text-muted">Google asks you for one permission: to add mail. With it nobody can read, search or delete anything in your Gmail.${billing && ' No card is needed to begin.'}</p>
</div>
${messagePath}
</div></div>`;

const section = (
  id: string,
  title: string,
  content: Html,
): Html => html`<section id="${id}" aria-labelledby="${id}-title" class="scroll-mt-6">
<h2 id="${id}-title" class="text-2xl font-semibold tracking-tight text-balance">${title}</h2>
${content}
</section>`;

/** The title beside the content where there is room. */
const aside = (
  id: string,
  title: string,
  content: Html,
): Html => html`<section id="${id}" aria-labelledby="${id}-title" class="grid scroll-mt-6 gap-x-10 gap-y-4 border-t border-line pt-10 lg:grid-cols-[16rem_minmax(0,1fr)]">
<h2 id="${id}-title" class="text-2xl font-semibold tracking-tight text-balance">${title}</h2>
<div>${content}</div>
</section>`;

const PROMISE_CARDS = html`<ul class="mt-6 grid gap-4 sm:grid-cols-2 lg:grid-cols-3">${PROMISES.map(
  ({ title, text, check }) => html`<li class="flex flex-col rounded-xl border border-line bg-surface p-5">
<h3 class="font-semibold">${title}</h3>
<p class="mt-2 mb-4 text-sm leading-relaxed text-muted">${text}</p>
<p class="mt-auto border-t border-line pt-3 text-sm leading-relaxed text-muted"><strong class="font-medium text-delivered">Checked:</strong> ${check}</p>
</li>`,
)}</ul>`;

const MICROSOFT = {
  offered:
    'Outlook.com, Hotmail and Microsoft 365 no longer let any program in with a password: for these you sign in at Microsoft itself, and agree there.',
  not: 'Outlook.com, Hotmail and Microsoft 365 no longer let any program in with a password, so they cannot be connected on this installation.',
} as const;

const sources = ({
  billing,
  signIns,
}: Installation): Html => html`<div class="max-w-3xl space-y-3 leading-relaxed text-muted">
<p>From any mail server that speaks <strong class="font-medium text-ink">IMAP</strong> or <strong class="font-medium text-ink">POP3</strong> over an encrypted connection and lets you in with a password: your provider’s, your company’s, your own. Type your address, and the settings are looked up; you can always enter them by hand.</p>
<p>Yahoo, AOL, iCloud and some others want an app password; you are shown where to make one. ${MICROSOFT[signIns.includes('Microsoft') ? 'offered' : 'not']}</p>
<p>Over IMAP the server announces new mail, which usually follows within seconds${billing && ' (on the paid plan)'}. Otherwise the mailbox is visited regularly.</p>
</div>`;

const QUESTION_LIST = html`<div class="divide-y divide-line rounded-xl border border-line bg-surface">${QUESTIONS.map(
  ({ question, answer }) => html`<details class="group">
<summary class="flex cursor-pointer list-none items-center justify-between gap-4 rounded-xl p-5 font-medium [&::-webkit-details-marker]:hidden">${question}<svg aria-hidden="true" viewBox="0 0 20 20" class="size-5 shrink-0 fill-none stroke-muted group-open:rotate-180" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"><path d="m5 7.5 5 5 5-5"/></svg></summary>
<div class="max-w-3xl space-y-2 px-5 pb-5 leading-relaxed text-muted">${answer.map((one) => html`<p>${one}</p>`)}</div>
</details>`,
)}</div>
<p class="mt-4 text-muted">More is in the ${link('/privacy', 'privacy policy')} and under ${link('/security', 'security')}.</p>`;

const closing = (
  entrance: Html,
): Html => html`<div class="border-t border-line bg-surface"><div class="mx-auto flex max-w-6xl flex-wrap items-center justify-between gap-6 px-4 py-12 md:px-6">
<div><p class="text-xl font-semibold tracking-tight">Connect your first mailbox in two minutes.</p>
<p class="mt-1 max-w-xl text-muted">By continuing you agree to the ${link('/terms', 'terms')}; the ${link('/privacy', 'privacy policy')} says what happens to your data.</p></div>
${entrance}
</div></div>`;
