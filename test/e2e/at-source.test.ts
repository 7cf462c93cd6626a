/**
 * What happens at the source, whole: processes as `npm start` runs them and a real Dovecot, the worker killed while it
 * deletes, moves and marks. A dry run changes nothing; afterwards whatever is missing at the source is in Gmail, once.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { Mailbox, MailboxStats, Preview } from '../../src/http/api.ts';
import { createAuthority } from '../../standins/authority.ts';
import { encodeFolderName } from '../../workers/sources/folder-name.ts';
import type { Browser } from '../browser.ts';
import { type Dovecot, startDovecot } from '../dovecot.ts';
import { type Service, startService, untilSome } from '../service.ts';

const PASSWORD = 'a password';
const MESSAGES = 60;
const KILLS = 4;
/** No letter of the English alphabet is safe from folder names. */
const FOLDER = 'Erledigt & größer';

let dovecot: Dovecot;
let service: Service;
let browser: Browser;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const mail = (user: string, n: number): Buffer =>
  Buffer.from(
    `From: a@example.com\r\nMessage-ID: <${user}-${n}@example.com>\r\nSubject: ${n}\r\nDate: Sat, 21 Nov 2026 09:00:00 +0000\r\n\r\n${'line\r\n'.repeat(n)}`,
  );
/** Gmail does not take it. */
const refused = (user: string): Buffer => Buffer.from(`Subject: ${user} without From\r\n\r\nrefused\r\n`);

const CASES = [
  { user: 'deletes', protocol: 'imap', options: { afterImport: 'delete' } },
  { user: 'moves', protocol: 'imap', options: { afterImport: 'move', moveTo: FOLDER } },
  { user: 'marks', protocol: 'imap', options: { afterImport: 'mark-read' } },
  { user: 'pops', protocol: 'pop3', options: { afterImport: 'delete' } },
  { user: 'waits', protocol: 'imap', options: { afterImport: 'delete', deleteAfterDays: 1 } },
  { user: 'keeps', protocol: 'imap', options: {} },
] as const;

before(async () => {
  const authority = await createAuthority();
  dovecot = await startDovecot(authority);
  for (const { user } of CASES) {
    await dovecot.addUser(user, PASSWORD);
    for (let n = 1; n <= MESSAGES; n += 1) await dovecot.deliver(user, mail(user, n));
    await dovecot.deliver(user, refused(user));
  }
  // Made by its owner; what is there stays.
  await dovecot.deliver('moves', mail('moves', 1000), { folder: encodeFolderName(FOLDER) });
  service = await startService({
    authority,
    google: { delayMs: 5 },
    env: { GMAIL_IMPORTS_PER_MINUTE: '100000' },
  });
  browser = service.browser();
  await browser.signIn('owner@gmail.example');
});

after(async () => {
  await service?.stop();
  await dovecot?.stop();
});

const filed = async (user: string, folder?: string): Promise<string[]> =>
  (await dovecot.stored(user, folder)).map(({ bytes }) => sha256(bytes)).sort();
const hashes = (user: string): string[] =>
  Array.from({ length: MESSAGES }, (_, n) => sha256(mail(user, n + 1))).sort();
const arrived = (): ReadonlySet<string> => new Set(service.google.messages.map((each) => each.sha256));
const ids = new Map<string, string>();
const idOf = (user: string): string => ids.get(user) ?? assert.fail(user);

/** Everything that any client could have changed, but for what Dovecot itself notes over POP3. */
const stateOf = async (user: string): Promise<unknown> =>
  (await dovecot.stored(user)).map(({ name, bytes }) => [name.split(':2,')[1] ?? '', sha256(bytes)]);

test('a dry run counts what would happen, and changes nothing', async () => {
  for (const { user, protocol, options } of CASES) {
    const { id } = await browser.json<Mailbox>('POST', '/api/v1/mailboxes', 201, {
      body: {
        protocol,
        host: 'localhost',
        port: protocol === 'imap' ? dovecot.ports.imaps : dovecot.ports.pop3s,
        security: 'tls',
        username: user,
        password: PASSWORD,
        options: { history: 'all', pollSeconds: 1, ...options },
        start: false,
      },
    });
    ids.set(user, id);
    await untilSome(async () => {
      const { state } = await browser.json<Mailbox>('GET', `/api/v1/mailboxes/${id}`, 200);
      return state === 'probing' ? null : true;
    });
    const before = await stateOf(user);
    const { atSource, messages } = await untilSome(async () => {
      const answer = await browser.send('POST', `/api/v1/mailboxes/${id}/preview`, {
        body: { history: 'all', folders: ['INBOX'], ...options },
      });
      return answer.status === 200 ? ((await answer.json()) as Preview) : null;
    });
    assert.equal(messages, MESSAGES + 1);
    const later = 'deleteAfterDays' in options;
    const planned = {
      atOnce: later ? 0 : messages,
      later: later ? messages : 0,
      waiting: 0,
      due: 0,
      problem: null,
    };
    assert.deepEqual(atSource, user === 'keeps' ? null : planned, user);
    assert.deepEqual(await stateOf(user), before, user);
  }
});

test('killed again and again: what is missing at the source is in Gmail, and each is there once', async () => {
  for (const { user } of CASES) await browser.json('POST', `/api/v1/mailboxes/${idOf(user)}/resume`, 200);
  const all = CASES.length * MESSAGES;
  const nothingLost = async (): Promise<void> => {
    for (const { user } of CASES) {
      // The source first: what arrives in between proves nothing.
      const there = new Set([
        ...(await filed(user)),
        ...(user === 'moves' ? await filed(user, encodeFolderName(FOLDER)) : []),
      ]);
      const gmail = arrived();
      const lost = hashes(user).filter((hash) => !there.has(hash) && !gmail.has(hash));
      assert.deepEqual(lost, [], user);
    }
  };
  for (let kill = 1; kill <= KILLS; kill += 1) {
    await untilSome(() => (service.google.messages.length >= (kill * all) / (KILLS + 1) ? true : null));
    await service.killWorker();
    await nothingLost();
  }
  const rest = async (user: string, count: number): Promise<void> => {
    await untilSome(async () => ((await dovecot.stored(user)).length === count ? true : null)).catch(
      () => {},
    );
    assert.equal((await dovecot.stored(user)).length, count, user);
  };
  for (const user of ['deletes', 'moves', 'pops']) await rest(user, 1);
  for (const { user } of CASES) assert.ok((await filed(user)).includes(sha256(refused(user))), user);
  await nothingLost();
  await untilSome(() => (service.google.messages.length >= all ? true : null));
  const counts = Map.groupBy(service.google.messages, (each) => each.sha256);
  assert.equal(counts.size, all);
  assert.ok([...counts.values()].every(({ length }) => length === 1));
});

test('each mailbox has what its owner wanted, and says so', async () => {
  const stats = async (user: string) =>
    (await browser.json<MailboxStats>('GET', `/api/v1/mailboxes/${idOf(user)}/stats`, 200)).atSource;
  const settled = (user: string, name: 'deleted' | 'moved' | 'markedRead' | 'waiting') =>
    untilSome(async () => ((await stats(user))[name] === MESSAGES ? await stats(user) : null));
  const nothing = {
    deleted: 0,
    moved: 0,
    markedRead: 0,
    gone: 0,
    left: { changed: 0, renumbered: 0, refused: 0 },
    waiting: 0,
    problem: null,
  };
  assert.deepEqual(await settled('deletes', 'deleted'), { ...nothing, deleted: MESSAGES });
  assert.deepEqual(await settled('pops', 'deleted'), { ...nothing, deleted: MESSAGES });
  assert.deepEqual(await settled('moves', 'moved'), { ...nothing, moved: MESSAGES });
  assert.deepEqual(await settled('marks', 'markedRead'), { ...nothing, markedRead: MESSAGES });
  assert.deepEqual(await settled('waits', 'waiting'), { ...nothing, waiting: MESSAGES });
  assert.deepEqual(await stats('keeps'), nothing);

  const target = await filed('moves', encodeFolderName(FOLDER));
  assert.deepEqual(target, [...hashes('moves'), sha256(mail('moves', 1000))].sort());
  const seen = (await dovecot.stored('marks')).filter(({ name }) => name.split(':2,')[1]?.includes('S'));
  assert.equal(seen.length, MESSAGES);
  for (const user of ['waits', 'keeps']) {
    assert.equal((await dovecot.stored(user)).length, MESSAGES + 1);
    const flags = (await dovecot.stored(user)).map(({ name }) => name.split(':2,')[1] ?? '');
    assert.ok(flags.every((each) => each === ''));
  }
  // Message by message, too: by the entries of what was delivered.
  const all = JSON.parse(await (await browser.send('GET', '/api/v1/account/export')).text()) as {
    atSource: { entryId: string; action: string; outcome: string }[];
    audit: { id: string; status: string; mailboxId: string }[];
  };
  const entries = new Map(all.audit.map((entry) => [entry.id, entry]));
  const told = Map.groupBy(all.atSource, ({ entryId }) => entries.get(entryId)?.mailboxId ?? '');
  for (const [user, what] of [
    ['deletes', 'delete done'],
    ['pops', 'delete done'],
    ['moves', 'move done'],
    ['marks', 'mark-read done'],
    ['waits', 'delete waiting'],
  ] as const) {
    const own = told.get(idOf(user)) ?? [];
    assert.equal(own.length, MESSAGES, user);
    assert.ok(
      own.every(({ action, outcome }) => `${action} ${outcome}` === what),
      user,
    );
    assert.ok(
      own.every(({ entryId }) => entries.get(entryId)?.status === 'delivered'),
      user,
    );
  }
  assert.equal(told.get(idOf('keeps')), undefined);
  // Nothing is left over, and the counts of both sides agree.
  const { reconciliations } = await browser.json<{ reconciliations: { missing: number }[] }>(
    'GET',
    '/api/v1/reconciliation',
    200,
  );
  assert.ok(reconciliations.every(({ missing }) => missing === 0));
});
