/** Security event tokens: what forgers, crowds and changing keys do to them. */
import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, it } from 'node:test';
import { createRiscReader } from '../../../src/google/risc.ts';

const ISSUER = 'https://accounts.example.com/';
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const { signal } = new AbortController();

let asked = 0;
const keys = createServer((_req, res) => {
  asked += 1;
  res.end(JSON.stringify({ keys: [{ kid: 'one', ...publicKey.export({ format: 'jwk' }) }] }));
});
keys.listen(0, '127.0.0.1');
await once(keys, 'listening');
after(() => keys.close());
const jwksUrl = `http://127.0.0.1:${(keys.address() as AddressInfo).port}/keys`;
const newReader = () => createRiscReader({ jwksUrl, issuer: ISSUER, clientId: 'us' });

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const claims = (jti: string) => ({
  iss: ISSUER,
  aud: 'us',
  jti,
  events: {
    'https://schemas.example.com/event-type/tokens-revoked': {
      subject: { subject_type: 'iss-sub', iss: ISSUER, sub: '1' },
    },
  },
});

function tokenOf(body: object, header: object = { alg: 'RS256', kid: 'one' }): string {
  const signed = `${part(header)}.${part(body)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
}

it('takes each of several first events, for which the keys are asked once', async () => {
  const read = newReader();
  asked = 0;
  const results = await Promise.all(['a', 'b', 'c'].map((jti) => read(tokenOf(claims(jti)), signal)));
  assert.deepEqual(
    results.map((result) => ('id' in result ? result.id : result.refusal)),
    ['a', 'b', 'c'],
  );
  assert.equal(asked, 1);
});

it('takes no other algorithm, signature, issuer or audience', async () => {
  const read = newReader();
  const body = claims('x');
  const unsigned = `${part({ alg: 'none', kid: 'one' })}.${part(body)}.`;
  const pem = publicKey.export({ type: 'spki', format: 'pem' });
  const symmetric = `${part({ alg: 'HS256', kid: 'one' })}.${part(body)}`;
  const [head, , signature] = tokenOf(body).split('.');
  for (const [token, refusal] of [
    [unsigned, 'invalid_request'],
    [`${symmetric}.${createHmac('sha256', pem).update(symmetric).digest('base64url')}`, 'invalid_request'],
    [`${head}.${part(claims('y'))}.${signature}`, 'invalid_key'],
    [`${head}.${part(body)}.`, 'invalid_key'],
    [tokenOf(body, { alg: 'RS256', kid: 'two' }), 'invalid_key'],
    [tokenOf(body, { alg: 'RS256' }), 'invalid_request'],
    [tokenOf({ ...body, iss: 'https://accounts.example.com.evil.test' }), 'invalid_issuer'],
    [tokenOf({ ...body, aud: 'others' }), 'invalid_audience'],
    [tokenOf({ ...body, aud: ['others'] }), 'invalid_audience'],
    [tokenOf({ ...body, jti: undefined }), 'invalid_request'],
    ['', 'invalid_request'],
    ['....', 'invalid_request'],
    ['bm90IGpzb24.bm90IGpzb24.', 'invalid_request'],
  ] as const)
    assert.deepEqual(await read(token, signal), { refusal }, token);
});

it('asks Google once, however many unknown keys strangers name', async () => {
  const read = newReader();
  asked = 0;
  for (let n = 0; n < 5; n++) await read(tokenOf(claims('z'), { alg: 'RS256', kid: `k${n}` }), signal);
  assert.equal(asked, 1);
});
