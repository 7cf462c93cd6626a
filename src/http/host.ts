/**
 * A mail server's name as the user typed it → the form everything else uses: A-label (RFC 5890), lower case,
 * no trailing dot, IPv6 without brackets. Null when it is neither a host name nor an address.
 */
export const parseHost = (typed: string): string | null => {
  const name = typed.trim();
  const address = name.replace(/^\[(.*)\]$/s, '$1');
  if (address.includes(':')) return /^[0-9a-f:.]+$/i.test(address) ? hostnameOf(`[${address}]`) : null;
  if (/[\s/?#@\\%[\]]/.test(name)) return null;
  const host = hostnameOf(name)?.replace(/\.$/, '') ?? '';
  const labels = host.split('.');
  return host.length <= 253 && labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))
    ? host
    : null;
};

/** The URL standard does the IDNA and address parsing, in browsers too. */
const hostnameOf = (name: string): string | null => {
  const url = URL.parse(`http://${name}/`);
  return url === null ? null : url.hostname.replace(/^\[|\]$/g, '');
};
