import assert from 'node:assert/strict';
import * as test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Discovery, DiscoveryNet } from '../../../src/core/discovery.ts';
import { openQueue } from '../../../src/db/queue.ts';
import { sweepExpired } from '../../../src/db/sweep.ts';
import { discoverySchema } from '../../../src/http/api.ts';
import { createLog } from '../../../src/log.ts';
import { answer } from '../../../workers/jobs/discover.ts';
import { sessionFor, startWeb, type Web } from '../../http.ts';

const web = await startWeb(test, { discoverWaitMs: 20_000, dialsPerMinute: 8 });
const PATH = '/api/v1/discover';
const EMAIL = 'canary-51d0@example.org';

const discoveries = () => web.test.asOwner('SELECT user_id, email FROM discoveries');

/** A worker's jobs, in this process, over the given network. */
async function startWorker(
  t: test.TestContext,
  of: Web,
  net: DiscoveryNet,
): Promise<{ logged(): string; stop(): Promise<void> }> {
  const lines: string[] = [];
  const log = createLog({
    level: 'debug',
    name: 'worker',
    destination: { write: (line) => lines.push(line) },
  });
  const db = await of.test.open('worker');
  const queue = await openQueue(db, {
    onError: (error) => assert.fail(String(error)),
    handlers: {
      probe: async () => {},
      revoke: async () => {},
      endCustomer: async () => {},
      deliver: async () => {},
      preview: async () => {},
      sweep: async () => {},
      notify: async () => {},
      discover: (job, signal) => answer(job, { db, log, net }, signal),
    },
  });
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= queue.stop());
  t.after(stop);
  return { logged: () => lines.join(''), stop };
}

const NOTHING: DiscoveryNet = {
  fetchText: async () => null,
  mailExchangers: async () => [],
  services: async () => [],
  resolves: async () => false,
};

test.test('a known provider is answered without a worker', async () => {
  const { browser } = await sessionFor(web, 'known');
  const found = await browser.json<Discovery>('POST', PATH, 200, { body: { email: 'Someone@GMX.de' } });
  assert.deepEqual(discoverySchema.parse(found), found);
  assert.deepEqual(found.candidates[0], {
    protocol: 'imap',
    host: 'imap.gmx.net',
    port: 993,
    security: 'tls',
    username: 'Someone@gmx.de',
    auth: 'password',
  });
  assert.equal(found.hint?.code, 'access-off');
  assert.deepEqual(await discoveries(), []);
});

test.test('anything else is looked up by a worker, and forgotten', async (t) => {
  const during: unknown[] = [];
  const { userId, browser } = await sessionFor(web, 'unknown');
  const worker = await startWorker(t, web, {
    ...NOTHING,
    services: async (name) => {
      during.push(...(await discoveries()));
      return name === '_imaps._tcp.example.org'
        ? [{ target: 'imap.example.net', port: 993, priority: 0, weight: 0 }]
        : [];
    },
  });
  const found = await browser.json<Discovery>('POST', PATH, 200, { body: { email: EMAIL } });
  assert.deepEqual(found, {
    candidates: [
      {
        protocol: 'imap',
        host: 'imap.example.net',
        port: 993,
        security: 'tls',
        username: EMAIL,
        auth: 'password',
      },
    ],
  });
  assert.deepEqual(during[0], { user_id: userId, email: EMAIL });
  assert.deepEqual(await discoveries(), []);
  // The address is the tenant's: neither a log nor the queue, which has no row-level security, may hold it.
  assert.ok(!worker.logged().includes('canary') && worker.logged().includes('discovered'));
  assert.ok(!web.logged().includes('canary'));
  assert.deepEqual(await web.test.asOwner("SELECT FROM pgboss.job WHERE data::text LIKE '%canary%'"), []);
});

test.test('nothing found is an answer, too', async (t) => {
  await startWorker(t, web, NOTHING);
  const { browser } = await sessionFor(web, 'nothing');
  const found = await browser.json<Discovery>('POST', PATH, 200, { body: { email: EMAIL } });
  assert.deepEqual([found.candidates, found.hint?.code], [[], 'nothing-found']);
});

test.test('nobody waits for more than two answers at once, left or not', async (t) => {
  const { userId, browser } = await sessionFor(web, 'many');
  const held = Promise.withResolvers<null>();
  const leaving = new AbortController();
  const ask = (signal?: AbortSignal) =>
    browser.send('POST', PATH, { body: { email: EMAIL }, ...(signal && { signal }) });
  const left = assert.rejects(ask(leaving.signal));
  const stayed = ask();
  while ((await discoveries()).length < 2) await new Promise(setImmediate);
  leaving.abort();
  await left;
  const third = await ask();
  assert.equal(third.status, 429);
  assert.match(await third.text(), /rate-limited/);
  // Others are not concerned.
  const other = (await sessionFor(web, 'other')).browser.send('POST', PATH, { body: { email: EMAIL } });
  await startWorker(t, web, { ...NOTHING, fetchText: () => held.promise });
  held.resolve(null);
  assert.deepEqual([(await stayed).status, (await other).status], [200, 200]);
  while ((await discoveries()).length > 0) await new Promise(setImmediate);
  // Those of a web process that was killed do not count for ever.
  const insert =
    "INSERT INTO discoveries (user_id, email, created_at) VALUES ($1, 'x', now() - interval '1 minute')";
  for (let times = 0; times < 2; times++) await web.test.asOwner(insert, [userId]);
  assert.equal((await ask()).status, 200);
  await web.test.asOwner('DELETE FROM discoveries');
});

test.test(
  'an impatient web process says that the search is unfinished; a late worker asks nobody',
  async (t) => {
    const impatient = await startWeb(t, { discoverWaitMs: 0 });
    const { browser } = await sessionFor(impatient, 'impatient');
    const found = await browser.json<Discovery>('POST', PATH, 200, { body: { email: EMAIL } });
    assert.deepEqual([found.candidates, found.hint?.code], [[], 'unfinished']);
    assert.deepEqual(await impatient.test.asOwner('SELECT FROM discoveries'), []);
    const waiting = "SELECT FROM pgboss.job WHERE name = 'discover' AND state IN ('created', 'active')";
    assert.equal((await impatient.test.asOwner(waiting)).length, 1);
    let asked = 0;
    const count = async () => {
      asked++;
      return [];
    };
    const worker = await startWorker(t, impatient, { ...NOTHING, mailExchangers: count });
    // Each look is a new connection: without a pause they would leave the worker none in time.
    while ((await impatient.test.asOwner(waiting)).length > 0) await sleep(50);
    assert.equal(asked, 0);
    // Hooks run in order, and the database's would come first.
    await worker.stop();
  },
);

test.test('what is no address is refused, does not count, and is not repeated', async () => {
  const { browser } = await sessionFor(web, 'wrong');
  for (const email of [
    '',
    'canary',
    'canary@localhost',
    'canary@127.0.0.1',
    'canary@[::1]',
    'a\r\n@example.org',
    7,
  ]) {
    const refused = await browser.send('POST', PATH, { body: JSON.stringify({ email }) });
    const text = await refused.text();
    assert.equal(refused.status, 400, text);
    assert.ok(text.includes('"invalid-request"') && !text.includes('canary'), text);
  }
  const extra = await browser.send('POST', PATH, { body: JSON.stringify({ email: EMAIL, x: 1 }) });
  assert.equal(extra.status, 400);
});

test.test('it counts as a call that dials', async () => {
  const { browser } = await sessionFor(web, 'often');
  const ask = async () =>
    (await browser.send('POST', PATH, { body: JSON.stringify({ email: 'someone@web.de' }) })).status;
  for (let times = 0; times < 8; times++) assert.equal(await ask(), 200);
  assert.equal(await ask(), 429);
});

test.test('what a killed web process left behind is swept, and what is waited for is not', async () => {
  const { userId } = await sessionFor(web, 'swept');
  const insert = 'INSERT INTO discoveries (user_id, email, created_at) VALUES ($1, $2, now() - $3::interval)';
  await web.test.asOwner(insert, [userId, 'old@example.org', '6 minutes']);
  await web.test.asOwner(insert, [userId, 'new@example.org', '1 minute']);
  await sweepExpired(await web.test.open('worker'));
  assert.deepEqual(await discoveries(), [{ user_id: userId, email: 'new@example.org' }]);
});
