/**
 * From an e-mail address to candidates: what is known, what the domain's owner publishes, what Thunderbird's
 * database knows, who takes the domain's mail in, what the DNS offers, and at last what names suggest. Pure: the
 * network is given.
 */
import {
  type Candidate,
  type Discovery,
  type DiscoveryNet,
  hintOf,
  type ServiceRecord,
} from '../core/discovery.ts';
import type { Protocol, Security } from '../core/mailbox.ts';
import { type EmailAddress, parseName } from './address.ts';
import { parseAutoconfig } from './autoconfig.ts';
import { bestFirst, portOf } from './candidates.ts';
import { discoverByDomain, discoverByExchanger } from './providers.ts';

export interface Patience {
  /** For one look-up, in ms. */
  readonly lookUpMs: number;
  /** For all of it, in ms. */
  readonly totalMs: number;
}

const PATIENCE: Patience = { lookUpMs: 4_000, totalMs: 10_000 };
const DATABASE = 'https://autoconfig.thunderbird.net/v1.1/';
const MAX_EXCHANGERS = 2;

/** The network with both deadlines on every look-up; what is not there in time is not there. */
type Asked = {
  readonly [K in keyof DiscoveryNet]: (what: string) => ReturnType<DiscoveryNet[K]>;
};

/** Never empty-handed: without candidates there is a hint. Rejects only with the reason of an aborted `signal`. */
export async function discover(
  address: EmailAddress,
  net: DiscoveryNet,
  signal: AbortSignal,
  patience: Patience = PATIENCE,
): Promise<Discovery> {
  const known = discoverByDomain(address);
  if (known) return known;
  const found = new AbortController();
  const out = AbortSignal.timeout(patience.totalMs);
  const asked = withPatience(net, AbortSignal.any([signal, found.signal, out]), patience.lookUpMs);
  try {
    const answer = await firstOf(askedInOrder(address, asked));
    signal.throwIfAborted();
    if (answer) return answer;
    return { candidates: [], hint: hintOf(out.aborted ? 'unfinished' : 'nothing-found') };
  } finally {
    // Nobody waits for the others any more.
    found.abort();
  }
}

/** All begin at once, except that servers of strangers are asked only when the domain's own had nothing. */
function askedInOrder(address: EmailAddress, asked: Asked): readonly (() => Promise<Discovery | null>)[] {
  const { domain } = address;
  const query = `mail/config-v1.1.xml?emailaddress=${encodeURIComponent(address.full)}`;
  const own = [`https://autoconfig.${domain}/${query}`, `https://${domain}/.well-known/autoconfig/${query}`];
  const published = [...own, DATABASE + domain].map((url) => readConfig(url, address, asked));
  const exchangers = asked.mailExchangers(domain);
  const offered = readServices(address, asked);
  const guessed = guess(address, asked);
  return [
    ...published.map((answer) => () => answer),
    async () => askExchangers(await exchangers, address, asked),
    () => offered,
    () => guessed,
  ];
}

async function firstOf(steps: readonly (() => Promise<Discovery | null>)[]): Promise<Discovery | null> {
  for (const step of steps) {
    const answer = await step();
    if (answer) return answer;
  }
  return null;
}

const answerOf = (candidates: readonly Candidate[]): Discovery | null => {
  if (candidates.length === 0) return null;
  const [first] = candidates;
  return first?.auth === 'oauth' ? { candidates, hint: hintOf('oauth-only') } : { candidates };
};

async function readConfig(url: string, address: EmailAddress, asked: Asked): Promise<Discovery | null> {
  const xml = await asked.fetchText(url);
  return xml === null ? null : answerOf(parseAutoconfig(xml, address));
}

/**
 * Who takes the mail in mostly keeps it, too. Beside our own table only Thunderbird's database is asked about
 * them: without a list of public suffixes, `autoconfig.` before a parent of the exchanger's name could be anybody's.
 */
async function askExchangers(
  named: readonly string[],
  address: EmailAddress,
  asked: Asked,
): Promise<Discovery | null> {
  const exchangers = named.flatMap((name) => parseName(name) ?? []).slice(0, MAX_EXCHANGERS);
  for (const exchanger of exchangers) {
    const known = discoverByExchanger(exchanger, address);
    if (known) return known;
  }
  const parents = new Set(exchangers.flatMap(parentsOf));
  parents.delete(address.domain);
  const answers = [...parents].map((parent) => readConfig(DATABASE + parent, address, asked));
  return firstOf(answers.map((answer) => () => answer));
}

/** Up to three, the nearest first, none of a single label. */
const parentsOf = (name: string): readonly string[] => {
  const labels = name.split('.');
  return labels
    .slice(1, -1)
    .map((_, index) => labels.slice(index + 1).join('.'))
    .slice(0, 3);
};

const SERVICES: readonly { service: string; protocol: Protocol; security: Security }[] = [
  { service: '_imaps', protocol: 'imap', security: 'tls' },
  { service: '_imap', protocol: 'imap', security: 'starttls' },
  { service: '_pop3s', protocol: 'pop3', security: 'tls' },
  { service: '_pop3', protocol: 'pop3', security: 'starttls' },
];

/** RFC 6186 §3, RFC 8314 §5.1. A target of `.` says that there is none; the parser of names drops it. */
async function readServices(address: EmailAddress, asked: Asked): Promise<Discovery | null> {
  const found = await Promise.all(
    SERVICES.map(async ({ service, protocol, security }) => {
      const records = await asked.services(`${service}._tcp.${address.domain}`);
      return [...records]
        .sort((a, b) => a.priority - b.priority || b.weight - a.weight)
        .map(({ target, port }) => candidateAt(protocol, security, target, port, address));
    }),
  );
  return answerOf(bestFirst(found.flat()));
}

/** What names suggest, as far as they exist. TLS only: nothing says that these servers have anything else. */
async function guess(address: EmailAddress, asked: Asked): Promise<Discovery | null> {
  const { domain } = address;
  const names: readonly (readonly [string, readonly Protocol[]])[] = [
    [`imap.${domain}`, ['imap']],
    [`pop.${domain}`, ['pop3']],
    [`pop3.${domain}`, ['pop3']],
    [`mail.${domain}`, ['imap', 'pop3']],
  ];
  const found = await Promise.all(
    names.map(async ([host, protocols]) =>
      (await asked.resolves(host))
        ? protocols.map((protocol) => candidateAt(protocol, 'tls', host, portOf(protocol, 'tls'), address))
        : [],
    ),
  );
  const candidates = bestFirst(found.flat());
  return candidates.length > 0 ? { candidates, hint: hintOf('guessed') } : null;
}

const candidateAt = (
  protocol: Protocol,
  security: Security,
  host: string,
  port: number,
  { full }: EmailAddress,
): Candidate => ({ protocol, host, port, security, username: full, auth: 'password' });

function withPatience(net: DiscoveryNet, signal: AbortSignal, lookUpMs: number): Asked {
  const within = async <T>(nothing: T, ask: (limited: AbortSignal) => Promise<T>): Promise<T> => {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(lookUpMs)]);
    // However a look-up fails, there is nothing to be had from it.
    return limited.aborted
      ? nothing
      : Promise.race([ask(limited).catch(() => nothing), aborted(limited, nothing)]);
  };
  return {
    fetchText: (url) => within<string | null>(null, (limited) => net.fetchText(url, limited)),
    mailExchangers: (domain) =>
      within<readonly string[]>([], (limited) => net.mailExchangers(domain, limited)),
    services: (name) => within<readonly ServiceRecord[]>([], (limited) => net.services(name, limited)),
    resolves: (host) => within(false, (limited) => net.resolves(host, limited)),
  };
}

const aborted = <T>(signal: AbortSignal, value: T): Promise<T> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(value), { once: true }));
