/** Notices in a real browser: every kind, read and unread, live, by mail, and the end of their mails. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { DEFAULT_OPTIONS } from '../../src/core/mailbox.ts';
import { findEmbedded } from '../../src/db/embedded.ts';
import { createAuthority } from '../../standins/authority.ts';
import { type MailjetStandin, startMailjet } from '../../standins/mailjet/server.ts';
import { assertAccessible, eventually, openStage, type Stage, takeScreenshots } from './stage.ts';

let stage: Stage;
let mailjet: MailjetStandin;
let database: pg.Pool;

before(async () => {
  const authority = await createAuthority();
  mailjet = await startMailjet({ leaf: await authority.issue(['localhost']) });
  stage = await openStage({ authority, env: { ...mailjet.environment } });
  const urls = await findEmbedded(stage.service.dir);
  database = new pg.Pool({ connectionString: urls?.ownerUrl, max: 2 });
});
after(async () => {
  await database.end();
  await stage[Symbol.asyncDispose]();
  await mailjet.close();
});

/** A paused mailbox of the user, so that no worker changes what the test has set. */
async function addMailbox(email: string): Promise<{ userId: string; mailboxId: string }> {
  const { rows } = await database.query<{ user_id: string; id: string }>(
    `INSERT INTO mailboxes (user_id, protocol, host, port, security, username, sealed_password, sealed_fingerprint_key,
       options, state)
     SELECT id, 'imap', 'mail.example.com', 993, 'tls', '<img src=x onerror=alert(1)>@example.org', 'x', 'x', $2, 'paused'
     FROM users WHERE email = $1 RETURNING user_id, id`,
    [email, { ...DEFAULT_OPTIONS, pollSeconds: 300 }],
  );
  const [row] = rows;
  assert.ok(row);
  return { userId: row.user_id, mailboxId: row.id };
}

const raise = (userId: string, mailboxId: string | null, kind: string, detail: object) =>
  database.query('SELECT raise_notice($1, $2, $3, $4)', [userId, mailboxId, kind, JSON.stringify(detail)]);

/** So that the notice of it lasts. */
const lockFolder = (userId: string, mailboxId: string) =>
  database.query(
    `WITH chosen AS (UPDATE mailboxes SET options = options || '{"afterImport":"move","moveTo":"Old"}' WHERE id = $2)
     INSERT INTO source_totals (user_id, mailbox_id, trouble, trouble_since, trouble_at)
     VALUES ($1, $2, 'target-missing', now() - interval '1 hour', now())`,
    [userId, mailboxId],
  );

const HOSTILE = '<script>alert(1)</script>.example';
const DIGEST = {
  from: '2026-01-01',
  to: '2026-01-01',
  rejected: 3,
  failed: 2,
  uncertain: 1,
  domains: [
    { domain: HOSTILE, count: 4 },
    { domain: 'sender.example', count: 2 },
  ],
  otherDomains: 3,
};
const BACKLOG = { delivered: 12_345, rejected: 2, failed: 0, uncertain: 0 };

test('without notices the page says so', async () => {
  await using visitor = await stage.open({ email: 'empty@gmail.example' });
  const { page } = visitor;
  await page.goto('/notices');
  await page.getByRole('heading', { name: 'There is nothing to tell' }).waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'notices-empty');
});

test('each kind says what happened and what to do; the badge counts down as they are read', async () => {
  await using visitor = await stage.open({ email: 'all@gmail.example' });
  const { page } = visitor;
  const { userId, mailboxId } = await addMailbox('all@gmail.example');
  // Old, so that none is due for mailing, and the one for the paused mailbox holds by itself.
  await database.query("UPDATE mailboxes SET state_since = now() - interval '50 days' WHERE id = $1", [
    mailboxId,
  ]);
  await raise(userId, mailboxId, 'backlog-finished', BACKLOG);
  await raise(userId, mailboxId, 'messages-refused', DIGEST);
  await raise(userId, null, 'payment-failed', { graceUntil: '2026-12-24T00:00:00.000Z' });
  await lockFolder(userId, mailboxId);
  await raise(userId, mailboxId, 'source-unchanged', { problem: 'target-missing' });
  await page.goto('/notices');
  await page.getByRole('article', { name: 'A payment has failed' }).waitFor();
  const unchanged = page.getByRole('article', { name: 'Imported messages stay as they are' });
  await unchanged.getByText('The folder to move messages to does not exist at the source').waitFor();
  await unchanged.getByText('Make the folder at your provider, or choose another').waitFor();
  await page.getByRole('article', { name: /will be wiped on/ }).waitFor();
  await page.getByRole('article', { name: 'Your old mail is in Gmail' }).getByText('12,345').waitFor();
  const digest = page.getByRole('article', { name: '6 messages were not passed on' });
  await digest.getByText(HOSTILE).waitFor();
  await digest.getByText('<img src=x onerror=alert(1)>@example.org').waitFor();
  assert.equal(await page.locator('article img, article script').count(), 0);
  const bell = page.getByRole('link', { name: 'Notices, 5 unread' });
  await bell.waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'notices');
  await digest.getByRole('button', { name: 'Mark as read' }).click();
  await page.getByRole('link', { name: 'Notices, 4 unread' }).waitFor();
  await page.getByRole('button', { name: 'Mark all as read' }).click();
  await page.getByText('All notices are marked as read.').first().waitFor();
  await page.getByRole('link', { name: 'Notices', exact: true }).waitFor();
  await assertAccessible(page);
  assert.equal(
    await digest.getByRole('link', { name: 'See them in the Glass Box' }).getAttribute('href'),
    `/glass-box?mailbox=${mailboxId}`,
  );
});

test('a notice turns up while one looks elsewhere, and its end is shown', async () => {
  await using visitor = await stage.open({ email: 'live@gmail.example' });
  const { page } = visitor;
  await page.goto('/notices');
  await page.getByRole('heading', { name: 'There is nothing to tell' }).waitFor();
  const { userId } = await addMailbox('live@gmail.example');
  await raise(userId, null, 'payment-failed', { graceUntil: null });
  const notice = page.getByRole('article', { name: 'A payment has failed' });
  await notice.getByText('Ongoing').waitFor();
  await database.query('UPDATE notices SET closed_at = now() WHERE user_id = $1', [userId]);
  await notice.getByText('Resolved').waitFor();
  await assertAccessible(page);
});

test('older notices come on demand', async () => {
  await using visitor = await stage.open({ email: 'many@gmail.example' });
  const { page } = visitor;
  const { userId, mailboxId } = await addMailbox('many@gmail.example');
  await database.query('UPDATE notice_settings SET muted = $2 WHERE user_id = $1', [userId, []]);
  await database.query(
    `INSERT INTO notices (user_id, mailbox_id, kind, detail, closed_at)
     SELECT $1, $2, 'backlog-finished', $3, now() FROM generate_series(1, 40)`,
    [userId, mailboxId, BACKLOG],
  );
  await page.goto('/notices');
  const all = page.getByRole('article');
  await all.nth(29).waitFor();
  await eventually(() => all.count(), 30);
  await page.getByRole('button', { name: 'Show older notices' }).click();
  await all.nth(39).waitFor();
  await page.getByRole('button', { name: 'Show older notices' }).waitFor({ state: 'hidden' });
});

test('older notices that were asked for come, whatever changes meanwhile', async () => {
  await using visitor = await stage.open({ email: 'meanwhile@gmail.example' });
  const { page } = visitor;
  const { userId, mailboxId } = await addMailbox('meanwhile@gmail.example');
  await database.query(
    `INSERT INTO notices (user_id, mailbox_id, kind, detail, closed_at)
     SELECT $1, $2, 'backlog-finished', $3, now() FROM generate_series(1, 31)`,
    [userId, mailboxId, BACKLOG],
  );
  const { promise: isRead, resolve: read } = Promise.withResolvers<void>();
  const { promise: isAsked, resolve: ask } = Promise.withResolvers<void>();
  await page.route('**/api/v1/notices?*cursor=*', async (route) => {
    ask();
    await isRead;
    await route.continue().catch(() => undefined); // called off by the page
  });
  await page.goto('/notices');
  const all = page.getByRole('article');
  await page.getByRole('button', { name: 'Show older notices' }).click();
  await isAsked;
  await page.getByRole('button', { name: 'Mark all as read' }).click();
  await page.getByText('All notices are marked as read.').first().waitFor();
  read();
  await all.nth(30).waitFor();
  await eventually(() => page.getByText('New', { exact: true }).count(), 0);
});

test('a failure is shown with its code and a way to try again', async () => {
  await using visitor = await stage.open({ email: 'broken@gmail.example' });
  const { page } = visitor;
  await page.route('**/api/v1/notices?limit=30', (route) =>
    route.fulfill({ status: 409, json: { error: { code: 'state-conflict', message: 'Not now.' } } }),
  );
  await page.goto('/notices');
  await page.getByText('Code: state-conflict').waitFor();
  await assertAccessible(page);
  await page.unroute('**/api/v1/notices?limit=30');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('heading', { name: 'There is nothing to tell' }).waitFor();
  visitor.takeErrors();
});

test('a mail goes out, and its link ends the mails of its kind without signing in', async () => {
  await using visitor = await stage.open({ email: 'mailed@gmail.example' });
  const { userId, mailboxId } = await addMailbox('mailed@gmail.example');
  const own = () => mailjet.sent.filter(({ to }) => to === 'mailed@gmail.example');
  await raise(userId, mailboxId, 'backlog-finished', BACKLOG);
  const patience = AbortSignal.timeout(40_000);
  while (own().length === 0) await mailjet.untilSent(mailjet.sent.length + 1, patience);
  const [mail] = own();
  const url = (mail?.headers['List-Unsubscribe'] ?? '').slice(1, -1);
  assert.ok(url.startsWith(`${stage.service.url}/unsubscribe?`), url);
  await using stranger = await stage.open({ javaScript: false });
  const { page } = stranger;
  await page.goto(url);
  await page.getByRole('heading', { name: 'No more mails of this kind?' }).waitFor();
  await takeScreenshots(page, 'unsubscribe');
  await page.getByRole('button', { name: 'Stop these mails' }).click();
  await page.getByRole('heading', { name: 'You will get no more of these mails' }).waitFor();
  const settings = await visitor.api<{ mailed: Record<string, boolean> }>('/api/v1/notice-settings');
  assert.equal(settings.mailed['backlog-finished'], false);
  // Looked at with scripts, which axe needs; the pages are the same.
  await using eyes = await stage.open();
  await eyes.page.goto(url);
  await assertAccessible(eyes.page);
  await eyes.page.goto('/unsubscribe');
  await eyes.page.getByRole('heading', { name: 'This link is not valid' }).waitFor();
  await assertAccessible(eyes.page);
  eyes.takeErrors();
  await eyes.page.goto(mailjet.pageUrl);
  await eyes.page.getByRole('link', { name: 'Your old mail is in Gmail' }).first().click();
  await takeScreenshots(eyes.page, 'mail');
  eyes.takeErrors();
});
