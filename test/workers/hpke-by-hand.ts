/** HPKE's receiving side written down from RFC 9180, to check the library and our format against the text. */
import {
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
} from 'node:crypto';

export interface ByHand {
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly enc: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly info: Uint8Array;
  readonly aad: Uint8Array;
  readonly aead: 'aes-128-gcm' | 'aes-256-gcm';
}

const KEM_SUITE = Buffer.from('KEM\x00\x20', 'latin1');
const NONE = Buffer.alloc(0);

/** Base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 (§4.1, §5.1, §5.2). Throws when it does not open. */
export function openByHand({ privateKey, publicKey, enc, ciphertext, info, aad, aead }: ByHand): Buffer {
  const shared = diffieHellman({ privateKey: privateOf(privateKey), publicKey: publicOf(enc) });
  const secretOfKem = labeledExpand(
    KEM_SUITE,
    labeledExtract(KEM_SUITE, NONE, 'eae_prk', shared),
    'shared_secret',
    Buffer.concat([enc, publicKey]),
    32,
  );
  const aeadId = aead === 'aes-128-gcm' ? 1 : 2;
  const suite = Buffer.concat([Buffer.from('HPKE'), Buffer.from([0, 0x20, 0, 1, 0, aeadId])]);
  const context = Buffer.concat([
    Buffer.from([0]),
    labeledExtract(suite, NONE, 'psk_id_hash', NONE),
    labeledExtract(suite, NONE, 'info_hash', info),
  ]);
  const secret = labeledExtract(suite, secretOfKem, 'secret', NONE);
  const key = labeledExpand(suite, secret, 'key', context, aeadId === 1 ? 16 : 32);
  const nonce = labeledExpand(suite, secret, 'base_nonce', context, 12);

  const decipher = createDecipheriv(aead, key, nonce);
  decipher.setAAD(aad);
  decipher.setAuthTag(ciphertext.subarray(-16));
  return Buffer.concat([decipher.update(ciphertext.subarray(0, -16)), decipher.final()]);
}

const hmac = (key: Uint8Array, ...parts: Uint8Array[]): Buffer =>
  createHmac('sha256', key).update(Buffer.concat(parts)).digest();

/** §4, LabeledExtract. */
const labeledExtract = (suite: Uint8Array, salt: Uint8Array, label: string, ikm: Uint8Array): Buffer =>
  hmac(salt.length === 0 ? Buffer.alloc(32) : salt, Buffer.from('HPKE-v1'), suite, Buffer.from(label), ikm);

/** §4, LabeledExpand, for lengths of one block. */
const labeledExpand = (
  suite: Uint8Array,
  prk: Uint8Array,
  label: string,
  info: Uint8Array,
  length: number,
): Buffer =>
  hmac(
    prk,
    Buffer.from([0, length]),
    Buffer.from('HPKE-v1'),
    suite,
    Buffer.from(label),
    info,
    Buffer.from([1]),
  ).subarray(0, length);

const privateOf = (raw: Uint8Array): KeyObject =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), raw]),
    format: 'der',
    type: 'pkcs8',
  });

const publicOf = (raw: Uint8Array): KeyObject =>
  createPublicKey({
    key: Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), raw]),
    format: 'der',
    type: 'spki',
  });
