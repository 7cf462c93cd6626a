/** Texts of the notices: what has happened and what to do, kind by kind. */
import type { Notice, NoticeKind } from '../../src/http/api.ts';
import type { Tone } from '../ui/badge.tsx';
import { faultText } from './faults.ts';
import { formatDay, formatNumber } from './format.ts';

export interface NoticeText {
  readonly title: string;
  readonly sentence: string;
  readonly lines: readonly string[];
  /** null: nothing. */
  readonly next: string | null;
  readonly action: { readonly text: string; readonly href: string };
  readonly tone: Tone;
}

const plural = (n: number, one: string, many: string): string => `${formatNumber(n)} ${n === 1 ? one : many}`;
const mailboxHref = (id: string | null): string => (id === null ? '/mailboxes' : `/mailboxes/${id}`);

/** What a notice says; its mailbox is named beside it. */
export function noticeText(notice: Notice): NoticeText {
  const href = mailboxHref(notice.mailboxId);
  switch (notice.kind) {
    case 'login-failed':
      return {
        title: 'The mail server refuses the login',
        sentence:
          'No new mail is passed on until this is repaired. Nothing is lost: mail waits at its server.',
        lines: faultLines(notice.detail.fault),
        ...(faultText(notice.detail.fault?.code ?? '').action === 'sign-in'
          ? {
              next: 'Sign in at the mailbox’s provider again.',
              action: { text: 'Sign in again', href },
            }
          : {
              next: 'Enter the password again. If the provider asks for one, make a new app password there.',
              action: { text: 'Enter the password', href },
            }),
        tone: 'failed',
      };
    case 'server-unreachable':
      return {
        title: 'The mail server has been out of reach for a day',
        sentence: 'It is tried again and again, and mail is passed on as soon as it answers.',
        lines: faultLines(notice.detail.fault),
        next: 'If the provider has moved its servers, correct the settings. Otherwise there is nothing to do.',
        action: { text: 'Check the settings', href },
        tone: 'rejected',
      };
    case 'consent-lost':
      return {
        title: 'Google no longer lets mail be added to your Gmail',
        sentence:
          'The consent was withdrawn at Google, or Google has ended it. No mail is passed on until you renew it.',
        lines: faultLines(notice.detail.fault),
        next: 'Renew the consent. If you ended it on purpose, there is nothing to do.',
        action: { text: 'Renew the consent', href: '/account' },
        tone: 'failed',
      };
    case 'messages-refused':
      return refused(notice);
    case 'backlog-finished':
      return {
        title: 'Your old mail is in Gmail',
        sentence: `${plural(notice.detail.delivered, 'message was', 'messages were')} delivered. New mail goes on arriving.`,
        lines: leftOver(notice.detail),
        next: null,
        action: { text: 'See the mailbox', href },
        tone: 'delivered',
      };
    case 'payment-failed':
      return {
        title: 'A payment has failed',
        sentence:
          notice.detail.graceUntil === null
            ? 'Your account is back to the free plan and its limits. Nothing was deleted.'
            : `Everything goes on until ${formatDay(notice.detail.graceUntil)}. Then the limits of the free plan hold; nothing is deleted.`,
        lines: [],
        next: 'Check the card or give another one in the billing portal.',
        action: { text: 'Open billing', href: '/billing' },
        tone: 'failed',
      };
    case 'wipe-soon':
      return {
        title: `This mailbox will be wiped on ${formatDay(notice.detail.wipeAt)}`,
        sentence:
          'Passwords and history are kept only while they are needed, and it has been at rest for long. Nothing changes at its server or in Gmail.',
        lines: [],
        next: 'To keep it, let it go on: resume it, or repair what stopped it.',
        action: { text: 'See the mailbox', href },
        tone: 'rejected',
      };
    case 'webhook-off':
      return {
        title: 'A webhook was switched off',
        sentence:
          notice.detail.reason === 'gone'
            ? `What receives it at ${notice.detail.host} has answered that it is gone for good (410).`
            : `What receives it at ${notice.detail.host} has taken nothing for five days.`,
        lines: ['Mail goes on being passed on to Gmail.'],
        next: 'Repair what receives it and switch the webhook on again, or delete it.',
        action: { text: 'See your webhooks', href: '/webhooks' },
        tone: 'rejected',
      };
    case 'source-unchanged':
      return {
        title: 'Imported messages stay as they are at their server',
        sentence: notice.detail.problem.message,
        lines: ['Importing goes on, and nothing is lost.'],
        next: unchangedNext(notice.detail.problem.code),
        action: { text: 'See the mailbox', href },
        tone: 'rejected',
      };
  }
}

/** What can be done about each cause. */
const UNCHANGED_NEXT: Readonly<Record<string, string>> = {
  'target-missing':
    'Make the folder at your provider, or choose another in the mailbox’s settings. What waits is then moved.',
  'no-single-removal':
    'Choose to have messages marked as read or kept, or connect the mailbox by POP3, where single messages can be deleted.',
  'source-read-only':
    'Ask your provider, or whoever shares the folder with you, for the right to change it, or choose to have messages kept.',
  'source-trouble':
    'It is tried again by itself. If it stays, choose to have messages kept, and ask your provider what it minds.',
  refused:
    'The Glass Box says of each message what became of it. Delete or move them yourself, if you want that.',
};
const unchangedNext = (code: string): string =>
  (Object.hasOwn(UNCHANGED_NEXT, code) ? UNCHANGED_NEXT[code] : undefined) ??
  'Choose something else in the mailbox’s settings, or ask your provider.';

const faultLines = (fault: { message: string } | null): string[] => (fault === null ? [] : [fault.message]);

const leftOver = ({
  rejected,
  failed,
  uncertain,
}: {
  rejected: number;
  failed: number;
  uncertain: number;
}) =>
  rejected + failed + uncertain === 0
    ? []
    : [
        `${plural(rejected + failed + uncertain, 'message was', 'messages were')} not delivered; the Glass Box says why.`,
      ];

function refused({ mailboxId, detail }: Extract<Notice, { kind: 'messages-refused' }>): NoticeText {
  const { from, to, rejected, failed, uncertain, domains, otherDomains } = detail;
  const counts = [
    rejected > 0 && `${formatNumber(rejected)} refused by Gmail`,
    failed > 0 && `${formatNumber(failed)} failed`,
    uncertain > 0 && `${formatNumber(uncertain)} uncertain`,
  ].filter((count) => count !== false);
  const senders = domains.map(({ domain, count }) => `${domain || 'unknown'} (${formatNumber(count)})`);
  if (otherDomains > 0) senders.push(plural(otherDomains, 'other domain', 'other domains'));
  return {
    title: `${plural(rejected + failed + uncertain, 'message was', 'messages were')} not passed on`,
    sentence: `${from === to ? formatDay(from) : `${formatDay(from)} to ${formatDay(to)}`}: ${counts.join(', ')}. They are still at their server.`,
    lines: [`Senders: ${senders.join(', ')}`],
    next: 'Messages that failed can be tried again; what Gmail refuses, it will refuse again, unless you allow repaired copies.',
    action: { text: 'See them in the Glass Box', href: `/glass-box?${glassBoxQuery(mailboxId)}` },
    tone: 'uncertain',
  };
}

const glassBoxQuery = (mailboxId: string | null): string =>
  new URLSearchParams(mailboxId === null ? {} : { mailbox: mailboxId }).toString();

export const noticeTexts = {
  title: 'Notices',
  intro: 'What you should know about your mailboxes, your consent and your plan.',
  bell: (unread: number) => (unread === 0 ? 'Notices' : `Notices, ${formatNumber(unread)} unread`),
  empty: {
    title: 'There is nothing to tell',
    sentence: 'When a login fails, a consent ends or an import is finished, it is said here.',
  },
  settings: 'Notice settings',
  readAll: 'Mark all as read',
  read: 'Mark as read',
  readAllDone: 'All notices are marked as read.',
  unread: 'New',
  open: 'Ongoing',
  over: 'Resolved',
  mailed: 'Also sent by mail',
  older: 'Show older notices',
  next: 'What to do:',
  account: 'Your account',
  goneMailbox: 'A mailbox',
} as const;

/** The kinds by name, for the settings. */
export const noticeKindTexts: Readonly<Record<NoticeKind, { name: string; hint: string }>> = {
  'login-failed': {
    name: 'A login fails',
    hint: 'The mail server refuses the password, or the provider your sign-in.',
  },
  'consent-lost': {
    name: 'Google’s consent has ended',
    hint: 'Nothing can be added to your Gmail any more.',
  },
  'payment-failed': { name: 'A payment has failed', hint: 'Before anything changes because of it.' },
  'wipe-soon': { name: 'A mailbox will be wiped', hint: 'Two weeks before it is, after a long rest.' },
  'webhook-off': { name: 'A webhook was switched off', hint: 'When it has taken nothing for five days.' },
  'source-unchanged': {
    name: 'Messages stay as they are at their server',
    hint: 'When they cannot be deleted, moved or marked there, though you want that.',
  },
  'server-unreachable': { name: 'A mail server is out of reach', hint: 'After a whole day.' },
  'messages-refused': {
    name: 'Messages were not passed on',
    hint: 'At most once a day, with counts and sender domains.',
  },
  'backlog-finished': { name: 'An import is finished', hint: 'When all old mail of a mailbox is in Gmail.' },
};
