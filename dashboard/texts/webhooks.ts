/** Texts of the webhooks' page. */
import type { Webhook, WebhookDelivery, WebhookEvent } from '../../src/http/api.ts';

export const webhookTexts = {
  title: 'Webhooks',
  intro: 'Programs of yours are told what happens to your mailboxes: signed, and again until they have it.',
  back: 'Account',
  manage: 'Manage webhooks',
  docs: 'What they are told',
  fields: {
    url: 'Address',
    urlHint: 'https, on port 443 or 8443, and reachable from the internet.',
    events: 'What it is told',
    noEvent: 'Choose what it is told.',
    refused: 'The address',
  },
  create: { title: 'A new webhook', action: 'Set it up' },
  edit: {
    open: 'Edit…',
    title: 'Edit this webhook',
    sentence: 'The secret stays. What is on its way already goes to the new address, too.',
    save: 'Save',
    saved: 'The webhook is changed.',
    savedOff: 'The webhook is changed. It is still off.',
  },
  secret: {
    made: 'Here is the secret',
    sentence:
      'It signs what is sent, so that your program can tell it from forgeries. It is shown this once.',
    label: 'Secret',
    done: 'Done',
  },
  empty: {
    title: 'There are no webhooks',
    sentence: 'Set one up when a program should know that a mailbox has stopped, or what has arrived.',
  },
  failing: 'Takes nothing since',
  offReasons: {
    owner: 'You switched it off.',
    gone: 'It has answered that it is gone for good (410), so it was switched off.',
    failing: 'It had taken nothing for five days, so it was switched off.',
  } satisfies Record<NonNullable<Webhook['offReason']>, string>,
  on: 'On',
  off: 'Off',
  since: 'Set up',
  test: 'Send a test',
  testSent: 'The test is on its way.',
  switchOn: 'Switch on',
  switchOff: 'Switch off',
  switchedOn: 'It is on again.',
  switchedOff: 'It is off.',
  rotate: 'New secret…',
  rotateTitle: 'A new secret?',
  rotateSentence: 'For 24 hours the former one signs, too. Change your program in that time.',
  rotateAction: 'Make a new secret',
  remove: 'Delete…',
  removeTitle: 'Delete this webhook?',
  removeSentence: 'Nothing is told to it any more, and the log of its deliveries goes with it.',
  removeAction: 'Delete',
  removed: 'The webhook is deleted.',
  log: 'Deliveries',
  logIntro: 'Of 30 days, the last 1,000.',
  logEmpty: 'Nothing has been told yet. A test shows whether it arrives.',
  older: 'Show older ones',
  states: { pending: 'On its way', delivered: 'Delivered', failed: 'Failed' } satisfies Record<
    WebhookDelivery['state'],
    string
  >,
  answered: (status: number) => `answered with ${status}`,
  took: (ms: number) => `${ms.toLocaleString('en')} ms`,
  tries: (tries: number) => (tries === 1 ? 'one try' : `${tries} tries`),
  nextTry: 'next try',
  replay: 'Deliver again',
  replayLabel: (event: string, at: string) => `Deliver again: ${event}, ${at}`,
  replayed: 'It is on its way again.',
} as const;

export const eventTexts: Readonly<Record<WebhookEvent | 'ping', { name: string; hint: string }>> = {
  'mailbox.state': { name: 'A mailbox’s state', hint: 'Active, paused, out of reach, password needed…' },
  'mailbox.fault': { name: 'A mailbox’s fault', hint: 'What is wrong, when it begins and when it ends.' },
  'deliveries.digest': {
    name: 'What became of messages',
    hint: 'Counts and bytes by mailbox, at most once a minute.',
  },
  ping: { name: 'Test', hint: 'What you asked for.' },
};
