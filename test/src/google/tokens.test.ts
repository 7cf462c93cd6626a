import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';
import { Fault, isFault } from '../../../src/core/fault.ts';
import {
  createAccessTokens,
  createTokenClient,
  type FreshToken,
  refreshTokenHash,
  type TokenClient,
} from '../../../src/google/tokens.ts';
import { type GoogleStandin, startGoogle } from '../../../standins/google/server.ts';

const { signal } = new AbortController();
let google: GoogleStandin;
let client: TokenClient;

before(async () => {
  google = await startGoogle();
  const { clientId, clientSecret, origin } = google;
  client = createTokenClient({
    tokenUrl: `${origin}/token`,
    revokeUrl: `${origin}/revoke`,
    clientId,
    clientSecret,
  });
});
afterEach(() => google.order({ clear: true }));
after(() => google.close());

test('refreshes', async () => {
  const { refreshToken } = google.grant('ada@example.com');
  const fresh = await client.refresh(refreshToken, signal);
  assert.match(fresh.accessToken, /^ya29\./);
  assert.ok(fresh.expiresAt > Date.now() + 3_500_000);
  assert.ok(fresh.scopes.includes('https://www.googleapis.com/auth/gmail.insert'));
});

test('a grant withdrawn at Google is grant-revoked', async () => {
  const { refreshToken } = google.grant('bea@example.com');
  google.withdraw('bea@example.com');
  await assert.rejects(client.refresh(refreshToken, signal), (error) => isFault(error, 'grant-revoked'));
});

test('trouble at Google never looks like a revoked grant', async () => {
  const { refreshToken } = google.grant('ada@example.com');
  for (const action of [
    { kind: 'status', status: 503 },
    { kind: 'drop-before' },
    { kind: 'truncate' },
    { kind: 'body', body: '<html>' },
    { kind: 'body', body: '{"access_token":"with space","expires_in":3600}' },
  ] as const) {
    google.order({ rules: [{ at: 'token', action }] });
    await assert.rejects(client.refresh(refreshToken, signal), (error) =>
      isFault(error, 'google-unavailable'),
    );
  }
});

test('revokes by form, once and again', async () => {
  const { refreshToken, accessToken } = google.grant('cid@example.com');
  await client.revoke(refreshToken, signal);
  assert.ok(!google.grants().includes('cid@example.com'));
  await client.revoke(refreshToken, signal);
  await client.revoke(accessToken, signal);
  await assert.rejects(client.refresh(refreshToken, signal), (error) => isFault(error, 'grant-revoked'));
  google.order({ rules: [{ at: 'revoke', action: { kind: 'status', status: 500 } }] });
  await assert.rejects(client.revoke(refreshToken, signal), (error) => isFault(error, 'google-unavailable'));
});

test('an aborted refresh ends with the reason given', async () => {
  google.order({ rules: [{ at: 'token', action: { kind: 'stall' } }] });
  const stop = new AbortController();
  const waiting = client.refresh('any', stop.signal);
  stop.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
});

test('the hash that RISC names a token by', () => {
  const once = createHash('sha512').update('1//token').digest();
  assert.equal(refreshTokenHash('1//token'), createHash('sha512').update(once).digest('base64'));
});

function countingClient() {
  let calls = 0;
  const answers: (FreshToken | Fault)[] = [];
  return {
    answers,
    calls: () => calls,
    async refresh(): Promise<FreshToken> {
      calls += 1;
      const answer = answers.shift() ?? { accessToken: `token-${calls}`, expiresAt: 3_600_000, scopes: [] };
      if (answer instanceof Fault) throw answer;
      return answer;
    },
  };
}

test('one refresh serves everybody until five minutes before its end', async () => {
  const counting = countingClient();
  let now = 0;
  const token = createAccessTokens(counting, () => now).of('user', 'refresh');
  assert.deepEqual(await Promise.all([token(signal), token(signal)]), ['token-1', 'token-1']);
  now = 3_299_999;
  assert.equal(await token(signal), 'token-1');
  now = 3_300_000;
  assert.equal(await token(signal), 'token-2');
  assert.equal(counting.calls(), 2);
});

test('a refused token is renewed, a failure is not remembered, a new consent replaces the old', async () => {
  const counting = countingClient();
  const tokens = createAccessTokens(counting, () => 0);
  const token = tokens.of('user', 'refresh');
  assert.equal(await token(signal), 'token-1');
  counting.answers.push(new Fault('google-unavailable'));
  await assert.rejects(token(signal, true), (error) => isFault(error, 'google-unavailable'));
  assert.equal(await token(signal, true), 'token-3');
  assert.equal(await tokens.of('user', 'another')(signal), 'token-4');
  tokens.forget('user');
  assert.equal(await tokens.of('user', 'another')(signal), 'token-5');
});

test('one waiter giving up does not cost the others their token', async () => {
  const gate = Promise.withResolvers<FreshToken>();
  const token = createAccessTokens({ refresh: () => gate.promise }, () => 0).of('user', 'refresh');
  const stop = new AbortController();
  const hasty = token(stop.signal);
  const patient = token(signal);
  stop.abort(new Error('enough'));
  await assert.rejects(hasty, /enough/);
  gate.resolve({ accessToken: 'token', expiresAt: 3_600_000, scopes: [] });
  assert.equal(await patient, 'token');
});
