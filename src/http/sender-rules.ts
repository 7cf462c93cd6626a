/** The owner's rules by sender, made comparable: src/core/sender-rules.ts compares. */
import type { MailboxOptions } from '../core/mailbox.ts';
import { parseEmail, parseName } from '../discovery/address.ts';
import { HttpError } from './errors.ts';

type Rules = Pick<MailboxOptions, 'skipSenders' | 'neverSpamDomains'>;

/** In lower case, domains as A-labels, each once. 400 for what is neither address nor domain. */
export const canonicalRules = ({ skipSenders, neverSpamDomains }: Rules): Rules => ({
  skipSenders: all(skipSenders, canonicalSender, 'options.skipSenders', 'e-mail addresses or domains'),
  neverSpamDomains: all(neverSpamDomains, canonicalDomain, 'options.neverSpamDomains', 'domains'),
});

function all(
  typed: readonly string[],
  canonical: (typed: string) => string | null,
  path: string,
  wanted: string,
): string[] {
  const rules = typed.map(canonical);
  const wrong = rules.indexOf(null);
  if (wrong >= 0) throw new HttpError('invalid-request', `${path}.${wrong}: must hold ${wanted} only`);
  return [...new Set(rules.filter((rule) => rule !== null))];
}

function canonicalSender(typed: string): string | null {
  const email = parseEmail(typed.trim());
  if (email) return `${email.local.normalize('NFC').toLowerCase()}@${email.domain}`;
  return canonicalDomain(typed);
}

/** `@example.com`, as some write it, is the domain. */
const canonicalDomain = (typed: string): string | null => parseName(typed.trim().replace(/^@/, ''));
