import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import tls from 'node:tls';
import { createAuthority } from '../../standins/authority.ts';

async function handshake(
  serverOptions: tls.TlsOptions,
  clientOptions: tls.ConnectionOptions,
): Promise<string> {
  const server = tls.createServer(serverOptions).listen(0, '127.0.0.1');
  server.on('tlsClientError', () => {});
  await once(server, 'listening');
  const socket = tls.connect({
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    ...clientOptions,
  });
  try {
    await once(socket, 'secureConnect');
    return 'verified';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  } finally {
    socket.destroy();
    server.close();
    await once(server, 'close');
  }
}

test('an issued certificate is verified for its names and addresses, and for nothing else', async () => {
  const authority = await createAuthority();
  const leaf = await authority.issue(['mail.example.test', '127.0.0.1', '::1']);
  const ca = authority.caPem;
  assert.equal(await handshake(leaf, { ca, servername: 'mail.example.test' }), 'verified');
  assert.equal(await handshake(leaf, { ca }), 'verified');
  assert.equal(
    await handshake(leaf, { ca, servername: 'other.example.test' }),
    'ERR_TLS_CERT_ALTNAME_INVALID',
  );
  assert.notEqual(await handshake(leaf, { servername: 'mail.example.test' }), 'verified');
});

test('an expired certificate is refused as expired', async () => {
  const authority = await createAuthority();
  const leaf = await authority.issue(['mail.example.test'], { expired: true });
  assert.equal(
    await handshake(leaf, { ca: authority.caPem, servername: 'mail.example.test' }),
    'CERT_HAS_EXPIRED',
  );
});
