import assert from 'node:assert/strict';
import * as test from 'node:test';
import { fingerprintKeyPlace, passwordPlace } from '../../../src/core/place.ts';
import type { Mailbox } from '../../../src/http/api.ts';
import { createUnseal } from '../../../workers/unseal.ts';
import { MAILBOX, sessionFor, startWeb } from '../../http.ts';

const web = await startWeb(test);
let users = 0;
const someone = () => sessionFor(web, `user-${++users}`);

const probes = (id: string) =>
  web.test.asOwner<{ data: { revision: number; userId: string } }>(
    "SELECT data FROM pgboss.job WHERE name = 'probe' AND data ->> 'mailboxId' = $1 ORDER BY created_on",
    [id],
  );

test.test('a new mailbox is stored sealed, in state probing, with its probe', async () => {
  const { browser, userId } = await someone();
  const answer = await browser.send('POST', '/api/v1/mailboxes', {
    body: { ...MAILBOX, host: ' IMAP.Bücher.example. ' },
  });
  assert.equal(answer.status, 201);
  const mailbox = (await answer.json()) as Mailbox;
  const { id, createdAt, ...rest } = mailbox;
  assert.ok(Math.abs(Date.parse(createdAt) - Date.now()) < 60_000);
  assert.deepEqual(rest, {
    protocol: 'imap',
    host: 'imap.xn--bcher-kva.example',
    port: 993,
    security: 'tls',
    username: MAILBOX.username,
    state: 'probing',
    fault: null,
    options: {
      history: 'all',
      since: null,
      folders: ['INBOX'],
      skipInbox: false,
      label: null,
      neverSpam: false,
      afterImport: 'keep',
      deleteAfterDays: null,
      folderLabels: false,
      moveTo: null,
      repair: false,
      noticeRefused: false,
      skipSenders: [],
      neverSpamDomains: [],
      maxBytes: null,
      pollSeconds: 300,
    },
    progress: { found: 0, delivered: 0, rejected: 0, failed: 0, uncertain: 0, waiting: 0, bytes: 0 },
    lastSyncAt: null,
    nextSyncAt: null,
  });
  const [row] = await web.test.asOwner<{ sealed_password: Buffer; sealed_fingerprint_key: Buffer }>(
    'SELECT sealed_password, sealed_fingerprint_key FROM mailboxes WHERE id = $1',
    [id],
  );
  assert.ok(row);
  const unseal = createUnseal([web.unsealKeys]);
  const password = await unseal(row.sealed_password, passwordPlace(userId, id as never));
  assert.equal(Buffer.from(password).toString(), MAILBOX.password);
  const key = await unseal(row.sealed_fingerprint_key, fingerprintKeyPlace(userId, id as never));
  assert.equal(key.length, 32);
  assert.deepEqual(
    (await probes(id)).map(({ data }) => data),
    [{ userId, mailboxId: id, revision: 0 }],
  );
  assert.deepEqual(await browser.json('GET', `/api/v1/mailboxes/${id}`, 200), mailbox);
  assert.deepEqual(await browser.json('GET', '/api/v1/mailboxes', 200), { mailboxes: [mailbox] });
});

test.test('bad input is refused by field and rule, without its value', async () => {
  const { browser } = await someone();
  const canary = 'canary-9b2e';
  const options = (value: object) => ({ ...MAILBOX, options: value });
  const cases: [unknown, string, RegExp][] = [
    [{}, 'invalid-request', /^protocol: /],
    [{ ...MAILBOX, protocol: canary }, 'invalid-request', /^protocol: .*imap/],
    [{ ...MAILBOX, host: `http://${canary}/` }, 'invalid-request', /^host: must be a host name/],
    [{ ...MAILBOX, host: `${canary}..example` }, 'invalid-request', /^host: /],
    [{ ...MAILBOX, port: 0 }, 'invalid-request', /^port: /],
    [{ ...MAILBOX, port: 993.5 }, 'invalid-request', /^port: /],
    [{ ...MAILBOX, port: canary }, 'invalid-request', /^port: /],
    [{ ...MAILBOX, security: 'none' }, 'invalid-request', /^security: /],
    [{ ...MAILBOX, username: `${canary}\r\nQUIT` }, 'credentials-invalid', /^username: .*control/],
    [{ ...MAILBOX, password: `${canary}\0` }, 'credentials-invalid', /^password: .*control/],
    [{ ...MAILBOX, password: canary.repeat(100) }, 'credentials-invalid', /^password: .*512/],
    [{ ...MAILBOX, password: { [canary]: 1 } }, 'invalid-request', /^password: /],
    [{ ...MAILBOX, [canary]: 1 }, 'invalid-request', /^body: holds an unknown field/],
    [options({ [canary]: 1 }), 'invalid-request', /^options: holds an unknown field/],
    [options({ history: 'since' }), 'invalid-request', /^options.since: is required/],
    [options({ since: '2026-01-01' }), 'invalid-request', /^options.since: is allowed only/],
    [options({ history: 'since', since: '2026-02-30' }), 'invalid-request', /since: must be a date/],
    [options({ folders: [] }), 'invalid-request', /folders: must name at least one|folders: /],
    [options({ folders: Array(101).fill('a') }), 'invalid-request', /folders: /],
    [options({ folders: ['a\0b'] }), 'invalid-request', /folders/],
    [options({ pollSeconds: 1 }), 'invalid-request', /pollSeconds: must be at least 60/],
    [options({ label: `/${canary}` }), 'invalid-request', /^options.label: must be a name/],
    [options({ label: 'Inbox' }), 'invalid-request', /^options.label: must not be one of Gmail’s own/],
    [
      { ...MAILBOX, protocol: 'pop3', options: { folderLabels: true } },
      'invalid-request',
      /^options.folderLabels: POP3 has only INBOX/,
    ],
    [options({ deleteAfterDays: 3 }), 'invalid-request', /deleteAfterDays: is allowed only when/],
    [options({ afterImport: 'delete', deleteAfterDays: -1 }), 'invalid-request', /deleteAfterDays/],
    [options({ afterImport: 'move' }), 'invalid-request', /moveTo: is required when/],
    [options({ moveTo: 'Done' }), 'invalid-request', /moveTo: is allowed only when/],
    [options({ afterImport: 'move', moveTo: 'inbox' }), 'invalid-request', /moveTo: must not be a folder/],
    [
      options({ afterImport: 'move', moveTo: 'Old', folders: ['INBOX', 'Old'] }),
      'invalid-request',
      /moveTo: must not be a folder/,
    ],
    [options({ afterImport: 'move', moveTo: 'a\r\nb' }), 'invalid-request', /moveTo/],
    [
      { ...options({ afterImport: 'mark-read' }), protocol: 'pop3' },
      'invalid-request',
      /afterImport: POP3 can only keep or delete/,
    ],
    [
      { ...options({ folders: ['Sent'] }), protocol: 'pop3' },
      'invalid-request',
      /folders: POP3 has only INBOX/,
    ],
    [[MAILBOX], 'invalid-request', /^body: /],
    [`{"password":"${canary}`, 'invalid-json', /not valid JSON/],
  ];
  for (const [body, code, message] of cases) {
    const answer = await browser.send('POST', '/api/v1/mailboxes', { body });
    const text = await answer.text();
    assert.equal(answer.status, 400, text);
    const { error } = JSON.parse(text) as { error: { code: string; message: string } };
    assert.equal(error.code, code, text);
    assert.match(error.message, message);
    assert.ok(!text.includes('canary'), text);
  }
  assert.deepEqual(await browser.json('GET', '/api/v1/mailboxes', 200), { mailboxes: [] });
  assert.ok(!web.logged().includes('canary'));
});

test.test('a body of another type, or too large, or of another encoding is refused', async () => {
  const { browser } = await someone();
  const send = async (body: string, headers: Record<string, string>) => {
    const answer = await browser.send('POST', '/api/v1/mailboxes', { body, headers });
    const { error } = (await answer.json()) as { error: { code: string } };
    return [answer.status, error.code];
  };
  assert.deepEqual(await send('a=b', { 'content-type': 'text/plain' }), [415, 'unsupported-media-type']);
  assert.deepEqual(await send('{}', { 'content-type': 'application/json; charset=x-none' }), [
    415,
    'unsupported-media-type',
  ]);
  assert.deepEqual(await send('{}', { 'content-encoding': 'x-none' }), [415, 'unsupported-media-type']);
  assert.deepEqual(await send(JSON.stringify({ a: 'x'.repeat(70_000) }), {}), [413, 'too-large']);
});

test.test('the same account twice is refused; the other protocol is not', async () => {
  const { browser } = await someone();
  await browser.json('POST', '/api/v1/mailboxes', 201, { body: MAILBOX });
  const twice = await browser.json<{ error: { code: string } }>('POST', '/api/v1/mailboxes', 409, {
    body: { ...MAILBOX, host: 'IMAP.example.com.' },
  });
  assert.equal(twice.error.code, 'mailbox-exists');
  await browser.json('POST', '/api/v1/mailboxes', 201, { body: { ...MAILBOX, protocol: 'pop3', port: 995 } });
  const other = { ...MAILBOX, username: 'other@example.com' };
  const both = await Promise.all(
    [1, 2, 3].map(() => browser.send('POST', '/api/v1/mailboxes', { body: other })),
  );
  assert.deepEqual(both.map(({ status }) => status).sort(), [201, 409, 409]);
});

test.test('no edit makes two mailboxes one account', async () => {
  const { browser } = await sessionFor(web, 'twin');
  const first = await browser.json<Mailbox>('POST', '/api/v1/mailboxes', 201, { body: MAILBOX });
  const body = { ...MAILBOX, username: 'other@example.com' };
  const second = await browser.json<Mailbox>('POST', '/api/v1/mailboxes', 201, { body });
  await browser.json('PATCH', `/api/v1/mailboxes/${second.id}`, 409, {
    body: { username: MAILBOX.username },
  });
  const same = { port: MAILBOX.port, username: MAILBOX.username };
  await browser.json('PATCH', `/api/v1/mailboxes/${first.id}`, 200, { body: same });
});

test.test('an edit of the connection is probed again, one of the options is not', async () => {
  const { browser, userId } = await someone();
  const { id } = await browser.json<Mailbox>('POST', '/api/v1/mailboxes', 201, { body: MAILBOX });
  const path = `/api/v1/mailboxes/${id}`;
  const worker = '00000000-0000-4000-8000-000000000001';
  await web.test.asOwner("UPDATE mailboxes SET state = 'active', leased_by = $2 WHERE id = $1", [id, worker]);
  const optioned = await browser.json<Mailbox>('PATCH', path, 200, {
    body: { options: { neverSpam: true, history: 'since', since: '2026-01-02' } },
  });
  assert.equal(optioned.state, 'active');
  assert.equal(optioned.options.neverSpam, true);
  assert.equal(optioned.options.since, '2026-01-02');
  assert.deepEqual(optioned.options.folders, ['INBOX']);
  assert.equal((await probes(id)).length, 1);
  const recalls = await web.test.asOwner('SELECT FROM recalls WHERE mailbox_id = $1', [id]);
  assert.equal(recalls.length, 1, 'the worker that holds it is told');
  const reset = await browser.json<Mailbox>('PATCH', path, 200, { body: { options: { history: 'all' } } });
  assert.equal(reset.options.since, null);

  const changed = await browser.json<Mailbox>('PATCH', path, 200, {
    body: { password: 'canary-new', port: 143, security: 'starttls' },
  });
  assert.equal(changed.state, 'probing');
  assert.equal(changed.port, 143);
  assert.deepEqual(
    (await probes(id)).map(({ data }) => data.revision),
    [0, 1],
  );
  const [row] = await web.test.asOwner<{ sealed_password: Buffer }>(
    'SELECT sealed_password FROM mailboxes WHERE id = $1',
    [id],
  );
  const unseal = createUnseal([web.unsealKeys]);
  const password = await unseal(row?.sealed_password ?? Buffer.alloc(0), passwordPlace(userId, id as never));
  assert.equal(Buffer.from(password).toString(), 'canary-new');

  const moved = await browser.json<{ error: { message: string } }>('PATCH', path, 400, {
    body: { host: 'elsewhere.example.net' },
  });
  assert.match(moved.error.message, /password: is required when host changes/);
  for (const body of [{}, { protocol: 'pop3' }, { state: 'active' }])
    await browser.json('PATCH', path, 400, { body });
});

test.test('pause, resume, sync and retry', async () => {
  const { browser, userId } = await someone();
  const { id } = await browser.json<Mailbox>('POST', '/api/v1/mailboxes', 201, { body: MAILBOX });
  const act = (name: string, status = 200) =>
    browser.json<Mailbox>('POST', `/api/v1/mailboxes/${id}/${name}`, status);
  assert.equal((await act('sync')).state, 'probing');
  assert.equal((await act('pause')).state, 'paused');
  assert.equal((await act('pause')).state, 'paused');
  await act('sync', 409);
  const orphan = await act('resume');
  assert.equal(orphan.state, 'needs-consent');
  assert.equal(orphan.fault?.code, 'grant-missing');
  await act('pause');
  await web.test.asOwner(
    "INSERT INTO grants (user_id, sealed_refresh_token, refresh_token_hash, scopes) VALUES ($1, '', '', '{}')",
    [userId],
  );
  assert.equal((await act('resume')).state, 'active');
  await web.test.asOwner("UPDATE mailboxes SET next_run_at = now() + interval '1 day' WHERE id = $1", [id]);
  const due = await act('sync');
  assert.ok(Date.parse(due.nextSyncAt ?? '') <= Date.now() + 1000);

  await web.test.asOwner(
    `INSERT INTO transfers (user_id, mailbox_id, key, state, tries, backlog)
     SELECT $1, $2, key, state, 5, false
     FROM (VALUES ('a', 'failed'), ('b', 'failed'), ('c', 'uncertain'), ('d', 'rejected')) AS v (key, state)`,
    [userId, id],
  );
  await web.test.asOwner('UPDATE mailboxes SET failed = 2, uncertain = 1, rejected = 1 WHERE id = $1', [id]);
  const retry = (body?: unknown) =>
    browser.json('POST', `/api/v1/mailboxes/${id}/retry`, 200, body === undefined ? {} : { body });
  assert.deepEqual(await retry({ status: 'failed' }), { retried: 2 });
  assert.deepEqual(await retry(), { retried: 1 });
  assert.deepEqual(await retry(), { retried: 0 });
  const { progress } = await browser.json<Mailbox>('GET', `/api/v1/mailboxes/${id}`, 200);
  assert.deepEqual(progress, {
    found: 4,
    delivered: 0,
    rejected: 1,
    failed: 0,
    uncertain: 0,
    waiting: 3,
    bytes: 0,
  });
  const waiting = await web.test.asOwner(
    "SELECT FROM transfers WHERE mailbox_id = $1 AND state = 'waiting' AND tries = 0 AND retry_at <= now()",
    [id],
  );
  assert.equal(waiting.length, 3);
});

test.test('deleting a mailbox leaves none of its rows', async () => {
  const { browser, userId } = await someone();
  const { id } = await browser.json<Mailbox>('POST', '/api/v1/mailboxes', 201, { body: MAILBOX });
  await web.test.asOwner(
    "INSERT INTO audit_entries (user_id, mailbox_id, sender_domain, status, size_bytes) VALUES ($1, $2, 'a.test', 'delivered', 1)",
    [userId, id],
  );
  assert.equal((await browser.send('DELETE', `/api/v1/mailboxes/${id}`)).status, 204);
  assert.equal((await browser.send('DELETE', `/api/v1/mailboxes/${id}`)).status, 404);
  for (const table of ['mailboxes', 'audit_entries', 'transfers', 'folder_cursors', 'fingerprints'])
    assert.equal(
      (await web.test.asOwner(`SELECT FROM ${table} WHERE user_id = $1`, [userId])).length,
      0,
      table,
    );
});
