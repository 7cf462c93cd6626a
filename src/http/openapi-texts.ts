/** What the description of the API says in words. */

/** By the first part of a path behind `/api/v1/`. */
export const TAGS = {
  mailboxes: ['Mailboxes', 'Connect old mailboxes, see how they do, start, pause, change and delete them.'],
  audit: ['Glass Box', 'The audit log: one entry for each message, figures, reconciliation, chains.'],
  webhooks: ['Webhooks', 'Tell programs of yours what happens.'],
  notices: ['Notices', 'What the owner of the mailboxes should know.'],
  account: ['Account', 'The account itself, its API keys, where it is signed in, its export and its end.'],
  billing: ['Billing', 'Plan, usage and payment, where an installation bills.'],
} as const satisfies Record<string, readonly [string, string]>;
export type TagKey = keyof typeof TAGS;

const TAG_OF: Readonly<Record<string, TagKey>> = {
  mailboxes: 'mailboxes',
  'mailboxes.csv': 'mailboxes',
  discover: 'mailboxes',
  events: 'mailboxes',
  audit: 'audit',
  'audit.csv': 'audit',
  reconciliation: 'audit',
  webhooks: 'webhooks',
  notices: 'notices',
  'notice-settings': 'notices',
  account: 'account',
  'api-keys': 'account',
  sessions: 'account',
  billing: 'billing',
};

/** Throws RangeError for a path that has no place yet. */
export function tagOf(path: string): TagKey {
  const tag = TAG_OF[path.split('/')[3] ?? ''];
  if (tag === undefined) throw new RangeError(`openapi-texts.ts has no tag for ${path}`);
  return tag;
}

export const DESCRIPTION = `Everything that the dashboard does, for programs. JSON in and out, UTF-8, times in ISO 8601 (UTC).

**Who is calling** is said with \`Authorization: Bearer <API key>\`. Keys are made under Account in the dashboard, with the scopes that they need, or by \`POST /api/v1/api-keys\`. Browsers use their session's cookie; a write must then come from the service's own origin.

**Refusals** have a status and a body \`{"error":{"code","message"}}\`. Go by the code; the message is for people and may change. What is somebody else's answers 404, like what never was. Unknown fields are refused, not ignored.

**Pages** of long lists are walked with \`cursor\`: it is the \`nextCursor\` of the page before, and \`null\` at the end.

**Limits.** What makes a worker contact a server is limited per minute and account; the answer is then 429 with \`Retry-After\` and \`RateLimit\` headers.`;

/** Fields that mean the same wherever they are. */
export const FIELDS: Readonly<Record<string, string>> = {
  cursor: 'Where to go on: `nextCursor` of the page before.',
  nextCursor: 'For the next page; null at the end.',
  limit: 'How many at most.',
  protocol: 'What the old mail server speaks.',
  security: '`tls` from the first byte, or `starttls`.',
  password: 'Sealed at once; no answer ever shows it. Often an app password is needed.',
  options: 'What is imported, and how. What is left out has its default.',
  history: 'Which messages that are there already are wanted: all, none, or those since a day.',
  since: 'For `history: "since"`.',
  folders:
    'Names as the server has them, or `all`: all but spam, trash, drafts and folders that only show messages of others. POP3 has only INBOX.',
  skipInbox: 'Archive on arrival.',
  neverSpam: 'Gmail’s filter is not asked, except for what lies in the source’s junk folder.',
  pollSeconds: 'How often the server is asked; the safety net where it tells of new mail by itself.',
  start: 'False: after its test the mailbox waits, paused.',
  fault: 'What is wrong: a code and its sentence; null when nothing is.',
  senderDomain: 'All that is kept of the sender.',
  sizeBytes: 'Of the whole message.',
  delayMs: 'From its arrival at the old server to Gmail’s answer; null for what was there before.',
  scopes: 'What it may do.',
  expiresInDays: 'Left out: it does not end by itself.',
  lastUsedAt: 'To the minute; null: never.',
  graceHours: 'For how long the former secret signs, too.',
  enabled: 'False: nothing is told.',
  secret: 'Shown this once.',
  key: 'Shown this once.',
  revoked: 'Whether Google has confirmed within a few seconds; otherwise a worker goes on trying.',
};
