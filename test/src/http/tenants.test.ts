import assert from 'node:assert/strict';
import * as test from 'node:test';
import type { Mailbox } from '../../../src/http/api.ts';
import { OPERATIONS, type Operation } from '../../../src/http/operations.ts';
import { MAILBOX, sessionFor, startWeb } from '../../http.ts';

const web = await startWeb(test, { dialsPerMinute: 20 });
const operations = Object.entries(OPERATIONS as Record<string, Operation>);
const bodies: Record<string, unknown> = {
  createApiKey: { name: 'mine' },
  importMailboxes: 'host,username,password\nimap.example.com,imported@example.com,x',
  createMailbox: { ...MAILBOX, username: 'other@example.com' },
  editMailbox: { options: { neverSpam: true } },
  retryMailbox: {},
  readNotices: {},
  editNoticeSettings: { mailed: { 'backlog-finished': false } },
  createWebhook: { url: 'https://hooks.example.com/', events: ['mailbox.state'] },
  editWebhook: { enabled: false },
  rotateWebhookSecret: {},
  previewMailbox: { history: 'all', folders: 'all' },
  discover: { email: 'someone@web.de' },
};

const queries: Record<string, string> = { suggestDomains: '?prefix=owners' };

/** Refused to everybody here: this installation does not bill. */
const refused: Record<string, number> = { startCheckout: 409, openPortal: 409 };

/** What a user owns, in full, to see that nothing of it has changed. */
const possessions = (userId: string) =>
  web.test.asOwner(
    `SELECT (SELECT json_agg(m ORDER BY id) FROM mailboxes m WHERE user_id = $1) AS mailboxes,
       (SELECT json_agg(k ORDER BY id) FROM api_keys k WHERE user_id = $1) AS keys,
       (SELECT json_agg(w ORDER BY id) FROM webhooks w WHERE user_id = $1) AS webhooks,
       (SELECT json_agg(a ORDER BY id) FROM audit_entries a WHERE user_id = $1) AS audit`,
    [userId],
  );

test.test('no call shows or changes anything of another user', async () => {
  const owner = await sessionFor(web, 'owner');
  const intruder = await sessionFor(web, 'intruder');
  const mailbox = await owner.browser.json<Mailbox>('POST', '/api/v1/mailboxes', 201, { body: MAILBOX });
  const key = await owner.browser.json<{ id: string; key: string }>('POST', '/api/v1/api-keys', 201, {
    body: { name: 'owners-key' },
  });
  const webhook = await owner.browser.json<{ id: string; secret: string }>('POST', '/api/v1/webhooks', 201, {
    body: { url: 'https://owners-hook.example.com/', events: ['mailbox.state'] },
  });
  await web.test.asOwner(
    "INSERT INTO audit_entries (user_id, mailbox_id, sender_domain, status, size_bytes) VALUES ($1, $2, 'owners-sender.test', 'delivered', 1)",
    [owner.userId, mailbox.id],
  );
  const before = await possessions(owner.userId);
  const marks = [
    mailbox.id,
    key.id,
    webhook.id,
    webhook.secret,
    'owners-hook',
    MAILBOX.username,
    'owners-key',
    'owners-sender.test',
    'owner@example.com',
  ];
  // The intruder's own account goes last.
  const names = operations.map(([name]) => name).filter((name) => name !== 'deleteAccount');
  for (const name of [...names, 'deleteAccount']) {
    const operation = (OPERATIONS as Record<string, Operation>)[name];
    assert.ok(operation);
    const body = bodies[name];
    const headers: Record<string, string> = operation.bodyIs ? { 'content-type': 'text/csv' } : {};
    const options = body === undefined ? {} : { body, headers };
    const hasId = operation.path.includes(':id');
    const id = operation.path.includes('api-keys')
      ? key.id
      : operation.path.includes('webhooks')
        ? webhook.id
        : mailbox.id;
    const foreign = [id, '00000000-0000-4000-8000-000000000000', 'not-an-id', '%00', '%ff'];
    for (const one of hasId ? foreign : ['']) {
      const path: string = `${operation.path.replace(':id', one).replace(':deliveryId', mailbox.id)}${queries[name] ?? ''}`;
      const abort = new AbortController();
      const answer: Response = await intruder.browser.send(operation.method.toUpperCase(), path, {
        ...options,
        signal: abort.signal,
      });
      if (hasId) assert.equal(answer.status, 404, `${name} ${path}`);
      else assert.equal(answer.status, refused[name] ?? operation.status, `${name} ${path}`);
      const stream = operation.mediaType === 'text/event-stream';
      const text = stream ? '' : await answer.text();
      abort.abort();
      for (const mark of marks) assert.ok(!text.includes(mark), `${name} shows ${mark}`);
    }
  }
  const filtered = await owner.browser.json<{ entries: unknown[] }>(
    'GET',
    `/api/v1/audit?mailbox=${mailbox.id}`,
    200,
  );
  assert.equal(filtered.entries.length, 1);
  const other = await sessionFor(web, 'other');
  for (const path of ['/api/v1/audit', '/api/v1/audit.csv'])
    assert.equal((await other.browser.send('GET', `${path}?mailbox=${mailbox.id}`)).status, 404, path);
  assert.deepEqual(await possessions(owner.userId), before);
});

test.test('no call works without a session or key, or with a wrong one', async () => {
  for (const [name, { method, path, dials: _ }] of operations) {
    const target = path.replace(/:\w+/g, '00000000-0000-4000-8000-000000000000');
    for (const authorization of ['', 'Bearer', 'Bearer wrong', 'Basic YTpi']) {
      const answer = await web.browser().send(method.toUpperCase(), target, { headers: { authorization } });
      assert.equal(answer.status, 401, `${name} ${authorization}`);
      const { error } = (await answer.json()) as { error: { code: string } };
      assert.equal(error.code, 'unauthorized');
    }
  }
});

test.test('a write with a cookie needs our origin; one with a key needs none', async () => {
  const { browser } = await sessionFor(web, 'origins');
  const writes = operations.filter(([, { method }]) => method !== 'get');
  for (const [name, { method, path }] of writes) {
    const target = path.replace(/:\w+/g, '00000000-0000-4000-8000-000000000000');
    for (const origin of [
      '',
      'null',
      'https://evil.example.net',
      'https://mail.example.com.evil.example.net',
    ]) {
      const answer = await browser.send(method.toUpperCase(), target, { headers: { origin } });
      assert.equal(answer.status, 403, `${name} from ${origin}`);
    }
  }
  for (const path of ['/auth/logout', '/theme'])
    for (const origin of ['', 'https://evil.example.net'])
      assert.equal((await browser.send('POST', path, { form: {}, headers: { origin } })).status, 403, path);
  const { key } = await browser.json<{ key: string }>('POST', '/api/v1/api-keys', 201, {
    body: { name: 'k' },
  });
  const program = web.browser();
  const bearer = { authorization: `Bearer ${key}`, origin: '' };
  await program.json('POST', '/api/v1/mailboxes', 201, { body: MAILBOX, headers: bearer });
  const [used] = await web.test.asOwner('SELECT last_used_at FROM api_keys WHERE last_used_at IS NOT NULL');
  assert.ok(used);
  // A wrong key is not rescued by a good cookie.
  const mixed = await browser.send('GET', '/api/v1/account', { headers: { authorization: 'Bearer wrong' } });
  assert.equal(mixed.status, 401);
});

test.test('a deleted key stops working', async () => {
  const { browser } = await sessionFor(web, 'keys');
  const { id, key } = await browser.json<{ id: string; key: string }>('POST', '/api/v1/api-keys', 201, {
    body: { name: 'short-lived' },
  });
  const headers = { authorization: `Bearer ${key}` };
  const listed = await web.browser().json<{ apiKeys: { name: string }[] }>('GET', '/api/v1/api-keys', 200, {
    headers,
  });
  assert.equal(listed.apiKeys[0]?.name, 'short-lived');
  assert.ok(!JSON.stringify(listed).includes(key));
  assert.equal((await browser.send('DELETE', `/api/v1/api-keys/${id}`)).status, 204);
  assert.equal((await web.browser().send('GET', '/api/v1/account', { headers })).status, 401);
});

test.test('what makes workers dial out is limited per user', async () => {
  const { browser } = await sessionFor(web, 'eager');
  for (let i = 0; i < 25; i++) await browser.json('POST', '/api/v1/mailboxes', 400, { body: {} });
  const { id } = await browser.json<Mailbox>('POST', '/api/v1/mailboxes', 201, { body: MAILBOX });
  const statuses = await Promise.all(
    Array.from(
      { length: 25 },
      async () => (await browser.send('POST', `/api/v1/mailboxes/${id}/sync`)).status,
    ),
  );
  assert.equal(statuses.filter((status) => status === 200).length, 19);
  assert.equal(statuses.filter((status) => status === 429).length, 6);
  await browser.json('GET', '/api/v1/mailboxes', 200);
  const neighbour = await sessionFor(web, 'neighbour');
  await neighbour.browser.json('POST', '/api/v1/mailboxes', 201, { body: MAILBOX });
});
