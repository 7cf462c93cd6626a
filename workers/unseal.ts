/** Opens what src/seal.ts sealed. Holds the private keys: nothing of the web process may import this. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { Fault } from '../src/core/fault.ts';
import type { Unseal } from '../src/core/ports.ts';
import {
  bindPlace,
  createSuite,
  ENCAPSULATED_BYTES,
  formatPublicKey,
  KEY_ID_BYTES,
  keyIdOf,
  parsePublicKey,
  SEAL_INFO,
  SEAL_VERSION,
  sealHeadOf,
} from '../src/seal.ts';

const PRIVATE_KEY = /^smtp-sync-prv1:([A-Za-z0-9_-]{43})$/;
/** PKCS #8 around a raw X25519 key (RFC 8410 §7). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b656e04220420', 'hex');
const HEAD_BYTES = 1 + KEY_ID_BYTES + ENCAPSULATED_BYTES;

/** `smtp-sync-prv1:` and base64url of the raw key (32 bytes). */
export const formatPrivateKey = (raw: Uint8Array): string =>
  `smtp-sync-prv1:${Buffer.from(raw).toString('base64url')}`;

/** Throws RangeError, without the text, on anything `formatPrivateKey` cannot have made. */
function parsePrivateKey(text: string): Uint8Array {
  const match = PRIVATE_KEY.exec(text);
  if (!match) throw new RangeError('not a private key of smtp-sync');
  return new Uint8Array(Buffer.from(match[1] ?? '', 'base64url'));
}

/** The public key, in its text form, that belongs to a private key in its text form. */
export function publicKeyOf(privateKey: string): string {
  const key = createPrivateKey({
    key: Buffer.concat([PKCS8_HEAD, parsePrivateKey(privateKey)]),
    format: 'der',
    type: 'pkcs8',
  });
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  return formatPublicKey(Buffer.from(String(x), 'base64url'));
}

/** Whether `sealed` is under the ring's current (first) key; proves nothing about its content. */
export function isCurrent(ring: readonly string[], sealed: Uint8Array): boolean {
  const [current] = ring;
  if (current === undefined) throw new RangeError('the key ring is empty');
  const head = sealHeadOf(publicKeyOf(current));
  return head.every((byte, at) => sealed[at] === byte);
}

/**
 * `ring`: private keys in their text form (`UNSEAL_PRIVATE_KEYS`), the current one first. Throws RangeError
 * when one of them is none. What it returns rejects with Fault `seal-broken` for everything that was not
 * sealed for this very place under a key in the ring.
 */
export function createUnseal(ring: readonly string[]): Unseal {
  if (ring.length === 0) throw new RangeError('the key ring is empty');
  const suite = createSuite();
  const importPair = async (text: string, publicKey: Uint8Array) => ({
    privateKey: await suite.DeserializePrivateKey(parsePrivateKey(text), false),
    publicKey: await suite.DeserializePublicKey(publicKey),
  });
  const keys = new Map(
    ring.map((text) => {
      const publicKey = parsePublicKey(publicKeyOf(text));
      const imported = importPair(text, publicKey);
      imported.catch(() => undefined); // reported by the first unseal instead
      return [Buffer.from(keyIdOf(publicKey)).toString('hex'), imported];
    }),
  );

  return async (sealed, place) => {
    if (sealed[0] !== SEAL_VERSION || sealed.length < HEAD_BYTES) throw new Fault('seal-broken');
    const keyId = sealed.slice(1, 1 + KEY_ID_BYTES);
    const imported = keys.get(Buffer.from(keyId).toString('hex'));
    if (!imported) throw new Fault('seal-broken');
    const pair = await imported;
    try {
      return await suite.Open(pair, sealed.slice(1 + KEY_ID_BYTES, HEAD_BYTES), sealed.slice(HEAD_BYTES), {
        info: SEAL_INFO,
        aad: bindPlace(place, keyId),
      });
    } catch (cause) {
      throw new Fault('seal-broken', { cause });
    }
  };
}
