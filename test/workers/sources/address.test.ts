import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isFault } from '../../../src/core/fault.ts';
import {
  type Address,
  isPublic,
  parseHost,
  parseNetworks,
  permittedOf,
} from '../../../workers/sources/address.ts';

const PRIVATE = [
  ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '100.127.255.254', '127.0.0.1', '127.255.255.254'],
  ...[
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.1',
    '192.0.2.1',
    '192.88.99.1',
    '192.168.1.1',
  ],
  ...['198.18.0.1', '198.19.255.255', '198.51.100.7', '203.0.113.7', '224.0.0.1', '239.1.2.3', '240.0.0.1'],
  ...['255.255.255.255', '::', '::1', '::127.0.0.1', '::8.8.8.8', '::ffff:127.0.0.1', '::ffff:8.8.8.8'],
  ...['::ffff:0:10.0.0.1', '64:ff9b::10.0.0.1', '64:ff9b::808:808', '64:ff9b:1::1', '100::1', '2001::1'],
  ...[
    '2001:0:4136:e378::1',
    '2001:2::1',
    '2001:10::1',
    '2001:20::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '3fff::1',
  ],
  ...['2002:808:808::1', '5f00::1', 'fc00::1', 'fd12:3456::1', 'fe80::1', 'fec0::1', 'ff02::1', 'fe80::1%lo'],
];
const PUBLIC = [
  '8.8.8.8',
  '1.1.1.1',
  '172.32.0.1',
  '100.128.0.1',
  '192.0.1.1',
  '2606:4700::1111',
  '2a00:1450::1',
];

test('only globally reachable unicast addresses are public', () => {
  for (const address of PRIVATE) assert.equal(isPublic(address), false, address);
  for (const address of PUBLIC) assert.equal(isPublic(address), true, address);
});

/** The networks that must never be reached, written down once more and independently, as [first octets…]. */
test('property: no IPv4 address of a private network is public, in whatever wrapping', () => {
  const octet = fc.integer({ min: 0, max: 255 });
  const inside = fc.oneof(
    fc.tuple(fc.constantFrom(0, 10, 127, 224, 239, 240, 255), octet, octet, octet),
    fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), octet, octet),
    fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
    fc.tuple(fc.constant(169), fc.constant(254), octet, octet),
    fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), octet, octet),
  );
  const hex = (a: number, b: number) => ((a << 8) | b).toString(16);
  fc.assert(
    fc.property(inside, ([a, b, c, d]) => {
      const dotted = `${a}.${b}.${c}.${d}`;
      const wrapped = [dotted, `::${dotted}`, `::ffff:${dotted}`, `::ffff:0:${dotted}`, `64:ff9b::${dotted}`];
      wrapped.push(
        `2002:${hex(a, b)}:${hex(c, d)}::1`,
        `2001:0:0:0:0:0:${hex(a ^ 255, b ^ 255)}:${hex(c ^ 255, d ^ 255)}`,
      );
      for (const address of wrapped) assert.equal(isPublic(address), false, address);
    }),
  );
});

test('literals in any notation but the ordinary one are refused', () => {
  const odd = [
    ...['127.1', '127.0.1', '2130706433', '0x7f000001', '0x7f.1', '0177.0.0.1', '017700000001', '0X7F.0.0.1'],
    ...[
      '127.0.0.1.',
      '127.0.0.01',
      '127.0.0.256',
      '1.2.3.4.5',
      '0',
      '0x',
      '１２７.0.0.1',
      '127。0。0。1',
      '①②⑦.1',
    ],
    ...[
      '[::1]',
      '[127.0.0.1]:110',
      'fe80::1%eth0',
      '::1%1',
      '1:2',
      '::ffff:0x7f.1',
      'example.com:25',
      'mail.0x7f',
    ],
  ];
  for (const host of odd) {
    assert.throws(
      () => parseHost(host),
      (error) => isFault(error, 'address-forbidden'),
      host,
    );
  }
});

test('property: no spelling of an IPv4 address by numbers passes as a name', () => {
  const part = fc
    .integer({ min: 0, max: 0xffffffff })
    .chain((n) =>
      fc.constantFrom(
        `${n}`,
        `0x${n.toString(16)}`,
        `0${n.toString(8)}`,
        `0X${n.toString(16).toUpperCase()}`,
      ),
    );
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
      try {
        assert.equal(parseHost(parts.join('.')).kind, 'address');
      } catch (error) {
        assert.ok(isFault(error, 'address-forbidden'));
      }
    }),
  );
});

test('names are lower-cased A-labels without the final dot; what is no name is unknown', () => {
  assert.deepEqual(parseHost('Mail.Example.COM.'), { kind: 'name', name: 'mail.example.com' });
  assert.deepEqual(parseHost('bücher.example'), { kind: 'name', name: 'xn--bcher-kva.example' });
  assert.deepEqual(parseHost('localhost'), { kind: 'name', name: 'localhost' });
  for (const host of [
    '',
    '.',
    'a..b',
    'a b',
    'a/b',
    '-a.example',
    'a\r\nb',
    'a\0b',
    `${'a'.repeat(64)}.example`,
  ]) {
    assert.throws(
      () => parseHost(host),
      (error) => isFault(error, 'host-unknown'),
      JSON.stringify(host),
    );
  }
});

const v4 = (address: string) => ({ address, family: 4 }) as const;

test('only permitted addresses are left, and none refuses the host; ports are free only in private networks', () => {
  const networks = parseNetworks(['127.0.0.0/8', 'fd00::/8']);
  const v6 = (address: string) => ({ address, family: 6 }) as const;
  const left = (addresses: Address[], port: number) => {
    try {
      return permittedOf(addresses, port, networks).map(({ address }) => address);
    } catch (error) {
      return isFault(error) ? error.code : error;
    }
  };
  assert.deepEqual(left([v4('8.8.8.8')], 995), ['8.8.8.8']);
  assert.deepEqual(left([v4('127.0.0.1'), v6('fd00::1')], 40_000), ['127.0.0.1', 'fd00::1']);
  assert.deepEqual(left([v6('::1'), v4('127.0.0.1')], 40_000), ['127.0.0.1']);
  assert.deepEqual(left([v4('10.0.0.1'), v4('8.8.8.8')], 995), ['8.8.8.8']);
  assert.deepEqual(left([v4('8.8.8.8'), v4('127.0.0.1')], 40_000), ['127.0.0.1']);
  assert.equal(left([v4('8.8.8.8')], 25), 'port-forbidden');
  assert.equal(left([v4('10.0.0.1'), v4('169.254.169.254')], 995), 'address-forbidden');
  assert.equal(left([v6('::ffff:127.0.0.1')], 995), 'address-forbidden');
  assert.deepEqual(left([], 995), []);
});

test('networks that are no CIDR are refused', () => {
  for (const cidr of ['', '10.0.0.0', '10.0.0.0/33', '10/8', 'example.com/8', '10.0.0.0/8/8', '::1%lo/128']) {
    assert.throws(() => parseNetworks([cidr]), TypeError, cidr);
  }
});
