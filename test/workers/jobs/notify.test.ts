/** The job that mails notices: what Mailjet gets of each kind, and how often. */
import assert from 'node:assert/strict';
import { after, afterEach, it } from 'node:test';
import type { MailboxId, UserId } from '../../../src/core/mailbox.ts';
import type { NoticeFact } from '../../../src/core/notice.ts';
import { isVouchedFor, parseUnsubscription } from '../../../src/core/unsubscribe.ts';
import { findNoticeKey, raiseNotice } from '../../../src/db/notices.ts';
import { createLog } from '../../../src/log.ts';
import { createMailer } from '../../../src/mailjet/mailer.ts';
import { createAuthority } from '../../../standins/authority.ts';
import { startMailjet } from '../../../standins/mailjet/server.ts';
import { type NotifyDeps, notify } from '../../../workers/jobs/notify.ts';
import { openTestDatabase } from '../../database.ts';
import { trust } from '../../trust.ts';

const PUBLIC_URL = 'https://mail.example.com';
const authority = await createAuthority();
trust(authority);
const mailjet = await startMailjet({ leaf: await authority.issue(['localhost']) });
after(() => mailjet.close());
const database = await openTestDatabase({ after });
const worker = await database.open('worker');
const { signal } = new AbortController();
const logged: string[] = [];

const mailer = await createMailer({
  apiKey: mailjet.environment.MAILJET_API_KEY ?? '',
  apiSecret: mailjet.environment.MAILJET_API_SECRET ?? '',
  apiUrl: mailjet.environment.MAILJET_API_URL ?? '',
  from: { email: 'notices@smtp-sync.example', name: 'smtp-sync' },
  onTrouble: () => undefined,
});
const deps: NotifyDeps = {
  db: worker,
  log: createLog({ level: 'debug', name: 'test', destination: { write: (line) => logged.push(line) } }),
  mail: { mailer, publicUrl: PUBLIC_URL },
  retentionDays: 60,
};
const raise = (userId: UserId, mailboxId: MailboxId | null, fact: NoticeFact) =>
  worker.withTenant(userId, (tx) => raiseNotice(tx, { userId, mailboxId, ...fact }));
const sentTo = (name: string) => mailjet.sent.filter(({ to }) => to === `${name}@example.com`);

// Each test starts with nothing due.
afterEach(() => database.asOwner('DELETE FROM users'));

/** Everything that could be wrong to send, in every place of the database that it could come from. */
const CANARY = 'canary7f3e';

async function ownerOf(name: string): Promise<{ userId: UserId; id: MailboxId }> {
  const userId = await database.addUser(name);
  const id = await database.addMailbox(userId);
  await database.asOwner(
    `UPDATE mailboxes SET username = $2, sealed_password = $3, options = $4, last_sync_at = now() WHERE id = $1`,
    [
      id,
      `${CANARY}-user@example.org`,
      `${CANARY}-password`,
      { history: 'all', folders: [`${CANARY}-folder`] },
    ],
  );
  return { userId, id };
}

const ALLOWED = ['From', 'HTMLPart', 'Headers', 'Subject', 'TextPart', 'To', 'TrackClicks', 'TrackOpens'];

it('gives Mailjet fixed sentences, counts, the server and sender domains of each kind, and nothing else', async () => {
  const { userId, id } = await ownerOf('all');
  await database.asOwner(
    `INSERT INTO transfers (user_id, mailbox_id, key, state, backlog, reason) VALUES ($1, $2, $3, 'failed', false, $3)`,
    [userId, id, `imap:1:1:${CANARY}-folder`],
  );
  await database.asOwner(
    `INSERT INTO audit_entries (user_id, mailbox_id, sender_domain, status, size_bytes, at)
     VALUES ($1, $2, 'sender.example', 'rejected', 1, now() - interval '1 day')`,
    [userId, id],
  );
  await database.asOwner(
    "UPDATE mailboxes SET rejected = 1, state = 'needs-password', fault_code = 'login-refused', state_since = now() - interval '50 days' WHERE id = $1",
    [id],
  );
  await database.asOwner("UPDATE mailboxes SET state_since = now() - interval '50 days' WHERE id = $1", [id]);
  await raise(userId, id, { kind: 'server-unreachable', detail: { fault: 'connect-timeout' } });
  await raise(userId, id, {
    kind: 'backlog-finished',
    detail: { delivered: 7, rejected: 1, failed: 0, uncertain: 0 },
  });
  await raise(userId, null, { kind: 'consent-lost', detail: { fault: 'grant-revoked' } });
  await raise(userId, null, { kind: 'payment-failed', detail: { graceUntil: '2026-12-24T00:00:00.000Z' } });
  // Two of these have no cause, so they are closed before they are mailed, unless their mail goes out first.
  await notify(deps, signal);
  const mails = sentTo('all');
  const subjects = mails.map(({ subject }) => subject).sort();
  assert.deepEqual(subjects, [
    'A mail server refuses the login',
    'A mailbox will be wiped soon',
    'A payment has failed',
    'Some messages were not passed on',
    'Your old mail is in Gmail',
  ]);
  for (const mail of mails) {
    assert.deepEqual(
      Object.keys(mail.raw).filter((key) => !ALLOWED.includes(key)),
      [],
    );
    assert.deepEqual(mail.raw.To, [{ Email: 'all@example.com' }]);
    const whole = JSON.stringify(mail.raw);
    for (const secret of [CANARY, id]) assert.ok(!whole.includes(secret), secret);
    for (const [url] of `${mail.text} ${mail.html}`.matchAll(/https?:\/\/[^\s"<]+/g))
      assert.ok(url.startsWith(`${PUBLIC_URL}/`), url);
    assert.ok(!/<(?:img|script|link|iframe|style)\b/i.test(mail.html), 'nothing is loaded or run');
  }
  const digest = mails.find(({ subject }) => subject.startsWith('Some messages'));
  assert.match(
    digest?.text ?? '',
    /Mailbox at mail\.example\.com: 1 refused by Gmail on \S+\. Senders: sender\.example \(1\)\./,
  );
  assert.match(mails.find(({ subject }) => subject.startsWith('A payment'))?.text ?? '', /until 2026-12-24/);
  assert.ok(!logged.join('').includes('example.com'), 'no address in the log');
});

it('writes what comes from outside as text', async () => {
  const { userId, id } = await ownerOf('hostile');
  const domain = '<img src=x onerror=alert(1)>&"\'.example';
  await raise(userId, id, {
    kind: 'messages-refused',
    detail: {
      from: '2026-01-01',
      to: '2026-01-02',
      rejected: 0,
      failed: 2,
      uncertain: 1,
      domains: [{ domain, count: 3 }],
      otherDomains: 2,
    },
  });
  await notify(deps, signal);
  const [mail] = sentTo('hostile');
  assert.ok(
    mail?.html.includes('&lt;img src=x onerror=alert(1)&gt;&amp;&quot;&#39;.example (3), 2 other domains'),
  );
  assert.ok(!mail?.html.includes('<img'));
});

it('offers the end of a kind only where one can do without, by a link that holds', async () => {
  const { userId, id } = await ownerOf('link');
  await raise(userId, id, {
    kind: 'backlog-finished',
    detail: { delivered: 1, rejected: 0, failed: 0, uncertain: 0 },
  });
  await raise(userId, null, { kind: 'payment-failed', detail: { graceUntil: null } });
  await notify(deps, signal);
  const [optional, essential] = ['Your old mail', 'A payment'].map((start) =>
    sentTo('link').find(({ subject }) => subject.startsWith(start)),
  );
  assert.deepEqual(essential?.headers, {});
  assert.ok(!essential.text.includes('unsubscribe'));
  assert.equal(optional?.headers['List-Unsubscribe-Post'], 'List-Unsubscribe=One-Click');
  const url = new URL((optional?.headers['List-Unsubscribe'] ?? '').slice(1, -1));
  assert.ok(optional?.text.includes(url.href));
  const wanted = parseUnsubscription(Object.fromEntries(url.searchParams));
  const key = await worker.withTenant(userId, findNoticeKey);
  assert.ok(wanted && key);
  assert.ok(isVouchedFor(wanted, key));
  assert.ok(!isVouchedFor({ ...wanted, kind: 'messages-refused' }, key));
  assert.ok(!isVouchedFor({ ...wanted, token: wanted.token.slice(1) }, key));
  assert.equal(parseUnsubscription({ user: userId, kind: 'payment-failed', token: 'x' }), null);
});

const dueAgain = () =>
  database.asOwner('UPDATE notices SET mail_due_at = now() WHERE mail_due_at IS NOT NULL');

it('sends once after a success, again after a failure, and twice only when the answer was lost', async () => {
  const { userId } = await ownerOf('again');
  await raise(userId, null, { kind: 'payment-failed', detail: { graceUntil: null } });
  mailjet.strike({ status: 503 }, 1);
  await notify(deps, signal);
  assert.equal(sentTo('again').length, 0);
  await notify(deps, signal);
  assert.equal(sentTo('again').length, 0, 'not before its time');
  mailjet.strike('lost-after', 1);
  await dueAgain();
  await notify(deps, signal);
  assert.equal(sentTo('again').length, 1);
  await dueAgain();
  await notify(deps, signal);
  assert.equal(sentTo('again').length, 2);
  await dueAgain();
  await notify(deps, signal);
  assert.equal(sentTo('again').length, 2);
});

it('sends each of many once, although several workers send', async () => {
  const names = Array.from({ length: 30 }, (_, i) => `many${i}`);
  for (const name of names)
    await raise((await ownerOf(name)).userId, null, { kind: 'payment-failed', detail: { graceUntil: null } });
  await Promise.all([1, 2, 3].map(() => notify(deps, signal)));
  // Whoever found the door closed left the rest to whoever was inside.
  await notify(deps, signal);
  for (const name of names) assert.equal(sentTo(name).length, 1, name);
});

it('gives up on a recipient that Mailjet refuses', async () => {
  const { userId } = await ownerOf('bad');
  await database.asOwner("UPDATE users SET email = 'nobody' WHERE id = $1", [userId]);
  await raise(userId, null, { kind: 'payment-failed', detail: { graceUntil: null } });
  await notify(deps, signal);
  const [row] = await database.asOwner('SELECT mail_due_at, mailed_at FROM notices');
  assert.deepEqual(row, { mail_due_at: null, mailed_at: null });
});

it('keeps notices in the dashboard where Mailjet is not configured', async () => {
  const { userId } = await ownerOf('quiet');
  await raise(userId, null, { kind: 'payment-failed', detail: { graceUntil: null } });
  const before = mailjet.calls;
  await notify({ ...deps, mail: null }, signal);
  assert.equal(mailjet.calls, before);
});
