/** Texts of API keys: what each scope opens, and for how long a key is good. */
import type { KeyScope } from '../../src/http/api.ts';

export const apiKeyTexts = {
  scopes: 'What it may do',
  lifetime: 'How long it is good',
  lifetimes: [
    ['30', '30 days'],
    ['90', '90 days'],
    ['365', 'One year'],
    ['', 'Until you delete it'],
  ] as const,
  noScope: 'Choose what it may do.',
  until: 'ends',
  ended: 'has ended',
} as const;

/** In the order in which they are offered. */
export const scopeTexts: Readonly<Record<KeyScope, { name: string; hint: string }>> = {
  read: { name: 'Look at mailboxes', hint: 'Their state, figures and settings, and notices.' },
  'audit:read': { name: 'Read the audit log', hint: 'Entries, figures, and the log as a file.' },
  'mailboxes:write': { name: 'Change mailboxes', hint: 'Connect, change, start, pause, retry, delete.' },
  webhooks: { name: 'Manage webhooks', hint: 'Set up, change, test, delete.' },
  account: { name: 'Look at the account', hint: 'Plan, keys and sign-ins; mark notices as read.' },
  full: {
    name: 'Everything',
    hint: 'Whatever you can do here: also billing, new keys and deleting the account.',
  },
};
