/** E-mail addresses and host names as discovery reads them: strictly, for they come from outside. */

export interface EmailAddress {
  /** As written: `local@domain`, the domain in A-labels. */
  readonly full: string;
  readonly local: string;
  readonly domain: string;
}

const NAME = /^(?=.{4,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;
/** The URL parser drops line breaks and reads more than a host; what it would change is refused before. */
const NOT_IN_NAMES = /[^a-z0-9._\-\u0080-\u{10ffff}]/iu;

/**
 * A host name with at least two labels in lower-case A-labels (RFC 5890), without the final dot; null for
 * anything else, IP addresses in any notation among it.
 */
export function parseName(typed: string): string | null {
  if (NOT_IN_NAMES.test(typed)) return null;
  const name = URL.parse(`http://${typed}/`)?.hostname.replace(/\.$/, '') ?? '';
  return NAME.test(name) ? name : null;
}

/** Null when it is none that a mailbox provider would give out: quoted and commented forms (RFC 5322) are refused. */
export function parseEmail(typed: string): EmailAddress | null {
  const at = typed.lastIndexOf('@');
  const local = typed.slice(0, Math.max(at, 0));
  const domain = parseName(typed.slice(at + 1));
  if (domain === null || !/^[^\s@"(),:;<>[\\\]\u0000-\u001f\u007f-\u009f]{1,64}$/u.test(local)) return null;
  return local.isWellFormed() ? { full: `${local}@${domain}`, local, domain } : null;
}
