/** What an API key may do. */

/** `full`: everything that its owner can do in a browser, as every key could before there were scopes. */
export const KEY_SCOPES = ['read', 'mailboxes:write', 'audit:read', 'webhooks', 'account', 'full'] as const;
export type KeyScope = (typeof KEY_SCOPES)[number];

/** What each lets a program do, in a sentence's second half. */
export const SCOPE_TEXTS: Readonly<Record<KeyScope, string>> = {
  read: 'see mailboxes, their state and figures, and notices',
  'mailboxes:write': 'connect, change, start, pause and delete mailboxes, and try messages again',
  'audit:read': 'see the audit log, its figures and its exports',
  webhooks: 'see, make, change, test and delete webhooks',
  account: 'see plan, keys and sign-ins, mark notices as read, and choose which are mailed',
  full: 'do everything, also what has no scope of its own: billing, signing browsers out, making keys, deleting the account',
};

/** The first of `needed` that `held` lacks; null when there is none. */
export const missingScope = (held: readonly KeyScope[], needed: readonly KeyScope[]): KeyScope | null =>
  held.includes('full') ? null : (needed.find((scope) => !held.includes(scope)) ?? null);
