/** `/privacy`. Every sentence is true of this software; docs/promises.md says which test shows which. */
import { type Html, html } from '../html.ts';
import type { Installation } from '../installation.ts';
import { contact, type DocumentView, documentPage, operator, type Part, term } from './document.ts';
import { link } from './look.ts';
import { NOTICE_DAYS } from './policy-dates.ts';
import { STORED } from './privacy-stored.ts';

const code = (text: string): Html => html`<code class="font-mono text-[0.9em] break-words">${text}</code>`;

export const privacyPage = (view: DocumentView): string =>
  documentPage(view, {
    title: 'Privacy policy',
    description:
      'What smtp-sync stores, what it never stores, who else is involved, and how to have it deleted.',
    dated: true,
    opening:
      'smtp-sync passes mail from your old mailbox on to your Gmail. It keeps what it needs to do that, and one line about each message. It keeps nothing of what the messages say.',
    parts: [
      ...STORED,
      ...sharing(view.installation),
      retention(view.installation),
      deletion(view.installation),
      ...rights(view.installation),
    ],
  });

const LIMITED_USE = [
  html`smtp-sync’s use and transfer to any other app of information received from Google APIs will adhere to the ${link('https://developers.google.com/terms/api-services-user-data-policy', 'Google API Services User Data Policy')}, including the Limited Use requirements.`,
  html`What we receive from Google is your account id, your e-mail address, the tokens of your consent and, for each message added, the id that Gmail gives it. We use it to sign you in and to add mail to your Gmail with ${code('users.messages.import')}, and for nothing else.`,
  html`If you switch labels on and allow it, we also receive the names of your labels in Gmail, with ${code('users.labels.list')}, and make the labels that you asked for, with ${code('users.labels.create')}. The list is used to find those labels and is not stored; of the labels that your mail was given, name and id are. No label is renamed or deleted. Mail cannot be read with this permission either.`,
  'We do not use it for advertising or marketing, we do not sell it, and we do not use or transfer it to train or improve artificial intelligence or machine learning models, generalised or other. No human reads it, unless you ask for help with something particular and agree, or the law or the security of the service demands it.',
] as const;

const sharing = ({ subProcessors, signIns }: Installation): readonly Part[] => [
  { id: 'google', title: 'Google user data', text: LIMITED_USE },
  {
    id: 'others',
    title: 'Who else is involved',
    text: [
      'This list follows from the configuration of this very installation: who is not used is not in it.',
      subProcessors.map(
        ({ name, purpose }) => html`<strong class="font-medium text-ink">${name}.</strong> ${purpose}`,
      ),
      html`Besides, the workers talk to the mail servers that you connect${signIns.length > 0 && `, and for mailboxes that you sign in for, to the sign-in of ${signIns.join(' and ')}`}. When you type an address, they may ask your provider’s own configuration server, Thunderbird’s public database of providers and the DNS about its domain. Your provider’s server is asked with the address, as its protocol wants it; Thunderbird’s database with the domain only.`,
      'If you set up a webhook, the workers send what it is to be told to the address that you gave: ids, states, codes and counts of your mailboxes and the names of their servers, and nothing of a message. Who stands behind that address is your choice.',
      'There are no advertisements, no analytics, no tracking pixels and no fonts, scripts or images from other hosts on these pages; a strict content security policy rules them out. Nothing is sold to anybody.',
    ],
  },
];

const retention = ({ billing, retentionDays }: Installation): Part => ({
  id: 'retention',
  title: 'How long it is kept',
  text: [
    [
      term(
        'A mailbox’s',
        'credentials, progress, labels and audit log: as long as the mailbox is connected.',
      ),
      html`<strong class="font-medium text-ink">A mailbox at rest</strong> (paused by you, or waiting for a password or for your consent${billing && ', or beyond your plan’s limit'}) is wiped after ${String(retentionDays)} days with all that belongs to it. You are told at least 14 days before. One whose setup was never finished is wiped after 7 days.`,
      term('Your account', '(Google’s id and your e-mail address): until you delete it.'),
      term('A session:', '7 days, or until you sign out. A sign-in under way: 10 minutes.'),
      term(
        'A question to the discovery of mail servers,',
        'which holds the address you typed: a few minutes.',
      ),
      term(
        'What a webhook was told:',
        '30 days, the last 1,000 of each. The webhook itself: until you delete it.',
      ),
      term('Notices:', 'until 180 days after their cause has ended.'),
      ...(billing
        ? [
            term(
              'Billing:',
              'Stripe’s customer number and the state of your subscription, until you delete your account. Stripe keeps its own records of payments as long as tax law obliges it.',
            ),
          ]
        : []),
    ],
    html`The software writes no log file; a database that it brings along keeps one about its own troubles. What its processes print, for the operator, holds times, technical codes and internal ids, but no e-mail address, no IP address, no password and nothing of a message.`,
    'Your IP address is held in memory for a minute to limit the rate of sign-ins, and is not stored.',
  ],
});

const deletion = ({ historyDays, billing, signIns }: Installation): Part => ({
  id: 'deletion',
  title: 'What deletion means',
  text: [
    'You can delete a mailbox or your whole account at any time in the dashboard, also while mail is on its way. When the answer arrives, every row about it is gone from the active database: settings, sealed credentials, progress and audit log. A transfer under way is stopped, and cannot write anything back.',
    'With the account, the consent at Google is revoked. That takes a worker a moment, or longer if Google cannot be reached: until it is done, a sealed copy of the token waits in the workers’ queue.',
    ...signIns.map(
      (name) =>
        `With a mailbox that you signed in for, the stored token is destroyed, so nobody here can fetch its mail any more. ${name} gives programs no way to end a sign-in: take it back there, too, in your account’s settings for apps, if you want it off its list.`,
    ),
    ...(billing ? ['An open subscription is ended, and the customer is deleted at Stripe.'] : []),
    'If you take the permission back in your Google Account instead, the stored token is destroyed as soon as Google tells us, and at the latest when the next message is to be added. Your mailboxes then wait for a new consent and are wiped as said above if none comes. Your account id and address stay until you delete the account.',
    html`PostgreSQL leaves deleted bytes in its files until it cleans up behind itself (${code('VACUUM')}) and in its write-ahead log until that is reused. Credentials among them are sealed there as they were before.`,
    historyDays === null
      ? html`<strong class="font-medium text-ink">History of the database:</strong> none on this installation, according to its configuration. There is no window from which what was deleted could be brought back.`
      : html`<strong class="font-medium text-ink">History of the database:</strong> for ${String(historyDays)} ${historyDays === 1 ? 'day' : 'days'} the whole database can be brought back to an earlier moment, in case of a disaster. Until then what you delete can still be in that history, its credentials sealed. It is not used for anything else; after a restore, deletions since are to be repeated before the service starts again.`,
    'What has been delivered to your Gmail stays there with its labels, and is yours. Deleting changes nothing at your old mail server, and what waited to be deleted there stays.',
  ],
});

const rights = (installation: Installation): readonly Part[] => [
  {
    id: 'cookies',
    title: 'Cookies',
    text: [
      'Only functional ones, from this site alone:',
      [
        html`${code('session')}: that you are signed in; 7 days.`,
        html`${code('browser')}: ties a sign-in to your browser, against forgery; one hour.`,
        html`${code('next')}: the page that you wanted before signing in; one hour at most.`,
        html`${code('theme')}: light or dark, if you chose it; one year.`,
      ],
    ],
  },
  {
    id: 'rights',
    title: 'Your rights',
    text: [
      'You need not ask anybody for most of them; the dashboard has them:',
      [
        term('Access:', 'the Glass Box shows each entry, the account page the rest.'),
        term(
          'Portability:',
          '“Export” gives you what is stored about you as JSON, except secrets, internal ids, and the bookkeeping that only tells which messages are done.',
        ),
        term('Correction:', 'edit a mailbox at any time. Your e-mail address follows your Google account.'),
        term('Restriction:', 'pause a mailbox, and no connection is opened for it.'),
        term('Deletion:', 'of a mailbox or of the account, at once.'),
        html`<strong class="font-medium text-ink">Objection,</strong> and anything else: write to ${contact(installation)}. You can also complain to your data protection authority.`,
      ],
    ],
  },
  {
    id: 'changes',
    title: 'Changes',
    text: [
      `If this policy changes, the change is announced on this page at least ${NOTICE_DAYS} days before it takes effect. The date at the top says since when this text is in force.`,
    ],
  },
  {
    id: 'contact',
    title: 'Contact',
    text: [html`Responsible, and reachable for all questions about your data: ${operator(installation)}.`],
  },
];
