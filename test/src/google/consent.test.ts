import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { isFault } from '../../../src/core/fault.ts';
import { GMAIL_LABELS_SCOPE } from '../../../src/core/scopes.ts';
import {
  type ConsentAttempt,
  type ConsentEndpoints,
  consentUrl,
  exchangeCode,
  GMAIL_INSERT_SCOPE,
} from '../../../src/google/consent.ts';
import { createKeys } from '../../../standins/google/keys.ts';
import { type GoogleStandin, startGoogle } from '../../../standins/google/server.ts';
import { walkConsent } from '../../standins/google-walk.ts';

const { signal } = new AbortController();
let google: GoogleStandin;
let endpoints: ConsentEndpoints;

before(async () => {
  google = await startGoogle();
  endpoints = {
    authUrl: `${google.origin}/o/oauth2/v2/auth`,
    tokenUrl: `${google.origin}/token`,
    jwksUrl: `${google.origin}/oauth2/v3/certs`,
    issuer: google.origin,
    clientId: google.clientId,
    clientSecret: google.clientSecret,
    redirectUri: 'http://127.0.0.1:4000/auth/google/callback',
  };
});
after(() => google.close());

const attempt = (): ConsentAttempt => ({
  state: randomBytes(16).toString('hex'),
  nonce: randomBytes(16).toString('hex'),
  codeVerifier: randomBytes(48).toString('base64url'),
});

async function codeFor(tried: ConsentAttempt, granted?: readonly string[]): Promise<string> {
  const back = await walkConsent(consentUrl(endpoints, tried), granted ? { granted } : {});
  assert.equal(back.searchParams.get('state'), tried.state);
  return back.searchParams.get('code') ?? '';
}

test('asks for offline access with PKCE S256', () => {
  const tried = attempt();
  const url = new URL(consentUrl(endpoints, tried));
  assert.equal(url.searchParams.get('code_challenge_method'), 'S256');
  assert.equal(url.searchParams.get('access_type'), 'offline');
  assert.equal(url.searchParams.get('prompt'), 'consent');
  assert.equal(url.searchParams.get('scope'), `openid email ${GMAIL_INSERT_SCOPE}`);
  assert.ok(!url.href.includes(tried.codeVerifier));
});

test('labels are asked for when they are wished for, on top of what was granted', async () => {
  const plain = new URL(consentUrl(endpoints, attempt()));
  assert.equal(plain.searchParams.get('include_granted_scopes'), 'true');
  assert.equal(plain.searchParams.get('login_hint'), null);
  const tried = attempt();
  const wish = { labels: true, email: 'labels@example.com' };
  const url = consentUrl(endpoints, tried, wish);
  assert.equal(
    new URL(url).searchParams.get('scope'),
    `openid email ${GMAIL_INSERT_SCOPE} ${GMAIL_LABELS_SCOPE}`,
  );
  assert.equal(new URL(url).searchParams.get('login_hint'), wish.email);
  const back = await walkConsent(url, { account: wish.email });
  const first = await exchangeCode(endpoints, tried, back.searchParams.get('code') ?? '', signal);
  assert.ok(first.kind === 'granted' && first.consent.grantedScopes.includes(GMAIL_LABELS_SCOPE));
  // A later sign-in that does not ask for them has them all the same.
  const later = attempt();
  const again = await walkConsent(consentUrl(endpoints, later), { account: wish.email });
  const second = await exchangeCode(endpoints, later, again.searchParams.get('code') ?? '', signal);
  assert.ok(second.kind === 'granted' && second.consent.grantedScopes.includes(GMAIL_LABELS_SCOPE));
});

test('a consent given ends in an identity, a refresh token and the granted scopes', async () => {
  const tried = attempt();
  const result = await exchangeCode(endpoints, tried, await codeFor(tried), signal);
  assert.equal(result.kind, 'granted');
  if (result.kind !== 'granted') return;
  assert.equal(result.consent.email, 'ada@example.com');
  assert.match(result.consent.sub, /^\d{21}$/);
  assert.ok(result.consent.refreshToken);
  assert.ok(result.consent.grantedScopes.includes(GMAIL_INSERT_SCOPE));
});

test('a code works once', async () => {
  const tried = attempt();
  const code = await codeFor(tried);
  await exchangeCode(endpoints, tried, code, signal);
  assert.deepEqual(await exchangeCode(endpoints, tried, code, signal), { kind: 'refused', reason: 'code' });
});

test('a code is worthless without its verifier', async () => {
  const tried = attempt();
  const stolen = { ...tried, codeVerifier: attempt().codeVerifier };
  const result = await exchangeCode(endpoints, stolen, await codeFor(tried), signal);
  assert.deepEqual(result, { kind: 'refused', reason: 'code' });
});

test('an id token for another sign-in is refused', async () => {
  const tried = attempt();
  const result = await exchangeCode(endpoints, { ...tried, nonce: 'another' }, await codeFor(tried), signal);
  assert.deepEqual(result, { kind: 'refused', reason: 'id-token' });
});

test('an unticked permission is told, with the token that has to be given back', async () => {
  google.withdraw('ada@example.com');
  const tried = attempt();
  const code = await codeFor(tried, []);
  const result = await exchangeCode(endpoints, tried, code, signal);
  assert.ok(result.kind === 'partial' && result.consent.refreshToken !== null);
});

test('a refusal comes back as an error, without a code', async () => {
  const back = await walkConsent(consentUrl(endpoints, attempt()), { decision: 'deny' });
  assert.equal(back.searchParams.get('error'), 'access_denied');
  assert.equal(back.searchParams.get('code'), null);
});

test('a foreign issuer is refused', async () => {
  const tried = attempt();
  const foreign = { ...endpoints, issuer: 'https://accounts.example.net' };
  const result = await exchangeCode(foreign, tried, await codeFor(tried), signal);
  assert.deepEqual(result, { kind: 'refused', reason: 'id-token' });
});

test('a signature by other keys is refused', async () => {
  const tried = attempt();
  const [mine] = createKeys().jwks.keys;
  const real = (await (await fetch(endpoints.jwksUrl)).json()) as { keys: { kid: string }[] };
  const forged = { keys: [{ ...mine, kid: real.keys[0]?.kid }] };
  const server = createServer((_, response) =>
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(forged)),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  try {
    const result = await exchangeCode({ ...endpoints, jwksUrl }, tried, await codeFor(tried), signal);
    assert.deepEqual(result, { kind: 'refused', reason: 'id-token' });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('a wrong client secret and a broken key set are the service’s trouble, and leak nothing', async () => {
  const tried = attempt();
  const wrong = { ...endpoints, clientSecret: 'not-the-secret' };
  await assert.rejects(exchangeCode(wrong, tried, await codeFor(tried), signal), (error) => {
    assert.ok(isFault(error, 'google-unavailable'));
    assert.ok(!`${error.stack} ${String(error.cause)}`.includes('not-the-secret'));
    return true;
  });
  google.order({ rules: [{ at: 'certs', action: { kind: 'status', status: 503 } }] });
  await assert.rejects(exchangeCode(endpoints, tried, await codeFor(tried), signal), (error) =>
    isFault(error, 'google-unavailable'),
  );
});

test('an aborted exchange ends with the reason given', async () => {
  const stop = new AbortController();
  stop.abort(new Error('enough'));
  await assert.rejects(exchangeCode(endpoints, attempt(), 'code', stop.signal), /enough/);
});
