import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AEAD_AES_128_GCM, CipherSuite, KDF_HKDF_SHA256, KEM_DHKEM_X25519_HKDF_SHA256 } from 'hpke';
import { isFault } from '../../src/core/fault.ts';
import type { SealPlace } from '../../src/core/ports.ts';
import { generateKeys } from '../../src/keys.ts';
import { bindPlace, createSeal, parsePublicKey, SEAL_INFO } from '../../src/seal.ts';
import { createUnseal, formatPrivateKey, isCurrent, publicKeyOf } from '../../workers/unseal.ts';
import { openByHand } from './hpke-by-hand.ts';

const keys = generateKeys();
const ring = [keys.UNSEAL_PRIVATE_KEYS];
const seal = createSeal(keys.SEAL_PUBLIC_KEY);
const unseal = createUnseal(ring);
const place: SealPlace = { tenant: 't', table: 'mailboxes', column: 'sealed_password', row: 'r' };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const broken = (promise: Promise<unknown>) =>
  assert.rejects(promise, (error) => isFault(error, 'seal-broken') && !String(error).includes('canary'));

test('what is sealed for a place opens there, whatever it is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), placeArbitrary(), async (plaintext, where) => {
      assert.deepEqual(await unseal(await seal(plaintext, where), where), plaintext);
    }),
    { numRuns: 30 },
  );
});

test('no place opens another’s secret, even when their parts run together', async () => {
  const sealed = await seal(bytes('canary'), place);
  for (const part of ['tenant', 'table', 'column', 'row'] as const) {
    await broken(unseal(sealed, { ...place, [part]: 'other' }));
  }
  const joined = await seal(bytes('canary'), { ...place, tenant: 'ab', table: 'c' });
  await broken(unseal(joined, { ...place, tenant: 'a', table: 'bc' }));
  await fc.assert(
    fc.asyncProperty(placeArbitrary(), placeArbitrary(), async (one, other) => {
      fc.pre(JSON.stringify(one) !== JSON.stringify(other));
      await broken(unseal(await seal(bytes('canary'), one), other));
    }),
    { numRuns: 30 },
  );
});

test('every flipped bit breaks it', async () => {
  const sealed = await seal(bytes('x'), place);
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const flipped = Uint8Array.from(sealed);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    await broken(unseal(flipped, place));
  }
});

test('every truncation, an extension and a plaintext are refused', async () => {
  const sealed = await seal(bytes('canary'), place);
  for (let length = 0; length < sealed.length; length++) await broken(unseal(sealed.slice(0, length), place));
  await broken(unseal(Uint8Array.of(...sealed, 0), place));
  await broken(unseal(bytes('canary password in the clear, long enough to have a head of 41 bytes'), place));
});

test('other versions and keys outside the ring are refused', async () => {
  const sealed = await seal(bytes('canary'), place);
  for (const version of [0, 2, 255]) await broken(unseal(Uint8Array.of(version, ...sealed.slice(1)), place));
  const stranger = generateKeys();
  await broken(createUnseal([stranger.UNSEAL_PRIVATE_KEYS])(sealed, place));
  // The right key id over a ciphertext for another key.
  const foreign = await createSeal(stranger.SEAL_PUBLIC_KEY)(bytes('canary'), place);
  await broken(unseal(Uint8Array.of(...sealed.slice(0, 9), ...foreign.slice(9)), place));
});

test('an old key in the ring still opens, and is told from the current one', async () => {
  const sealed = await seal(bytes('secret'), place);
  const next = generateKeys();
  const both = [next.UNSEAL_PRIVATE_KEYS, ...ring];
  assert.deepEqual(await createUnseal(both)(sealed, place), bytes('secret'));
  assert.equal(isCurrent(ring, sealed), true);
  assert.equal(isCurrent(both, sealed), false);
  assert.equal(isCurrent(both, await createSeal(next.SEAL_PUBLIC_KEY)(bytes('secret'), place)), true);
  assert.equal(isCurrent(ring, sealed.slice(0, 8)), false);
});

test('the same secret never seals to the same bytes', async () => {
  assert.notDeepEqual(await seal(bytes('secret'), place), await seal(bytes('secret'), place));
});

test('malformed keys are refused at once and not quoted', () => {
  const wrong = [`smtp-sync-prv1:${'canary'.repeat(9)}`, 'canary', keys.SEAL_PUBLIC_KEY, ''];
  const silent = (error: unknown) => error instanceof RangeError && !error.message.includes('canary');
  for (const key of wrong) assert.throws(() => createUnseal([key]), silent);
  for (const key of [...wrong.slice(0, 2), keys.UNSEAL_PRIVATE_KEYS])
    assert.throws(() => createSeal(key), silent);
  assert.throws(() => createUnseal([]), RangeError);
});

test('RFC 9180: what we seal opens by the RFC’s own steps', async () => {
  const sealed = await seal(bytes('secret'), place);
  const keyId = sealed.slice(1, 9);
  const privateKey = Buffer.from(keys.UNSEAL_PRIVATE_KEYS.slice('smtp-sync-prv1:'.length), 'base64url');
  const opened = openByHand({
    privateKey,
    publicKey: parsePublicKey(keys.SEAL_PUBLIC_KEY),
    enc: sealed.slice(9, 41),
    ciphertext: sealed.slice(41),
    info: SEAL_INFO,
    aad: bindPlace(place, keyId),
    aead: 'aes-256-gcm',
  });
  assert.deepEqual(opened, Buffer.from('secret'));
});

test('RFC 9180: those steps and the library open the vector of appendix A.1.1', async () => {
  const vector = {
    privateKey: hex('4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8'),
    publicKey: hex('3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d'),
    enc: hex('37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431'),
    ciphertext: hex(
      'f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a',
    ),
    info: hex('4f6465206f6e2061204772656369616e2055726e'),
    aad: hex('436f756e742d30'),
  };
  const plaintext = hex('4265617574792069732074727574682c20747275746820626561757479');
  assert.deepEqual(hex(openByHand({ ...vector, aead: 'aes-128-gcm' }).toString('hex')), plaintext);

  const suite = new CipherSuite(KEM_DHKEM_X25519_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_128_GCM);
  const pair = {
    privateKey: await suite.DeserializePrivateKey(vector.privateKey, false),
    publicKey: await suite.DeserializePublicKey(vector.publicKey),
  };
  const opened = await suite.Open(pair, vector.enc, vector.ciphertext, {
    info: vector.info,
    aad: vector.aad,
  });
  assert.deepEqual(opened, plaintext);
  assert.deepEqual(parsePublicKey(publicKeyOf(formatPrivateKey(vector.privateKey))), vector.publicKey);
});

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));

function placeArbitrary(): fc.Arbitrary<SealPlace> {
  const part = fc.string({ unit: 'binary', maxLength: 12 });
  return fc.record({ tenant: part, table: part, column: part, row: part });
}
