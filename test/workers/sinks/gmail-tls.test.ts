import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { isFault } from '../../../src/core/fault.ts';
import { createAuthority } from '../../../standins/authority.ts';
import { createGmailAgent, createGmailSink } from '../../../workers/sinks/gmail.ts';
import { INBOX } from '../../contract/sink.ts';

const { signal } = new AbortController();

test('over TLS: one connection for several calls, and none to a server that nobody vouches for', async () => {
  const authority = await createAuthority();
  const leaf = await authority.issue(['localhost']);
  let connections = 0;
  const server = createServer({ ...leaf }, (request, response) => {
    const { port } = server.address() as AddressInfo;
    request.resume();
    const location = `https://localhost:${port}/upload/gmail/v1/x?upload_id=1`;
    request.on('end', () => response.writeHead(200, { Location: location }).end());
  });
  server.on('secureConnection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const rootUrl = `https://localhost:${(server.address() as AddressInfo).port}`;
  const agent = createGmailAgent(rootUrl);
  const sink = createGmailSink({ rootUrl, agent, accessToken: async () => 'token' });
  const trusted = getCACertificates('default');
  try {
    await assert.rejects(sink.open(INBOX, signal), (error) => isFault(error, 'gmail-unavailable'));
    assert.equal(connections, 0);
    setDefaultCACertificates([...trusted, authority.caPem]);
    for (let n = 0; n < 3; n += 1) await sink.open(INBOX, signal);
    assert.equal(connections, 1);
  } finally {
    setDefaultCACertificates(trusted);
    agent.destroy();
    server.close();
  }
});
