/** Where a webhook is told, and where never; what an answer can do. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, beforeEach, it } from 'node:test';
import { createAuthority } from '../../standins/authority.ts';
import type { Address } from '../../workers/sources/address.ts';
import { createWebhookPost } from '../../workers/webhook-post.ts';
import { startReceiver } from '../receiver.ts';

const NAME = 'hooks.example.net';
const authority = await createAuthority();
const receiver = await startReceiver(authority, [NAME]);
after(() => receiver[Symbol.asyncDispose]());
beforeEach(() => receiver.received.splice(0));

const LOOPBACK: Address = { address: '127.0.0.1', family: 4 };
const { signal } = new AbortController();
const resolve = async () => [LOOPBACK];
const privateNetworks = ['127.0.0.0/8'];
const post = createWebhookPost({ privateNetworks, resolve, ca: authority.caPem, deadlineMs: 1_500 });
const url = (path = '/') => `https://${NAME}:${receiver.port}${path}`;

it('says it once, to the path and query, and goes by the status alone', async () => {
  const result = await post(url('/in?key=1'), { 'smtp-sync-event': 'ping' }, '{"ä":1}', signal);
  assert.deepEqual(result, { status: 200 });
  const [got] = receiver.received;
  assert.equal(receiver.received.length, 1);
  assert.equal(got?.path, '/in?key=1');
  assert.equal(got.body, '{"ä":1}');
  assert.equal(got.headers.host, `${NAME}:${receiver.port}`);
  assert.equal(got.headers['smtp-sync-event'], 'ping');
});

it('follows no redirect', async () => {
  for (const status of [301, 302, 303, 307, 308]) {
    receiver.behave((response) => response.writeHead(status, { location: url('/elsewhere') }).end());
    assert.deepEqual(await post(url('/in'), {}, '{}', signal), { status });
  }
  assert.deepEqual(new Set(receiver.received.map(({ path }) => path)), new Set(['/in']));
});

it('waits for no body, however long or slow it is', async () => {
  let sent = 0;
  receiver.behave(
    (response) => {
      response.writeHead(200);
      const more = () => {
        while (sent < 50_000_000 && response.write(Buffer.alloc(65_536))) sent += 65_536;
      };
      response.on('drain', more).on('error', () => {});
      more();
    },
    (response) => response.writeHead(200, { 'content-length': '1000' }).flushHeaders(),
  );
  assert.deepEqual(await post(url(), {}, '{}', signal), { status: 200 });
  assert.ok(sent < 20_000_000, `${sent} bytes were taken`);
  assert.deepEqual(await post(url(), {}, '{}', signal), { status: 200 });
});

it('gives up on who does not answer in time, drips, hangs up or talks nonsense', async () => {
  receiver.behave(
    () => {},
    (response) => {
      const socket = response.socket;
      const drip = setInterval(() => socket?.write('H'), 50);
      socket?.on('error', () => {}).on('close', () => clearInterval(drip));
    },
    (response) => response.socket?.destroy(),
    (response) => response.socket?.end('220 mail.example.net ESMTP\r\n'),
    (response) => response.socket?.end(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(40_000)}\r\n\r\n`),
    (response) =>
      response.socket?.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'),
  );
  const failures: string[] = [];
  for (let i = 0; i < 6; i += 1) {
    const result = await post(url(), {}, '{}', signal);
    failures.push('failure' in result ? result.failure : String(result.status));
  }
  assert.deepEqual(failures.slice(2), ['answer-broken', 'answer-broken', 'answer-broken', '101']);
  assert.equal(failures[0], 'no-answer');
  assert.match(failures[1] ?? '', /^(?:no-answer|answer-broken)$/);
});

it('takes only a certificate for the name, from an authority that is trusted', async () => {
  const other = `https://other.example.net:${receiver.port}/`;
  assert.deepEqual(await post(other, {}, '{}', signal), { failure: 'certificate-invalid' });
  const untrusting = createWebhookPost({ privateNetworks, resolve });
  assert.deepEqual(await untrusting(url(), {}, '{}', signal), { failure: 'certificate-invalid' });
  assert.equal(receiver.received.length, 0);
});

/** Every way to write an address that is not public, and names that lead to one. */
const INWARD = [
  '127.0.0.1',
  '127.1',
  '2130706433',
  '0x7f000001',
  '0177.0.0.1',
  '0.0.0.0',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[64:ff9b::7f00:1]',
  '[2002:7f00:1::]',
  '[fe80::1]',
  '[fd00::1]',
  '169.254.169.254',
  '[fd00:ec2::254]',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '192.0.0.192',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  'localhost',
  'rebound.example.net',
];

it('dials nothing that is not public, however it is written, unless that was configured', async () => {
  const connections: string[] = [];
  const trap = createServer((socket) => {
    connections.push('!');
    socket.destroy();
  });
  await new Promise<void>((ready) => trap.listen(0, '127.0.0.1', ready));
  const port = (trap.address() as { port: number }).port;
  const guarded = createWebhookPost({ privateNetworks: [], resolve, deadlineMs: 1_500 });
  for (const host of INWARD)
    for (const target of [`https://${host}/`, `https://${host}:${port}/`, `http://${host}:${port}/`]) {
      const result = await guarded(target, {}, '{}', signal);
      assert.deepEqual(result, { failure: 'address-forbidden' }, target);
    }
  trap.close();
  assert.deepEqual(connections, []);
});

it('dials what was judged: a name that leads elsewhere the second time is not asked again', async () => {
  const answers = [[LOOPBACK], [{ address: '169.254.169.254', family: 4 as const }]];
  let asked = 0;
  const rebinding = createWebhookPost({
    privateNetworks,
    ca: authority.caPem,
    resolve: async () => answers[asked++] ?? [],
  });
  assert.deepEqual(await rebinding(url(), {}, '{}', signal), { status: 200 });
  assert.equal(asked, 1);
  assert.deepEqual(await rebinding(url(), {}, '{}', signal), { failure: 'address-forbidden' });
});

it('speaks to public addresses on the ports of https only, and never in the clear', async () => {
  const open = createWebhookPost({
    privateNetworks: [],
    resolve: async () => [{ address: '8.8.8.8', family: 4 }],
    deadlineMs: 1,
  });
  for (const target of [
    'https://a.example:22/',
    'https://a.example:993/',
    'http://a.example/',
    'http://a.example:443/',
  ])
    assert.deepEqual(await open(target, {}, '{}', signal), { failure: 'port-forbidden' }, target);
});

it('speaks without TLS inside a configured network', async () => {
  const plain = createServer((socket) => socket.end('HTTP/1.1 204 No Content\r\n\r\n'));
  await new Promise<void>((ready) => plain.listen(0, '127.0.0.1', ready));
  const { port } = plain.address() as { port: number };
  assert.deepEqual(await post(`http://127.0.0.1:${port}/`, {}, '{}', signal), { status: 204 });
  plain.close();
});

it('ends at once when it is called off', async () => {
  receiver.behave(() => {});
  const stop = new AbortController();
  const calling = post(url(), {}, '{}', stop.signal);
  stop.abort(new Error('stopped'));
  await assert.rejects(calling, /stopped/);
});
