/** Very many small messages, each its own, the same in every run. */
import { createHash } from 'node:crypto';

const LINE = 'The path follows the river, and the river takes its time.\r\n';

/** The `n`th message from 1 on, 450 to 1,600 bytes, the same in every run. */
export function messageOf(n: number): Buffer {
  return Buffer.from(
    `From: Rowing Club <news@d${n % 500}.example.net>\r\nTo: owner@example.org\r\nSubject: ${subjectOf(n)}\r\n` +
      `Date: Thu, 05 Feb 2026 08:00:00 +0000\r\nMessage-ID: <${n}.minutes@rowing.example.net>\r\nMIME-Version: 1.0\r\n\r\n` +
      LINE.repeat(4 + (n % 20)),
  );
}

export const subjectOf = (n: number): string => `Minutes, part ${n}`;
export const digestOf = (n: number): string => createHash('sha256').update(messageOf(n)).digest('hex');
