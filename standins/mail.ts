/**
 * Sample mail as it is found in real mailboxes: plain and HTML, with attachments, encodings, threads, lists, and the
 * oddities that break importers. The same seed gives the same bytes. No real persons, only example domains.
 */
import { createHash } from 'node:crypto';

export interface SampleMail {
  /** RFC 5322 bytes with CRLF line ends. */
  readonly bytes: Buffer;
  readonly date: Date;
}

const SENDERS = [
  ['Corner Bookshop', 'orders', 'books.example'],
  ['City Library', 'reminders', 'library.example.org'],
  ['Rowing Club', 'newsletter', 'rowing.example.net'],
  ['Häuser & Gärten', 'redaktion', 'zeitschrift.example'],
  ['東京の友', 'tomo', 'mail.example.jp'],
  ['Power Company', 'billing', 'power.example.com'],
  ['Neighbours', 'street', 'lists.example.org'],
  ['Train Tickets', 'noreply', 'tickets.example.com'],
] as const;

const TOPICS = [
  'Your order is on its way',
  'Two books are due on Friday',
  'Minutes of the spring meeting',
  'Neue Stauden für den Halbschatten',
  '来週の約束について',
  'Invoice for March',
  'Re: Re: street party, who brings tables?',
  'Your ticket for the 08:14',
] as const;

const LINES = [
  'Thank you for your message; here is what we found.',
  '.A line that begins with a dot, and the next is only a dot.',
  '.',
  'From here on the path follows the river.',
  'A line with trailing spaces   ',
  'Grüße aus dem Garten, bis bald.',
  'See https://www.example.com/?a=1&b=2 for details.',
  '-- ',
] as const;

/** Bytes of a message that are always the same for a seed: SHA-256 in counter mode. */
function noise(seed: string, bytes: number): Buffer {
  const blocks: Buffer[] = [];
  for (let i = 0; i * 32 < bytes; i += 1) blocks.push(createHash('sha256').update(`${seed}:${i}`).digest());
  return Buffer.concat(blocks).subarray(0, bytes);
}

const pick = <T>(list: readonly T[], roll: number): T => list[roll % list.length] as T;

const encodeWord = (text: string): string =>
  /^[\x20-\x7e]*$/.test(text) ? text : `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`;

const fold = (base64: string): string => base64.replace(/.{76}/g, '$&\r\n');

const attachment = (seed: string, size: number): string =>
  [
    'Content-Type: application/octet-stream; name="scan.bin"',
    'Content-Transfer-Encoding: base64',
    'Content-Disposition: attachment; filename="scan.bin"',
    '',
    fold(noise(seed, size).toString('base64')),
  ].join('\r\n');

function bodyOf(n: number, seed: string, text: string): string[] {
  const html = `<html><body><p>${text.replaceAll('\r\n', '<br>')}</p></body></html>`;
  const boundary = `=_${seed.slice(0, 12)}`;
  switch (n % 5) {
    case 0:
      return ['Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: 8bit', '', text, ''];
    case 1:
      return ['Content-Type: text/html; charset=utf-8', 'Content-Transfer-Encoding: 8bit', '', html, ''];
    case 2:
      return [
        `Content-Type: multipart/mixed; boundary="${boundary}"`,
        '',
        `--${boundary}`,
        'Content-Type: text/plain; charset=utf-8',
        '',
        text,
        `--${boundary}`,
        attachment(seed, 2_000 + ((n * 7919) % 60_000)),
        `--${boundary}--`,
        '',
      ];
    case 3:
      return [
        'Content-Type: text/plain; charset=us-ascii',
        '',
        text.replace(/[^\x20-\x7e\r\n]/g, '?'),
        '',
        '',
        '',
      ];
    // No Content-Type, and no line break at the very end.
    default:
      return ['', text];
  }
}

/** The n-th sample (n ≥ 0) of a series, dated `date`. */
export function sampleMail(series: string, n: number, date: Date): SampleMail {
  const seed = createHash('sha256').update(`${series}:${n}`).digest('hex');
  const roll = Number.parseInt(seed.slice(0, 6), 16);
  const [name, local, domain] = pick(SENDERS, roll);
  const when = date.toUTCString().replace('GMT', '+0000');
  const text = Array.from({ length: 3 + (roll % 40) }, (_, i) => pick(LINES, roll + i * 3)).join('\r\n');
  const lines = [
    `Received: from mx.${domain} by mail.example.org with ESMTPS id ${seed.slice(0, 10)}; ${when}`,
    `From: ${/[^\x20-\x7e]/.test(name) ? encodeWord(name) : `"${name}"`} <${local}@${domain}>`,
    'To: owner@example.org',
    `Subject: ${encodeWord(pick(TOPICS, roll >> 3))} (${n + 1})`,
    `Date: ${when}`,
    // Some mail has none.
    ...(n % 23 === 7 ? [] : [`Message-ID: <${seed.slice(0, 24)}@${domain}>`]),
    'MIME-Version: 1.0',
    ...bodyOf(n, seed, text),
  ];
  return { bytes: Buffer.from(lines.join('\r\n')), date };
}

/** `count` samples of a series, one an hour up to `last`, the oldest first. */
export const sampleMails = (series: string, count: number, last: Date): SampleMail[] =>
  Array.from({ length: count }, (_, n) =>
    sampleMail(series, n, new Date(last.getTime() - (count - 1 - n) * 3_600_000)),
  );
