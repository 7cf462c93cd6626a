import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server as TcpServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createSecureContext, createServer as createTlsServer, TLSSocket, type TlsOptions } from 'node:tls';
import { createAuthority } from '../../../standins/authority.ts';
import type { Address } from '../../../workers/sources/address.ts';
import { createDial, type DialOptions } from '../../../workers/sources/dial.ts';
import { faultOf } from './pop3-setup.ts';

const signal = new AbortController().signal;
const authority = createAuthority();
const LOOPBACK = { address: '127.0.0.1', family: 4 } as const;
const HOST = 'mail.example.test';

async function listen(t: TestContext, server: TcpServer): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** A TLS server; what its clients were about to reach is in `names`. */
async function tlsServer(t: TestContext, options: TlsOptions): Promise<{ port: number; names: unknown[] }> {
  const names: unknown[] = [];
  const server = createTlsServer(options, (socket) => {
    names.push(socket.servername);
    socket.on('error', () => {}).end('hello');
  });
  server.on('tlsClientError', () => {});
  return { port: await listen(t, server), names };
}

const dialTo = async (options: Partial<DialOptions> = {}) =>
  createDial({
    privateNetworks: ['127.0.0.0/8'],
    ca: (await authority).caPem,
    resolve: async () => [LOOPBACK],
    ...options,
  });

const at = (port: number, host = HOST, security: 'tls' | 'starttls' = 'tls') =>
  ({ protocol: 'pop3', host, port, security }) as const;

test('a name is dialled at its checked address, sent as SNI and verified', async (t) => {
  const leaf = await (await authority).issue([HOST, '127.0.0.1']);
  const { port, names } = await tlsServer(t, leaf);
  const dial = await dialTo();
  for (const host of ['Mail.Example.Test.', '127.0.0.1']) {
    const socket = await dial.connect(at(port, host), signal);
    assert.ok(socket instanceof TLSSocket && socket.authorized);
    await once(socket, 'data');
    socket.destroy();
  }
  assert.deepEqual(names, [HOST, false]);
  assert.deepEqual(await dial.check('Mail.Example.Test', port, signal), {
    ...LOOPBACK,
    addresses: [LOOPBACK],
    servername: HOST,
  });
});

test('a certificate for another name or address, expired or unknown is refused', async (t) => {
  const ca = await authority;
  const stranger = await createAuthority();
  const leaves = [
    await ca.issue(['other.example.test']),
    await ca.issue([HOST], { expired: true }),
    await stranger.issue([HOST, '127.0.0.1']),
  ];
  const dial = await dialTo();
  for (const leaf of leaves) {
    const { port } = await tlsServer(t, leaf);
    assert.equal(await faultOf(dial.connect(at(port), signal)), 'certificate-invalid');
    assert.equal(await faultOf(dial.connect(at(port, '127.0.0.1'), signal)), 'certificate-invalid');
  }
});

test('verification cannot be switched off from the environment', async (t) => {
  const { port } = await tlsServer(t, await (await createAuthority()).issue([HOST]));
  const dial = await dialTo();
  t.mock.method(process, 'emitWarning', () => {});
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  t.after(() => {
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  });
  assert.equal(await faultOf(dial.connect(at(port), signal)), 'certificate-invalid');
});

test('TLS below 1.2 and what is no TLS is refused', async (t) => {
  const leaf = await (await authority).issue([HOST]);
  const old = await tlsServer(t, {
    ...leaf,
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'ALL:@SECLEVEL=0',
  });
  const plain = await listen(
    t,
    createServer((socket) => socket.on('error', () => {}).end('+OK plain POP3\r\n')),
  );
  const shut = await listen(
    t,
    createServer((socket) => socket.destroy()),
  );
  const dial = await dialTo();
  for (const port of [old.port, plain, shut])
    assert.equal(await faultOf(dial.connect(at(port), signal)), 'tls-failed');
});

test('the name is resolved once, and nothing but what was checked is dialled', async (t) => {
  const { port } = await tlsServer(t, await (await authority).issue([HOST]));
  let asked = 0;
  // A rebinding name server: the second answer would be the dangerous one.
  const resolve = async () => {
    asked += 1;
    return asked === 1 ? [LOOPBACK] : [{ address: '169.254.169.254', family: 4 } as const];
  };
  const dial = await dialTo({ resolve });
  (await dial.connect(at(port), signal)).destroy();
  assert.equal(asked, 1);
  assert.equal(await faultOf(dial.connect(at(port), signal)), 'address-forbidden');
});

test('forbidden addresses and ports are refused before anything is dialled', async (t) => {
  let connections = 0;
  const port = await listen(
    t,
    createServer((socket) => {
      connections += 1;
      socket.destroy();
    }),
  );
  const hosts = [
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '[::1]',
    '::1',
    '::ffff:127.0.0.1',
    '0177.0.0.1',
    HOST,
  ];
  const none = await dialTo({ privateNetworks: [] });
  for (const host of hosts) {
    assert.equal(await faultOf(none.connect(at(port, host), signal)), 'address-forbidden', host);
    assert.equal(await faultOf(none.check(host, 995, signal)), 'address-forbidden', host);
  }
  const open = async () => [{ address: '8.8.8.8', family: 4 } as const];
  const outside = await dialTo({ resolve: open });
  for (const wrong of [22, 25, 80, 465, 587, 3306]) {
    assert.equal(await faultOf(outside.check(HOST, wrong, signal)), 'port-forbidden');
  }
  for (const right of [110, 143, 993, 995])
    assert.equal((await outside.check(HOST, right, signal)).address, '8.8.8.8');
  assert.equal(connections, 0);
});

test('of a name that has permitted and forbidden addresses only the permitted are dialled', async (t) => {
  const leaf = await (await authority).issue([HOST]);
  const { port } = await tlsServer(t, leaf);
  const resolve = async () => [{ address: '::1', family: 6 } as const, LOOPBACK];
  const dial = await dialTo({ resolve });
  assert.deepEqual((await dial.check(HOST, port, signal)).addresses, [LOOPBACK]);
  const socket = await dial.connect(at(port), signal);
  assert.equal(socket.remoteAddress, LOOPBACK.address);
  socket.destroy();
});

test('a name with thousands of addresses makes us dial only a few', async () => {
  const many: Address[] = Array.from({ length: 3_000 }, (_, n) => ({
    address: `11.0.${n >> 8}.${n & 255}`,
    family: 4,
  }));
  const { addresses } = await (await dialTo({ resolve: async () => many })).check(HOST, 995, signal);
  assert.deepEqual(addresses, many.slice(0, 4));
});

test('names without an address are unknown, dead resolvers and abandoned ones end', async () => {
  for (const resolve of [async () => [], () => Promise.reject(new Error('ENOTFOUND'))]) {
    assert.equal(await faultOf((await dialTo({ resolve })).check(HOST, 995, signal)), 'host-unknown');
  }
  const never = () => new Promise<never>(() => {});
  const dead = await dialTo({ resolve: never, deadlineMs: 20 });
  const alive = setInterval(() => {}, 1_000);
  assert.equal(await faultOf(dead.check(HOST, 995, signal)), 'connect-timeout');
  const controller = new AbortController();
  const checking = faultOf((await dialTo({ resolve: never })).check(HOST, 995, controller.signal));
  const reason = new Error('enough');
  controller.abort(reason);
  assert.equal(await checking, reason);
  clearInterval(alive);
});

test('the next address is tried when one refuses; when all do, so is the connection', async (t) => {
  const { port } = await tlsServer(t, await (await authority).issue([HOST]));
  const second = async () => [{ address: '127.0.0.2', family: 4 } as const, LOOPBACK];
  const socket = await (await dialTo({ resolve: second })).connect(at(port), signal);
  assert.equal(socket.remoteAddress, '127.0.0.1');
  socket.destroy();
  const only = async () => [{ address: '127.0.0.2', family: 4 } as const];
  assert.equal(await faultOf((await dialTo({ resolve: only })).connect(at(port), signal)), 'connect-refused');
});

test('a server that accepts and never shakes hands runs into the deadline', async (t) => {
  const port = await listen(
    t,
    createServer((socket) => t.after(() => socket.destroy())),
  );
  assert.equal(
    await faultOf((await dialTo({ deadlineMs: 50 })).connect(at(port), signal)),
    'connect-timeout',
  );
});

test('an upgrade is verified for the name, and refused when anything was said before it', async (t) => {
  const leaf = await (await authority).issue([HOST]);
  const secureContext = createSecureContext(leaf);
  const port = await listen(
    t,
    createServer((socket) => {
      socket.on('error', () => {});
      new TLSSocket(socket, { isServer: true, secureContext }).on('error', () => {});
    }),
  );
  const dial = await dialTo();
  const plain = async () => {
    const socket = await dial.connect(at(port, HOST, 'starttls'), signal);
    assert.ok(!(socket instanceof TLSSocket));
    return socket;
  };
  const secured = await dial.upgrade(await plain(), HOST, 0, signal);
  assert.equal(secured.authorized, true);
  secured.destroy();
  assert.equal(await faultOf(dial.upgrade(await plain(), 'other.test', 0, signal)), 'certificate-invalid');
  assert.equal(await faultOf(dial.upgrade(await plain(), HOST, 1, signal)), 'source-protocol');
  const early = await plain();
  early.unshift(Buffer.from('injected'));
  assert.equal(await faultOf(dial.upgrade(early, HOST, 0, signal)), 'source-protocol');
});
