/** One user connects as many mailboxes as an account may have, on a server that never answers: nobody else waits for it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createAuthority } from '../../standins/authority.ts';
import { type ImapServer, startImapServer } from '../../standins/imap.ts';
import { sampleMail } from '../../standins/mail.ts';
import { createBrowser } from '../browser.ts';
import { assertPrompt, type Ground, imapTenant, PASSWORD, pop3Tenant, type Tenant } from '../hostile.ts';
import { type Service, startService, untilSome } from '../service.ts';

/** Two accounts of one person: more mailboxes than a worker visits at once. */
const CROWDS = ['crowd-one', 'crowd-two'] as const;
const CROWD = 55;

let service: Service;
let ground: Ground;
let server: ImapServer;
const tenants: Tenant[] = [];

before(async () => {
  const authority = await createAuthority();
  service = await startService({ authority });
  const leaf = await authority.issue(['localhost']);
  ground = { google: service.google, leaf, browser: () => createBrowser(service.url, service.url) };
  server = await startImapServer({ leaf, security: 'tls' });
});

after(async () => {
  // First, or the worker would give its runs time to end.
  await server?.close();
  await service?.stop();
  await Promise.all(tenants.map((one) => one.close()));
});

async function connectCrowd(name: string): Promise<void> {
  const browser = ground.browser();
  assert.equal((await browser.signIn(`${name}@gmail.example`)).status, 303);
  for (let n = 0; n < CROWD; n += 1) {
    const username = `${name}-${n}`;
    server.store.addUser(username, PASSWORD);
    server.append(username, sampleMail(username, 0, new Date()).bytes);
    const connection = { protocol: 'imap', host: 'localhost', port: server.port, security: 'tls' };
    const options = { pollSeconds: 1 };
    const body = { ...connection, username, password: PASSWORD, options };
    await browser.json('POST', '/api/v1/mailboxes', 201, { body });
  }
}

async function connectNeighbour(name: string, make: typeof imapTenant | typeof pop3Tenant): Promise<void> {
  const one = await make(ground, name);
  tenants.push(one);
  one.receiveSamples(2);
  await one.connect();
  await one.until(({ progress }) => progress.delivered === 2, 10_000);
  await assertPrompt(one);
}

test('mailboxes that are probed in vain do not keep anybody’s from being probed', async () => {
  server.tricks.stall = new Set(['GREETING']);
  await connectCrowd(CROWDS[0]);
  await untilSome(() => (server.connections > 0 ? true : null));
  await connectNeighbour('probed', imapTenant);
});

test('mailboxes whose server stalls in the middle do not keep anybody’s from being visited', async () => {
  server.tricks.stall = new Set(['UID FETCH']);
  // What waits for a greeting is not told that there is one now.
  server.disconnect();
  await connectCrowd(CROWDS[1]);
  await untilSome(() => (server.commands.filter((name) => name === 'EXAMINE').length > 60 ? true : null));
  for (const one of tenants) await assertPrompt(one);
  await connectNeighbour('polled', pop3Tenant);
});
