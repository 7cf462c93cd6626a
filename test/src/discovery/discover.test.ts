import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DiscoveryNet, ServiceRecord } from '../../../src/core/discovery.ts';
import { parseEmail } from '../../../src/discovery/address.ts';
import { discover, type Patience } from '../../../src/discovery/discover.ts';

const signal = new AbortController().signal;
const AGES: Patience = { lookUpMs: 60_000, totalMs: 60_000 };

const configAt = (host: string, auth = 'password-cleartext') =>
  `<clientConfig version="1.1"><emailProvider id="x"><incomingServer type="imap"><hostname>${host}</hostname>
   <port>993</port><socketType>SSL</socketType><authentication>${auth}</authentication></incomingServer>
   </emailProvider></clientConfig>`;

interface World {
  readonly documents?: Readonly<Record<string, string>>;
  readonly exchangers?: readonly string[];
  readonly services?: Readonly<Record<string, readonly ServiceRecord[]>>;
  readonly hosts?: readonly string[];
}

/** A network that has what it is given; what was asked of it is in `asked`. */
function worldOf({ documents = {}, exchangers = [], services = {}, hosts = [] }: World) {
  const asked: string[] = [];
  const net: DiscoveryNet = {
    fetchText: async (url) => {
      asked.push(url);
      return documents[url] ?? null;
    },
    mailExchangers: async (domain) => {
      asked.push(`MX ${domain}`);
      return exchangers;
    },
    services: async (name) => services[name] ?? [],
    resolves: async (host) => hosts.includes(host),
  };
  return { net, asked };
}

async function find(world: World, email = 'someone@example.org') {
  const address = parseEmail(email);
  assert.ok(address);
  return discover(address, worldOf(world).net, signal, AGES);
}
const hostsOf = async (world: World) => (await find(world)).candidates.map(({ host }) => host);

const QUERY = 'mail/config-v1.1.xml?emailaddress=someone%40example.org';
const OWN = `https://autoconfig.example.org/${QUERY}`;
const WELL_KNOWN = `https://example.org/.well-known/autoconfig/${QUERY}`;
const DATABASE = 'https://autoconfig.thunderbird.net/v1.1/';
const record = (target: string, port: number, priority = 0, weight = 0): ServiceRecord => ({
  target,
  port,
  priority,
  weight,
});

describe('the order of the look-ups', () => {
  const steps: readonly [string, World][] = [
    ['own', { documents: { [OWN]: configAt('own.example.net') } }],
    ['well-known', { documents: { [WELL_KNOWN]: configAt('well-known.example.net') } }],
    ['database', { documents: { [`${DATABASE}example.org`]: configAt('database.example.net') } }],
    [
      'exchanger',
      {
        exchangers: ['mx.hoster.example'],
        documents: { [`${DATABASE}hoster.example`]: configAt('exchanger.example.net') },
      },
    ],
    ['service', { services: { '_imaps._tcp.example.org': [record('service.example.net', 993)] } }],
    ['imap.example.org', { hosts: ['imap.example.org'] }],
  ];

  for (const [index, [first]] of steps.entries()) {
    it(`begins with ${first} when that is the best there is`, async () => {
      // Everything from here on is there, and what comes earlier is not.
      const rest = steps.slice(index).map(([, world]) => world);
      const world: World = {
        documents: Object.assign({}, ...rest.map(({ documents }) => documents)),
        exchangers: rest.flatMap(({ exchangers }) => exchangers ?? []),
        services: Object.assign({}, ...rest.map(({ services }) => services)),
        hosts: rest.flatMap(({ hosts }) => hosts ?? []),
      };
      const expected = first.includes('.') ? first : `${first}.example.net`;
      assert.deepEqual(await hostsOf(world), [expected]);
    });
  }

  it('asks nobody about a provider that is known', async () => {
    const { net, asked } = worldOf({});
    const address = parseEmail('someone@web.de');
    assert.ok(address);
    assert.equal((await discover(address, net, signal)).candidates[0]?.host, 'imap.web.de');
    assert.deepEqual(asked, []);
  });

  it('asks the exchanger’s parents only when the domain itself had nothing, and never with the address', async () => {
    const own = worldOf({
      exchangers: ['a.b.hoster.example'],
      documents: { [OWN]: configAt('x.example.net') },
    });
    const address = parseEmail('someone@example.org');
    assert.ok(address);
    await discover(address, own.net, signal, AGES);
    assert.ok(!own.asked.join().includes('hoster'));
    const none = worldOf({ exchangers: ['a.b.hoster.example', 'mx.example.org', '../evil', 'x'] });
    await discover(address, none.net, signal, AGES);
    assert.deepEqual(
      none.asked.sort(),
      [
        'MX example.org',
        OWN,
        `${DATABASE}b.hoster.example`,
        `${DATABASE}example.org`,
        `${DATABASE}hoster.example`,
        WELL_KNOWN,
      ].sort(),
    );
  });
});

describe('what is found', () => {
  it('is a provider known by its exchanger', async () => {
    const { candidates, hint } = await find({ exchangers: ['aspmx.l.google.com'] });
    assert.equal(candidates[0]?.host, 'imap.gmail.com');
    assert.equal(hint?.code, 'already-gmail');
  });

  it('is told to need oauth where a document says so', async () => {
    const { candidates, hint } = await find({ documents: { [OWN]: configAt('x.example.net', 'OAuth2') } });
    assert.equal(candidates[0]?.auth, 'oauth');
    assert.equal(hint?.code, 'oauth-only');
  });

  it('skips a document that is broken', async () => {
    const documents = { [OWN]: '<html>', [WELL_KNOWN]: configAt('x.example.net') };
    assert.deepEqual(await hostsOf({ documents }), ['x.example.net']);
  });

  it('orders services by priority and weight, without refusals and other ports', async () => {
    const services = {
      '_imaps._tcp.example.org': [
        record('third.example.net', 993, 20),
        record('second.example.net', 993, 10, 1),
        record('first.example.net', 993, 10, 5),
        record('odd.example.net', 8993, 0),
        record('10.0.0.1', 993, 0),
      ],
      '_imap._tcp.example.org': [record('.', 0), record('', 143)],
      '_pop3s._tcp.example.org': [record('pop.example.net.', 995)],
      '_pop3._tcp.example.org': [record('pop.example.net', 110)],
    };
    assert.deepEqual(
      (await find({ services })).candidates.map(({ protocol, host, port }) => `${protocol} ${host} ${port}`),
      [
        'imap first.example.net 993',
        'imap second.example.net 993',
        'imap third.example.net 993',
        'pop3 pop.example.net 995',
        'pop3 pop.example.net 110',
      ],
    );
  });

  it('is marked when it is a guess', async () => {
    const { candidates, hint } = await find({ hosts: ['mail.example.org', 'www.example.org'] });
    assert.deepEqual(
      candidates.map(({ protocol, host, port }) => `${protocol} ${host} ${port}`),
      ['imap mail.example.org 993', 'pop3 mail.example.org 995'],
    );
    assert.equal(hint?.code, 'guessed');
  });

  it('is nothing, with a word about it', async () => {
    assert.deepEqual((await find({})).candidates, []);
    assert.equal((await find({})).hint?.code, 'nothing-found');
  });
});

describe('patience', () => {
  const address = parseEmail('someone@example.org');
  assert.ok(address);
  const never = (seen: AbortSignal[]) => (_: string, given: AbortSignal) => {
    seen.push(given);
    return new Promise<never>(() => {});
  };

  it('ends a look-up that hangs and goes on with the next', async () => {
    const seen: AbortSignal[] = [];
    const { net } = worldOf({ hosts: ['imap.example.org'] });
    const hanging: DiscoveryNet = { ...net, fetchText: never(seen), services: never(seen) };
    const { hint } = await discover(address, hanging, signal, { lookUpMs: 20, totalMs: 60_000 });
    assert.equal(hint?.code, 'guessed');
    assert.ok(seen.length >= 5 && seen.every(({ aborted }) => aborted));
  });

  it('ends altogether, and says so', async () => {
    const seen: AbortSignal[] = [];
    const hang = never(seen);
    const net: DiscoveryNet = { fetchText: hang, mailExchangers: hang, services: hang, resolves: hang };
    const { candidates, hint } = await discover(address, net, signal, { lookUpMs: 60_000, totalMs: 20 });
    assert.deepEqual([candidates, hint?.code], [[], 'unfinished']);
    assert.ok(seen.every(({ aborted }) => aborted));
  });

  it('calls off what nobody waits for any more', async () => {
    const seen: AbortSignal[] = [];
    const { net } = worldOf({ documents: { [OWN]: configAt('x.example.net') } });
    await discover(address, { ...net, services: never(seen) }, signal, AGES);
    assert.ok(seen.length === 4 && seen.every(({ aborted }) => aborted));
  });

  it('rejects with the reason of its caller’s abort', async () => {
    const leaving = new AbortController();
    const { net } = worldOf({});
    const asked = Promise.withResolvers<void>();
    const fetchText = () => {
      asked.resolve();
      return new Promise<never>(() => {});
    };
    const found = discover(address, { ...net, fetchText }, leaving.signal, AGES);
    await asked.promise;
    leaving.abort(new Error('leaving'));
    await assert.rejects(found, /leaving/);
  });

  it('survives look-ups that fail in ways nobody foresaw', async () => {
    const fail = () => Promise.reject(new Error('unforeseen'));
    const net: DiscoveryNet = { fetchText: fail, mailExchangers: fail, services: fail, resolves: fail };
    assert.equal((await discover(address, net, signal, AGES)).hint?.code, 'nothing-found');
  });
});
