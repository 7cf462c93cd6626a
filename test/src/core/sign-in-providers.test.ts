import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Candidate, type Discovery, hintOf } from '../../../src/core/discovery.ts';
import {
  offerSignIns,
  SIGN_IN_PROVIDERS,
  type SignInClients,
  type SignInProvider,
} from '../../../src/core/sign-in-providers.ts';

const [MICROSOFT] = SIGN_IN_PROVIDERS;
const NONE: SignInClients = new Map();
const OFFERED: SignInClients = new Map([
  [
    'microsoft',
    {
      provider: MICROSOFT,
      clientId: 'id',
      clientSecret: 'secret',
      authUrl: MICROSOFT.authUrl,
      tokenUrl: MICROSOFT.tokenUrl,
      servers: MICROSOFT.servers,
    },
  ],
]);
const at = (host: string, change: Partial<Candidate> = {}): Candidate => ({
  protocol: 'imap',
  host,
  port: 993,
  security: 'tls',
  username: 'a@example.org',
  auth: 'password',
  ...change,
});

test('each row of the table is whole: https, TLS, a scope for each protocol, names of its own', () => {
  const rows: readonly SignInProvider[] = SIGN_IN_PROVIDERS;
  for (const { authUrl, tokenUrl, servers, access, scopes, env } of rows) {
    for (const url of [authUrl, tokenUrl]) assert.equal(new URL(url).protocol, 'https:');
    assert.ok(servers.length > 0 && servers.every(({ security }) => security === 'tls'));
    for (const { protocol } of servers) assert.ok(access[protocol].length > 0);
    assert.ok(scopes.includes('openid') && scopes.includes('offline_access'));
    assert.match(env, /^[A-Z]+$/);
  }
  const count = (names: readonly string[]) => assert.equal(new Set(names).size, names.length);
  count(rows.map(({ id }) => id));
  count(rows.map(({ env }) => env));
});

test('servers of a provider take its sign-in, whatever a document says of passwords; other servers stay as they are', () => {
  const found: Discovery = {
    candidates: [at('outlook.office365.com'), at('imap-mail.outlook.com'), at('imap.example.org')],
  };
  assert.deepEqual(offerSignIns(found, OFFERED).candidates, [
    { ...MICROSOFT.servers[0], username: 'a@example.org', auth: 'oauth', provider: 'microsoft' },
    at('imap.example.org'),
  ]);
  assert.deepEqual(
    offerSignIns(found, NONE).candidates.map(({ auth, provider }) => [auth, provider]),
    [
      ['oauth', undefined],
      ['oauth', undefined],
      ['password', undefined],
    ],
  );
});

test('a host that only looks like the provider’s is none of its', () => {
  for (const host of ['outlook.office365.com.evil.example', 'xoutlook.office365.com', 'office365.com'])
    assert.deepEqual(offerSignIns({ candidates: [at(host)] }, OFFERED).candidates, [at(host)]);
});

test('the hint that there is no way in goes exactly when there is one', () => {
  const hint = hintOf('oauth-only');
  const found: Discovery = { candidates: [at('outlook.office365.com', { auth: 'oauth' })], hint };
  assert.equal(offerSignIns(found, OFFERED).hint, undefined);
  assert.equal(offerSignIns(found, NONE).hint, hint);
  const unknown: Discovery = { candidates: [at('imap.else.example', { auth: 'oauth' })], hint };
  assert.equal(offerSignIns(unknown, OFFERED).hint, hint);
  const other: Discovery = { candidates: [at('outlook.office365.com')], hint: hintOf('guessed') };
  assert.equal(offerSignIns(other, OFFERED).hint?.code, 'guessed');
});
