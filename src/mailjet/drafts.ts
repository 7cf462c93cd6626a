/** What each kind of notice says by mail: fixed sentences with counts, days, servers' names and sender domains. */
import { SOURCE_TROUBLES } from '../core/disposal.ts';
import { FAULTS, type FaultCode } from '../core/fault.ts';
import type { NoticeDetails, NoticeFact, NoticeKind, Refusals } from '../core/notice.ts';
import { FAILING_DAYS } from '../core/webhook.ts';
import type { Draft } from './letter.ts';

/** One mailbox's part in a mail; `host` is its server, null for what concerns the account. */
export type Item = NoticeFact & { readonly host: string | null };

type Body = Pick<Draft, 'subject' | 'paragraphs' | 'items' | 'advice'> & {
  readonly label: string;
  readonly path: string;
};

/** So many mailboxes or lines are named; the rest is counted. */
const MAX_ITEMS = 20;

/** `items`: at least one, all of the one kind. `publicUrl`: an origin. */
export function draftOf(
  kind: NoticeKind,
  items: readonly Item[],
  publicUrl: string,
  unsubscribeUrl: string | null,
): Draft {
  const { label, path, ...body } = bodyOf(kind, items);
  return {
    ...body,
    items: bounded(body.items),
    action: { label, url: publicUrl + path },
    footer:
      'You get this mail because your mail is passed on to Gmail by smtp-sync. No mail of yours is stored or read for it.',
    unsubscribe:
      unsubscribeUrl === null ? null : { label: 'No more mails of this kind', url: unsubscribeUrl },
  };
}

const bounded = (items: readonly string[]): readonly string[] =>
  items.length <= MAX_ITEMS ? items : [...items.slice(0, MAX_ITEMS), `and ${items.length - MAX_ITEMS} more`];

const detailsOf = <K extends NoticeKind>(kind: K, items: readonly Item[]) =>
  items.flatMap((item) =>
    item.kind === kind ? [{ host: item.host ?? '', detail: item.detail as NoticeDetails[K] }] : [],
  );

function bodyOf(kind: NoticeKind, items: readonly Item[]): Body {
  switch (kind) {
    case 'login-failed':
      return loginFailed(items);
    case 'server-unreachable':
      return serverUnreachable(items);
    case 'consent-lost':
      return consentLost();
    case 'messages-refused':
      return messagesRefused(items);
    case 'backlog-finished':
      return backlogFinished(items);
    case 'payment-failed':
      return paymentFailed(items);
    case 'wipe-soon':
      return wipeSoon(items);
    case 'webhook-off':
      return webhookOff(items);
    case 'source-unchanged':
      return sourceUnchanged(items);
  }
}

const several = (items: readonly unknown[], one: string, more: string): string =>
  items.length === 1 ? one : more.replace('#', String(items.length));

const faultMessage = (code: string | null): string =>
  code !== null && code in FAULTS ? FAULTS[code as FaultCode].message : '';

const withFault = ({ host, detail }: { host: string; detail: { fault: string | null } }): string =>
  `Mailbox at ${host}. ${faultMessage(detail.fault)}`.trim();

const SIGN_IN_FAULTS: ReadonlySet<string | null> = new Set<FaultCode>([
  'source-consent-missing',
  'source-consent-gone',
  'source-token-refused',
]);

/** A password is of no use to any of them. */
const signsInOnly = (items: readonly Item[]): boolean =>
  detailsOf('login-failed', items).every(({ detail }) => SIGN_IN_FAULTS.has(detail.fault));

const loginFailed = (items: readonly Item[]): Body => ({
  subject: several(items, 'A mail server refuses the login', 'Mail servers refuse the login to # mailboxes'),
  paragraphs: [
    'No new mail is passed on to Gmail until this is repaired. Nothing is lost: mail waits at its server.',
  ],
  items: detailsOf('login-failed', items).map(withFault),
  advice: signsInOnly(items)
    ? 'Sign in at the mailbox’s provider again: the mailbox’s page leads there.'
    : 'Enter the password again, or sign in at the provider again where you do that. If the provider asks for one, make a new app password there.',
  label: signsInOnly(items) ? 'Sign in again' : 'Enter the password',
  path: '/mailboxes',
});

const serverUnreachable = (items: readonly Item[]): Body => ({
  subject: several(
    items,
    'A mail server has been out of reach for a day',
    '# mail servers have been out of reach for a day',
  ),
  paragraphs: ['It is tried again and again, and mail is passed on as soon as it answers. Nothing is lost.'],
  items: detailsOf('server-unreachable', items).map(withFault),
  advice: 'If the provider has moved its servers, correct the settings. Otherwise there is nothing to do.',
  label: 'Check the settings',
  path: '/mailboxes',
});

const consentLost = (): Body => ({
  subject: 'Google no longer lets mail be added to your Gmail',
  paragraphs: [
    'The consent has ended: it was withdrawn at Google, or Google has ended it. No mail is passed on until you renew it.',
  ],
  items: [],
  advice:
    'If you ended it on purpose, there is nothing to do. Mailboxes that stay without consent are wiped after a while.',
  label: 'Renew the consent',
  path: '/account',
});

const messagesRefused = (items: readonly Item[]): Body => ({
  subject: 'Some messages were not passed on',
  paragraphs: ['These are still at their server. The audit log says for each of them what happened.'],
  items: detailsOf('messages-refused', items).map(
    ({ host, detail }) => `Mailbox at ${host}: ${refusals(detail)}`,
  ),
  advice:
    'Messages that failed can be tried again; what Gmail refuses, it will refuse again, unless you allow repaired copies.',
  label: 'See them in the Glass Box',
  path: '/glass-box',
});

function refusals({ from, to, rejected, failed, uncertain, domains, otherDomains }: Refusals): string {
  const counts = [
    rejected > 0 && `${number(rejected)} refused by Gmail`,
    failed > 0 && `${number(failed)} failed`,
    uncertain > 0 && `${number(uncertain)} uncertain`,
  ].filter((count) => count !== false);
  const senders = domains.map(({ domain, count }) => `${domain || 'unknown'} (${number(count)})`);
  const others = otherDomains > 0 ? [`${otherDomains} other domains`] : [];
  const days = from === to ? `on ${to}` : `from ${from} to ${to}`;
  return `${counts.join(', ')} ${days}. Senders: ${[...senders, ...others].join(', ')}.`;
}

const backlogFinished = (items: readonly Item[]): Body => ({
  subject: 'Your old mail is in Gmail',
  paragraphs: ['All mail that was to be imported has been dealt with. New mail goes on arriving.'],
  items: detailsOf('backlog-finished', items).map(({ host, detail }) => {
    const left = detail.rejected + detail.failed + detail.uncertain;
    const rest = left > 0 ? `, ${number(left)} not delivered` : '';
    return `Mailbox at ${host}: ${number(detail.delivered)} delivered${rest}.`;
  }),
  advice: 'There is nothing to do.',
  label: 'Open the dashboard',
  path: '/mailboxes',
});

function paymentFailed(items: readonly Item[]): Body {
  const until = detailsOf('payment-failed', items)[0]?.detail.graceUntil ?? null;
  const after =
    until === null
      ? 'Your account is back to the free plan and its limits. Nothing was deleted.'
      : `Everything goes on until ${day(until)}. Then the limits of the free plan hold; nothing is deleted.`;
  return {
    subject: 'A payment has failed',
    paragraphs: ['Stripe could not collect the payment for your plan.', after],
    items: [],
    advice: 'Check the card or give another one in the billing portal.',
    label: 'Open billing',
    path: '/billing',
  };
}

const wipeSoon = (items: readonly Item[]): Body => ({
  subject: several(items, 'A mailbox will be wiped soon', '# mailboxes will be wiped soon'),
  paragraphs: [
    'Passwords and history are kept only while they are needed. What has been at rest for long is wiped, here only: nothing changes at its server or in Gmail.',
  ],
  items: detailsOf('wipe-soon', items).map(
    ({ host, detail }) => `Mailbox at ${host}: on ${day(detail.wipeAt)}.`,
  ),
  advice: 'To keep it, let it go on: resume it, or repair what stopped it.',
  label: 'See your mailboxes',
  path: '/mailboxes',
});

const webhookOff = (items: readonly Item[]): Body => ({
  subject: 'A webhook was switched off',
  paragraphs: [
    'Mail goes on being passed on to Gmail. Only the program that was to be told about it hears nothing any more.',
  ],
  items: detailsOf('webhook-off', items).map(({ detail: { host, reason } }) =>
    reason === 'gone'
      ? `Webhook at ${host}: it answered that it is gone for good (410).`
      : `Webhook at ${host}: it has taken nothing for ${FAILING_DAYS} days.`,
  ),
  advice: 'Repair what receives it and switch it on again, or delete it.',
  label: 'See your webhooks',
  path: '/webhooks',
});

const sourceUnchanged = (items: readonly Item[]): Body => ({
  subject: 'Imported messages stay as they are at their server',
  paragraphs: [
    'You have chosen what happens at the old server to messages that are in your Gmail, and it is not done there. Importing goes on, and nothing is lost.',
  ],
  items: detailsOf('source-unchanged', items).map(
    ({ host, detail }) => `Mailbox at ${host}. ${SOURCE_TROUBLES[detail.problem]}`,
  ),
  advice: 'Make possible what stands in the way, or choose something else in the mailbox’s settings.',
  label: 'See your mailboxes',
  path: '/mailboxes',
});

const number = (value: number): string => value.toLocaleString('en');
/** `YYYY-MM-DD`, UTC. */
const day = (instant: string): string => instant.slice(0, 10);
