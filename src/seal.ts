/**
 * Seals secrets to the workers' public key: HPKE (RFC 9180), base mode, DHKEM(X25519, HKDF-SHA256),
 * HKDF-SHA256, AES-256-GCM. Nothing here can open what it sealed; workers/unseal.ts can.
 *
 *   sealed = version (1 byte) ‖ key id (8) ‖ encapsulated key (32) ‖ ciphertext and tag (n + 16)
 */
import { createHash } from 'node:crypto';
import { AEAD_AES_256_GCM, CipherSuite, KDF_HKDF_SHA256, KEM_DHKEM_X25519_HKDF_SHA256 } from 'hpke';
import type { Seal, SealPlace } from './core/ports.ts';

export const SEAL_VERSION = 1;
export const KEY_ID_BYTES = 8;
export const ENCAPSULATED_BYTES = 32;
export const SEAL_INFO = new TextEncoder().encode('smtp-sync seal v1');

const PUBLIC_KEY = /^smtp-sync-pub1:([A-Za-z0-9_-]{43})$/;

export const createSuite = () =>
  new CipherSuite(KEM_DHKEM_X25519_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_256_GCM);

export const isPublicKey = (text: string): boolean => PUBLIC_KEY.test(text);

/** `smtp-sync-pub1:` and base64url of the raw key (32 bytes, RFC 7748 §5). */
export const formatPublicKey = (raw: Uint8Array): string =>
  `smtp-sync-pub1:${Buffer.from(raw).toString('base64url')}`;

/** The raw 32 bytes. Throws RangeError, without the text, on anything `formatPublicKey` cannot have made. */
export function parsePublicKey(text: string): Uint8Array {
  const match = PUBLIC_KEY.exec(text);
  if (!match) throw new RangeError('not a public key of smtp-sync');
  return new Uint8Array(Buffer.from(match[1] ?? '', 'base64url'));
}

/** First 8 bytes of SHA-256 of the raw public key: names the key that a ciphertext needs. */
export const keyIdOf = (publicKey: Uint8Array): Uint8Array =>
  new Uint8Array(createHash('sha256').update(publicKey).digest().subarray(0, KEY_ID_BYTES));

/** Associated data: every part preceded by its length (4 bytes, big endian), so that no two places look alike. */
export function bindPlace(place: SealPlace, keyId: Uint8Array): Uint8Array {
  const parts = [place.tenant, place.table, place.column, place.row].map((part) => Buffer.from(part, 'utf8'));
  parts.push(Buffer.from(keyId));
  const prefixed = parts.flatMap((part) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    return [length, part];
  });
  return new Uint8Array(Buffer.concat(prefixed));
}

/** `publicKey` in its text form (`SEAL_PUBLIC_KEY`). Throws RangeError when it is none. */
export function createSeal(publicKey: string): Seal {
  const suite = createSuite();
  const raw = parsePublicKey(publicKey);
  const keyId = keyIdOf(raw);
  const imported = suite.DeserializePublicKey(raw);
  imported.catch(() => undefined); // reported by the first seal instead
  return async (plaintext, place) => {
    const { encapsulatedSecret, ciphertext } = await suite.Seal(await imported, plaintext, {
      info: SEAL_INFO,
      aad: bindPlace(place, keyId),
    });
    return new Uint8Array(
      Buffer.concat([Uint8Array.of(SEAL_VERSION), keyId, encapsulatedSecret, ciphertext]),
    );
  };
}

/** How everything sealed to this public key (text form) in today's format begins: version ‖ key id. */
export const sealHeadOf = (publicKey: string): Uint8Array =>
  Uint8Array.of(SEAL_VERSION, ...keyIdOf(parsePublicKey(publicKey)));
