/** Notices follow the state of mailboxes: raised once per cause, closed when it ends, mailed once. */
import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import type { MailboxId, UserId } from '../../../src/core/mailbox.ts';
import { claimMails, type NoticeMail, reconcileNotices, settleMail } from '../../../src/db/notice-mails.ts';
import { closeNotice, listNotices, muteKinds, raiseNotice } from '../../../src/db/notices.ts';
import { sweepExpired } from '../../../src/db/sweep.ts';
import { openTestDatabase } from '../../database.ts';

const database = await openTestDatabase({ after });
const web = await database.open('web');
const worker = await database.open('worker');
const { signal } = new AbortController();

const set = (id: MailboxId, columns: string) =>
  database.asOwner(`UPDATE mailboxes SET ${columns} WHERE id = $1`, [id]);
/** A trigger keeps the time of the state, so it is set by itself. */
const since = (id: MailboxId, ago: string) => set(id, `state_since = now() - interval '${ago}'`);
const reconcile = () => reconcileNotices(worker, 60, signal);
const noticesOf = async (userId: UserId) => {
  const rows = await web.withTenant(userId, (tx) => listNotices(tx, 100, null));
  return rows.map(({ kind, closedAt }) => `${kind} ${closedAt === null ? 'open' : 'closed'}`);
};
/** What is due now, user by user. */
const claimFor = async (userId: UserId): Promise<NoticeMail[]> => {
  const mails = await claimMails(worker, 1000);
  return mails.filter((mail) => mail.userId === userId);
};
const synced = async (name: string): Promise<{ userId: UserId; id: MailboxId }> => {
  const userId = await database.addUser(name);
  const id = await database.addMailbox(userId);
  await set(id, 'last_sync_at = now(), options = \'{"history":"all"}\'');
  return { userId, id };
};
const dueAgain = (userId: UserId) =>
  database.asOwner('UPDATE notices SET mail_due_at = now() WHERE user_id = $1 AND mail_due_at IS NOT NULL', [
    userId,
  ]);

it('tells of a refused login once while it lasts, through new attempts, and again when it comes back', async () => {
  const { userId, id } = await synced('login');
  await reconcile();
  assert.deepEqual(await noticesOf(userId), []);
  await set(id, "state = 'needs-password', fault_code = 'login-refused'");
  await reconcile();
  await reconcile();
  assert.deepEqual(await noticesOf(userId), ['login-failed open']);
  const [mail] = await claimFor(userId);
  assert.equal(mail?.kind, 'login-failed');
  assert.deepEqual(
    mail?.items.map(({ detail, host }) => [detail, host]),
    [[{ fault: 'login-refused' }, 'mail.example.com']],
  );
  assert.ok(mail);
  await settleMail(worker, mail, true);
  // The owner tries another password, which is wrong as well.
  await set(id, "state = 'probing', fault_code = NULL");
  await reconcile();
  await set(id, "state = 'needs-password', fault_code = 'login-refused'");
  await reconcile();
  assert.deepEqual(await noticesOf(userId), ['login-failed open']);
  await set(id, "state = 'active', fault_code = NULL");
  await reconcile();
  assert.deepEqual(await noticesOf(userId), ['login-failed closed']);
  await set(id, "state = 'needs-password'");
  await reconcile();
  assert.deepEqual(await noticesOf(userId), ['login-failed open', 'login-failed closed']);
  assert.deepEqual(await claimFor(userId), [], 'not twice in a day');
  await database.asOwner(
    "UPDATE notices SET mailed_at = mailed_at - interval '25 hours', mail_due_at = mail_due_at - interval '25 hours' WHERE user_id = $1",
    [userId],
  );
  assert.equal((await claimFor(userId)).length, 1);
});

it('leaves somebody in peace who is just setting up a mailbox', async () => {
  const userId = await database.addUser('newcomer');
  const id = await database.addMailbox(userId);
  await set(id, "state = 'needs-password', fault_code = 'login-refused'");
  await reconcile();
  assert.deepEqual(await noticesOf(userId), []);
  await since(id, '16 minutes');
  await reconcile();
  assert.deepEqual(await noticesOf(userId), ['login-failed open']);
});

it('tells of an unreachable server after a day, also of one that answers and then fails', async () => {
  const { userId, id } = await synced('unreachable');
  const failing = await database.addMailbox(userId);
  await set(id, "state = 'unreachable', fault_code = 'connect-timeout'");
  await set(
    failing,
    "failures = 40, fault_code = 'source-timeout', last_sync_at = now() - interval '23 hours'",
  );
  await since(failing, '30 days');
  await since(id, '23 hours');
  await reconcile();
  assert.deepEqual(await noticesOf(userId), []);
  await since(id, '25 hours');
  await set(failing, "last_sync_at = now() - interval '25 hours'");
  await reconcile();
  assert.deepEqual(await noticesOf(userId), ['server-unreachable open', 'server-unreachable open']);
  const mails = await claimFor(userId);
  assert.deepEqual(
    mails.map(({ kind, items }) => [kind, items.length]),
    [['server-unreachable', 2]],
    'one mail',
  );
  await set(id, "state = 'active', fault_code = NULL");
  await set(failing, 'failures = 0, fault_code = NULL');
  await reconcile();
  assert.deepEqual(await noticesOf(userId), ['server-unreachable closed', 'server-unreachable closed']);
});

it('tells of a lost consent once per account', async () => {
  const { userId, id } = await synced('consent');
  const other = await database.addMailbox(userId);
  for (const each of [id, other]) await set(each, "state = 'needs-consent', fault_code = 'grant-revoked'");
  await reconcile();
  await reconcile();
  assert.deepEqual(await noticesOf(userId), ['consent-lost open']);
  await set(id, "state = 'active', fault_code = NULL");
  await reconcile();
  assert.deepEqual(await noticesOf(userId), ['consent-lost open']);
  await set(other, "state = 'active', fault_code = NULL");
  await reconcile();
  assert.deepEqual(await noticesOf(userId), ['consent-lost closed']);
  assert.deepEqual(await claimFor(userId), [], 'nobody is told what is over');
});

it('tells each day what was refused the day before, by domain, and nothing else of it', async () => {
  const { userId, id } = await synced('digest');
  const add = (status: string, domain: string, at: string) =>
    database.asOwner(
      `INSERT INTO audit_entries (user_id, mailbox_id, sender_domain, status, reason, size_bytes, at)
       VALUES ($1, $2, $3, $4, NULL, 1, date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + $5::interval)`,
      [userId, id, domain, status, at],
    );
  await add('rejected', 'a.example', '-1 hour');
  await add('rejected', 'a.example', '-2 hours');
  await add('failed', 'b.example', '-3 hours');
  await add('delivered', 'c.example', '-3 hours');
  await add('rejected', 'old.example', '-30 hours');
  await add('uncertain', 'today.example', '0 hours');
  await set(id, 'waiting = 1, rejected = 3, failed = 1, uncertain = 1');
  await reconcile();
  await reconcile();
  assert.deepEqual(await noticesOf(userId), ['messages-refused closed']);
  const [row] = await web.withTenant(userId, (tx) => listNotices(tx, 1, null));
  const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  assert.deepEqual(row?.detail, {
    from: yesterday,
    to: yesterday,
    rejected: 2,
    failed: 1,
    uncertain: 0,
    domains: [
      { domain: 'a.example', count: 2 },
      { domain: 'b.example', count: 1 },
    ],
    otherDomains: 0,
  });
  assert.equal((await claimFor(userId)).length, 1);
  // As if a day had passed.
  await database.asOwner("UPDATE audit_entries SET at = at - interval '1 day' WHERE user_id = $1", [userId]);
  await database.asOwner('UPDATE notice_marks SET digested_until = digested_until - 1 WHERE user_id = $1', [
    userId,
  ]);
  await reconcile();
  const [next] = await web.withTenant(userId, (tx) => listNotices(tx, 1, null));
  assert.deepEqual(
    next?.kind === 'messages-refused' && [next.detail.rejected, next.detail.uncertain],
    [0, 1],
  );
});

it('tells once when old mail is in, and never where there was none', async () => {
  const { userId, id } = await synced('backlog');
  const fresh = await synced('fresh');
  const entry =
    'INSERT INTO audit_entries (user_id, mailbox_id, sender_domain, status, size_bytes, delay_ms) VALUES ($1, $2, $3, $4, 1, $5)';
  await set(id, 'waiting = 3, delivered = 1');
  await database.asOwner(entry, [userId, id, 'a.example', 'delivered', null]);
  await database.asOwner(entry, [fresh.userId, fresh.id, 'a.example', 'delivered', 500]);
  await set(fresh.id, 'delivered = 1');
  await reconcile();
  assert.deepEqual(await noticesOf(userId), []);
  await set(id, 'waiting = 0, delivered = 4');
  for (const _ of [1, 2]) await reconcile();
  assert.deepEqual(await noticesOf(userId), ['backlog-finished closed']);
  assert.deepEqual((await claimFor(userId))[0]?.items[0]?.detail, {
    delivered: 4,
    rejected: 0,
    failed: 0,
    uncertain: 0,
  });
  assert.deepEqual(await noticesOf(fresh.userId), []);
});

it('lets the web process raise and close one by itself', async () => {
  const userId = await database.addUser('payer');
  const raise = () =>
    web.withTenant(userId, (tx) =>
      raiseNotice(tx, { userId, mailboxId: null, kind: 'payment-failed', detail: { graceUntil: null } }),
    );
  await raise();
  await raise();
  assert.deepEqual(await noticesOf(userId), ['payment-failed open']);
  await web.withTenant(userId, (tx) => closeNotice(tx, 'payment-failed', null));
  assert.deepEqual(await noticesOf(userId), ['payment-failed closed']);
  assert.deepEqual(await claimFor(userId), []);
});

it('hands a mail out again only when it was not settled, with growing pauses, for three days', async () => {
  const { userId, id } = await synced('retry');
  await set(id, "state = 'needs-password'");
  await reconcile();
  assert.equal((await claimFor(userId)).length, 1);
  assert.deepEqual(await claimFor(userId), [], 'somebody is at it');
  const pause = async () => {
    const [row] = await database.asOwner<{ s: number }>(
      'SELECT extract(epoch FROM mail_due_at - now())::integer AS s FROM notices WHERE user_id = $1',
      [userId],
    );
    return row?.s ?? 0;
  };
  assert.ok((await pause()) > 100);
  await dueAgain(userId);
  assert.equal((await claimFor(userId)).length, 1);
  assert.ok((await pause()) > 220);
  await dueAgain(userId);
  await database.asOwner("UPDATE notices SET raised_at = now() - interval '73 hours' WHERE user_id = $1", [
    userId,
  ]);
  assert.deepEqual(await claimFor(userId), []);
  assert.deepEqual(await noticesOf(userId), ['login-failed open'], 'the dashboard still has it');
});

it('mails nothing that is muted, and shows it all the same', async () => {
  const { userId, id } = await synced('muted');
  await web.withTenant(userId, (tx) => muteKinds(tx, userId, ['server-unreachable']));
  await set(id, "state = 'unreachable'");
  await since(id, '2 days');
  await reconcile();
  assert.deepEqual(await claimFor(userId), []);
  assert.deepEqual(await noticesOf(userId), ['server-unreachable open']);
  await assert.rejects(
    web.withTenant(userId, (tx) => muteKinds(tx, userId, ['payment-failed' as never])),
    /violates check constraint/,
  );
});

it('forgets a notice half a year after its cause has ended, and no open one', async () => {
  const { userId, id } = await synced('forgotten');
  await set(id, "state = 'needs-password'");
  await reconcile();
  await web.withTenant(userId, (tx) =>
    raiseNotice(tx, { userId, mailboxId: null, kind: 'payment-failed', detail: { graceUntil: null } }),
  );
  await web.withTenant(userId, (tx) => closeNotice(tx, 'payment-failed', null));
  await sweepExpired(worker);
  assert.equal((await noticesOf(userId)).length, 2);
  await database.asOwner(
    "UPDATE notices SET raised_at = now() - interval '400 days', closed_at = closed_at - interval '181 days' WHERE user_id = $1",
    [userId],
  );
  await sweepExpired(worker);
  assert.deepEqual(await noticesOf(userId), ['login-failed open']);
});
