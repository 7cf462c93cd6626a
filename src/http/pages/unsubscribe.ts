/** The pages behind the link that ends mails of one kind. */
import type { OptionalKind } from '../../core/notice.ts';
import type { Unsubscription } from '../../core/unsubscribe.ts';
import { type Html, html } from '../html.ts';
import { type Frame, framed } from './frame.ts';
import { PRIMARY, SECONDARY } from './look.ts';
import { noticePage } from './notice.ts';

const KINDS: Readonly<Record<OptionalKind, string>> = {
  'server-unreachable': 'mail servers that have been out of reach for a day',
  'messages-refused': 'messages that were not passed on',
  'backlog-finished': 'finished imports of old mail',
  'webhook-off': 'webhooks that were switched off',
  'source-unchanged': 'messages that could not be deleted, moved or marked at their server',
};

const SETTINGS = { href: '/account#notices', text: 'All notice settings' } as const;

export const askPage = (frame: Frame, wanted: Unsubscription): string =>
  framed(frame, {
    title: 'No more mails of this kind',
    content: html`<div class="mx-auto max-w-xl px-4 py-16 md:py-24">
<h1 class="text-2xl font-semibold tracking-tight text-balance md:text-3xl">No more mails of this kind?</h1>
<div class="mt-4 space-y-3 text-base leading-relaxed text-muted">
<p>You will get no more mails about ${KINDS[wanted.kind]}. The notices stay in the dashboard.</p>
<p>What you cannot do without goes on: a login that fails, a consent that has ended, a payment that has failed, a mailbox about to be wiped.</p>
</div>
${form(wanted)}
</div>`,
  });

const form = ({ userId, kind, token }: Unsubscription): Html => {
  const query = new URLSearchParams({ user: userId, kind, token });
  return html`<form method="post" action="/unsubscribe?${query.toString()}" class="mt-8 flex flex-wrap gap-3">
<button class="${PRIMARY}">Stop these mails</button>
<a class="${SECONDARY}" href="${SETTINGS.href}">${SETTINGS.text}</a>
</form>`;
};

export const donePage = (frame: Frame, kind: OptionalKind): string =>
  noticePage(frame, {
    title: 'You will get no more of these mails',
    text: [
      `Mails about ${KINDS[kind]} have ended. The notices stay in the dashboard.`,
      'To get them again, switch them on under “Account”.',
    ],
    links: [SETTINGS, { href: '/', text: 'To the start' }],
  });

export const unknownPage = (frame: Frame): string =>
  noticePage(frame, {
    title: 'This link is not valid',
    text: [
      'It is incomplete, or the account that it belongs to is no more.',
      'If the link broke across two lines in your mail program, put it together again. Or sign in: under “Account” you choose which notices are mailed.',
    ],
    links: [SETTINGS, { href: '/', text: 'To the start' }],
  });
