import assert from 'node:assert/strict';
import * as test from 'node:test';
import { refreshTokenPlace } from '../../../src/core/place.ts';
import type { Mailbox } from '../../../src/http/api.ts';
import { LEFT_OUT, SECTIONS } from '../../../src/http/export.ts';
import { createUnseal } from '../../../workers/unseal.ts';
import { MAILBOX, startWeb } from '../../http.ts';

const web = await startWeb(test);

const tablesOf = async (userId: string): Promise<string[]> => {
  const tables = await web.test.asOwner<{ name: string }>(
    `SELECT c.table_name AS name FROM information_schema.columns c
     WHERE c.table_schema = 'public' AND c.column_name = 'user_id'`,
  );
  const left: string[] = [];
  for (const { name } of tables)
    if ((await web.test.asOwner(`SELECT FROM ${name} WHERE user_id = $1`, [userId])).length > 0)
      left.push(name);
  return left;
};

test.test('the export holds everything that is stored, and no secret', async () => {
  const browser = await web.signedIn('exporter');
  const { id: userId } = await browser.json<{ id: string }>('GET', '/api/v1/account', 200);
  const mailbox = await browser.json<Mailbox>('POST', '/api/v1/mailboxes', 201, { body: MAILBOX });
  const { key } = await browser.json<{ key: string }>('POST', '/api/v1/api-keys', 201, {
    body: { name: 'k' },
  });
  await web.test.asOwner(
    `INSERT INTO audit_entries (user_id, mailbox_id, sender_domain, status, size_bytes)
     SELECT $1, $2, 'sender.test', 'delivered', n FROM generate_series(1, 2500) n`,
    [userId, mailbox.id],
  );
  const answer = await browser.send('GET', '/api/v1/account/export');
  assert.equal(answer.headers.get('content-disposition'), 'attachment; filename=smtp-sync.json');
  const text = await answer.text();
  const all = JSON.parse(text) as { account: { email: string }; mailboxes: Mailbox[]; audit: unknown[] };
  assert.equal(all.account.email, 'exporter@example.com');
  assert.deepEqual(all.mailboxes, [mailbox]);
  assert.equal(all.audit.length, 2500);
  const rest = text.replaceAll(/"hash":"[0-9a-f]{64}"|"auth":"password"/g, '');
  for (const secret of [MAILBOX.password, key, 'sealed', 'hash', 'password'])
    assert.ok(!rest.includes(secret), secret);
});

test.test('every table with user data is in the export, or left out for a reason', async () => {
  const tables = await web.test.asOwner<{ name: string }>(
    `SELECT DISTINCT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
       AND (a.attname = 'user_id' OR c.relname = 'users') ORDER BY 1`,
  );
  const known = [...Object.values(SECTIONS).flatMap((section) => section.tables), ...Object.keys(LEFT_OUT)];
  assert.deepEqual(
    tables.map(({ name }) => name),
    known.sort(),
    'src/http/export.ts: a section for it, or a line in LEFT_OUT',
  );
});

test.test('deleting the account leaves no row and has the grant revoked', async () => {
  const browser = await web.signedIn('goner');
  const { id: userId } = await browser.json<{ id: string }>('GET', '/api/v1/account', 200);
  await browser.json('POST', '/api/v1/mailboxes', 201, { body: MAILBOX });
  await browser.json('POST', '/api/v1/api-keys', 201, { body: { name: 'k' } });
  assert.ok((await tablesOf(userId)).length >= 4);
  const answer = await browser.json('DELETE', '/api/v1/account', 200);
  assert.deepEqual(answer, { deleted: true, revoked: false }, 'no worker runs here');
  assert.equal(browser.cookies.has('__Host-session'), false);
  assert.deepEqual(await tablesOf(userId), []);
  assert.equal((await web.test.asOwner('SELECT FROM users WHERE id = $1', [userId])).length, 0);
  const [job] = await web.test.asOwner<{ data: { userId: string; sealedRefreshToken: string } }>(
    "SELECT data FROM pgboss.job WHERE name = 'revoke'",
  );
  assert.equal(job?.data.userId, userId);
  const sealed = Buffer.from(job?.data.sealedRefreshToken ?? '', 'base64');
  const token = await createUnseal([web.unsealKeys])(sealed, refreshTokenPlace(userId as never));
  assert.ok(token.length > 10);
  assert.equal((await browser.send('GET', '/api/v1/account')).status, 401);
});

test.test('the answer waits for the revocation while it is quick', async () => {
  const patient = await startWeb(test, { revokeWaitMs: 20_000 });
  const browser = await patient.signedIn('patient');
  const deleted = browser.json('DELETE', '/api/v1/account', 200);
  // What a worker does once Google has answered.
  const worked = async (): Promise<void> => {
    const done = await patient.test.asOwner(
      "UPDATE pgboss.job SET state = 'completed' WHERE name = 'revoke' RETURNING id",
    );
    if (done.length === 0) await worked();
  };
  await worked();
  assert.deepEqual(await deleted, { deleted: true, revoked: true });
});
