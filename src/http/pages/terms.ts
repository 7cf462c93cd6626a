/** `/terms`. */
import { GRACE_DAYS, TRIAL_DAYS } from '../../core/plan.ts';
import { html } from '../html.ts';
import type { Installation } from '../installation.ts';
import { contact, type DocumentView, documentPage, operator, type Part } from './document.ts';
import { interval } from './landing-price.ts';
import { link } from './look.ts';
import { NOTICE_DAYS } from './policy-dates.ts';

export const termsPage = (view: DocumentView): string =>
  documentPage(view, {
    title: 'Terms of use',
    description: 'What smtp-sync does for you, what it asks of you, and how either side can end it.',
    dated: true,
    opening: html`These terms are between you and ${operator(view.installation)}. Who signs in agrees to them.`,
    parts: [...SERVICE, plans(view.installation), ...ENDINGS, closing(view.installation)],
  });

const SERVICE: readonly Part[] = [
  {
    id: 'service',
    title: 'What the service does',
    text: [
      'It fetches messages from the POP3 and IMAP mailboxes that you connect, and adds them to the Gmail of the Google account you signed in with. It does not send mail, host mail, or read your Gmail. At your mail server it changes nothing, unless you choose that messages are deleted, moved or marked as read there once Gmail has them.',
      'We take care that no message is lost and none arrives twice, and the Glass Box shows what became of each. There is one case in which neither can be known: when Google loses an upload at the wrong moment. Such a message is marked “uncertain”, and you decide.',
      'How fast mail arrives also depends on your mail server, on Gmail and on Gmail’s limits: large backlogs are spread over days, and new mail goes first. No particular availability is promised.',
    ],
  },
  {
    id: 'you',
    title: 'What it asks of you',
    text: [
      [
        'Connect only mailboxes that are yours, or that their owner lets you connect, in keeping with your mail provider’s and Google’s own terms.',
        'Keep access to your Google account and your API keys to yourself. You can end sessions and delete keys in the dashboard.',
        'Do not use the service to harm others: to attack systems, to get round limits, or to pass on what is illegal.',
        'Do not rely on it as your only copy. smtp-sync is no backup; your mail is at your provider and in your Gmail.',
      ],
    ],
  },
];

const plans = ({ billing, plans: { free, paid } }: Installation): Part => ({
  id: 'plans',
  title: 'Plans and payment',
  text: billing
    ? [
        `The free plan has ${count(free.mailboxes)}, visited ${interval(free.pollSeconds)} at most. The paid plan has up to ${count(paid.mailboxes)}, visited as often as ${interval(paid.pollSeconds)}, or told of new mail at once where the mail server can.`,
        `The paid plan’s price is shown before you subscribe, and Stripe takes the payment. The first subscription begins with a trial of ${TRIAL_DAYS} days. A subscription renews itself until you cancel it, which you can at any time under “Billing”; it then runs to the end of what is paid.`,
        `When a payment fails, nothing changes for ${GRACE_DAYS} days. After that, and when a subscription has ended, the limits of the free plan apply: mailboxes beyond them rest, and nothing is deleted because of it until the time that the privacy policy states for mailboxes at rest.`,
      ]
    : ['This installation is self-hosted: there are no plans, no payments, and no limits but Gmail’s own.'],
});

const count = (mailboxes: number): string => (mailboxes === 1 ? 'one mailbox' : `${mailboxes} mailboxes`);

const ENDINGS: readonly Part[] = [
  {
    id: 'leaving',
    title: 'Leaving',
    text: [
      html`You can delete a mailbox or your account at any time; ${link('/privacy#deletion', 'what deletion means')} is in the privacy policy. What is in your Gmail stays there.`,
      'We may suspend or end an account that breaks these terms, endangers the service or others, or if the law obliges us to. If nothing forbids it, we say why beforehand.',
      'Should the service as a whole be given up, that is announced on these pages beforehand, with the time to export your data.',
    ],
  },
  {
    id: 'liability',
    title: 'Liability',
    text: [
      'The service is provided as it is. As far as the law allows, we are not liable for indirect damage, for what your mail provider or Google does, or for loss that a copy at your provider would have prevented. Liability that the law does not let anybody exclude stays, such as for intent and gross negligence, and so do your rights as a consumer.',
    ],
  },
];

const closing = (installation: Installation): Part => ({
  id: 'changes',
  title: 'Changes and contact',
  text: [
    `If these terms change, the change is announced on this page at least ${NOTICE_DAYS} days before it takes effect. If you do not agree to it, delete your account before that day.`,
    html`Questions: ${contact(installation)}. What happens to your data is in the ${link('/privacy', 'privacy policy')}.`,
  ],
});
