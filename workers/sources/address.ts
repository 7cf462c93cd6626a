/**
 * Which hosts and addresses may be dialled on behalf of a user: the guard against being used to reach what
 * is not public (SSRF). Pure; the name is resolved elsewhere and what it resolved to is judged here.
 */
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import ipaddr from 'ipaddr.js';
import { Fault } from '../../src/core/fault.ts';

/** POP3, IMAP, and both over implicit TLS (RFC 8314 §3). */
export const MAIL_PORTS: readonly number[] = [110, 143, 993, 995];

export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

export type Host =
  | { readonly kind: 'address'; readonly address: Address }
  /** Lower case A-labels without the final dot: what is resolved, sent as SNI and verified. */
  | { readonly kind: 'name'; readonly name: string };

export type Network = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

/** Parses CIDRs such as `10.0.0.0/8` or `fd00::/8`. Throws TypeError on anything else: it is configuration. */
export function parseNetworks(cidrs: readonly string[]): readonly Network[] {
  return cidrs.map((cidr) => {
    const [base = ''] = cidr.split('/', 1);
    if (!isIP(base) || cidr.includes('%') || !ipaddr.isValidCIDR(cidr))
      throw new TypeError('not a network in CIDR notation');
    return ipaddr.parseCIDR(cidr);
  });
}

/** A last label of digits or hex: what inet_aton and browsers read as an IPv4 address (WHATWG URL §3.5). */
const ENDS_IN_NUMBER = /(?:^|\.)(?:\d+|0x[0-9a-f]*)\.?$/i;
/** domainToASCII would cut at a slash and skip a line break: two readers again. */
const NOT_IN_NAMES = /[^a-z0-9._\-\u0080-\u{10ffff}]/iu;
const NAME =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

/**
 * What the user typed, as a name or an address. An address counts only in its ordinary notation: octal, hex,
 * decimal, short, bracketed and zoned forms are refused although an operating system may understand them,
 * because two readers of such a form need not read the same. Faults `address-forbidden`, `host-unknown`.
 */
export function parseHost(typed: string): Host {
  const family = isIP(typed);
  if (family === 4) return { kind: 'address', address: { address: typed, family } };
  if (typed.includes(':')) {
    if (family !== 6 || typed.includes('%')) throw new Fault('address-forbidden');
    return { kind: 'address', address: { address: typed, family } };
  }
  if (NOT_IN_NAMES.test(typed)) throw new Fault('host-unknown');
  const name = domainToASCII(typed).replace(/\.$/, '');
  if (ENDS_IN_NUMBER.test(typed) || ENDS_IN_NUMBER.test(name)) throw new Fault('address-forbidden');
  if (!NAME.test(name)) throw new Fault('host-unknown');
  return { kind: 'name', name };
}

const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3');

/**
 * Globally reachable unicast (IANA special-purpose registries, RFC 6890). For IPv6 also only 2000::/3, which
 * leaves out IPv4-mapped, -compatible and NAT64 addresses; 6to4 and Teredo are special ranges inside it. All
 * of those would carry an IPv4 address past the check.
 */
export function isPublic(address: string): boolean {
  if (!isIP(address) || address.includes('%')) return false;
  const parsed = ipaddr.parse(address);
  return parsed.range() === 'unicast' && (parsed.kind() === 'ipv4' || parsed.match(GLOBAL_UNICAST));
}

/** Whether `address` lies in one of the networks; never across families, so a mapped address is in none. */
export function isInside(networks: readonly Network[], address: string): boolean {
  if (!isIP(address) || address.includes('%')) return false;
  const parsed = ipaddr.parse(address);
  return networks.some(([base, bits]) => base.kind() === parsed.kind() && parsed.match(base, bits));
}

/**
 * Those of `addresses` that may be dialled on `port`: inside `privateNetworks` on any, public ones on `publicPorts`.
 * Nothing but these is dialled, so what is left out does no harm. When none is left, the fault of the first one left
 * out: `address-forbidden`, `port-forbidden`.
 */
export function permittedOf(
  addresses: readonly Address[],
  port: number,
  privateNetworks: readonly Network[],
  publicPorts: readonly number[] = MAIL_PORTS,
): readonly Address[] {
  let refusal: Fault | undefined;
  const permitted = addresses.filter(({ address }) => {
    if (isInside(privateNetworks, address)) return true;
    const known = isPublic(address);
    if (known && publicPorts.includes(port)) return true;
    refusal ??= new Fault(known ? 'port-forbidden' : 'address-forbidden');
    return false;
  });
  if (permitted.length === 0 && refusal) throw refusal;
  return permitted;
}
