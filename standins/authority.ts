/**
 * A certificate authority made up on the spot, for the demo and the tests. Nothing of it outlives the
 * process. The certificates (RFC 5280) are written as DER right here: the one ready-made library needs a
 * global reflection polyfill to load, for what is a few dozen lines.
 */
import { createHash, generateKeyPair, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import ipaddr from 'ipaddr.js';

export interface Leaf {
  /** PKCS #8 PEM. */
  readonly key: string;
  /** PEM of the leaf alone; clients that trust the authority need no more. */
  readonly cert: string;
}

export interface Authority {
  readonly caPem: string;
  /** A server certificate for DNS names and IP addresses (subjectAltName, RFC 5280 §4.2.1.6). */
  issue(names: readonly string[], options?: { readonly expired?: boolean }): Promise<Leaf>;
}

const DAY = 86_400_000;
const newKeys = (): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> =>
  promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });

/** One DER element: tag, definite length, contents (X.690 §8.1, §10.1). */
function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  const length: number[] = [];
  for (let rest = body.length; rest > 0; rest >>= 8) length.unshift(rest & 0xff);
  const head = body.length < 0x80 ? [body.length] : [0x80 | length.length, ...length];
  return Buffer.concat([Buffer.from([tag, ...head]), body]);
}

const sequence = (...contents: readonly Uint8Array[]): Buffer => der(0x30, ...contents);
const octets = (content: Uint8Array): Buffer => der(0x04, content);
const bits = (content: Uint8Array, unused = 0): Buffer => der(0x03, Buffer.from([unused]), content);
const boolean = (value: boolean): Buffer => der(0x01, Buffer.from([value ? 0xff : 0]));
const integer = (value: Uint8Array): Buffer => der(0x02, value);

/** An object identifier, its DER contents given as hex. */
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const ECDSA_WITH_SHA256 = sequence(oid('2a8648ce3d040302'));

const name = (commonName: string): Buffer =>
  sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(commonName)))));

/** UTCTime, `YYMMDDHHMMSSZ` (RFC 5280 §4.1.2.5.1). */
const utcTime = (ms: number): Buffer =>
  der(0x17, Buffer.from(`${new Date(ms).toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`));

const extension = (id: string, critical: boolean, value: Buffer): Buffer =>
  sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value));

const spkiOf = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });
const keyIdOf = (key: KeyObject): Buffer => createHash('sha1').update(spkiOf(key)).digest();

const altName = (value: string): Buffer =>
  isIP(value)
    ? der(0x87, Buffer.from(ipaddr.parse(value).toByteArray()))
    : der(0x82, Buffer.from(value, 'ascii'));

const pem = (content: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${content.toString('base64').replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`;

interface Certificate {
  readonly issuer: string;
  readonly subject: string;
  readonly from: number;
  readonly to: number;
  readonly publicKey: KeyObject;
  readonly signingKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

function certify(c: Certificate): string {
  // 0x01 in front keeps the serial positive and free of leading zeros (RFC 5280 §4.1.2.2).
  const serial = Buffer.concat([Buffer.from([1]), randomBytes(15)]);
  const unsigned = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_WITH_SHA256,
    name(c.issuer),
    sequence(utcTime(c.from), utcTime(c.to)),
    name(c.subject),
    spkiOf(c.publicKey),
    der(0xa3, sequence(...c.extensions)),
  );
  return pem(sequence(unsigned, ECDSA_WITH_SHA256, bits(sign('sha256', unsigned, c.signingKey))));
}

const BASIC_CONSTRAINTS = '551d13';
const KEY_USAGE = '551d0f';
const EXTENDED_KEY_USAGE = '551d25';
const SUBJECT_ALT_NAME = '551d11';
const SUBJECT_KEY_ID = '551d0e';
const AUTHORITY_KEY_ID = '551d23';
const SERVER_AUTH = oid('2b06010505070301');

/** A fresh ECDSA P-256 root, valid for a month, and what it takes to sign with it. */
export async function createAuthority(): Promise<Authority> {
  const root = await newKeys();
  const now = Date.now();
  const issuer = `smtp-sync stand-in authority ${randomBytes(4).toString('hex')}`;
  const rootKeyId = keyIdOf(root.publicKey);
  const caPem = certify({
    issuer,
    subject: issuer,
    from: now - DAY,
    to: now + 30 * DAY,
    publicKey: root.publicKey,
    signingKey: root.privateKey,
    extensions: [
      extension(BASIC_CONSTRAINTS, true, sequence(boolean(true))),
      extension(KEY_USAGE, true, bits(Buffer.from([0x06]), 1)), // keyCertSign, cRLSign
      extension(SUBJECT_KEY_ID, false, octets(rootKeyId)),
    ],
  });

  const issue: Authority['issue'] = async (names, options = {}) => {
    const leaf = await newKeys();
    const cert = certify({
      issuer,
      subject: 'smtp-sync stand-in',
      from: now - (options.expired ? 10 * DAY : DAY),
      to: options.expired ? now - DAY : now + 29 * DAY,
      publicKey: leaf.publicKey,
      signingKey: root.privateKey,
      extensions: [
        extension(BASIC_CONSTRAINTS, true, sequence()),
        extension(KEY_USAGE, true, bits(Buffer.from([0x80]), 7)), // digitalSignature
        extension(EXTENDED_KEY_USAGE, false, sequence(SERVER_AUTH)),
        extension(SUBJECT_ALT_NAME, false, sequence(...names.map(altName))),
        extension(AUTHORITY_KEY_ID, false, sequence(der(0x80, rootKeyId))),
        extension(SUBJECT_KEY_ID, false, octets(keyIdOf(leaf.publicKey))),
      ],
    });
    return { key: leaf.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert };
  };

  return { caPem, issue };
}
