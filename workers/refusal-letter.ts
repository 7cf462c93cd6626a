/**
 * The short message that tells of one which stays at the source. It holds nothing of that but size, sender's domain, date
 * and reason. RFC 5322; its Message-ID is always the same, so that Gmail merges a repetition.
 */
import { createHmac, type KeyObject } from 'node:crypto';
import type { AuditReason } from '../src/core/audit.ts';
import type { Refusal } from '../src/core/refusal.ts';
import { encodedWords } from './encoded-words.ts';

/** Who writes the notices, and where the Glass Box is. */
export interface NoticeSender {
  readonly from: { readonly name: string; readonly email: string };
  /** Origin of the dashboard; null: not known here, so that nothing links to it. */
  readonly origin: string | null;
}

/** Whose notices they are. */
export interface NoticePlace {
  readonly mailboxId: string;
  /** The mailbox's user name at the source. */
  readonly username: string;
  /** The mailbox's own. */
  readonly key: KeyObject;
}

const NOT_A_HOST = 'smtp-sync.invalid';

/** `from` null: an address at the dashboard's host that nobody reads. An origin that only serves for want of one is none. */
export function noticeSender(publicUrl: string, from: NoticeSender['from'] | null): NoticeSender {
  const { protocol, hostname } = new URL(publicUrl);
  const host = /^[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*$/i.test(hostname) ? hostname : NOT_A_HOST;
  return {
    from: from ?? { name: 'smtp-sync', email: `no-reply@${host}` },
    origin: protocol === 'https:' && hostname === 'localhost' ? null : publicUrl.replace(/\/$/, ''),
  };
}

const ALTERED =
  'Read it there. Or allow repaired copies in the settings of this mailbox, and retry it in the Glass Box.';
const WORDS: Partial<Record<AuditReason, readonly [because: string, todo: string]>> = {
  'message-too-large': [
    'it is larger than Gmail accepts',
    'Read it there, and save its attachments from there.',
  ],
  'from-header-missing': ['it does not have exactly one From line, as Gmail demands', ALTERED],
  'from-header-several': ['it has several From lines, and Gmail demands exactly one', ALTERED],
  'from-header-invalid': ['Gmail does not accept the way in which its From line is written', ALTERED],
  'null-byte': ['it contains a NUL byte, which Gmail does not accept', ALTERED],
};
const ANY_WORDS = ['Gmail refuses it for good, without giving a reason', 'Read it there.'] as const;

/** About one message. `now`: ms since the epoch. */
export function refusalLetter(
  refusal: Refusal,
  place: NoticePlace,
  sender: NoticeSender,
  now: number,
): Buffer {
  const { reason, sizeBytes, arrivedAt } = refusal;
  const [because, todo] = WORDS[reason] ?? ANY_WORDS;
  const domain = refusal.senderDomain === 'invalid' ? 'an unknown sender' : refusal.senderDomain;
  const what = `A message of ${sizeText(sizeBytes)} from ${domain}`;
  const arrived = arrivedAt === null ? '' : `, arrived ${dayText(arrivedAt)},`;
  return letter(place, sender, now, {
    id: `one ${refusal.key}`,
    subject: `${what} stays at ${place.username}`,
    paragraphs: [`${what}${arrived} stays at ${place.username}: ${because}.`, todo],
  });
}

/** About all further ones of the UTC day. */
export function summaryLetter(place: NoticePlace, sender: NoticeSender, now: number): Buffer {
  const day = new Date(now).toISOString().slice(0, 10);
  return letter(place, sender, now, {
    id: `summary ${day}`,
    subject: `More messages stay at ${place.username}`,
    paragraphs: [
      `Gmail has refused many messages of ${place.username} today. They stay there. So that your inbox is not filled with notices, those that follow today (${dayText(now)}, UTC) are listed in the Glass Box only.`,
    ],
  });
}

interface Content {
  /** What makes the Message-ID. */
  readonly id: string;
  readonly subject: string;
  readonly paragraphs: readonly string[];
}

function letter(place: NoticePlace, sender: NoticeSender, now: number, content: Content): Buffer {
  const { from, origin } = sender;
  const mac = createHmac('sha256', place.key).update('smtp-sync refusal notice\0').update(content.id);
  const link = origin === null ? '' : `\n${origin}/glass-box?mailbox=${place.mailboxId}&status=rejected`;
  const text = [
    ...content.paragraphs,
    `Nothing was changed or deleted there. Every message that was handled has its line in the Glass Box of smtp-sync.${link}`,
    'This notice was added to your Gmail by smtp-sync, because the settings of this mailbox ask for it. Nobody sent it by mail, and nobody reads answers to it.',
  ].join('\n\n');
  const lines = [
    `From: ${/^[\w -]+$/.test(from.name) ? from.name : encodedWords(from.name)} <${from.email}>`,
    `Date: ${new Date(now).toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <refusal.${mac.digest('hex').slice(0, 32)}@${from.email.slice(from.email.indexOf('@') + 1)}>`,
    subjectLine(content.subject),
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    '',
    ...(Buffer.from(text.replace(/\n/g, '\r\n'))
      .toString('base64')
      .match(/.{1,76}/g) ?? []),
    '',
  ];
  return Buffer.from(lines.join('\r\n'), 'latin1');
}

/** A line of at most 76 characters each (RFC 2047 §2); what a reader could take for encoded is. */
const subjectLine = (text: string): string =>
  /^[ -~]{1,66}$/.test(text) && !text.includes('=?')
    ? `Subject: ${text}`
    : `Subject:\r\n ${encodedWords(text).replaceAll(' ', '\r\n ')}`;

const UNITS = ['bytes', 'kB', 'MB', 'GB'] as const;

/** Decimal units, as mail providers state theirs. */
function sizeText(bytes: number): string {
  const step = Math.min(UNITS.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  return `${value < 10 && step > 0 ? value.toFixed(1) : Math.round(value)} ${UNITS[step]}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

function dayText(ms: number): string {
  const date = new Date(ms);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}
