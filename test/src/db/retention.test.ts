/** Retention: what rests is told of, then wiped; what goes on is spared. */
import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import type { MailboxId, UserId } from '../../../src/core/mailbox.ts';
import { reconcileNotices, wipeAtRest } from '../../../src/db/notice-mails.ts';
import { listNotices } from '../../../src/db/notices.ts';
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
const synced = async (name: string): Promise<{ userId: UserId; id: MailboxId }> => {
  const userId = await database.addUser(name);
  const id = await database.addMailbox(userId);
  await set(id, 'last_sync_at = now()');
  return { userId, id };
};

it('counts a rest from its beginning, whatever its reasons were meanwhile', async () => {
  const { id } = await synced('rest');
  const age = async () => {
    const [row] = await database.asOwner<{ days: number }>(
      'SELECT extract(day FROM now() - state_since)::integer AS days FROM mailboxes WHERE id = $1',
      [id],
    );
    return row?.days;
  };
  await set(id, "state = 'paused'");
  await since(id, '10 days');
  await set(id, "state = 'needs-consent'");
  assert.equal(await age(), 10);
  await set(id, 'delivered = delivered + 1');
  assert.equal(await age(), 10);
  await set(id, "state = 'active'");
  assert.equal(await age(), 0);
});

it('wipes what rests for too long, two weeks after having said so, and setups given up for a week', async () => {
  const { userId, id } = await synced('wiped');
  const draft = await database.addMailbox(userId);
  const young = await database.addMailbox(userId);
  const running = await database.addMailbox(userId);
  const left = async () =>
    (await database.asOwner<{ id: string }>('SELECT id FROM mailboxes WHERE user_id = $1', [userId])).map(
      (row) => row.id,
    );
  await set(id, "state = 'paused'");
  await set(draft, "state = 'paused', fault_code = 'setup-unfinished'");
  await set(young, "state = 'needs-consent'");
  await since(id, '45 days');
  await since(draft, '6 days');
  await since(young, '40 days');
  await since(running, '400 days');
  await reconcile();
  assert.deepEqual(
    (await noticesOf(userId)).filter((kind) => kind.startsWith('wipe')),
    [],
  );
  await since(id, '300 days');
  await since(draft, '8 days');
  assert.equal(await wipeAtRest(worker, 60, signal), 1, 'the draft; nobody was told of the other yet');
  assert.ok(!(await left()).includes(draft));
  await reconcile();
  const told = await web.withTenant(userId, (tx) => listNotices(tx, 100, null));
  const wipe = told.find(({ kind }) => kind === 'wipe-soon');
  assert.equal(wipe?.mailboxId, id);
  const days = wipe?.kind === 'wipe-soon' ? (Date.parse(wipe.detail.wipeAt) - Date.now()) / 86_400_000 : 0;
  assert.ok(Math.abs(days - 14) < 0.1, String(days));
  assert.equal(await wipeAtRest(worker, 60, signal), 0);
  await database.asOwner("UPDATE notices SET raised_at = now() - interval '15 days' WHERE mailbox_id = $1", [
    id,
  ]);
  assert.equal(await wipeAtRest(worker, 60, signal), 1);
  assert.deepEqual((await left()).sort(), [young, running].sort());
  for (const table of ['notices', 'notice_marks'])
    assert.equal((await database.asOwner(`SELECT FROM ${table} WHERE mailbox_id = $1`, [id])).length, 0);
});

it('spares a mailbox that goes on', async () => {
  const { userId, id } = await synced('spared');
  await set(id, "state = 'paused'");
  await since(id, '50 days');
  await reconcile();
  assert.deepEqual(await noticesOf(userId), ['wipe-soon open']);
  await set(id, "state = 'active'");
  await reconcile();
  assert.deepEqual(await noticesOf(userId), ['wipe-soon closed']);
});

it('counts a second rest from its own beginning, however short the time between', async () => {
  const { userId, id } = await synced('twice');
  await set(id, "state = 'paused'");
  await since(id, '50 days');
  await reconcile();
  await database.asOwner("UPDATE notices SET raised_at = now() - interval '20 days' WHERE mailbox_id = $1", [
    id,
  ]);
  // Resumed and paused again before anybody has looked.
  await set(id, "state = 'active'");
  await set(id, "state = 'paused'");
  await since(id, '61 days');
  await database.asOwner("UPDATE notices SET raised_at = now() - interval '70 days' WHERE mailbox_id = $1", [
    id,
  ]);
  assert.equal(await wipeAtRest(worker, 60, signal), 0, 'what was told was about another rest');
  await since(id, '1 day');
  await reconcile();
  assert.deepEqual(await noticesOf(userId), ['wipe-soon closed']);
});

it('follows an operator who keeps mailboxes for longer', async () => {
  const { userId, id } = await synced('longer');
  await set(id, "state = 'paused'");
  await since(id, '50 days');
  await reconcile();
  assert.deepEqual(await noticesOf(userId), ['wipe-soon open']);
  await reconcileNotices(worker, 365, signal);
  assert.deepEqual(await noticesOf(userId), ['wipe-soon closed']);
});

it('says it anew when a mailbox has gone on for a moment between two looks', async () => {
  const { userId, id } = await synced('moment');
  await set(id, "state = 'paused'");
  await since(id, '50 days');
  await reconcile();
  await database.asOwner("UPDATE notices SET raised_at = now() - interval '61 days' WHERE mailbox_id = $1", [
    id,
  ]);
  await set(id, "state = 'active'");
  await set(id, "state = 'paused'");
  await since(id, '60 days 1 hour');
  assert.equal(await wipeAtRest(worker, 60, signal), 0, 'what was said of the former rest does not count');
  // The first look closes the old one, the second raises another.
  await reconcile();
  await reconcile();
  assert.deepEqual(await noticesOf(userId), ['wipe-soon open', 'wipe-soon closed']);
});
