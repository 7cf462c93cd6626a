/**
 * Which addresses are taken for a webhook. Only what can be told without asking anybody is told here; where a name leads
 * is judged by the worker that dials it, each time.
 */
import { BlockList, isIP } from 'node:net';
import { HttpError } from './errors.ts';

const PUBLIC_PORTS = ['', '8443'];
/** Names that never lead to a public host: RFC 6761, RFC 6762, RFC 8375, ICANN's `internal`, and bare ones. */
const LOCAL =
  /(?:^|\.)(?:localhost|local|localdomain|internal|intranet|lan|home|home\.arpa|test|invalid|onion)$/;

/** Throws HttpError `invalid-request`. `networks`: CIDRs that may be told in although private. */
export function judgeWebhookUrl(href: string, networks: readonly string[]): void {
  const url = new URL(href);
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const family = isIP(host);
  if (family !== 0) {
    if (!isInside(networks, host, family === 6 ? 'ipv6' : 'ipv4'))
      refuse('must have a host’s name, not an IP address');
    return;
  }
  // Whether a name leads into one of these networks is seen when it is dialled.
  if (networks.length > 0) return;
  if (url.protocol !== 'https:') refuse('must be an https URL');
  if (!PUBLIC_PORTS.includes(url.port)) refuse('must use port 443 or 8443');
  if (!host.includes('.') || LOCAL.test(host)) refuse('must lead to a host that the internet can reach');
}

function isInside(networks: readonly string[], address: string, family: 'ipv4' | 'ipv6'): boolean {
  return networks.some((network) => {
    const [base = '', bits] = network.split('/');
    if (isIP(base) !== (family === 'ipv6' ? 6 : 4)) return false;
    const list = new BlockList();
    list.addSubnet(base, Number(bits), family);
    return list.check(address, family);
  });
}

function refuse(rule: string): never {
  throw new HttpError('invalid-request', `url: ${rule}`);
}
