/** The owner's rules for a mailbox: who is left out, who is never spam, how large is too large. */
import { formatNumber } from './format.ts';

const plural = (n: number, one: string, many: string): string => `${formatNumber(n)} ${n === 1 ? one : many}`;

export const rulesTexts = {
  title: 'Rules',
  skip: 'Senders to leave out',
  skipHint:
    'One e-mail address or domain a line; a domain stands for everything below it as well. These messages stay at the source, and the Glass Box says so.',
  never: 'Domains that are never spam',
  neverHint:
    'One domain a line. What your provider holds in its junk folder stays spam, for a sender’s name is easily forged.',
  limit: 'Largest message (MB)',
  limitHint: 'Larger ones stay at the source. Empty: everything that Gmail accepts.',
  wrong: {
    skip: 'Each line must be an e-mail address or a domain, like shop.example.com.',
    never: 'Each line must be a domain, like example.com.',
    many: (most: number) => `There is room for ${formatNumber(most)} lines.`,
    limit: 'Enter a number above 0, or leave it empty.',
  },
  lines: {
    skip: 'Left out',
    skipped: (n: number) => plural(n, 'sender or domain', 'senders or domains'),
    never: 'Never spam',
    trusted: (n: number) => plural(n, 'domain', 'domains'),
    limit: 'Largest message',
  },
} as const;
