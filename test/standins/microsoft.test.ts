/** The stand-in for Microsoft refuses what Microsoft refuses. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { startMicrosoft } from '../../standins/microsoft/server.ts';

const REDIRECT = 'http://localhost:3000/auth/source/callback';
const VERIFIER = 'v'.repeat(43);
const ASKED = {
  client_id: 'standin-app-id',
  response_type: 'code',
  redirect_uri: REDIRECT,
  scope: 'openid offline_access https://outlook.office.com/IMAP.AccessAsUser.All',
  state: 's',
  nonce: 'n',
  code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
  code_challenge_method: 'S256',
};

async function open(t: { after(fn: () => Promise<void>): void }, strict = false) {
  const microsoft = await startMicrosoft({ strict });
  t.after(() => microsoft.close());
  const env = microsoft.environment([]);
  const authorize = env.MICROSOFT_AUTH_URL ?? '';
  const show = (change: Record<string, string> = {}) =>
    fetch(`${authorize}?${new URLSearchParams({ ...ASKED, ...change })}`);
  const code = async () => {
    const body = new URLSearchParams({ ...ASKED, account: 'a@outlook.example', decision: 'accept' });
    const answer = await fetch(authorize, { method: 'POST', body, redirect: 'manual' });
    return new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? '';
  };
  const post = async (form: Record<string, string>) => {
    const client = { client_id: ASKED.client_id, client_secret: 'standin-app-secret' };
    const body = new URLSearchParams({ ...client, ...form });
    const answer = await fetch(env.MICROSOFT_TOKEN_URL ?? '', { method: 'POST', body });
    return { status: answer.status, body: (await answer.json()) as Record<string, string> };
  };
  const redeem = async (change: Record<string, string> = {}) =>
    post({
      grant_type: 'authorization_code',
      code: await code(),
      redirect_uri: REDIRECT,
      code_verifier: VERIFIER,
      ...change,
    });
  const refresh = (token = '') => post({ grant_type: 'refresh_token', refresh_token: token });
  return { microsoft, show, redeem, refresh };
}

test('the request must be whole', async (t) => {
  const { show } = await open(t);
  assert.equal((await show()).status, 200);
  for (const change of [
    { client_id: 'x' },
    { redirect_uri: 'https://evil.example/' },
    { response_type: 'token' },
    { code_challenge_method: 'plain' },
    { state: '' },
    { nonce: '' },
  ])
    assert.equal((await show(change)).status, 400, JSON.stringify(change));
});

test('a code is good once, with its verifier, redirect and secret', async (t) => {
  const { microsoft, redeem } = await open(t);
  const good = await redeem();
  assert.equal(good.status, 200);
  assert.equal(microsoft.tokens.admits('imap', 'a@outlook.example', good.body.access_token ?? ''), true);
  assert.equal(microsoft.tokens.admits('pop3', 'a@outlook.example', good.body.access_token ?? ''), false);
  assert.equal(microsoft.tokens.admits('imap', 'b@outlook.example', good.body.access_token ?? ''), false);
  for (const change of [{ code_verifier: 'w'.repeat(43) }, { redirect_uri: `${REDIRECT}x` }, { code: 'x' }])
    assert.equal((await redeem(change)).body.error, 'invalid_grant');
  assert.equal((await redeem({ client_secret: 'x' })).body.error, 'invalid_client');
});

test('refresh tokens rotate: the old ones live on, or end everything where it is strict', async (t) => {
  for (const strict of [false, true]) {
    const { refresh, redeem } = await open(t, strict);
    const first = (await redeem()).body.refresh_token;
    const second = (await refresh(first)).body.refresh_token;
    assert.ok(second && second !== first);
    assert.equal((await refresh(first)).status, strict ? 400 : 200);
    assert.equal((await refresh(second)).status, strict ? 400 : 200);
  }
});
