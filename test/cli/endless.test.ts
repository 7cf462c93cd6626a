/** The command line on a service that never comes to an end. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createHome } from './runner.ts';

test('a refusal without an end is read no further than one can be', async () => {
  let sent = 0;
  const piece = Buffer.alloc(65_536, 'x');
  const server = createServer((_, res) => {
    res.writeHead(500);
    const write = (): void => {
      while (!res.destroyed) {
        sent += piece.length;
        if (!res.write(piece)) break;
      }
    };
    res.on('drain', write);
    write();
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const env = { SMTP_SYNC_URL: `http://localhost:${port}`, SMTP_SYNC_KEY: 'key' };
  const { code, err } = await createHome().run(['list'], '', env);
  server.closeAllConnections();
  server.close();
  assert.equal(code, 1);
  assert.match(err, /answers with status 500/);
  assert.ok(sent < 32 * 1_048_576, `${sent} bytes`);
});
