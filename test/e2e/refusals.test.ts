/**
 * What Gmail refuses, whole: Dovecot over both protocols, processes as `npm start` runs them, a Gmail that refuses the
 * repaired copies by the same rules. The original first, then a copy or a notice; the source keeps what it had.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createAuthority } from '../../standins/authority.ts';
import type { Browser } from '../browser.ts';
import { type Dovecot, startDovecot } from '../dovecot.ts';
import { type Service, startService, untilSome } from '../service.ts';

const PASSWORD = 'refusals-password';
const REST =
  'To: owner@example.org\r\nMessage-ID: <ID@example.org>\r\nSubject: kept as it is\r\n\r\nText\r\n';
const NOBODY = '"Unknown sender" <unknown-sender@smtp-sync.invalid>';
const rest = (id: string): string => REST.replace('ID', id);

/** As it lies at the source, and as it arrives. */
const MENDABLE: readonly (readonly [reason: string, before: string, after: string])[] = [
  [
    'from-header-missing',
    rest('none'),
    `From: ${NOBODY}\r\nX-Smtp-Sync-Repaired: from-header-missing\r\n${rest('none')}`,
  ],
  [
    'from-header-several',
    `From: a@example.com\r\nFrom: b@example.net\r\n${rest('several')}`,
    `X-Smtp-Sync-Repaired: from-header-several\r\nFrom: a@example.com\r\nX-Smtp-Sync-Original-From: b@example.net\r\n${rest('several')}`,
  ],
  [
    'from-header-invalid',
    `From: nobody\r\n${rest('invalid')}`,
    `From: "nobody" <unknown-sender@smtp-sync.invalid>\r\nX-Smtp-Sync-Repaired: from-header-invalid\r\nX-Smtp-Sync-Original-From: nobody\r\n${rest('invalid')}`,
  ],
];

let dovecot: Dovecot;
let service: Service;

before(async () => {
  const authority = await createAuthority();
  dovecot = await startDovecot(authority);
  service = await startService({
    authority,
    google: { keepBytes: 1_000_000, maxMessageBytes: 3_000_000 },
  });
});
after(async () => {
  await service?.stop();
  await dovecot?.stop();
});

interface Mailbox {
  readonly id: string;
  readonly progress: Record<'found' | 'delivered' | 'rejected' | 'waiting' | 'bytes', number>;
}
interface Entry {
  readonly id: string;
  readonly status: string;
  readonly reason: string | null;
  readonly sizeBytes: number;
}

async function signIn(name: string): Promise<Browser> {
  const browser = service.browser();
  await browser.signIn(`${name}@gmail.example`);
  return browser;
}

const connect = (browser: Browser, protocol: 'imap' | 'pop3', username: string, options: object) =>
  browser.json<Mailbox>('POST', '/api/v1/mailboxes', 201, {
    body: {
      protocol,
      host: 'localhost',
      port: protocol === 'imap' ? dovecot.ports.imaps : dovecot.ports.pop3,
      security: protocol === 'imap' ? 'tls' : 'starttls',
      username,
      password: PASSWORD,
      options: { history: 'all', pollSeconds: 1, ...options },
    },
  });

const untilProgress = (browser: Browser, id: string, done: (progress: Mailbox['progress']) => boolean) =>
  untilSome(async () => {
    const { progress } = await browser.json<Mailbox>('GET', `/api/v1/mailboxes/${id}`, 200);
    return done(progress) ? progress : null;
  });

const auditOf = async (browser: Browser): Promise<Entry[]> =>
  (await browser.json<{ entries: Entry[] }>('GET', '/api/v1/audit', 200)).entries;

const arrivedAt = (name: string): string[] =>
  service.google.messages
    .filter(({ account }) => account === `${name}@gmail.example`)
    .map(({ raw }) => raw?.toString('latin1') ?? '');

for (const protocol of ['imap', 'pop3'] as const) {
  test(`${protocol}: a repaired copy of each message that Gmail refuses, byte for byte`, async () => {
    const name = `repair-${protocol}`;
    await dovecot.addUser(name, PASSWORD);
    for (const [, before] of MENDABLE) await dovecot.deliver(name, Buffer.from(before));
    await dovecot.deliver(name, Buffer.from(`From: c@example.com\r\n${rest('fine')}`));
    const browser = await signIn(name);
    const { id } = await connect(browser, protocol, name, { repair: true });
    const progress = await untilProgress(browser, id, ({ delivered }) => delivered === 4);
    assert.deepEqual([progress.found, progress.rejected, progress.waiting], [4, 0, 0]);
    const expected = [...MENDABLE.map(([, , copy]) => copy), `From: c@example.com\r\n${rest('fine')}`];
    assert.deepEqual(arrivedAt(name).sort(), expected.sort());
    const entries = await auditOf(browser);
    assert.deepEqual(
      entries
        .filter(({ status }) => status === 'repaired')
        .map(({ reason }) => reason)
        .sort(),
      MENDABLE.map(([reason]) => reason).sort(),
    );
    assert.equal(progress.bytes, expected.join('').length);
    assert.equal(
      entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      progress.bytes,
    );
  });
}

test('without leave it is rejected with a notice; once allowed, a retry repairs it', async () => {
  const name = 'told';
  await dovecot.addUser(name, PASSWORD);
  const [, before, copy] = MENDABLE[1] ?? assert.fail();
  await dovecot.deliver(name, Buffer.from(before));
  const large = Buffer.alloc(3_200_000, 'large\r\n');
  large.write(`From: d@example.com\r\n${rest('large')}`);
  await dovecot.deliver(name, large);
  const browser = await signIn(name);
  const { id } = await connect(browser, 'imap', name, { noticeRefused: true });
  await untilProgress(browser, id, ({ rejected }) => rejected === 2);
  await untilSome(() => (arrivedAt(name).length >= 2 ? true : null));
  const notices = service.google.messages.filter(({ account }) => account === `${name}@gmail.example`);
  assert.deepEqual(notices.map(({ subject }) => subject).sort(), [
    `A message of 160 bytes from example.com stays at ${name}`.replace('160', String(before.length)),
    `A message of 3.2 MB from example.com stays at ${name}`,
  ]);
  for (const { labelIds, from } of notices) {
    assert.deepEqual(labelIds, ['INBOX', 'UNREAD']);
    assert.equal(from, 'smtp-sync <no-reply@smtp-sync.invalid>');
  }
  const entry = (await auditOf(browser)).find(({ reason }) => reason === 'from-header-several');
  await browser.json('POST', `/api/v1/audit/${entry?.id}/retry`, 409);
  await browser.json('PATCH', `/api/v1/mailboxes/${id}`, 200, { body: { options: { repair: true } } });
  await browser.json('POST', `/api/v1/audit/${entry?.id}/retry`, 200);
  const progress = await untilProgress(browser, id, ({ delivered }) => delivered === 1);
  assert.deepEqual([progress.rejected, progress.waiting], [1, 0]);
  assert.ok(arrivedAt(name).includes(copy));
  assert.equal(arrivedAt(name).length, 3, 'no notice came twice');
});
