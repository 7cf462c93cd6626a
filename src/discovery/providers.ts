/** Looks an address up among the providers we know, by its domain or by who takes its mail in. */
import { type Candidate, type Discovery, hintOf } from '../core/discovery.ts';
import type { Protocol, Security } from '../core/mailbox.ts';
import type { EmailAddress } from './address.ts';
import { bestFirst, portOf } from './candidates.ts';
import type { Provider } from './provider.ts';
import { PROVIDERS } from './provider-table.ts';

const byDomain = new Map(PROVIDERS.flatMap((provider) => provider.domains.map((name) => [name, provider])));
const byExchanger = new Map(
  PROVIDERS.flatMap((provider) => (provider.exchangers ?? []).map((name) => [name, provider])),
);

/** Null for a domain that is nobody's we know. No network. */
export function discoverByDomain(address: EmailAddress): Discovery | null {
  const provider = byDomain.get(address.domain);
  return provider ? describe(provider, address) : null;
}

/** The same by the name of a mail exchanger, which may lie anywhere under the provider's own. */
export function discoverByExchanger(exchanger: string, address: EmailAddress): Discovery | null {
  const labels = exchanger.split('.');
  for (let from = 0; from < labels.length - 1; from++) {
    const provider = byExchanger.get(labels.slice(from).join('.'));
    // With a domain of one's own the local part alone says too little.
    if (provider) return describe({ ...provider, usernames: ['address'] }, address);
  }
  return null;
}

function describe(provider: Provider, address: EmailAddress): Discovery {
  const { auth = 'password', url, setting } = provider;
  const candidates = bestFirst([
    ...offer('imap', provider.imap, provider, address),
    ...offer('pop3', provider.pop3, provider, address),
  ]);
  const code = provider.hint ?? HINT_OF_AUTH[auth];
  if (code === null) return { candidates };
  return { candidates, hint: hintOf(code, { ...(url ? { url } : {}), ...(setting ? { setting } : {}) }) };
}

const HINT_OF_AUTH = { password: null, 'app-password': 'app-password', oauth: 'oauth-only' } as const;

function offer(
  protocol: Protocol,
  host: string | undefined,
  { startTls, usernames = ['address'], auth = 'password' }: Provider,
  address: EmailAddress,
): readonly Candidate[] {
  if (host === undefined) return [];
  const securities: readonly Security[] = startTls ? ['tls', 'starttls'] : ['tls'];
  return securities.flatMap((security) =>
    usernames.map((kind) => ({
      protocol,
      host,
      port: portOf(protocol, security),
      security,
      username: kind === 'address' ? address.full : address.local,
      auth,
    })),
  );
}
