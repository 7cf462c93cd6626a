/** Which servers are worth offering, and in which order. */
import type { Candidate } from '../core/discovery.ts';
import type { Protocol, Security } from '../core/mailbox.ts';
import { parseName } from './address.ts';

/** Best first (RFC 8314 §3: implicit TLS before STARTTLS). Nothing else is ever dialled. */
const SERVICES: readonly { protocol: Protocol; security: Security; port: number }[] = [
  { protocol: 'imap', security: 'tls', port: 993 },
  { protocol: 'imap', security: 'starttls', port: 143 },
  { protocol: 'pop3', security: 'tls', port: 995 },
  { protocol: 'pop3', security: 'starttls', port: 110 },
];
const MAX_CANDIDATES = 12;
const MAX_USERNAME = 512;

export const portOf = (protocol: Protocol, security: Security): number =>
  SERVICES.find((each) => each.protocol === protocol && each.security === security)?.port ?? 0;

const rankOf = ({ protocol, security, port }: Candidate): number =>
  SERVICES.findIndex(
    (each) => each.protocol === protocol && each.security === security && each.port === port,
  );

/**
 * Those that can be dialled, hosts as A-labels, each once, best first and otherwise in the order given.
 * What a stranger published is judged here: other ports, IP addresses and control characters fall out.
 */
export function bestFirst(found: readonly Candidate[]): readonly Candidate[] {
  const seen = new Set<string>();
  const kept = found.flatMap((candidate) => {
    const host = parseName(candidate.host);
    const { username } = candidate;
    if (host === null || rankOf(candidate) < 0) return [];
    if (username === '' || username.length > MAX_USERNAME || /[\u0000-\u001f\u007f-\u009f]/.test(username))
      return [];
    const key = JSON.stringify([candidate.protocol, candidate.security, host, username]);
    if (seen.has(key)) return [];
    seen.add(key);
    return [{ ...candidate, host }];
  });
  return kept.sort((a, b) => rankOf(a) - rankOf(b)).slice(0, MAX_CANDIDATES);
}
