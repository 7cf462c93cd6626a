/** A provider that is in no table yet: a row of data, and its owner's way in, whatever its endpoint leaves out. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { SignInClient, SignInProvider } from '../../../src/core/sign-in-providers.ts';
import { exchangeSourceCode, refusalOf, sourceConsentUrl } from '../../../src/oauth/consent.ts';
import { createSourceSignIns } from '../../../src/oauth/refresh.ts';

const PIGEON: SignInProvider = {
  id: 'pigeon',
  name: 'Pigeon Post',
  env: 'PIGEON',
  authUrl: 'https://login.pigeon.example/authorize',
  tokenUrl: 'https://login.pigeon.example/token',
  scopes: ['openid', 'offline_access'],
  access: { imap: 'mail-r', pop3: 'mail-r' },
  authParameters: { language: 'en' },
  servers: [{ protocol: 'imap', host: 'imap.pigeon.example', port: 993, security: 'tls' }],
  alsoKnownAs: [],
  codes: { admin: [], blocked: [], passing: [] },
};
const redirectUri = 'https://mail.example.com/auth/source/callback';
const attempt = { state: 'state-1', nonce: 'nonce-1', codeVerifier: 'v'.repeat(43) };
const request = { protocol: 'imap', code: 'code-1', redirectUri } as const;
const never = new AbortController().signal;
const NOW = Date.UTC(2026, 10, 21);

const claims = {
  aud: 'id-1',
  nonce: 'nonce-1',
  exp: NOW / 1000 + 60,
  sub: 'bird-7',
  email: 'a@pigeon.example',
};
const jwt = (body: object): string =>
  ['{}', JSON.stringify(body), 'signature'].map((part) => Buffer.from(part).toString('base64url')).join('.');
const TOKENS = { access_token: 'access', refresh_token: 'refresh', expires_in: 3600, token_type: 'bearer' };

/** Its token endpoint answers this; with what it was asked. */
async function clientAt(t: TestContext, status: number, body: object) {
  const asked: URLSearchParams[] = [];
  const server = createServer(async (incoming, response) => {
    let text = '';
    for await (const chunk of incoming) text += String(chunk);
    asked.push(new URLSearchParams(text));
    response.writeHead(status).end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const { authUrl, servers } = PIGEON;
  const tokenUrl = `http://127.0.0.1:${port}/token`;
  const client: SignInClient = {
    provider: PIGEON,
    clientId: 'id-1',
    clientSecret: 's',
    authUrl,
    tokenUrl,
    servers,
  };
  return { client, asked };
}
const exchange = (client: SignInClient) => exchangeSourceCode(client, request, attempt, never, () => NOW);

test('its row says where its owner goes, and what is asked for', async (t) => {
  const { client } = await clientAt(t, 200, {});
  const url = new URL(sourceConsentUrl(client, { protocol: 'imap', hint: 'a', redirectUri }, attempt));
  assert.equal(url.origin + url.pathname, PIGEON.authUrl);
  const { code_challenge: challenge, ...rest } = Object.fromEntries(url.searchParams);
  assert.match(challenge ?? '', /^[\w-]{43}$/);
  assert.deepEqual(rest, {
    client_id: 'id-1',
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: 'openid offline_access mail-r',
    login_hint: 'a',
    state: 'state-1',
    nonce: 'nonce-1',
    code_challenge_method: 'S256',
    language: 'en',
  });
  assert.equal(refusalOf(client, 'access_denied', undefined), 'denied');
  assert.equal(refusalOf(client, 'consent_required', 'AADSTS90094: somebody else’s code'), 'failed');
});

test('scopes that it does not tell are those that were asked for; told, they are what it tells', async (t) => {
  for (const [scope, kind] of [
    [undefined, 'granted'],
    ['openid mail-r', 'granted'],
    ['openid MAIL-R', 'granted'],
    ['openid', 'refused'],
    ['', 'refused'],
    [null, 'refused'],
    [['mail-r'], 'refused'],
  ] as const) {
    const { client, asked } = await clientAt(t, 200, { ...TOKENS, scope, id_token: jwt(claims) });
    const result = await exchange(client);
    assert.equal(result.kind, kind, JSON.stringify(scope));
    if (result.kind === 'refused') assert.equal(result.reason, 'scope');
    assert.deepEqual(Object.fromEntries(asked[0] ?? []), {
      grant_type: 'authorization_code',
      code: 'code-1',
      redirect_uri: redirectUri,
      code_verifier: attempt.codeVerifier,
      client_id: 'id-1',
      client_secret: 's',
    });
  }
});

test('an id token of another client, attempt or time, or one that names no address, is none', async (t) => {
  for (const wrong of [
    { aud: 'id-2' },
    { nonce: 'nonce-2' },
    { nonce: undefined },
    { exp: NOW / 1000 },
    { exp: undefined },
    { sub: '' },
    { sub: 'a\r\nb' },
    { email: 'no address' },
    { email: `a@b\u0000.example` },
  ]) {
    const { client } = await clientAt(t, 200, { ...TOKENS, id_token: jwt({ ...claims, ...wrong }) });
    assert.deepEqual(await exchange(client), { kind: 'refused', reason: 'failed' }, JSON.stringify(wrong));
  }
});

test('its tokens are renewed, and shown to its servers alone', async (t) => {
  const { client, asked } = await clientAt(t, 200, { ...TOKENS, refresh_token: undefined });
  const signIns = createSourceSignIns(new Map([['pigeon', client]]), () => NOW);
  const token = await signIns.refresh('pigeon', 'refresh', never);
  assert.deepEqual(token, { accessToken: 'access', expiresAt: NOW + 3_600_000, refreshToken: null });
  assert.equal(asked[0]?.get('refresh_token'), 'refresh');
  const [own] = PIGEON.servers;
  assert.ok(own && signIns.allows('pigeon', own));
  assert.ok(!signIns.allows('pigeon', { ...own, host: 'imap.else.example' }));
});
