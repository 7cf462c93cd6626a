/**
 * Labels, whole: processes as `npm start` runs them, folders of a real Dovecot, two tenants with folders of the same
 * names, a worker that is killed, and labels that their owner deletes.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { GMAIL_INSERT_SCOPE, GMAIL_LABELS_SCOPE } from '../../src/core/scopes.ts';
import { findEmbedded } from '../../src/db/embedded.ts';
import { createAuthority } from '../../standins/authority.ts';
import type { Browser } from '../browser.ts';
import { type Dovecot, startDovecot } from '../dovecot.ts';
import { type Service, startService, untilSome } from '../service.ts';

const PASSWORD = 'labels-password';
const TENANTS = ['ada', 'bea'] as const;
/** Maildir++ keeps names in modified UTF-7 (RFC 3501 §5.1.3). */
const FOLDERS = ['INBOX', 'Work', 'Work/Clients', 'Sent', 'Gr&APYA3w-e'] as const;
const WANTED = [
  'Old mail',
  'Old mail/Work',
  'Old mail/Work/Clients',
  'Old mail/Sent',
  'Old mail/Größe',
] as const;

let dovecot: Dovecot;
let service: Service;
const browsers = new Map<string, Browser>();

const emailOf = (tenant: string): string => `${tenant}@gmail.example`;
const subjectOf = (tenant: string, folder: string, n: number): string => `${tenant} ${folder} ${n}`;

async function deliver(tenant: string, folder: string, n: number): Promise<void> {
  const subject = subjectOf(tenant, folder, n);
  const id = Buffer.from(subject).toString('hex');
  const head = `From: a@sender.example\r\nDate: ${new Date().toUTCString()}\r\nMessage-ID: <${id}@sender.example>`;
  await dovecot.deliver(tenant, Buffer.from(`${head}\r\nSubject: ${subject}\r\n\r\nbody\r\n`), { folder });
}

const labelsOf = (tenant: string, folder: string, n: number): Promise<string[]> =>
  untilSome(() => {
    const { messages } = service.google;
    const subject = subjectOf(tenant, folder, n);
    const found = messages.filter((one) => one.account === emailOf(tenant) && one.subject === subject);
    assert.ok(found.length <= 1, `${subject} arrived twice`);
    return found[0] ? service.google.labelsOf(found[0]) : null;
  });

async function query<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: (await findEmbedded(service.dir))?.ownerUrl });
  await client.connect();
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

before(async () => {
  const authority = await createAuthority();
  dovecot = await startDovecot(authority);
  service = await startService({ authority, google: { delayMs: 5 } });
  for (const tenant of TENANTS) {
    await dovecot.addUser(tenant, PASSWORD);
    for (const folder of FOLDERS) for (let n = 1; n <= 10; n += 1) await deliver(tenant, folder, n);
    const browser = service.browser();
    browsers.set(tenant, browser);
    await browser.signIn(emailOf(tenant));
    await browser.signIn(emailOf(tenant), {
      from: '/auth/google?labels=1',
      scopes: [GMAIL_INSERT_SCOPE, GMAIL_LABELS_SCOPE],
    });
  }
});
after(async () => {
  await service?.stop();
  await dovecot?.stop();
});

test('folders become labels, nested, once each, though the worker is killed; each tenant’s own', async () => {
  for (const tenant of TENANTS)
    await browsers.get(tenant)?.json('POST', '/api/v1/mailboxes', 201, {
      body: {
        protocol: 'imap',
        host: 'localhost',
        port: dovecot.ports.imaps,
        security: 'tls',
        username: tenant,
        password: PASSWORD,
        options: { folders: 'all', label: 'Old mail', folderLabels: true },
      },
    });
  await untilSome(() => (service.google.messages.length >= 20 ? true : null));
  await service.killWorker();
  for (const tenant of TENANTS) {
    for (const [at, folder] of FOLDERS.entries())
      for (let n = 1; n <= 10; n += 1)
        assert.deepEqual(await labelsOf(tenant, folder, n), [WANTED[at]], `${tenant} ${folder} ${n}`);
    assert.deepEqual(service.google.labels(emailOf(tenant)).toSorted(), [...WANTED].toSorted());
  }
});

test('a label that its owner deletes is made again for the next message', async () => {
  service.google.deleteLabel(emailOf('ada'), 'Old mail/Work');
  await deliver('ada', 'Work', 11);
  await deliver('bea', 'Work', 11);
  for (const tenant of TENANTS) assert.deepEqual(await labelsOf(tenant, 'Work', 11), ['Old mail/Work']);
});

test('POP3 has the one label', async () => {
  await dovecot.addUser('cleo', PASSWORD);
  await deliver('cleo', 'INBOX', 1);
  await browsers.get('ada')?.json('POST', '/api/v1/mailboxes', 201, {
    body: {
      protocol: 'pop3',
      host: 'localhost',
      port: dovecot.ports.pop3s,
      security: 'tls',
      username: 'cleo',
      password: PASSWORD,
      options: { label: 'Very old', skipInbox: true },
    },
  });
  const found = await untilSome(
    () => service.google.messages.find(({ subject }) => subject === subjectOf('cleo', 'INBOX', 1)) ?? null,
  );
  assert.deepEqual(service.google.labelsOf(found), ['Very old']);
  assert.ok(!found.labelIds.includes('INBOX'));
});

test('Google saw labels listed and made, and none renamed or deleted', () => {
  const calls = new Set(
    service.google.log
      .filter(({ path }) => path.startsWith('/gmail/'))
      .map(({ method, path, status }) => `${method} ${path} ${status}`),
  );
  assert.deepEqual([...calls].sort(), [
    'GET /gmail/v1/users/me/labels 200',
    'POST /gmail/v1/users/me/labels 200',
  ]);
});

test('no folder’s name is logged; the notes go with the mailbox', async () => {
  for (const name of ['Clients', 'Größe', 'Old mail']) assert.ok(!service.output().includes(name), name);
  const count = async (): Promise<number> => (await query('SELECT FROM labels')).length;
  const before = await count();
  const browser = browsers.get('ada');
  const { mailboxes } = (await browser?.json<{ mailboxes: { id: string; protocol: string }[] }>(
    'GET',
    '/api/v1/mailboxes',
    200,
  )) ?? {
    mailboxes: [],
  };
  const [{ id } = { id: '' }] = mailboxes.filter(({ protocol }) => protocol === 'imap');
  const mine = await query('SELECT FROM labels WHERE mailbox_id = $1', [id]);
  assert.ok(mine.length >= WANTED.length);
  assert.equal((await browser?.send('DELETE', `/api/v1/mailboxes/${id}`))?.status, 204);
  assert.equal(await count(), before - mine.length);
});
