/** The permissions at Google: why each is asked for, what it allows and what it cannot do. */
import { type Html, html } from '../html.ts';

const list = (
  title: string,
  mark: Html,
  items: readonly string[],
): Html => html`<div class="rounded-xl border border-line bg-surface p-5">
<h3 class="font-semibold">${title}</h3>
<ul class="mt-3 space-y-2 text-sm leading-relaxed text-muted">${items.map(
  (item) => html`<li class="flex gap-2.5">${mark}<span>${item}</span></li>`,
)}</ul></div>`;

const YES = html`<svg aria-hidden="true" viewBox="0 0 20 20" class="mt-0.5 size-4 shrink-0 fill-none stroke-delivered" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round"><path d="m4 10.5 4 4 8-9"/></svg>`;
const NO = html`<svg aria-hidden="true" viewBox="0 0 20 20" class="mt-0.5 size-4 shrink-0 fill-none stroke-failed" stroke-width="2.5" stroke-linecap="round"><path d="m5 5 10 10M15 5 5 15"/></svg>`;

export const permission = html`<p class="mt-4 max-w-3xl leading-relaxed text-muted">Google asks you to let smtp-sync <strong class="font-medium text-ink">“Add emails into your Gmail mailbox”</strong>. Its technical name is <code class="font-mono text-sm whitespace-nowrap">gmail.insert</code>, and it is the smallest permission with which mail can be passed on. Besides, Google tells us your account id and e-mail address, which is how we know you again.</p>
<div class="mt-6 grid gap-4 md:grid-cols-2">
${list('What it allows', YES, [
  'Adding the messages of the mailboxes that you connect to your Gmail and, if you want them, short notices about those that Gmail refused.',
  'Nothing else.',
])}
${list('What it cannot do', NO, [
  'Read, list or search your mail, old or new. Not even the messages it has added.',
  'Change or delete anything in your Gmail.',
  'Send mail in your name.',
  'See your contacts, calendar, files or your Google password.',
])}
</div>
<p class="mt-4 max-w-3xl text-sm leading-relaxed text-muted">Leave the box ticked when Google asks: without it no mail can be passed on. You can take the permission back at any time, here by deleting your account or in your Google Account under “Third-party apps &amp; services”.</p>`;

/** Asked for when somebody switches labels on, and by nobody else. */
export const labelsPermission = html`<p class="mt-4 max-w-3xl leading-relaxed text-muted">Google asks you to let smtp-sync <strong class="font-medium text-ink">“See and edit your email labels”</strong>. Its technical name is <code class="font-mono text-sm whitespace-nowrap">gmail.labels</code>. It is about the labels themselves, not about the mail under them.</p>
<div class="mt-6 grid gap-4 md:grid-cols-2">
${list('What it allows', YES, [
  'Seeing the names of your labels, and how many messages are under each.',
  'Making labels: smtp-sync makes those that you ask for, and those that they are nested in.',
  'It would also allow renaming and deleting labels. smtp-sync never does.',
])}
${list('What it cannot do', NO, [
  'Read, list or search your mail, whatever its label.',
  'Put a label on mail that is in your Gmail already, or take one off.',
  'Change or delete any message.',
])}
</div>
<p class="mt-4 max-w-3xl text-sm leading-relaxed text-muted">If you say no, or leave the box unticked, everything else works as before: mail arrives without labels. You can change your mind at any time.</p>`;
