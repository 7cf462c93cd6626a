import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { createAuthority } from '../../standins/authority.ts';
import { createDiscoveryNet, type DiscoveryNetOptions } from '../../workers/discovery-net.ts';
import type { Address } from '../../workers/sources/address.ts';

const signal = new AbortController().signal;
const authority = createAuthority();
const HERE: Address = { address: '127.0.0.1', family: 4 };
const PRIVATE = [
  '127.0.0.1',
  '10.0.0.1',
  '169.254.169.254',
  '192.168.1.1',
  '0.0.0.0',
  '::1',
  '::ffff:127.0.0.1',
  'fe80::1',
  '64:ff9b::7f00:1',
];

interface Served {
  readonly port: number;
  /** What was asked, as `name path`. */
  readonly asked: string[];
}

/** An https server for *.example.test on loopback. */
async function serve(t: TestContext, listener: RequestListener, names = ['*.example.test']): Promise<Served> {
  const asked: string[] = [];
  const server = createServer(await (await authority).issue(names), (request, response) => {
    asked.push(`${request.headers.host} ${request.url}`);
    listener(request, response);
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port, asked };
}

const netTo = async (port: number, options: Partial<DiscoveryNetOptions> = {}) =>
  createDiscoveryNet({
    privateNetworks: ['127.0.0.0/8'],
    ca: (await authority).caPem,
    resolve: async () => [HERE],
    port,
    ...options,
  });

const redirect =
  (to: string, status = 302): RequestListener =>
  (_, response) =>
    response.writeHead(status, { location: to }).end();

describe('a document', () => {
  it('comes whole from a server verified by its name', async (t) => {
    const { port, asked } = await serve(t, (_, response) => response.end('<höher/>'));
    const net = await netTo(port);
    assert.equal(await net.fetchText('https://a.example.test/x?y=z', signal), '<höher/>');
    assert.deepEqual(asked, ['a.example.test /x?y=z']);
  });

  it('is nothing over a certificate for another name, an unknown authority, or without TLS', async (t) => {
    const { port, asked } = await serve(t, (_, response) => response.end('x'), ['*.example.org']);
    assert.equal(await (await netTo(port)).fetchText('https://a.example.test/', signal), null);
    const distrusting = createDiscoveryNet({
      privateNetworks: ['127.0.0.0/8'],
      resolve: async () => [HERE],
      port,
    });
    assert.equal(await distrusting.fetchText('https://a.example.org/', signal), null);
    assert.equal(await (await netTo(port)).fetchText('http://a.example.org/', signal), null);
    assert.deepEqual(asked, []);
  });

  it('is nothing when it is not there, too large, compressed, or cut off', async (t) => {
    const answers: Record<string, RequestListener> = {
      '/404': (_, response) => response.writeHead(404).end('x'),
      '/204': (_, response) => response.writeHead(204).end(),
      '/large': (_, response) => response.end('x'.repeat(65_537)),
      '/gzip': (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
      '/cut': (_, response) => {
        response.writeHead(200, { 'content-length': '100' }).write('x', () => response.destroy());
      },
      '/header': (_, response) => response.writeHead(200, { 'x-x': 'x'.repeat(17_000) }).end(),
    };
    const { port, asked } = await serve(t, (request, response) =>
      answers[request.url ?? '']?.(request, response),
    );
    const net = await netTo(port);
    for (const path of Object.keys(answers))
      assert.equal(await net.fetchText(`https://a.example.test${path}`, signal), null, path);
    assert.equal(asked.length, Object.keys(answers).length);
  });

  it('is cut off at its size while an endless one is still being sent', async (t) => {
    const closed = Promise.withResolvers<void>();
    const { port } = await serve(t, (_, response) => {
      response.on('close', closed.resolve);
      const pour = () => {
        while (!response.destroyed && response.write('x'.repeat(16_384)));
      };
      response.on('drain', pour);
      pour();
    });
    assert.equal(await (await netTo(port)).fetchText('https://a.example.test/', signal), null);
    await closed.promise;
  });

  it('is not waited for once aborted, and its connection is closed', async (t) => {
    const leaving = new AbortController();
    const closed = Promise.withResolvers<void>();
    const { port } = await serve(t, (request) => {
      request.socket.on('close', closed.resolve);
      leaving.abort(new Error('leaving'));
    });
    await assert.rejects((await netTo(port)).fetchText('https://a.example.test/', leaving.signal), /leaving/);
    await closed.promise;
  });
});

describe('a redirect', () => {
  it('is followed twice and no further', async (t) => {
    const { port, asked } = await serve(t, ({ url }, response) => {
      const hops = Number(url?.slice(1));
      if (hops === 0) response.end('there');
      else redirect(`https://b.example.test/${hops - 1}`, 308)({} as never, response as never);
    });
    const net = await netTo(port);
    assert.equal(await net.fetchText('https://a.example.test/2', signal), 'there');
    assert.equal(await net.fetchText('https://a.example.test/3', signal), null);
    assert.equal(asked.length, 3 + 3);
  });

  for (const to of [
    'http://a.example.test/',
    'http://169.254.169.254/latest/meta-data/',
    'https://169.254.169.254/latest/meta-data/',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://localhost/',
    'https://a.example.test:8443/',
    'https://someone:secret@a.example.test/',
    'file:///etc/passwd',
    'data:text/xml,<x/>',
    'https://',
    '',
  ])
    it(`to ${to || 'nowhere'} is not followed`, async (t) => {
      const { port, asked } = await serve(t, ({ url }, response) =>
        url === '/first' ? redirect(to)({} as never, response as never) : response.end('reached'),
      );
      const resolve = async (name: string) => (name === 'localhost' ? [] : [HERE]);
      const text = await (await netTo(port, { resolve })).fetchText('https://a.example.test/first', signal);
      // An empty location is the same page again, which has no end.
      assert.equal(text, null);
      assert.ok(asked.every((each) => each === 'a.example.test /first'));
    });
});

describe('an address that is not public', () => {
  for (const address of PRIVATE)
    it(`is not dialled: ${address}`, async (t) => {
      const { port, asked } = await serve(t, (_, response) => response.end('reached'));
      const family = address.includes(':') ? 6 : 4;
      const net = await netTo(port, { privateNetworks: [], resolve: async () => [{ address, family }] });
      assert.equal(await net.fetchText('https://a.example.test/', signal), null);
      assert.equal(await net.resolves('a.example.test', signal), false);
      assert.deepEqual(asked, []);
    });

  it('is not dialled when a name turns to it after a redirect (DNS rebinding)', async (t) => {
    const { port, asked } = await serve(t, redirect('https://a.example.test/again'));
    const addresses: Address[] = [HERE, { address: '169.254.169.254', family: 4 }];
    const resolve = async () => addresses.splice(0, 1);
    assert.equal(await (await netTo(port, { resolve })).fetchText('https://a.example.test/', signal), null);
    assert.deepEqual([asked.length, addresses.length], [1, 0]);
  });

  it('is looked up once for each connection, and what was judged is what is dialled', async (t) => {
    const { port } = await serve(t, (_, response) => response.end('there'));
    let times = 0;
    const resolve = async (): Promise<Address[]> => {
      times++;
      return [{ address: '10.0.0.1', family: 4 }, HERE];
    };
    assert.equal(
      await (await netTo(port, { resolve })).fetchText('https://a.example.test/', signal),
      'there',
    );
    assert.equal(times, 1);
  });
});

/** A name server that knows what it is given, as resource records of one type: name → data. */
async function nameServer(t: TestContext, records: Record<string, readonly Buffer[]>): Promise<string> {
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    const end = query.indexOf(0, 12) + 5;
    const labels: string[] = [];
    for (let at = 12; query[at]; at += 1 + (query[at] ?? 0))
      labels.push(query.toString('latin1', at + 1, at + 1 + (query[at] ?? 0)));
    const found = records[labels.join('.')] ?? [];
    const head = Buffer.from(query.subarray(0, 12));
    head.writeUInt16BE(found.length > 0 ? 0x8180 : 0x8183, 2);
    head.writeUInt16BE(found.length, 6);
    head.fill(0, 8, 12);
    const type = query.subarray(end - 4, end - 2);
    const answers = found.map((data) => {
      const tail = Buffer.alloc(8);
      tail.writeUInt16BE(1, 0);
      tail.writeUInt16BE(data.length, 6);
      return Buffer.concat([Buffer.from([0xc0, 12]), type, tail, data]);
    });
    socket.send(Buffer.concat([head, query.subarray(12, end), ...answers]), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.after(() => socket.close());
  return `127.0.0.1:${socket.address().port}`;
}

const nameOf = (name: string): Buffer =>
  Buffer.concat([
    ...name
      .split('.')
      .filter(Boolean)
      .map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`)),
    Buffer.from([0]),
  ]);
const shorts = (...values: readonly number[]): Buffer =>
  Buffer.concat(values.map((value) => Buffer.from([value >> 8, value & 0xff])));

describe('the DNS', () => {
  it('names mail exchangers, preferred first', async (t) => {
    const at = await nameServer(t, {
      'example.test': [
        Buffer.concat([shorts(20), nameOf('mx2.example.net')]),
        Buffer.concat([shorts(10), nameOf('mx1.example.net')]),
      ],
    });
    const net = createDiscoveryNet({ privateNetworks: [], nameServers: [at] });
    assert.deepEqual(await net.mailExchangers('example.test', signal), [
      'mx1.example.net',
      'mx2.example.net',
    ]);
    assert.deepEqual(await net.mailExchangers('missing.test', signal), []);
  });

  it('names services', async (t) => {
    const at = await nameServer(t, {
      '_imaps._tcp.example.test': [Buffer.concat([shorts(1, 2, 993), nameOf('imap.example.net')])],
    });
    const net = createDiscoveryNet({ privateNetworks: [], nameServers: [at] });
    assert.deepEqual(await net.services('_imaps._tcp.example.test', signal), [
      { target: 'imap.example.net', port: 993, priority: 1, weight: 2 },
    ]);
    assert.deepEqual(await net.services('_imap._tcp.example.test', signal), []);
  });

  it('is called off when aborted', async (t) => {
    const leaving = new AbortController();
    const silent = createSocket('udp4');
    silent.once('message', () => leaving.abort(new Error('leaving')));
    silent.bind(0, '127.0.0.1');
    await once(silent, 'listening');
    t.after(() => silent.close());
    const nameServers = [`127.0.0.1:${silent.address().port}`];
    const net = createDiscoveryNet({ privateNetworks: [], nameServers });
    await assert.rejects(net.mailExchangers('example.test', leaving.signal), /leaving/);
  });
});
