/** Names to addresses, by the DNS. What they resolve to is judged in address.ts. */
import { lookup, Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Fault } from '../../src/core/fault.ts';
import { createTurns } from '../turns.ts';
import type { Address } from './address.ts';

/** All addresses of a name, in the order to try them; empty or a rejection: the name is unknown. */
export type Resolve = (name: string, signal: AbortSignal) => Promise<readonly Address[]>;

/** A name that has no address in the DNS may have one in the hosts file. */
const NOT_IN_DNS = ['ENOTFOUND', 'ENODATA', 'ECONNREFUSED', 'ENONAME'];

/** Whoever runs a name's servers decides how long getaddrinfo takes: one thread may wait for all of them. */
const inTurn = createTurns(1);

/**
 * Asks the DNS over a resolver of its own that can be cancelled: getaddrinfo runs on Node's few shared
 * threads, where one tenant's dead name servers would hold up everybody. It is asked only for names without
 * a dot and for what the DNS does not know, for the sake of the hosts file. IPv4 first: it is what old mail servers have.
 */
export async function resolveName(name: string, signal: AbortSignal): Promise<readonly Address[]> {
  if (name.includes('.')) {
    const resolver = new Resolver({ timeout: 3_000, tries: 2 });
    const cancel = () => resolver.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    const [v4, v6] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    signal.removeEventListener('abort', cancel);
    signal.throwIfAborted();
    const found = [v4, v6].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    if (found.length > 0) return found.map(asAddress);
    const failed = [v4, v6].find((a) => a.status === 'rejected' && !NOT_IN_DNS.includes(codeOf(a.reason)));
    if (failed) throw new Fault('host-unknown');
  }
  const ask = () => lookup(name, { all: true, order: 'ipv4first' });
  const found = await (name.includes('.') ? inTurn(signal, ask) : ask());
  return found.map(({ address }) => asAddress(address));
}

const asAddress = (address: string): Address => ({ address, family: isIP(address) === 6 ? 6 : 4 });

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
