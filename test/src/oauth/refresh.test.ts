/** A provider's token endpoint, honest and hostile. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { isFault } from '../../../src/core/fault.ts';
import { SIGN_IN_PROVIDERS, type SignInClient } from '../../../src/core/sign-in-providers.ts';
import { createSourceSignIns } from '../../../src/oauth/refresh.ts';

const [provider] = SIGN_IN_PROVIDERS;
const never = new AbortController().signal;
const NOW = Date.parse('2026-03-01T00:00:00Z');

interface Endpoint {
  answer: (request: IncomingMessage, response: ServerResponse, form: URLSearchParams) => void;
}

async function open(t: { after(fn: () => void): void }) {
  const endpoint: Endpoint = { answer: (_request, response) => response.end() };
  const heard: URLSearchParams[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const form = new URLSearchParams(text);
    heard.push(form);
    response.on('error', () => undefined);
    endpoint.answer(request, response, form);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const tokenUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  const client: SignInClient = {
    provider,
    clientId: 'app',
    clientSecret: 'canary-secret',
    authUrl: 'https://login.example/authorize',
    tokenUrl,
    servers: provider.servers,
  };
  const signIns = createSourceSignIns(new Map([[provider.id, client]]), () => NOW);
  const json = (status: number, body: unknown, headers: Record<string, string> = {}) => {
    endpoint.answer = (_request, response) => response.writeHead(status, headers).end(JSON.stringify(body));
  };
  const refresh = (signal = never) => signIns.refresh('microsoft', 'canary-refresh', signal);
  return { endpoint, heard, signIns, json, refresh };
}

const GOOD = { access_token: 'a.b', expires_in: 3599, refresh_token: 'next', token_type: 'Bearer' };

test('a refresh token becomes an access token and its own successor', async (t) => {
  const { heard, json, refresh } = await open(t);
  json(200, GOOD);
  assert.deepEqual(await refresh(), { accessToken: 'a.b', expiresAt: NOW + 3_599_000, refreshToken: 'next' });
  assert.deepEqual(Object.fromEntries(heard[0] ?? []), {
    grant_type: 'refresh_token',
    refresh_token: 'canary-refresh',
    client_id: 'app',
    client_secret: 'canary-secret',
  });
  json(200, { ...GOOD, refresh_token: undefined, expires_in: '60' });
  assert.deepEqual(await refresh(), { accessToken: 'a.b', expiresAt: NOW + 60_000, refreshToken: null });
  json(200, { ...GOOD, expires_in: 1e12, refresh_token: 'with space' });
  const longest = await refresh();
  assert.deepEqual([longest.expiresAt, longest.refreshToken], [NOW + 86_400_000, null]);
});

const told = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => assert.fail('no fault'),
    (reason: unknown) => reason,
  );
  if (!isFault(error)) throw error;
  assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`, /canary/);
  return { code: error.code, retryAt: error.retryAt };
};

test('only what its owner alone can cure ends a consent', async (t) => {
  const { json, refresh } = await open(t);
  for (const error of ['invalid_grant', 'interaction_required', 'consent_required', 'login_required']) {
    json(400, { error, error_description: 'AADSTS50173: canary', error_codes: [50173] });
    assert.equal((await told(refresh())).code, 'source-consent-gone', error);
  }
  for (const [status, body] of [
    [400, { error: 'invalid_grant', error_codes: [50196] }],
    [400, { error: 'invalid_grant', error_description: 'AADSTS90033: a transient error, canary' }],
    [401, { error: 'invalid_client', error_description: 'AADSTS7000222: the secret has expired' }],
    [400, { error: 'unauthorized_client' }],
    [400, { error: ['invalid_grant'] }],
    [500, {}],
    [200, { ...GOOD, access_token: 'a\r\nb' }],
    [200, { ...GOOD, access_token: 'x'.repeat(16_385) }],
    [200, { ...GOOD, expires_in: 0 }],
    [200, null],
    [200, [GOOD]],
  ] as const) {
    json(status, body);
    assert.equal(
      (await told(refresh())).code,
      'source-sign-in-unavailable',
      JSON.stringify(body).slice(0, 80),
    );
  }
});

test('it comes back when it is told to, within reason', async (t) => {
  const { json, refresh } = await open(t);
  const after = async (header: string) => {
    json(429, {}, { 'Retry-After': header });
    return (await told(refresh())).retryAt;
  };
  assert.equal(await after('120'), NOW + 120_000);
  assert.equal(await after('Sun, 01 Mar 2026 00:05:00 GMT'), NOW + 300_000);
  assert.equal(await after('999999999'), NOW + 86_400_000);
  assert.equal(await after('Sun, 01 Mar 1970 00:00:00 GMT'), NOW);
  assert.equal(await after('soon'), undefined);
});

test('whatever a hostile endpoint does, it is over soon, small, and followed nowhere', async (t) => {
  const { endpoint, refresh } = await open(t);
  let followed = false;
  const habits: readonly Endpoint['answer'][] = [
    (request, response) => {
      followed ||= request.url !== '/token';
      response.writeHead(307, { location: '/elsewhere' }).end();
    },
    (_request, response) => void response.writeHead(200).end(`"${'x'.repeat(5_000_000)}"`),
    (_request, response) => void response.writeHead(200).end('<html>canary</html>'),
    (_request, response) => void response.destroy(),
    (_request, response) => void response.writeHead(200, { 'content-length': '100' }).end('{'),
    (_request, response) => {
      response.writeHead(200);
      const more = setInterval(() => response.write(' '.repeat(20_000)), 5);
      response.on('close', () => clearInterval(more));
    },
  ];
  for (const habit of habits) {
    endpoint.answer = habit;
    assert.equal((await told(refresh())).code, 'source-sign-in-unavailable');
  }
  assert.equal(followed, false);
  endpoint.answer = () => undefined;
  const stop = new AbortController();
  const waiting = refresh(stop.signal);
  stop.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
});

test('a provider that is not offered, and servers that are not its own', async (t) => {
  const { signIns } = await open(t);
  assert.deepEqual(await told(signIns.refresh('nobody', 'canary', never)), {
    code: 'source-sign-in-missing',
    retryAt: undefined,
  });
  const [imap] = provider.servers;
  assert.equal(signIns.allows('microsoft', imap), true);
  for (const other of [
    { host: 'outlook.office365.com.evil.example' },
    { port: 143 },
    { security: 'starttls' as const },
  ])
    assert.equal(signIns.allows('microsoft', { ...imap, ...other }), false);
  assert.throws(() => signIns.allows('nobody', imap), { code: 'source-sign-in-missing' });
});
