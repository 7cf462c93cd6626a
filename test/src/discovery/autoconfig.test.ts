import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseEmail } from '../../../src/discovery/address.ts';
import { parseAutoconfig } from '../../../src/discovery/autoconfig.ts';

const found = parseEmail('someone@example.org');
assert.ok(found);
const address = found;
const parse = (xml: string) => parseAutoconfig(xml, address);

const server = (type: string, fields: Readonly<Record<string, string | readonly string[]>>): string =>
  `<incomingServer type="${type}">${Object.entries(fields)
    .flatMap(([name, value]) => [value].flat().map((each) => `<${name}>${each}</${name}>`))
    .join('')}</incomingServer>`;
const config = (...inner: readonly string[]): string =>
  `<?xml version="1.0" encoding="UTF-8"?>
<clientConfig version="1.1"><emailProvider id="example.org"><domain>example.org</domain>${inner.join('\n')}
<outgoingServer type="smtp"><hostname>smtp.example.org</hostname><port>465</port></outgoingServer>
</emailProvider></clientConfig>`;
const GOOD = {
  hostname: 'imap.example.net',
  port: '993',
  socketType: 'SSL',
  username: '%EMAILADDRESS%',
  authentication: 'password-cleartext',
};
const CANDIDATE = {
  protocol: 'imap',
  host: 'imap.example.net',
  port: 993,
  security: 'tls',
  username: 'someone@example.org',
  auth: 'password',
} as const;

describe('an autoconfig document', () => {
  it('gives its servers best first, each once', () => {
    const xml = config(
      server('pop3', { ...GOOD, hostname: 'pop.example.net', port: '110', socketType: 'STARTTLS' }),
      server('imap', { ...GOOD, port: '143', socketType: 'STARTTLS' }),
      server('pop3', { ...GOOD, hostname: 'pop.example.net', port: '995' }),
      server('imap', GOOD),
      server('imap', GOOD),
    );
    assert.deepEqual(
      parse(xml).map(({ protocol, security, port }) => [protocol, security, port]),
      [
        ['imap', 'tls', 993],
        ['imap', 'starttls', 143],
        ['pop3', 'tls', 995],
        ['pop3', 'starttls', 110],
      ],
    );
    assert.deepEqual(parse(config(server('imap', GOOD))), [CANDIDATE]);
  });

  it('fills its placeholders in, once', () => {
    const filled = (fields: Record<string, string>) =>
      parse(config(server('imap', { ...GOOD, ...fields })))[0];
    assert.equal(filled({ username: '%EMAILLOCALPART%' })?.username, 'someone');
    assert.equal(filled({ username: '%EMAILLOCALPART%/%EMAILDOMAIN%' })?.username, 'someone/example.org');
    assert.equal(filled({ hostname: 'imap.%EMAILDOMAIN%' })?.host, 'imap.example.org');
    assert.equal(filled({ username: '%REALNAME%' }), undefined);
    const tricky = parseEmail('%EMAILDOMAIN%@example.org');
    assert.ok(tricky);
    const [candidate] = parseAutoconfig(
      config(server('imap', { ...GOOD, username: '%EMAILLOCALPART%' })),
      tricky,
    );
    assert.equal(candidate?.username, '%EMAILDOMAIN%');
  });

  it('reads CDATA, comments, character references and white space', () => {
    const xml = config(
      server('imap', {
        ...GOOD,
        hostname: ' <!-- x --> imap.<![CDATA[example]]>&#46;net\n',
        username: 'a&amp;b',
      }),
    );
    assert.deepEqual(parse(xml), [{ ...CANDIDATE, username: 'a&b' }]);
  });

  it('says oauth only where no password will do', () => {
    const auth = (authentication: string | readonly string[]) =>
      parse(config(server('imap', { ...GOOD, authentication })))[0]?.auth;
    assert.equal(auth('OAuth2'), 'oauth');
    assert.equal(auth(['OAuth2', 'password-cleartext']), 'password');
    assert.equal(auth('password-encrypted'), 'password');
    assert.equal(auth([]), 'password');
    assert.equal(auth('TLS-client-cert'), undefined);
    assert.equal(auth('GSSAPI'), undefined);
  });

  it('leaves out what must not or cannot be dialled', () => {
    for (const bad of [
      { socketType: 'plain' },
      { socketType: '' },
      { port: '143' },
      { port: '25' },
      { port: '22' },
      { port: '99999' },
      { port: '' },
      { hostname: '127.0.0.1' },
      { hostname: '[::1]' },
      { hostname: 'localhost' },
      { hostname: '0x7f.1' },
      { hostname: 'imap.example.net:22' },
      { hostname: 'imap.example.net/../x' },
      { hostname: 'user@imap.example.net' },
      { hostname: 'imap example net' },
      { hostname: '' },
      { username: 'a&#10;b' },
      { username: 'x'.repeat(513) },
    ])
      assert.deepEqual(parse(config(server('imap', { ...GOOD, ...bad }))), [], JSON.stringify(bad));
    assert.deepEqual(parse(config(server('smtp', GOOD), server('exchange', GOOD))), []);
    assert.deepEqual(parse(config(`<x>${server('imap', GOOD)}</x>`)), []);
  });
});

const good = config(server('imap', GOOD));
const HOSTILE = {
  nothing: '',
  'a web page': '<!DOCTYPE html><html><head><title>x</title></head><body><p>not here<br></body></html>',
  'another root': good.replaceAll('clientConfig', 'config'),
  'a document type': good.replace('<clientConfig', '<!DOCTYPE clientConfig><clientConfig'),
  'an external DTD': good.replace('<clientConfig', '<!DOCTYPE x SYSTEM "file:///etc/passwd"><clientConfig'),
  'a billion laughs': `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>${good.replace('imap.example', '&b;')}`,
  'an unknown entity': good.replace('imap.example', '&file;'),
  'an end that is missing': good.slice(0, -5),
  'tags that cross': good.replace('</port>', '</socketType>'),
  'text after the end': `${good}<x/>`,
  'an attribute twice': good.replace('type="imap"', 'type="imap" type="pop3"'),
  'a NUL': good.replace('imap.example', 'imap\u0000.example'),
  'a depth beyond sense': '<clientConfig>'.repeat(20_000),
  'servers beyond sense': config(...Array.from({ length: 400 }, () => server('imap', GOOD))),
};

describe('a hostile document gives nothing:', () => {
  for (const [what, xml] of Object.entries(HOSTILE)) it(what, () => assert.deepEqual(parse(xml), []));
});

it('gives only what can be dialled, whatever it is fed', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '<',
      '>',
      '&',
      '<!DOCTYPE x>',
      '<![CDATA[',
      ']]>',
      '<!--',
      '</port>',
      '<?x',
      '%EMAILDOMAIN%',
      '\u0000',
    ),
    fc.constantFrom('127.0.0.1', '143', 'STARTTLS', '&#x26;', '&lt;'),
  );
  fc.assert(
    fc.property(fc.nat(good.length), fc.nat(60), piece, (from, length, inserted) => {
      for (const { host, port, security, protocol, username } of parse(
        good.slice(0, from) + inserted + good.slice(from + length),
      )) {
        assert.match(host, /^[a-z0-9_-]+(\.[a-z0-9_-]+)*\.[a-z][a-z0-9-]*$/);
        assert.ok(['imap tls 993', 'imap starttls 143'].includes(`${protocol} ${security} ${port}`));
        assert.doesNotMatch(username, /[\u0000-\u001f]/);
      }
    }),
    { numRuns: 500 },
  );
});
