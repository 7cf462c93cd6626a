/**
 * The key of one run: encrypts what the run keeps for a moment (upload session URIs) and keys the digests of
 * its messages. It is sealed once a run, so that a message does not cost a key agreement.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type Hmac,
  hkdfSync,
  type KeyObject,
  randomBytes,
  randomUUID,
} from 'node:crypto';
import { Fault } from '../src/core/fault.ts';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export interface RunKey {
  /** UUID of its row. */
  readonly id: string;
  /** The 32 bytes to be sealed; zero after `destroy`. */
  readonly bytes: Uint8Array;
  /** nonce (12 bytes) ‖ ciphertext ‖ tag (16), AES-256-GCM. `context` says what it is, e.g. the message key. */
  encrypt(text: string, context: string): Uint8Array;
  /** Fault `seal-broken` unless it was encrypted by this key for this context. */
  decrypt(encrypted: Uint8Array, context: string): string;
  /** A fresh HMAC-SHA256, for a message's digest. */
  mac(): Hmac;
  /** Zeroes the key and lets go of what was derived from it, which OpenSSL zeroes; every later call throws. */
  destroy(): void;
}

export const createRunKey = (): RunKey => openRunKey(randomUUID(), new Uint8Array(randomBytes(KEY_BYTES)));

/** A stored run key; takes over `bytes` (32). Fault `seal-broken` when they are no key. */
export function openRunKey(id: string, bytes: Uint8Array): RunKey {
  if (bytes.length !== KEY_BYTES) throw new Fault('seal-broken');
  let derived: Derived | null = {
    cipherKey: derive(bytes, 'smtp-sync run key encrypt'),
    macKey: derive(bytes, 'smtp-sync run key mac'),
  };
  const live = (): Derived => {
    if (!derived) throw new Error('the run key is destroyed');
    return derived;
  };

  return {
    id,
    bytes,
    encrypt(text, context) {
      const { cipherKey } = live();
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', cipherKey, nonce);
      cipher.setAAD(Buffer.from(context, 'utf8'));
      const body = [nonce, cipher.update(text, 'utf8'), cipher.final()];
      return new Uint8Array(Buffer.concat([...body, cipher.getAuthTag()]));
    },
    decrypt(encrypted, context) {
      const { cipherKey } = live();
      if (encrypted.length < NONCE_BYTES + TAG_BYTES) throw new Fault('seal-broken');
      const tagAt = encrypted.length - TAG_BYTES;
      const decipher = createDecipheriv('aes-256-gcm', cipherKey, encrypted.subarray(0, NONCE_BYTES));
      decipher.setAAD(Buffer.from(context, 'utf8'));
      decipher.setAuthTag(encrypted.subarray(tagAt));
      try {
        const head = decipher.update(encrypted.subarray(NONCE_BYTES, tagAt));
        return Buffer.concat([head, decipher.final()]).toString('utf8');
      } catch (cause) {
        throw new Fault('seal-broken', { cause });
      }
    },
    mac() {
      return createHmac('sha256', live().macKey);
    },
    destroy() {
      derived = null;
      bytes.fill(0);
    },
  };
}

/** Key objects: OpenSSL would take raw bytes in again for each message, which costs more than its cipher. */
interface Derived {
  readonly cipherKey: KeyObject;
  readonly macKey: KeyObject;
}

/** One purpose, one key (HKDF-SHA256, RFC 5869). */
function derive(bytes: Uint8Array, purpose: string): KeyObject {
  const raw = new Uint8Array(hkdfSync('sha256', bytes, new Uint8Array(0), purpose, KEY_BYTES));
  const key = createSecretKey(raw);
  raw.fill(0);
  return key;
}

/** Keyed digest (16 bytes) of a whole message. No fingerprint's is like it: those begin with a size. */
export const contentDigest = (key: KeyObject, bytes: Uint8Array): Uint8Array =>
  cut(createHmac('sha256', key).update('smtp-sync content\0').update(bytes));

/**
 * Recognises a message whose source has re-numbered it: HMAC-SHA256 under the mailbox's own key (32 bytes) of
 * its size in bytes and its header block, cut to 16 bytes. The parts of `header` count as one block however cut.
 */
export function fingerprint(key: KeyObject, header: readonly Uint8Array[], size: number): Uint8Array {
  const mac = createHmac('sha256', key);
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64BE(BigInt(size));
  mac.update(prefix);
  for (const part of header) mac.update(part);
  return cut(mac);
}

/**
 * Tells whether a message is the one that was seen under its id before, when its size is claimed to be another: HMAC-SHA256
 * under the mailbox's own key of what names it in its header block, cut to 16 bytes. Eight bytes that no size has come first.
 */
export const identity = (key: KeyObject, names: readonly string[]): Uint8Array =>
  cut(createHmac('sha256', key).update(`identity${names.join('\n')}`));

const cut = (mac: Hmac): Uint8Array => new Uint8Array(mac.digest().subarray(0, 16));
