import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HINTS } from '../../../src/core/discovery.ts';
import { parseEmail, parseName } from '../../../src/discovery/address.ts';
import { PROVIDERS } from '../../../src/discovery/provider-table.ts';
import { discoverByDomain, discoverByExchanger } from '../../../src/discovery/providers.ts';

function at(email: string) {
  const address = parseEmail(email);
  assert.ok(address);
  return address;
}
const byDomain = (email: string) => discoverByDomain(at(email));
const shortly = (email: string) =>
  byDomain(email)?.candidates.map(
    ({ protocol, host, port, security, username, auth }) =>
      `${protocol} ${host}:${port} ${security} ${username} ${auth}`,
  );

describe('the table of providers', () => {
  it('has at least thirty', () => {
    assert.ok(PROVIDERS.length >= 30, String(PROVIDERS.length));
  });

  it('names no domain and no exchanger twice', () => {
    for (const names of [
      PROVIDERS.flatMap(({ domains }) => domains),
      PROVIDERS.flatMap(({ exchangers }) => exchangers ?? []),
    ]) {
      const twice = names.filter((name, index) => names.indexOf(name) !== index);
      assert.deepEqual(twice, []);
    }
  });

  for (const provider of PROVIDERS) {
    const [name = provider.exchangers?.[0] ?? 'nobody'] = provider.domains;
    it(`is right about ${name}`, () => {
      assert.notEqual(name, 'nobody');
      const { domains, exchangers = [], imap, pop3, hint, url, setting } = provider;
      for (const host of [...domains, ...exchangers, imap, pop3])
        if (host !== undefined) assert.equal(parseName(host), host);
      assert.ok(imap ?? pop3 ?? hint, 'neither a server nor a word why');
      if (url !== undefined) assert.equal(new URL(url).protocol, 'https:');
      if (setting !== undefined) assert.notEqual(setting.trim(), '');
      for (const answer of [
        ...domains.map((domain) => byDomain(`someone@${domain}`)),
        ...exchangers.map((exchanger) => discoverByExchanger(`mx1.${exchanger}`, at('someone@example.org'))),
      ]) {
        assert.ok(answer);
        assert.equal(answer.candidates.length > 0, (imap ?? pop3) !== undefined);
        assert.equal(answer.hint?.code, hint ?? answer.hint?.code);
        // What says more than a code needs a code to say it with.
        if (url !== undefined || setting !== undefined) assert.ok(answer.hint && answer.hint.code in HINTS);
      }
    });
  }
});

describe('an address at a known provider', () => {
  it('has its servers best first, with the user name the provider knows', () => {
    assert.deepEqual(shortly('someone@web.de'), [
      'imap imap.web.de:993 tls someone password',
      'imap imap.web.de:143 starttls someone password',
      'pop3 pop3.web.de:995 tls someone password',
      'pop3 pop3.web.de:110 starttls someone password',
    ]);
    assert.deepEqual(shortly('someone@me.com'), [
      'imap imap.mail.me.com:993 tls someone app-password',
      'imap imap.mail.me.com:993 tls someone@me.com app-password',
    ]);
  });

  it('has the hint its owner needs', () => {
    const codes = {
      'someone@gmail.com': 'already-gmail',
      'someone@Outlook.com': 'oauth-only',
      'someone@hotmail.co.uk': 'oauth-only',
      'someone@yahoo.com': 'app-password',
      'someone@t-online.de': 'app-password',
      'someone@gmx.de': 'access-off',
      'someone@proton.me': 'bridge-needed',
      'someone@tutanota.com': 'no-access',
      'someone@orange.fr': undefined,
    };
    for (const [email, code] of Object.entries(codes)) assert.equal(byDomain(email)?.hint?.code, code, email);
  });

  it('is not found by a domain that only ends or begins like it', () => {
    for (const email of ['someone@notgmail.com', 'someone@gmail.com.example.org', 'someone@x.gmail.com'])
      assert.equal(byDomain(email), null);
  });
});

describe('a domain of one’s own', () => {
  const mine = at('someone@example.org');

  it('is found by its exchanger, nearest name first, always with the whole address', () => {
    const by = (exchanger: string) => discoverByExchanger(exchanger, mine);
    assert.equal(by('aspmx.l.google.com')?.hint?.code, 'already-gmail');
    assert.equal(by('example-org.mail.protection.outlook.com')?.hint?.code, 'oauth-only');
    assert.equal(by('mx-aol.mail.gm0.yahoodns.net')?.candidates[0]?.host, 'imap.aol.com');
    assert.equal(by('mta5.am0.yahoodns.net')?.candidates[0]?.host, 'imap.mail.yahoo.com');
    assert.equal(by('mx01.mail.icloud.com')?.candidates[0]?.username, 'someone@example.org');
    assert.equal(by('in1-smtp.messagingengine.com')?.candidates[0]?.host, 'imap.fastmail.com');
  });

  it('is not found by an exchanger that only ends like a known one', () => {
    assert.equal(discoverByExchanger('mx.notgoogle.com', mine), null);
    assert.equal(discoverByExchanger('google.com.example.net', mine), null);
    assert.equal(discoverByExchanger('com', mine), null);
  });
});
